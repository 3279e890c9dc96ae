/* How fast a network trains and infers here: rounds of both in turn, so that
 * what else the machine does meets both alike. */
#ifndef SPIKEGRAD_CLI_MEASURE_H
#define SPIKEGRAD_CLI_MEASURE_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdint.h>

enum { MEASURE_ROUNDS_MAX = 1000 };

/* Samples a second. */
typedef struct measure_rates {
    double round[MEASURE_ROUNDS_MAX]; /* in the order they were measured */
    double median, lowest, highest;
} measure_rates;

/* Where training time goes, over a stretch of its own after the rounds. */
typedef struct measure_profile {
    /* What could be reached: reading from the nearest cache, which is where
     * work on a few samples finds its data at best, and from a block as large
     * as the state of all weights, which the update goes through. */
    sg_machine near, state;
    size_t state_bytes;
    uint64_t samples;
    double seconds; /* wall clock */
    uint64_t load_ns;
    sg_layer_cost cost[SG_LAYERS_MAX];
} measure_profile;

typedef struct measurement {
    const char *command; /* whose help a usage error names */
    sg_data *data;       /* the caller's */
    unsigned threads;
    const char *device; /* NULL: cpu; what auto means is known */
    double seconds;     /* of one measurement */
    uint64_t warm, rounds;
    bool layers;         /* whether there is a profile */
    sg_trainer *trainer; /* the caller's; replaced when its run is complete */

    uint8_t *pixels; /* [images], side by side; of the measurement itself */
    uint32_t *labels, images;

    measure_rates train, infer;
    uint64_t peak_bytes; /* most memory the process has had */
    measure_profile profile;
} measurement;

/* measure_run: warms up and measures; fields before train are given. A run
 * that comes to its end goes on with its last epoch. CLI_OK or the exit code,
 * reported; CLI_INTERRUPTED after a signal. */
int measure_run(measurement *m);

/* measure_steps: trains so many steps. Likewise. */
int measure_steps(measurement *m, uint64_t steps);

#endif
