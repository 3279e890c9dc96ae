/* The engine of rank 0 whose work is done by all ranks. */
#ifndef SG_RANKS_ENGINE_H
#define SG_RANKS_ENGINE_H

#include "engine/engine.h"
#include "spikegrad/ranks.h"

/* sg__engine_ranks: needs options.ranks; data of passes and evaluations are
 * those that have been shared. Errors of its calls: SG_E_ARGUMENT for other
 * data, what goes wrong at another rank, SG_E_IO for the exchange; the engine's
 * error names rank and host. */
extern const sg__engine_kind sg__engine_ranks;

#endif
