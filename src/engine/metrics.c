#include "engine/metrics.h"

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
