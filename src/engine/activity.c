/* Spike and operation counts of samples, added up. */
#include "engine/activity.h"

#include "engine/metrics.h"

uint32_t sg__argmax(const int32_t *values, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < n; k++)
        best = values[k] > values[best] ? k : best;
    return best;
}

void sg__activity_add_layers(const sg__ann *ann, size_t sample,
                             sg_metrics *sums)
{
    size_t layers = ann->net->layer_count;
    sums->layers = layers;
    for (size_t l = 0; l < layers; l++)
        sg__metrics_add_layer(&sums->layer[l],
                              &ann->layer[l].activity[sample]);
}

void sg__activity_add(const sg__ann *ann, size_t sample, uint32_t label,
                      sg_metrics *sums)
{
    const sg_network *net = ann->net;
    const int32_t *logits = ann->logits + sample * net->classes;
    sums->samples++;
    sums->correct += sg__argmax(logits, net->classes) == label;
    sums->loss_q20 += ann->loss_q20[sample];
    sg__activity_add_layers(ann, sample, sums);
}
