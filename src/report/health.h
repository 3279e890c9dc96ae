/* Whether a layer takes part in training, and what helps if it does not: one
 * rule for the page and for whoever else reports on a run. It goes by the sums
 * of a whole epoch of training, in which a healthy layer has something of
 * everything. For layers with weights; others pass on what those send. */
#ifndef SPIKEGRAD_REPORT_HEALTH_H
#define SPIKEGRAD_REPORT_HEALTH_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum layer_health {
    HEALTH_WELL,
    HEALTH_SILENT,    /* no spike for any sample */
    HEALTH_SATURATED, /* most counts are the largest there is */
    HEALTH_ERRORLESS  /* no error for any sample, though some were wrong */
} layer_health;

/* health_of: of a layer of so many neurons, after `samples` samples of which
 * the network had `correct` right. last: it is the last layer, which does not
 * fire. What is worst comes first: a silent layer is not called errorless. */
layer_health health_of(const sg_layer_activity *sums, uint64_t samples,
                       uint64_t correct, uint64_t neurons, bool last);

/* health_word, health_text: "silent"; what that means for a layer, and the
 * remedy, as sentences. "" for HEALTH_WELL. */
const char *health_word(layer_health health);
const char *health_text(layer_health health);

/* health_loud: whether a channel of neurons that send up to cap spikes is: it
 * has sent more than half of what it can, over so many counts of samples as
 * they are, which must be some. Caps below 8 are left out: there a channel that
 * is often on is nothing unusual.
 * health_loud_text: what that means, and the remedy, as sentences. */
bool health_loud(uint64_t spikes, uint64_t counts, int32_t cap);
const char *health_loud_text(void);

#endif
