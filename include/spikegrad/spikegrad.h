/* libspikegrad: training spiking neural networks with spikes.
 *
 * Activations and gradients travel as spikes; everything that can change a
 * weight is integer arithmetic; the fast engine and the spike-by-spike
 * simulation give the same integers, bit for bit (docs/semantics.md).
 *
 *     sg_data *train, *test;
 *     sg_data_open("glyphs", SG_SPLIT_TRAIN, &train, &error);
 *     sg_data_open("glyphs", SG_SPLIT_TEST, &test, &error);
 *
 *     sg_recipe *recipe;
 *     sg_recipe_create(&recipe);
 *     sg_recipe_set(recipe, "net", "8C5-P2-64-10", &error);
 *
 *     sg_trainer *trainer;
 *     sg_trainer_create(recipe, train, 0, &trainer, &error);
 *     sg_trainer_run(trainer, test, &callbacks, &error);
 *     sg_trainer_save(trainer, "digits.safetensors", &error);
 *
 *     sg_verify(sg_trainer_network(trainer), test, 10, SG_ORDER_RANDOM, 1,
 *               NULL, NULL, &result, &error);
 *
 * Each call returns an sg_status; examples/ has whole programs. Handles are
 * opaque and independent of each other: two threads may use two trainers, but
 * not one trainer at once. destroy(NULL) is legal. */
#ifndef SPIKEGRAD_SPIKEGRAD_H
#define SPIKEGRAD_SPIKEGRAD_H

#include "spikegrad/data.h"
#include "spikegrad/event.h"
#include "spikegrad/machine.h"
#include "spikegrad/network.h"
#include "spikegrad/observe.h"
#include "spikegrad/recipe.h"
#include "spikegrad/status.h"
#include "spikegrad/train.h"

#define SG_VERSION "0.1.0"

/* sg_version: version of the library that is running. */
SG_API const char *sg_version(void);

#endif
