/* Channels that shout: a run that goes wrong begins with a few of them, while
 * the mean of their layer stays small (docs/study.md, "Runs that failed"). */
#ifndef SPIKEGRAD_CLI_CHANNELS_H
#define SPIKEGRAD_CLI_CHANNELS_H

#include <jansson.h>
#include <spikegrad/spikegrad.h>
#include <stdint.h>

/* Of a hidden layer with weights, over some samples; others have counts 0.
 * counts: of a channel's neurons, one for each sample. */
typedef struct channel_sums {
    uint64_t counts;
    uint64_t spikes;  /* net spikes of the loudest channel */
    uint32_t loudest; /* the first of those that sent most */
    uint32_t loud;    /* how many are, by health_loud */
} channel_sums;

/* channels_sum: the forward pass, as in use, of the first `samples` images of
 * data, or of all; by all ranks, for which it is their place-th. Integers, the
 * same for any number of threads and ranks.
 *
 * out  [layers of net]; written
 * Errors: as sg_pass_run. */
sg_status channels_sum(const sg_network *net, const sg_data *data,
                       unsigned place, uint32_t samples, unsigned threads,
                       channel_sums *out, sg_error *error);

/* channels_task: a part of it, for another rank. */
json_t *channels_task(const json_t *order, const sg_network *net,
                      const sg_data *const *data, sg_status *status,
                      sg_error *error);

/* channels_json: for the line of an epoch; NULL without memory. */
json_t *channels_json(size_t layers, const channel_sums *sums);

#endif
