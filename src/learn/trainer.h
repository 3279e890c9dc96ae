/* A training run: the state that decides the rest of it is the network with
 * its run counters, so that a run can stop and go on anywhere. Weights are
 * where the engine has them, see engine/engine.h. */
#ifndef SG_LEARN_TRAINER_H
#define SG_LEARN_TRAINER_H

#include "engine/engine.h"
#include "learn/place.h"

struct sg_trainer {
    sg_network *net;
    const sg_data *train;
    sg__engine *engine;
    sg__place place;
    sg__engine_options built;
    sg__augment augment;
    uint32_t *order;           /* samples of the epoch under way, shuffled */
    uint32_t order_epoch;      /* the epoch it is for, plus 1; 0 for none */
    uint32_t samples, batches; /* of an epoch */
    sg__update update[SG_LAYERS_MAX]; /* of the batch under way */
    sg_metrics part;                  /* likewise */
    sg_metrics test;                  /* of the last evaluation */
};

/* sg__trainer_place: where options say that a trainer works; NULL: all 0. */
sg_status sg__trainer_place(const sg_trainer_options *options, sg__place *out,
                            sg_error *error);

/* sg__trainer_create_at: a trainer of net, at that place. It takes the network
 * over, even when it fails. Errors as sg_trainer_create_with.
 * sg__trainer_create: the same on an engine of that kind. */
sg_status sg__trainer_create_at(const sg__place *place, sg_network *net,
                                const sg_data *train, sg_trainer **out,
                                sg_error *error);
sg_status sg__trainer_create(const sg__engine_kind *kind, sg_network *net,
                             const sg_data *train, unsigned threads,
                             sg_trainer **out, sg_error *error);

#endif
