/* Comparing the two engines on a network; for whichever command does so. */
#ifndef SPIKEGRAD_CLI_VERIFICATION_H
#define SPIKEGRAD_CLI_VERIFICATION_H

#include <jansson.h>
#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdint.h>

/* Words of --order; "all" only where it makes sense. */
#define VERIFY_ORDERS "fifo|lifo|scatter|turns|random"

/* verify_order: the order a word names. */
sg_order verify_order(const char *word);

typedef struct verify_options {
    const char *command; /* whose help a usage error names */
    const char *order;   /* one of VERIFY_ORDERS, or "all": each in turn */
    uint32_t samples;
    uint64_t seed;      /* of the draws of an order */
    const char *device; /* whose engine is compared; NULL: the processor's */
    unsigned threads;   /* that simulate */
    bool json;          /* a JSON line for each order instead of a text */
    bool quiet;         /* no progress */
    bool silent;        /* no line if all is equal */
    unsigned place;     /* of the data among those that ranks share */
} verify_options;

/* verify_task: a part of it, for another rank. */
json_t *verify_task(const json_t *order, const sg_network *net,
                    const sg_data *const *data, sg_status *status,
                    sg_error *error);

/* verify_network: all ranks do some of it; prints a line for each order. CLI_OK, CLI_MISMATCH after
 * naming the first difference, or the exit code of what went wrong. */
int verify_network(const verify_options *options, const sg_network *net,
                   const sg_data *data);

#endif
