/* Metrics as people and programs read them. Numbers of metrics are integers;
 * the floats here are for reading only. */
#ifndef SPIKEGRAD_CLI_REPORT_H
#define SPIKEGRAD_CLI_REPORT_H

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

void report_figures(const sg_network *net, const sg_metrics *metrics,
                    figures *out);

/* report_accuracy: % correct. */
double report_accuracy(const sg_metrics *metrics);

/* report_layers: one row a layer. With train, the row has the columns of the
 * backward pass too. */
void report_layers(const sg_network *net, const sg_metrics *metrics,
                   bool train);

/* report_json: the sums of metrics, per layer. NULL if memory is short. */
json_t *report_json(const sg_network *net, const sg_metrics *metrics);

/* report_shape: "28x28x1" into text. Returns text. */
enum { REPORT_SHAPE = 40 };
const char *report_shape(sg_shape shape, char text[REPORT_SHAPE]);

#endif
