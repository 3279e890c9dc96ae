/* One image through the ANN: too little work to take anywhere else, so it
 * does not go through the seam. */
#include <string.h>

#include "ann/ann.h"
#include "engine/activity.h"

sg_status sg_network_classify(const sg_network *net, const uint8_t *pixels,
                              int32_t *logits, uint32_t *label)
{
    sg__ann *ann;
    sg_status status = sg__ann_create(net, 1, 1, false, false, &ann);
    if (status != SG_OK)
        return status;
    sg__ann_pack_all(ann);
    sg__network_quantise(net, ann->kernels, pixels, sg__ann_counts(ann, 0, 0));
    sg__ann_forward(ann, 0, 1, 0, net->layer_count, NULL, 0, NULL);
    if (logits)
        memcpy(logits, ann->logits, net->classes * sizeof *logits);
    *label = sg__argmax(ann->logits, net->classes);
    sg__ann_destroy(ann);
    return SG_OK;
}
