/* Single images through the ANN: too little work to take anywhere else, so it
 * does not go through the seam. */
#include <stdlib.h>
#include <string.h>

#include "ann/ann.h"
#include "base/status.h"
#include "engine/activity.h"

struct sg_classifier {
    const sg_network *net;
    sg__ann *ann;
};

sg_status sg_classifier_create(const sg_network *net, sg_classifier **out,
                               sg_error *error)
{
    if (out)
        *out = NULL;
    if (!net || !out)
        return sg__fail(error, SG_E_ARGUMENT, "classifier: missing argument");
    sg_classifier *c = calloc(1, sizeof *c);
    sg_status status = SG_E_MEMORY;
    if (c)
        status = sg__ann_create(net, 1, 1, false, false, &c->ann);
    if (status != SG_OK) {
        free(c);
        return sg__fail(error, status, "classifier: %s",
                        sg_status_text(status));
    }
    c->net = net;
    sg__ann_pack_all(c->ann);
    *out = c;
    return SG_OK;
}

sg_status sg_classifier_run(sg_classifier *c, const uint8_t *pixels,
                            int32_t *logits, uint32_t *label)
{
    if (!c || !pixels)
        return SG_E_ARGUMENT;
    sg__ann *ann = c->ann;
    const sg_network *net = c->net;
    sg__network_quantise(net, ann->kernels, pixels, sg__ann_counts(ann, 0, 0));
    sg__ann_forward(ann, 0, 1, 0, net->layer_count, NULL, 0, NULL);
    if (logits)
        memcpy(logits, ann->logits, net->classes * sizeof *logits);
    if (label)
        *label = sg__argmax(ann->logits, net->classes);
    return SG_OK;
}

const uint8_t *sg_classifier_counts(const sg_classifier *c, size_t sender)
{
    if (!c || sender >= c->net->layer_count)
        return NULL;
    return sg__ann_sent(c->ann, sender, 0);
}

void sg_classifier_destroy(sg_classifier *c)
{
    if (!c)
        return;
    sg__ann_destroy(c->ann);
    free(c);
}

sg_status sg_network_classify(const sg_network *net, const uint8_t *pixels,
                              int32_t *logits, uint32_t *label)
{
    sg_classifier *c;
    if (!net || !pixels || !label)
        return SG_E_ARGUMENT;
    sg_status status = sg_classifier_create(net, &c, NULL);
    if (status == SG_OK)
        status = sg_classifier_run(c, pixels, logits, label);
    if (status == SG_OK)
        sg_classifier_destroy(c);
    return status;
}
