/* The list of subcommands, in the order of the help. Each is a file of its
 * own, src/cli/NAME.c, that says all about it in command_NAME; a line here is
 * all it needs besides. Help, man page and completion follow from these
 * tables: './dev pages' renews the latter two. */
#ifndef SPIKEGRAD_CLI_COMMANDS_H
#define SPIKEGRAD_CLI_COMMANDS_H

#include <jansson.h>
#include <spikegrad/spikegrad.h>

#include "cli/base/args.h"

#define COMMANDS(X)                                                           \
    X(demo)                                                                   \
    X(train)                                                                  \
    X(eval)                                                                   \
    X(classify)                                                               \
    X(verify)                                                                 \
    X(trace)                                                                  \
    X(anytime)                                                                \
    X(report)                                                                 \
    X(bench)                                                                  \
    X(info)                                                                   \
    X(data)                                                                   \
    X(sweep)                                                                  \
    X(recipes)                                                                \
    X(seal)                                                                   \
    X(convert)                                                                \
    X(export)                                                                 \
    X(import_state)

#define COMMANDS_DECLARE(name) extern const arg_command command_##name;
COMMANDS(COMMANDS_DECLARE)
#undef COMMANDS_DECLARE

/* commands_list: all of them, up to a NULL. */
const arg_command *const *commands_list(void);

/* commands_find: that of a name in a list up to a NULL, or NULL. A name of two
 * words is found by its last one. */
const arg_command *commands_find(const arg_command *const *list,
                                 const char *name);

/* anytime_task, sweep_task: parts of theirs for another rank (team_work.h). */
json_t *anytime_task(const json_t *order, const sg_network *net,
                     const sg_data *const *data, sg_status *status,
                     sg_error *error);
json_t *sweep_task(const json_t *order, const sg_network *net,
                   const sg_data *const *data, sg_status *status,
                   sg_error *error);

#endif
