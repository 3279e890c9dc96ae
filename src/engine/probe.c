#include "engine/probe.h"

#include <stdlib.h>

#include "ann/ann.h"
#include "core/squares.h"

struct sg__probe {
    sg__ann *ann;
    uint32_t samples;
    uint32_t *ids;    /* [samples] */
    int32_t *charges; /* [chunk][neurons of the largest layer] */
    size_t from;      /* the layer measured last: the next run starts there */
};

/* Neurons of the largest layer. */
static size_t widest(const sg_network *net)
{
    size_t most = 0;
    for (size_t l = 0; l < net->layer_count; l++) {
        size_t n = sg__outputs(&net->layer[l].geo);
        most = n > most ? n : most;
    }
    return most;
}

sg_status sg__probe_create(const sg_network *net, const sg_data *data,
                           uint32_t samples, sg__probe **out)
{
    *out = NULL;
    sg__probe *p = calloc(1, sizeof *p);
    if (!p)
        return SG_E_MEMORY;
    p->samples = samples;
    p->ids = malloc(samples * sizeof *p->ids);
    sg_status status = sg__ann_create(net, samples, 1, false, false, &p->ann);
    if (status == SG_OK)
        p->charges = malloc(p->ann->chunk * widest(net) * sizeof *p->charges);
    if (!p->ids || !p->charges) {
        sg__probe_destroy(p);
        return SG_E_MEMORY;
    }
    for (uint32_t s = 0; s < samples; s++) {
        p->ids[s] = s;
        sg__network_quantise(net, p->ann->kernels, sg_data_pixels(data, s),
                             sg__ann_counts(p->ann, 0, s));
    }
    *out = p;
    return SG_OK;
}

void sg__probe_destroy(sg__probe *p)
{
    if (!p)
        return;
    sg__ann_destroy(p->ann);
    free(p->charges);
    free(p->ids);
    free(p);
}

static void pack(sg__probe *p, size_t l)
{
    const sg__layer *layer = &p->ann->net->layer[l];
    if (layer->synaptic)
        sg__ann_pack(p->ann, l, 0, layer->geo.out_c);
}

/* Standard deviation of numbers with this mean and mean square, in 1/256. */
static uint64_t deviation(int64_t mean, uint64_t square)
{
    uint64_t centre = (uint64_t)(mean * mean);
    uint64_t variance = square > centre ? square - centre : 0;
    const uint64_t most = (UINT64_C(1) << 47) - 1;
    uint64_t root = sg__root((variance < most ? variance : most) << 16);
    return root > 256 ? root : 256; /* silent input: scale 1 */
}

uint64_t sg__probe_deviation(sg__probe *p, size_t l)
{
    sg__ann *ann = p->ann;
    size_t n = sg__outputs(&ann->net->layer[l].geo);
    uint64_t squares = 0;
    int64_t mean = 0;
    pack(p, p->from);
    pack(p, l);
    for (size_t first = 0; first < p->samples; first += ann->chunk) {
        size_t count = p->samples - first;
        count = count < ann->chunk ? count : ann->chunk;
        const sg__ann_moment at = {0, p->ids + first};
        sg__ann_forward(ann, first, count, p->from, l + 1, &at, 0, p->charges);
        for (size_t s = 0; s < count; s++) {
            const int32_t *charge = p->charges + s * n;
            const sg__squares square = sg__squares_of(n, charge);
            int64_t sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += charge[i];
            squares += sg__squares_mean(&square);
            mean += sum / (int64_t)n;
        }
    }
    p->from = l;
    return deviation(mean / (int64_t)p->samples, squares / p->samples);
}
