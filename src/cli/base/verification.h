/* Comparing the two engines on a network; for whichever command does so. */
#ifndef SPIKEGRAD_CLI_VERIFICATION_H
#define SPIKEGRAD_CLI_VERIFICATION_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdint.h>

/* Words of --order; "all" only where it makes sense. */
#define VERIFY_ORDERS "fifo|lifo|scatter|turns|random"

/* verify_order: the order a word names. */
sg_order verify_order(const char *word);

/* verify_network: one order, or with word "all" each in turn; prints a line
 * for each. CLI_OK, CLI_MISMATCH after naming the first difference, or the
 * exit code of what went wrong. */
int verify_network(const char *command, const sg_network *net,
                   const sg_data *data, uint32_t samples, const char *word,
                   uint64_t seed, bool json, bool quiet);

#endif
