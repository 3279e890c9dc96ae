/* Rows of a sweep at other ranks: each reads the command as rank 0 did and
 * trains a row at a time, by itself, in the folder that all share. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/base/cli.h"
#include "cli/base/team.h"
#include "cli/base/team_work.h"
#include "cli/commands.h"
#include "cli/sweep.h"

/* The number of the directory on its disk, which all that share it see. */
static json_int_t number_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (json_int_t)status.st_ino : -1;
}

static int give_row(sweep *s, uint32_t rank, size_t i, uint64_t limit)
{
    json_t *words = json_array();
    for (int k = 0; k < s->argc; k++)
        if (json_array_append_new(words, json_string(s->argv[k])) != 0) {
            json_decref(words);
            return cli_fail("sweep over ranks: '%s' is no UTF-8", s->argv[k]);
        }
    s->given[rank] = i + 1;
    return team_give(
        "sweep", rank, "sweep",
        json_pack("{s:o,s:I,s:I,s:I,s:I}", "words", words, "row",
                  (json_int_t)i, "limit", (json_int_t)limit, "threads",
                  (json_int_t)team_threads(s->options->run.threads), "folder",
                  number_of(s->options->out)));
}

/* Rows to those that have none. */
int sweep_give_rows(sweep *s)
{
    int code = CLI_OK;
    size_t i;
    uint64_t limit;
    for (uint32_t r = 1; code == CLI_OK && r < sg_ranks_count(team_all()); r++)
        if (!s->given[r] && sweep_begin_row(s, &i, &limit))
            code = give_row(s, r, i, limit);
    return code;
}

/* Rows from those that are done with them, or from all. */
int sweep_take_rows(sweep *s, bool all)
{
    int code = CLI_OK;
    for (uint32_t r = 1; r < sg_ranks_count(team_all()); r++) {
        json_t *answer;
        bool done;
        if (!s->given[r])
            continue;
        const int taken = team_take("sweep", r, all, &done, &answer);
        if (taken != CLI_OK)
            return taken;
        if (!done)
            continue;
        const int ended =
            sweep_end_row(s, s->given[r] - 1, (int)team_number(answer, "code"),
                          json_string_value(
                              json_object_get(answer, "reason")));
        s->given[r] = 0;
        code = code == CLI_OK ? ended : code;
        json_decref(answer);
    }
    return code;
}

/* While rank 0 trains. */
void sweep_look_around(void *user)
{
    sweep *s = user;
    if (s->code == CLI_OK)
        s->code = sweep_take_rows(s, false);
    if (s->code == CLI_OK)
        s->code = sweep_give_rows(s);
}

/* A row, by what rank 0 was told. */
static int do_row(sweep *s, sweep_options *options, const arg_rest *rest,
                  const json_t *order)
{
    grid *g = NULL;
    const size_t i = (size_t)team_number(order, "row");
    options->run.threads = team_number(order, "threads");
    options->run.quiet = true;
    int code = sweep_prepare(s, options, rest, &g);
    if (code == CLI_OK && i >= s->rows.count)
        code = cli_fail("row %zu of %zu", i, s->rows.count);
    if (code == CLI_OK &&
        number_of(options->out) != (json_int_t)team_number(order, "folder"))
        code = cli_fail("%s is not the one of rank 0: all ranks of a sweep "
                        "need the same folder",
                        options->out);
    sg_recipe *recipe = code == CLI_OK ? grid_recipe(s->rows.grid, i) : NULL;
    if (recipe)
        code = sweep_train_row(s, s->rows.row[i].path,
                               team_number(order, "limit"), recipe);
    sg_recipe_destroy(recipe);
    sweep_end(s, g);
    return code;
}

enum { WORDS = 1024 };

json_t *sweep_task(const json_t *order, const sg_network *net,
                   const sg_data *const *data, sg_status *status,
                   sg_error *error)
{
    sweep_options options = {.run = {.command = "sweep", .silent = true}};
    arg_rest rest;
    char *argv[WORDS + 1] = {NULL}, reason[SG_ERROR_TEXT] = "";
    const json_t *words = json_object_get(order, "words");
    const size_t argc = json_array_size(words);
    sweep *s = calloc(1, sizeof *s);
    (void)net;
    (void)data;
    (void)error;
    *status = !s ? SG_E_MEMORY : argc > WORDS ? SG_E_FORMAT : SG_OK;
    for (size_t i = 0; *status == SG_OK && i < argc; i++)
        argv[i] = (char *)json_string_value(json_array_get(words, i));
    if (*status != SG_OK) {
        free(s);
        return NULL;
    }
    s->options = &options;
    cli_capture(reason, sizeof reason);
    int code = args_parse(&command_sweep, (int)argc, argv, &options, &rest);
    if (code < 0)
        code = do_row(s, &options, &rest, order);
    else
        free(s);
    cli_capture(NULL, 0);
    return json_pack("{s:i,s:s}", "code", code, "reason", reason);
}
