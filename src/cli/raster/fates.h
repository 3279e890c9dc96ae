/* What becomes of spikes: in the orders turns and random a neuron holds what it
 * has emitted until its turn comes, and a spike that is taken back before is
 * never sent. Spikes come out in the order in which they were emitted, each as
 * soon as it and those before it are known to be sent or not. */
#ifndef SPIKEGRAD_CLI_FATES_H
#define SPIKEGRAD_CLI_FATES_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>

typedef struct fates fates;

typedef void (*fates_fn)(const sg_spike *spike, bool sent, void *user);

/* fates_create: fn is called for each spike. NULL if memory is short. */
fates *fates_create(const sg_network *net, fates_fn fn, void *user);

/* fates_emitted, fates_sent: as the simulation shows them. */
void fates_emitted(fates *f, const sg_spike *spike);
void fates_sent(fates *f, const sg_spike *spike);

/* fates_end: after the last one; false if memory was short, so that spikes
 * were left out. */
bool fates_end(fates *f);

void fates_destroy(fates *f); /* NULL is legal */

#endif
