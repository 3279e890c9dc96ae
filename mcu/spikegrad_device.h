/* A network of SpikeGrad on a microcontroller: what a program calls.
 *
 * C11, freestanding: no heap, no float, no library. Tables are const; all that
 * changes is in one sg_state, of SG_STATE_BYTES, which the program owns. The
 * integers are those of SpikeGrad's engines, to the bit. */
#ifndef SPIKEGRAD_DEVICE_H
#define SPIKEGRAD_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "net.h"

typedef struct sg_state {
    int32_t charge[SG_WIDEST]; /* of the place under way; at last the logits */
#if SG_LEARN
    int32_t bias[SG_BIASES];          /* masters */
    int32_t gradient[SG_GRADIENT];    /* of some taps of a layer */
    int32_t error_charge[SG_CLASSES]; /* of the output layer */
    uint32_t step;                    /* samples learned from */
    sg_master master[SG_MASTERS];     /* weights [tap][input][output] */
#endif
    uint8_t count[SG_COUNTS]; /* spikes, of what sends any */
#if SG_LEARN
    uint8_t gate[SG_GATES];     /* a bit a neuron: its derivative */
    uint8_t winner[SG_WINNERS]; /* of max units: the place in their window */
    int8_t error[SG_ERRORS];    /* error spikes, before the derivative */
    int8_t sent[SG_SENT];       /* error spikes of the layer under way */
#endif
} sg_state;

_Static_assert(sizeof(sg_state) == SG_STATE_BYTES, "as the exporter said");

/* sg_begin: weights as exported; before anything else, and to start anew. */
void sg_begin(sg_state *state);

/* sg_infer: the class of an image, uint8[height][width][channels]. The logits
 * stay in state->charge. */
uint32_t sg_infer(sg_state *state, const uint8_t *pixels);

#if SG_LEARN
/* sg_learn: one step from one sample, label < SG_CLASSES; returns the class it
 * would have said before. */
uint32_t sg_learn(sg_state *state, const uint8_t *pixels, uint32_t label);

/* sg_weight: forward weight i of those that learn, as exported in `master`. */
int32_t sg_weight(const sg_state *state, size_t i);

/* sg_state_save: what has been learned, SG_SAVED_BYTES of it, the same on any
 * machine. sg_state_load: takes it back; 0, or without a change 1: no such
 * file, 2: of another network, 3: damaged. */
void sg_state_save(const sg_state *state, uint8_t *bytes);
int sg_state_load(sg_state *state, const uint8_t *bytes);
#endif

#endif
