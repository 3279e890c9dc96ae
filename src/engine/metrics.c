#include "engine/metrics.h"

#include <stddef.h>
#include <string.h>

void sg__metrics_clear(sg_metrics *sums, size_t layers)
{
    memset(sums, 0,
           offsetof(sg_metrics, layer) + layers * sizeof sums->layer[0]);
}

void sg__metrics_add_layer(sg_layer_activity *to,
                           const sg_layer_activity *from)
{
    to->spikes += from->spikes;
    to->active += from->active;
    to->saturated += from->saturated;
    to->forward_ops += from->forward_ops;
    to->error_spikes += from->error_spikes;
    to->error_senders += from->error_senders;
    to->backward_ops += from->backward_ops;
    to->gradient_ops += from->gradient_ops;
}

void sg__metrics_add(sg_metrics *sums, const sg_metrics *part)
{
    sums->samples += part->samples;
    sums->correct += part->correct;
    sums->loss_q20 += part->loss_q20;
    sums->layers = part->layers > sums->layers ? part->layers : sums->layers;
    for (size_t l = 0; l < part->layers; l++)
        sg__metrics_add_layer(&sums->layer[l], &part->layer[l]);
}
