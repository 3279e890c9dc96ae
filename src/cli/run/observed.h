/* What sg_observe saw, as a value of the metrics: written by train, read by
 * report.
 *
 *     {"samples":256,"from":"train","layers":[{"name":"15C5","neurons":8640,
 *      "cap":15,"counts":[0,1200,1,34,...],"errors":[-1,7,0,900,...],
 *      "saturated":0,"silent":12,"errorless":80},...]}
 *
 * A histogram is a list of bin, number, bin, number; bins without anything are
 * left out. A bin holds the value it is named by, and from 16 on also those up
 * to the next bin: there are eight to an octave. Negative ones mirror them. */
#ifndef SPIKEGRAD_CLI_OBSERVED_H
#define SPIKEGRAD_CLI_OBSERVED_H

#include <jansson.h>
#include <spikegrad/spikegrad.h>

/* observed_bin: the value that names the bin of value. */
int observed_bin(int value);

/* observed_width: how many values a bin holds; bin as observed_bin says. */
int observed_width(int bin);

/* observed_json: observes the first `samples` images of data, or all if they
 * are fewer; by all ranks, for which it is their place-th (team_share_run). from
 * says what they are. NULL after a failure, which *status
 * names; SG_E_MEMORY too if it is JSON that lacks memory. */
json_t *observed_json(const sg_network *net, const sg_data *data,
                      unsigned place, uint32_t samples, unsigned threads,
                      const char *from, sg_status *status, sg_error *error);

/* observed_task: a part of it, for another rank. */
json_t *observed_task(const json_t *order, const sg_network *net,
                      const sg_data *const *data, sg_status *status,
                      sg_error *error);

#endif
