/* The end of a training run: which model it leaves, and how that one does on
 * the test split, which a run with held-back samples looks at only here, and
 * on which one that trains with mirror images is also tested with them. */
#ifndef SPIKEGRAD_CLI_CONCLUDE_H
#define SPIKEGRAD_CLI_CONCLUDE_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>

#include "cli/run/history.h"
#include "cli/run/rundir.h"

typedef struct conclusion {
    const char *command;
    rundir *run;
    const sg_network *net; /* of the last epoch */
    const sg_data *test;
    bool held;                /* there are held-back samples */
    bool flips;               /* images are mirrored, see conclude_flips */
    bool best_wanted;         /* else the last epoch is chosen */
    history_epoch last, best; /* if held; best.epoch 0: it is not there */
    bool tested;              /* the line of the last test is written */
    bool json, quiet;
    bool silent; /* nothing on stdout, no notes */
    unsigned threads;
} conclusion;

/* conclude: tests the chosen model if there is anything to add, logs the line
 * of type final, and names the model. CLI_OK or the exit code. */
int conclude(const conclusion *c);

/* conclude_flips: whether the recipe's augmentation mirrors images. */
bool conclude_flips(const sg_recipe *recipe);

/* conclude_cost: what that takes, in evaluations of the samples that are
 * evaluated after each epoch: held, or test if that is NULL. */
double conclude_cost(const sg_recipe *recipe, const sg_data *held,
                     const sg_data *test);

#endif
