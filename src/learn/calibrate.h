/* Error thresholds found on data (recipe phi = auto:R): early in a run, and
 * then frozen, each hidden Phi becomes the power of two nearest to rms(U) / R,
 * in proportion, U being the error charge that arrives. docs/semantics.md,
 * "Error thresholds". */
#ifndef SG_LEARN_CALIBRATE_H
#define SG_LEARN_CALIBRATE_H

#include "engine/engine.h"

/* sg__calibrates: whether the run finds its thresholds anew at this step. */
bool sg__calibrates(const sg_recipe *recipe, uint64_t step);

/* sg__calibrate_phi: thresholds of the network that engine trains from a
 * batch, as often as it takes for what the layers below receive to settle.
 * Where an error gain changes, the momentum gathered so far is scaled with it.
 * Errors are the engine's. */
sg_status sg__calibrate_phi(sg__engine *engine, const sg__batch *batch);

#endif
