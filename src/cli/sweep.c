/* spikegrad sweep: a grid of recipes, one run after the other, and a table.
 *
 * All state is in the run directories: calling it again goes on where it was
 * cut. A combination that fails is a row of the table. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/base/output.h"
#include "cli/base/recipefile.h"
#include "cli/base/team.h"
#include "cli/base/team_work.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/run/lock.h"
#include "cli/run/results.h"
#include "cli/run/rundir.h"
#include "cli/run/session.h"
#include "cli/sweep.h"
#include "cli/sweep/grid.h"

#define FIELD(name) offsetof(sweep_options, name)

static const arg_flag own_flags[] = {
    {"out", ARG_TEXT, FIELD(out), "DIR", NULL,
     "directory of the run directories, one for each combination, and of "
     "sweep.json and report.html",
     0, 0},
    {"set", ARG_LIST, FIELD(sets), "NAME=V,V...", NULL,
     "values of an option of the recipe; given again, all combinations are "
     "run, the last one changing fastest. Where values have commas they "
     "are separated by ';': phi='0.5,1;1,1'",
     0, 0},
    {"seeds", ARG_NUMBER, FIELD(seeds), "N", NULL,
     "N runs of each combination, with --seed and the numbers after it", 1,
     GRID_VALUES},
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL,
     "what is in sweep.json on stdout instead of the table", 0, 0},
};

/* Another sweep in the same directory would find its runs taken. What a
 * killed one was writing is removed. */
static int own(const char *out, int *lock)
{
    static const char *const files[] = {"sweep.json", "report.html"};
    int code = rundir_make(out);
    if (code == CLI_OK)
        code = lock_take(out, lock);
    for (size_t i = 0; i < 2 && code == CLI_OK; i++) {
        char *path = output_path(out, files[i]);
        if (!path)
            return cli_fail("%s: out of memory", out);
        sg_replacement_clean(path);
        free(path);
    }
    return code;
}

static int sweep_command(int argc, char **argv);

const arg_command command_sweep = {
    .name = "sweep",
    .summary = "train a grid of recipe options, and compare",
    .usage = "--out DIR --set NAME=V,V... [options]",
    .text =
        "Trains a grid of recipe options, one run after the other, or under "
        "mpirun as many at a time as there are ranks, and compares them. Called again it skips the runs that are complete "
        "and goes on with the others. With --max-minutes each run gets an "
        "equal share of what is left; those for which none is left are not "
        "run. The first SIGINT writes a checkpoint and exits with code 130.",
    .group = {ARG_SHARED(run_source_flags, sweep_options, run),
              ARG_OWN(own_flags), ARG_SHARED(run_flags, sweep_options, run),
              ARG_SHARED(threads_flag, sweep_options, run.threads),
              ARG_SHARED(quiet_flag, sweep_options, run.quiet)},
    .recipe = true,
    .run = sweep_command,
};

static bool holds_run(const char *path)
{
    rundir run;
    if (rundir_name(&run, path) != CLI_OK)
        return false;
    bool holds = rundir_holds_run(&run);
    rundir_close(&run);
    return holds;
}

/* Refuses a directory that holds another run than this one. */
static int compare(sweep *s, const char *path, const sg_recipe *wanted)
{
    rundir run;
    recipe_difference *d = &s->difference;
    recipe_file *there = &s->row;

    if (!holds_run(path))
        return CLI_OK;
    int code = recipe_file_begin(there);
    if (code == CLI_OK)
        code = rundir_open(&run, path, there);
    if (code == CLI_OK) {
        rundir_close(&run);
        if (strcmp(there->data, s->file.data) != 0)
            code = cli_fail("it holds a run on %s", there->data);
        else if (recipe_differs(wanted, there->recipe, NULL, d))
            code = cli_fail("it holds a run with %s = %s", d->name, d->b);
    }
    recipe_file_end(there);
    return code;
}

/* Thousandths of a minute for a run that has taken `taken` seconds already,
 * `left` runs being unfinished, some of which go at the same time; 0: there is
 * no time left for it. */
static uint64_t share_of_time(const sweep *s, double taken, size_t left)
{
    const size_t ranks = sg_ranks_count(team_all());
    double spent = s->before + (cli_seconds() - s->start);
    double over = (double)s->options->run.max_minutes * 0.06 - spent;
    double share =
        taken + over * (double)(ranks < left ? ranks : left) / (double)left;
    return over > 0.0 ? (uint64_t)(share / 0.06) : 0;
}

