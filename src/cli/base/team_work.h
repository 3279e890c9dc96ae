/* What a command divides among ranks itself: parts of it are orders in JSON, and
 * so are the answers. Nothing of this is called without other ranks. */
#ifndef SPIKEGRAD_CLI_TEAM_WORK_H
#define SPIKEGRAD_CLI_TEAM_WORK_H

#include <jansson.h>
#include <spikegrad/spikegrad.h>
#include <stdbool.h>

/* A kind of work, by its name in an order. run: the part that an order says, of
 * a network (NULL if none was sent) and the data that are shared. Returns the
 * answer; NULL after a failure, which *status and error say, SG_E_MEMORY
 * otherwise. Signals stop it as they stop rank 0. */
typedef struct team_task {
    const char *name;
    json_t *(*run)(const json_t *order, const sg_network *net,
                   const sg_data *const *data, sg_status *status,
                   sg_error *error);
} team_task;

/* team_work_know: the kinds there are, up to one without a name. They outlive
 * the command. */
void team_work_know(const team_task *tasks);

/* team_give: gives an order, which is left to it, to a rank; without a network.
 * team_take: its answer, if it has come or `waits`; *done
 * says. CLI_OK, or the exit code of what went wrong there, reported. */
int team_give(const char *command, uint32_t rank, const char *task,
              json_t *order);
int team_take(const char *command, uint32_t rank, bool waits, bool *done,
              json_t **answer);

/* Samples first..first+count-1. */
typedef struct team_part {
    uint32_t first, count;
} team_part;

/* team_divide: count samples among all ranks, in multiples of unit: gives each
 * other one the order, with the network as a copy or, of a trainer's, as it has
 * it (spikegrad/ranks.h), and, as "first" and "count", its part, if that is not
 * empty; *own is that of this one. team_gather: the answer of a rank, which is
 * waited for; NULL if it had no part. CLI_OK or the exit code, reported. */
int team_divide(const char *command, const char *task, json_t *order,
                const sg_network *net, bool copies, uint32_t count,
                uint32_t unit, team_part *own);
int team_gather(const char *command, uint32_t rank, json_t **answer);

/* Samples of a run by all ranks, or by this one where there are no others: own
 * does a part here, add takes what another rank answers, false if that is not
 * whole. */
typedef struct team_sum {
    const char *task;
    sg_status (*own)(void *user, team_part part, sg_error *error);
    bool (*add)(void *user, const json_t *answer);
    void *user;
} team_sum;

/* team_sum_run: of count samples and the network of the run's trainer; order is
 * left to it. What goes wrong, here or there, is said in error alone. */
sg_status team_sum_run(const team_sum *sum, json_t *order,
                       const sg_network *net, uint32_t count, sg_error *error);

/* team_part_of: what an order says. team_number: another number of it. */
team_part team_part_of(const json_t *order);
uint64_t team_number(const json_t *order, const char *key);

/* team_work_do: at the others; as a sg_follow_options has it. */
sg_status team_work_do(void *user, const sg_network *net, const void *work,
                       size_t bytes, const sg_data *const *data, void **result,
                       size_t *result_bytes, sg_error *error);

#endif
