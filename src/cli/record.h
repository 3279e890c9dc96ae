/* What a run directory tells of a run: its recipe and its metrics. The
 * checkpoint is not needed. */
#ifndef SPIKEGRAD_CLI_RECORD_H
#define SPIKEGRAD_CLI_RECORD_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chart.h"
#include "recipefile.h"

typedef struct record_layer {
    char name[24];
    uint64_t neurons, dense_macs;
} record_layer;

typedef struct record_epoch {
    double seconds; /* of training */
    sg_metrics train, test;
} record_epoch;

/* The instruments on one layer after the last epoch that has them. */
typedef struct record_sight {
    uint64_t neurons, saturated, silent, errorless;
    chart_bin *counts, *errors; /* with shares */
    size_t count_bins, error_bins;
} record_sight;

typedef struct record {
    const char *path; /* as the user gave it */
    size_t layers;    /* 0 until an epoch is known */
    record_epoch *epoch;
    size_t epochs;
    uint64_t observed;   /* samples of the sight; 0: none */
    size_t observed_at;  /* the epoch it is from */
    record_sight *sight; /* [layers] */
    recipe_file file;
    record_layer layer[SG_LAYERS_MAX];
    sg_metrics final;   /* of the test split, if tested */
    bool dense;         /* multiply-adds are known: older metrics lack them */
    bool held;          /* epochs were tested on held-back samples */
    bool tested;        /* the test split was looked at, at the end */
    bool torn;          /* the last line was cut off */
    bool observed_held; /* observed samples were held back from training */
} record;

/* record_read: CLI_OK, CLI_FAILED (no run there, no epoch in it yet, not
 * readable) or CLI_DATA (malformed), reported. Ends with record_free always.
 * A last line that is cut off is ignored: the run may be going on. */
int record_read(record *r, const char *path);
void record_free(record *r);

/* record_is_pool: whether layer l is a pooling layer. */
bool record_is_pool(const record *r, size_t l);

/* record_first: the lowest layer with synapses. */
size_t record_first(const record *r);

/* record_same_layers: whether both networks have layers of the same names and
 * sizes. */
bool record_same_layers(const record *a, const record *b);

/* record_forward, record_backward: synaptic operations of metrics, of layer l
 * or, with l == layers, of all; backward ones with those of the gradient. */
double record_forward(const record *r, const sg_metrics *m, size_t l);
double record_backward(const record *r, const sg_metrics *m, size_t l);

/* record_dense_forward, record_dense_backward: multiply-adds of the dense ANN
 * for one sample; the backward pass has those of errors and of gradients, but
 * needs no error for the input. NAN if not known. */
double record_dense_forward(const record *r, size_t l);
double record_dense_backward(const record *r, size_t l);

#endif
