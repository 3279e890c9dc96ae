/* What a report knows of a run: its recipe and its metrics. */
#ifndef SPIKEGRAD_REPORT_RECORD_H
#define SPIKEGRAD_REPORT_RECORD_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/chart.h"

/* Bytes of a specification of data. */
enum { RECORD_DATA = 4352 };

typedef struct record_layer {
    char name[24];
    uint64_t neurons, dense_macs;
} record_layer;

/* sg_metrics with as many layers as there are: runs can have 100 000 epochs.
 * No samples: nothing is known. */
typedef struct record_sums {
    uint64_t samples, correct, loss_q20;
    sg_layer_activity *layer; /* [layers]; NULL without samples */
} record_sums;

typedef struct record_epoch {
    record_sums train, test;
} record_epoch;

/* The instruments on one layer after the last epoch that has them. */
typedef struct record_sight {
    uint64_t neurons, saturated, silent, errorless;
    chart_bin *counts, *errors; /* with shares */
    size_t count_bins, error_bins;
} record_sight;

/* The loudest channel of a layer after an epoch: it sent `spikes` over so many
 * counts, and `loud` of them all shout (health_loud). No counts: not known. */
typedef struct record_channel {
    uint64_t counts, spikes, number, loud;
} record_channel;

/* A class in the last test, and how often one of a class was taken for
 * another. */
typedef struct record_class {
    uint64_t samples, correct;
    char *name; /* NULL: none */
} record_class;

typedef struct record_cell {
    uint32_t label, taken;
    uint64_t times;
} record_cell;

typedef struct record {
    const char *path; /* as the user gave it */
    size_t layers;    /* 0 until an epoch is known */
    record_epoch *epoch;
    size_t epochs, planned, room; /* room: epochs that are allocated */
    double seconds;               /* all that it took, in all processes */
    /* Epochs trained by several processes: how many the last one was by; 0:
     * none. Over all: steps, bytes that the first sent and received, seconds of
     * its steps, and of them those that it waited. */
    double ranks, rank_steps, rank_bytes, rank_seconds, rank_waits;
    uint64_t observed;   /* samples of the sight; 0: none */
    size_t observed_at;  /* the epoch it is from */
    record_sight *sight; /* [layers] */
    sg_recipe *recipe;
    char net[SG_RECIPE_TEXT];
    char data[RECORD_DATA]; /* as --data takes it; "" if not known */
    record_layer layer[SG_LAYERS_MAX];
    record_channel channel[SG_LAYERS_MAX]; /* of the last epoch */
    record_sums final;                     /* of the test split, if tested */
    size_t final_epoch;                    /* whose model that was */
    record_sums final_flip; /* the same with mirror images, if flipped */
    record_class *classes;  /* [class_count] in that test; NULL: not known */
    record_cell *cell;      /* [cells], the commonest first */
    uint32_t class_count;
    size_t cells;
    bool dense;         /* multiply-adds are known: older metrics lack them */
    bool held;          /* epochs were tested on held-back samples */
    bool tested;        /* the test split was looked at, at the end */
    bool flipped;       /* also with mirror images */
    size_t lost, twice; /* epochs without a line; epochs with several, the
                         * last of which counts */
    bool torn;          /* the last line was cut off */
    bool observed_held; /* observed samples were held back from training */
} record;

/* record_free: what the record holds, not itself; leaves it empty.
 * record_free_sight, record_free_classes: that alone. */
void record_free(record *r);
void record_free_classes(record *r);
void record_free_sight(record *r);

/* record_add_epoch: the next epoch, of which nothing is known yet; it counts
 * once r->epochs does. NULL without memory. */
record_epoch *record_add_epoch(record *r);

/* record_keep: a copy of the sums of r->layers layers; what was there before
 * is freed. False without memory. */
bool record_keep(const record *r, const sg_metrics *from, record_sums *to);

/* record_has_weights: whether layer l is a convolution or fully connected:
 * their names begin with their size, those of the others with a letter. */
bool record_has_weights(const record *r, size_t l);

/* record_is_frozen: whether the recipe has layer l among those that do not
 * learn (freeze). */
bool record_is_frozen(const record *r, size_t l);

/* record_first: the lowest layer with weights. */
size_t record_first(const record *r);

/* record_same_layers: whether both networks have layers of the same names and
 * sizes. */
bool record_same_layers(const record *a, const record *b);

/* record_forward, record_backward: synaptic operations of metrics, of layer l
 * or, with l == layers, of all; backward ones with those of the gradient. */
double record_forward(const record *r, const record_sums *m, size_t l);
double record_backward(const record *r, const record_sums *m, size_t l);

/* record_in_use: what samples as they are have shown: those of the test split
 * at the end, else those that the last epoch was tested on; NULL if there are
 * none. record_in_use_on: which they are, "test" or "validation". */
const record_sums *record_in_use(const record *r);
const char *record_in_use_on(const record *r);

/* record_dense_forward, record_dense_backward: multiply-adds of the dense ANN
 * for one sample; the backward pass has those of errors and of gradients, but
 * needs no error for the input. NAN if not known. */
double record_dense_forward(const record *r, size_t l);
double record_dense_backward(const record *r, size_t l);

#endif