int sweep_train_row(sweep *s, const char *path, uint64_t limit,
                    sg_recipe *recipe)
{
    bool resume = holds_run(path);
    session *run = NULL;
    run_options options = s->options->run;
    s->row = s->file;
    s->row.recipe = recipe; /* session_open copies it */
    options.max_minutes = limit;
    options.out = resume ? NULL : path;
    options.resume = resume ? path : NULL;
    options.after_batch = team_all() ? sweep_look_around : NULL;
    options.user = s;
    int code = session_open(&options, &s->row, &run);
    if (code == CLI_OK)
        code = session_train(run);
    session_close(run);
    return code;
}

/* Makes row a failed one. */
static void give_up(const sweep *s, sweep_row *row, int code,
                    const char *reason)
{
    run_result *r = &row->result;
    r->state = code == CLI_USAGE ? RUN_REFUSED : RUN_FAILED;
    row->differs = code == CLI_MISMATCH;
    snprintf(r->reason, sizeof r->reason, "%s", reason);
    if (!s->options->run.quiet)
        clean_line(stderr, "spikegrad: %s: %s", row->path, reason);
}

/* What is there of row i already. */
static int look(sweep *s, size_t i)
{
    sweep_row *row = &s->rows.row[i];
    char reason[sizeof row->result.reason];
    int code = results_read(row->path, &row->result);
    if (code != CLI_OK)
        return code;
    s->before += row->result.seconds;
    sg_recipe *recipe = grid_recipe(s->rows.grid, i);
    if (!recipe)
        return cli_fail("out of memory");
    cli_capture(reason, sizeof reason);
    code = compare(s, row->path, recipe);
    cli_capture(NULL, 0);
    sg_recipe_destroy(recipe);
    if (code != CLI_OK)
        give_up(s, row, code, reason);
    return CLI_OK;
}

static bool is_open(const sweep_row *row)
{
    return row->result.state == RUN_ABSENT || row->result.state == RUN_CUT;
}

/* The next row that is to be trained, and its time; false: there is none. */
bool sweep_begin_row(sweep *s, size_t *i, uint64_t *limit)
{
    while (s->next < s->rows.count && !cli_stopped()) {
        *i = s->next++;
        const sweep_row *row = &s->rows.row[*i];
        if (!is_open(row))
            continue;
        *limit = s->file.max_minutes;
        const size_t left = s->left--;
        if (s->options->run.max_minutes &&
            !(*limit = share_of_time(s, row->result.seconds, left)))
            continue;
        if (!s->options->run.quiet)
            clean_line(stderr, "[%zu/%zu] %s", *i + 1, s->rows.count,
                       row->path);
        return true;
    }
    return false;
}

/* Reads what has come of row i. CLI_OK or CLI_INTERRUPTED, or CLI_FAILED if the
 * row or the file of all could not be filled. */
int sweep_end_row(sweep *s, size_t i, int code, const char *reason)
{
    sweep_row *row = &s->rows.row[i];
    const int read = results_read(row->path, &row->result);
    if (read != CLI_OK)
        return read;
    if (code != CLI_OK && code != CLI_INTERRUPTED) {
        give_up(s, row, code, reason);
        code = CLI_OK;
    }
    const int written = sweep_write(&s->rows, s->options->out);
    return code == CLI_OK ? written : code;
}

/* Trains what is left of row i here. */
static int run_row(sweep *s, size_t i, uint64_t limit)
{
    char reason[SG_ERROR_TEXT] = "";
    sg_recipe *recipe = grid_recipe(s->rows.grid, i);
    if (!recipe)
        return cli_fail("out of memory");
    cli_capture(reason, sizeof reason);
    int code = sweep_train_row(s, s->rows.row[i].path, limit, recipe);
    cli_capture(NULL, 0);
    sg_recipe_destroy(recipe);
    if (s->code != CLI_OK && s->code != CLI_INTERRUPTED)
        return cli_fail("%s", reason);
    const int ended = sweep_end_row(s, i, code, reason);
    return ended == CLI_OK ? s->code : ended; /* another rank's, 130 */
}

/* All rows of the grid that are not complete. */
static int run_all(sweep *s)
{
    int code = CLI_OK;
    size_t i;
    uint64_t limit;
    for (i = 0; i < s->rows.count && code == CLI_OK; i++) {
        code = look(s, i);
        s->left += is_open(&s->rows.row[i]);
    }
    if (code == CLI_OK)
        code = sweep_give_rows(s);
    while (code == CLI_OK && sweep_begin_row(s, &i, &limit)) {
        code = run_row(s, i, limit);
        if (code == CLI_OK)
            code = sweep_take_rows(s, false);
        if (code == CLI_OK)
            code = sweep_give_rows(s);
    }
    const int taken = code == CLI_OK || code == CLI_INTERRUPTED
                          ? sweep_take_rows(s, true)
                          : CLI_OK;
    code = code == CLI_OK ? taken : code;
    return code == CLI_OK && cli_stopped() && s->left > 0 ? CLI_INTERRUPTED
                                                          : code;
}

