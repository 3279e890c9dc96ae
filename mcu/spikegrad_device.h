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

#if SG_LEARN && SG_ROWS
#include "core/standardise.h"
#endif

typedef struct sg_state {
#if SG_LEARN && SG_ROWS
    _Alignas(8) int64_t scale[SG_ROWS]; /* of standardised weights */
    sg__row row[SG_ROWS];               /* mean and size */
    int32_t gain[SG_ROWS];
#endif
    int32_t charge[SG_WIDEST]; /* of the place under way; at last the logits */
#if SG_LEARN
    int32_t bias[SG_BIASES];          /* masters */
    int32_t gradient[SG_GRADIENT];    /* of the synapses of one output */
    int32_t error_charge[SG_CLASSES]; /* of the output layer */
#if SG_CHARGES
    int32_t charges[SG_CHARGES]; /* error charge of units */
#endif
#if SG_SPIKE_LIMIT
    uint32_t spikes[SG_LAYERS]; /* net spikes of the neurons of layers */
#endif
    uint32_t step; /* samples learned from */
#if SG_DRAWS
    uint32_t sample; /* number of the sample in the data, which draws of
                        dither and dropout depend on: set it before sg_learn */
#endif
    sg_master master[SG_MASTERS]; /* weights [tap][input][output], each with
                                     SG_ON_TOP more than its master; of
                                     standardised layers [output][tap][input]
                                   */
#endif
    uint8_t count[SG_COUNTS]; /* spikes, of what sends any */
#if SG_LEARN
    uint8_t gate[SG_GATES]; /* a bit a neuron: its derivative */
#if SG_WINNERS
    uint8_t winner[SG_WINNERS]; /* of max units: the place in their window */
#endif
#if SG_ERRORS
    int8_t error[SG_ERRORS]; /* error spikes, before the derivative */
#endif
    int8_t sent[SG_SENT]; /* error spikes of the layer under way */
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

/* Half a forward weight. The state has masters with that on top, so that a
 * shift makes a weight of them; not where rows are standardised. */
#define SG_HALF (((int32_t)1 << SG_MASTER_SHIFT) >> 1)
#define SG_ON_TOP (SG_ROWS ? 0 : SG_HALF)

/* sg_master_of: master i of those that learn, in the order of the state. */
static inline int32_t sg_master_of(const sg_state *state, size_t i)
{
    return state->master[i] - SG_ON_TOP;
}

/* sg_state_save: what has been learned, SG_SAVED_BYTES of it, the same on any
 * machine. sg_state_load: takes it back; 0, or without a change 1: no such
 * file, 2: of another network, 3: damaged. */
void sg_state_save(const sg_state *state, uint8_t *bytes);
int sg_state_load(sg_state *state, const uint8_t *bytes);
#endif

#endif
