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
 * Each call returns an sg_status; examples/ has whole programs. destroy(NULL)
 * is legal. A NULL where something is needed is SG_E_ARGUMENT, never a crash;
 * functions that return no status return NULL or 0 then, or do nothing.
 *
 * Threads. The library keeps no state of its own: handles are independent of
 * each other, and two threads may use two handles at once, also where both
 * look at the same network or data. A function that takes a const handle only
 * reads it, so that many threads may call such functions on one handle, as
 * long as none changes it meanwhile: classify, evaluate, verify and simulate
 * one network, read one data set. Functions that take a handle that is not
 * const want it alone. sg_trainer_network, sg_trainer_save and
 * sg_trainer_save_memory may bring the network up to date, and want the trainer
 * alone; sg_pass_gradient works with what the pass holds, and wants it alone. Worker threads that a
 * function starts are its own matter; callbacks are called by the thread that
 * called the library. */
#ifndef SPIKEGRAD_SPIKEGRAD_H
#define SPIKEGRAD_SPIKEGRAD_H

#include "spikegrad/data.h"
#include "spikegrad/device.h"
#include "spikegrad/event.h"
#include "spikegrad/export.h"
#include "spikegrad/file.h"
#include "spikegrad/machine.h"
#include "spikegrad/network.h"
#include "spikegrad/observe.h"
#include "spikegrad/ranks.h"
#include "spikegrad/recipe.h"
#include "spikegrad/status.h"
#include "spikegrad/train.h"
#include "spikegrad/version.h"

#endif
