/* Metrics as people and programs read them. Numbers of metrics are integers;
 * the floats here are for reading only. */
#ifndef SPIKEGRAD_CLI_METRICS_H
#define SPIKEGRAD_CLI_METRICS_H

#include <jansson.h>
#include <spikegrad/spikegrad.h>
#include <stdbool.h>

/* Means over samples; spikes and senders also over the hidden neurons. The
 * operations are multiples of the multiply-adds of the dense ANN's forward
 * pass, or of its backward pass (error and gradient). */
typedef struct figures {
    double loss;     /* nats, or squared error */
    double accuracy; /* % */
    double spikes;   /* net spikes a hidden neuron sends on */
    double senders;  /* % of hidden neurons that send error spikes */
    double forward, backward;
} figures;

void metrics_figures(const sg_network *net, const sg_metrics *metrics,
                     figures *out);

/* metrics_accuracy: % correct. */
double metrics_accuracy(const sg_metrics *metrics);

/* metrics_layers: one row a layer. With train, the row has the columns of the
 * backward pass too. */
void metrics_layers(const sg_network *net, const sg_metrics *metrics,
                    bool train);

/* metrics_json: the sums of metrics, per layer. NULL if memory is short. */
json_t *metrics_json(const sg_network *net, const sg_metrics *metrics);

/* metrics_shape: "28x28x1" into text. Returns text. */
enum { METRICS_SHAPE = 40 };
const char *metrics_shape(sg_shape shape, char text[METRICS_SHAPE]);

#endif
