/* From sums to figures, tables and JSON; see metrics.h. */
#include "cli/base/metrics.h"

#include <stdio.h>

#include "cli/base/model.h"

static double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0.0;
}

const char *metrics_shape(sg_shape shape, char text[METRICS_SHAPE])
{
    snprintf(text, METRICS_SHAPE, "%ux%ux%u", shape.height, shape.width,
             shape.channels);
    return text;
}

double metrics_accuracy(const sg_metrics *metrics)
{
    return 100.0 * ratio(metrics->correct, metrics->samples);
}

void metrics_figures(const sg_network *net, const sg_metrics *metrics,
                     figures *out)
{
    uint64_t spikes = 0, senders = 0, neurons = 0;
    uint64_t forward = 0, backward = 0, first = 0;
    sg_network_info info;
    sg_layer_info layer;

    sg_network_get_info(net, &info);
    for (size_t i = 0; i < metrics->layers; i++) {
        const sg_layer_activity *activity = &metrics->layer[i];
        if (sg_network_get_layer(net, i, &layer) != SG_OK)
            continue;
        forward += activity->forward_ops;
        backward += activity->backward_ops + activity->gradient_ops;
        if (first == 0)
            first = layer.dense_macs;
        if (model_is_hidden(net, i)) {
            neurons += layer.neurons;
            spikes += activity->spikes;
            senders += activity->error_senders;
        }
    }
    out->loss = ratio(metrics->loss_q20, metrics->samples) / 1048576.0;
    out->accuracy = metrics_accuracy(metrics);
    out->spikes = ratio(spikes, metrics->samples * neurons);
    out->senders = 100.0 * ratio(senders, metrics->samples * neurons);
    out->forward = ratio(forward, metrics->samples * info.dense_macs);
    /* the ANN needs no error for its input */
    out->backward =
        ratio(backward, metrics->samples * (2 * info.dense_macs - first));
}

static void print_spikes(const sg_layer_activity *a, uint64_t all)
{
    printf(" %8.3f %8.2f %8.3f", ratio(a->spikes, all),
           100.0 * ratio(a->active, all), 100.0 * ratio(a->saturated, all));
}

void metrics_layers(const sg_network *net, const sg_metrics *metrics,
                    bool train)
{
    sg_layer_info layer;

    printf("%-9s %7s %8s %8s %8s %10s %10s%s\n", "layer", "neurons",
           "spikes/n", "active %", "at cap %", "fwd ops",
           train ? "errors %" : "dense MACs",
           train ? "   bwd ops grad ops" : "");
    for (size_t i = 0; i < metrics->layers; i++) {
        const sg_layer_activity *a = &metrics->layer[i];
        if (sg_network_get_layer(net, i, &layer) != SG_OK)
            continue;
        uint64_t all = metrics->samples * layer.neurons;
        printf("%-9s %7llu", layer.name, (unsigned long long)layer.neurons);
        if (i + 1 < metrics->layers)
            print_spikes(a, all);
        else
            printf(" %8s %8s %8s", "-", "-", "-"); /* it does not fire */
        printf(" %10.0f", ratio(a->forward_ops, metrics->samples));
        if (train)
            printf(" %10.3f %9.0f %8.0f\n",
                   100.0 * ratio(a->error_senders, all),
                   ratio(a->backward_ops, metrics->samples),
                   ratio(a->gradient_ops, metrics->samples));
        else
            printf(" %10llu\n", (unsigned long long)layer.dense_macs);
    }
}

static json_t *layer_json(const sg_network *net, size_t i,
                          const sg_layer_activity *a)
{
    sg_layer_info layer;
    if (sg_network_get_layer(net, i, &layer) != SG_OK)
        return NULL;
    return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "name",
                     layer.name, "neurons", (json_int_t)layer.neurons,
                     "dense_macs", (json_int_t)layer.dense_macs, "spikes",
                     (json_int_t)a->spikes, "active", (json_int_t)a->active,
                     "saturated", (json_int_t)a->saturated, "forward_ops",
                     (json_int_t)a->forward_ops, "error_spikes",
                     (json_int_t)a->error_spikes, "error_senders",
                     (json_int_t)a->error_senders, "backward_ops",
                     (json_int_t)a->backward_ops, "gradient_ops",
                     (json_int_t)a->gradient_ops);
}

json_t *metrics_json(const sg_network *net, const sg_metrics *metrics)
{
    json_t *layers = json_array();
    if (!layers)
        return NULL;
    for (size_t i = 0; i < metrics->layers; i++) {
        if (json_array_append_new(layers,
                                  layer_json(net, i, &metrics->layer[i]))) {
            json_decref(layers);
            return NULL;
        }
    }
    return json_pack("{s:I,s:I,s:I,s:o}", "samples",
                     (json_int_t)metrics->samples, "correct",
                     (json_int_t)metrics->correct, "loss_q20",
                     (json_int_t)metrics->loss_q20, "layers", layers);
}
