/* The end of a training run: which model it leaves, and how that one does on
 * the test split, which a run with held-back samples looks at only here, and
 * on which one that trains with mirror images is also tested with them. */
#ifndef SPIKEGRAD_CLI_CONCLUDE_H
#define SPIKEGRAD_CLI_CONCLUDE_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>

#include "cli/run/history.h"
#include "cli/run/session_state.h"

/* conclude: tests the chosen model of s if there is anything to add, logs the
 * line of type final, and names the model. last and best are of held-back
 * samples; best->epoch is 0 if its checkpoint is not there. CLI_OK or the exit
 * code. */
int conclude(session *s, const history_epoch *last, const history_epoch *best);

/* conclude_flips: whether the recipe's augmentation mirrors images. */
bool conclude_flips(const sg_recipe *recipe);

/* conclude_cost: what that takes, in evaluations of the samples that are
 * evaluated after each epoch: held, or test if that is NULL. */
double conclude_cost(const sg_recipe *recipe, const sg_data *held,
                     const sg_data *test);

#endif
