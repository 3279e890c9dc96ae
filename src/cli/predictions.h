/* What a model makes of each sample of data, one by one. */
#ifndef SPIKEGRAD_CLI_PREDICTIONS_H
#define SPIKEGRAD_CLI_PREDICTIONS_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct predictions {
    const char *path; /* a line, or row, for each sample; NULL: none */
    bool logits;      /* with all logits */
    bool flip;        /* of both views, as eval --flip has them */
    bool vote;        /* of recordings, the logits of whose parts are added,
                         instead of samples */
    unsigned threads;
    uint32_t top;   /* the label among so many largest logits */
    uint64_t among; /* samples, or recordings, of which it is; written */
    uint64_t voted,
        right; /* with vote: recordings, those recognised; written */
} predictions;

/* predictions_largest: the class with the largest of its logits, the first one
 * on a tie. */
uint32_t predictions_largest(const int64_t *logits, uint32_t classes);

/* predictions_make: CLI_OK, or after a report something else. Ties are in the
 * order of the classes. */
int predictions_make(const char *command, const sg_network *net,
                     const sg_data *data, predictions *p);

#endif
