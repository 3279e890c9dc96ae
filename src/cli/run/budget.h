/* A time limit as a number of epochs: how many fit, from what one has taken.
 *
 * The limit is for the whole run, all processes together, from the opening of
 * the data to the last evaluation. It ends a run by planning it shorter
 * (sg_trainer_plan), so the learning rate always comes to its end; what does
 * not fit is left out, in whole epochs. Clocks decide how long a run is, and
 * nothing else: with the numbers of epochs that metrics.jsonl has, it is the
 * same again. */
#ifndef SPIKEGRAD_CLI_BUDGET_H
#define SPIKEGRAD_CLI_BUDGET_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdint.h>

/* Seconds throughout. */
typedef struct budget {
    double limit;        /* of the run; 0: none */
    double carried;      /* by earlier processes */
    double start;        /* of this process, on the clock of cli_seconds */
    double mark;         /* end of the last epoch, or start of training */
    double cost;         /* of an epoch; 0: not known yet */
    double finale;       /* of the last test, in evaluations of an epoch */
    double test_seconds; /* of the last evaluation */
} budget;

/* budget_elapsed: seconds of the run so far. */
double budget_elapsed(const budget *b);

/* budget_epoch: at the end of an epoch of which this process trained a share
 * (0..1], and whose evaluation took test_seconds. */
void budget_epoch(budget *b, double share, double test_seconds);

/* budget_plan: epochs in all, of a run that has done `done` of `planned`, at
 * most `most`; at least 1 and at least done. A plan with epochs left gets one
 * more if there is any time at all, so that its schedule comes to its end. */
uint32_t budget_plan(const budget *b, uint32_t done, uint32_t planned,
                     uint32_t most);

/* budget_guess: epochs in all after a share of the first epoch, when nothing
 * is known of the evaluation but its size, `tests` of the samples trained on.
 * At least 1. */
uint32_t budget_guess(const budget *b, double share, double tests,
                      uint32_t most);

#endif