/* 4 if the engines differed in a run, else 1 if one failed, else 2 if all were
 * refused. */
static int judge(const sweep_rows *rows)
{
    size_t refused = 0, failed = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->row[i].differs)
            return CLI_MISMATCH;
        failed += rows->row[i].result.state == RUN_FAILED;
        refused += rows->row[i].result.state == RUN_REFUSED;
    }
    if (failed > 0)
        return CLI_FAILED;
    return refused == rows->count ? CLI_USAGE : CLI_OK;
}

/* The first runs that have something to show, side by side. */
static int write_report(const sweep *s)
{
    const char *path[PAGE_RUNS];
    size_t n = 0;
    for (size_t i = 0; i < s->rows.count && n < PAGE_RUNS; i++)
        if (s->rows.row[i].result.state == RUN_COMPLETE)
            path[n++] = s->rows.row[i].path;
    char *file = output_path(s->options->out, "report.html");
    int code = CLI_OK;
    if (!file)
        code = cli_fail("%s: out of memory", s->options->out);
    else if (n > 0)
        code = report_write_default(path, n, file);
    free(file);
    return code;
}

static int finish(const sweep *s, int code)
{
    if (code == CLI_INTERRUPTED)
        fputs("spikegrad: stopped; the same command goes on\n", stderr);
    else if (code == CLI_OK)
        code = sweep_write(&s->rows, s->options->out);
    if (code != CLI_OK)
        return code;
    if (!s->options->json)
        sweep_print(&s->rows);
    else
        code = output_json(stdout, "standard output", sweep_json(&s->rows));
    if (code == CLI_OK)
        code = write_report(s);
    return code == CLI_OK ? judge(&s->rows) : code;
}

/* Data that are not there shall be one error, not one a row. */
static int check_data(recipe_file *file)
{
    sg_error error = {""};
    sg_data *data = NULL;
    sg_status status = run_open_data(file, &data, &error);
    sg_data_destroy(data);
    return status == SG_OK ? CLI_OK : cli_status("sweep", status, &error);
}

static int check(const sweep_options *o, recipe_file *file)
{
    if (!o->out)
        return cli_usage("sweep", "--out is missing");
    if (o->sets.count == 0 && !o->seeds)
        return cli_usage("sweep", "--set is missing");
    return check_data(file);
}

/* Recipe, grid and rows; s is empty but for its options. */
int sweep_prepare(sweep *s, sweep_options *options, const arg_rest *rest,
                  grid **g)
{
    recipe_file *file = &s->file;
    int code = recipe_file_begin(file);
    if (code == CLI_OK)
        code = run_gather("sweep", &options->run.source, rest, file);
    file->follows = false; /* a grid is of what it says, and the defaults */
    if (code == CLI_OK)
        code = check(options, file);
    if (code == CLI_OK)
        code = grid_create("sweep", file->recipe, &options->sets,
                           options->seeds, g);
    return code == CLI_OK ? sweep_rows_create(&s->rows, *g, options->out)
                          : code;
}

void sweep_end(sweep *s, grid *g)
{
    sweep_rows_destroy(&s->rows);
    grid_destroy(g);
    recipe_file_end(&s->file);
    free(s);
}

static int sweep_with(sweep *s, sweep_options *options, const arg_rest *rest)
{
    grid *g = NULL;
    int lock = -1;
    s->start = cli_seconds();
    int code = sweep_prepare(s, options, rest, &g);
    if (code == CLI_OK)
        code = own(options->out, &lock);
    if (code == CLI_OK) {
        cli_catch_signals();
        team_apart(true);
        code = finish(s, run_all(s));
        team_apart(false);
    }
    lock_release(lock);
    sweep_end(s, g);
    return code;
}

static int sweep_command(int argc, char **argv)
{
    sweep_options options = {.run = {.command = "sweep", .silent = true}};
    arg_rest rest;
    int code = args_parse(&command_sweep, argc, argv, &options, &rest);
    if (code >= 0)
        return code;
    sweep *s = calloc(1, sizeof *s); /* too large for a stack */
    if (!s)
        return cli_fail("out of memory");
    s->options = &options;
    s->argc = argc;
    s->argv = argv;
    return sweep_with(s, &options, &rest);
}
