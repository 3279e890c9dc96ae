/* spikegrad sweep: a grid of recipes, one run after the other, and a table.
 *
 * All state is in the run directories: calling it again goes on where it was
 * cut. A combination that fails is a row of the table. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/args.h"
#include "cli/base/cli.h"
#include "cli/base/output.h"
#include "cli/base/recipefile.h"
#include "cli/report.h"
#include "cli/run/results.h"
#include "cli/run/session.h"
#include "cli/sweep/grid.h"
#include "cli/sweep/sweep_table.h"

struct options {
    const char *data, *recipe, *out, *choose;
    arg_list sets;
    uint64_t seeds, max_minutes, threads;
    bool json, quiet;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag flags[] = {
    {"data", ARG_TEXT, FIELD(data), "SPEC", NULL,
     "images to train and test on; needed unless the recipe says", 0, 0},
    {"recipe", ARG_TEXT, FIELD(recipe), "FILE|NAME", NULL,
     "options that all runs share; other flags override it", 0, 0},
    {"out", ARG_TEXT, FIELD(out), "DIR", NULL,
     "directory of the run directories, one for each combination, and of "
     "sweep.json and report.html",
     0, 0},
    {"set", ARG_LIST, FIELD(sets), "NAME=V,V...", NULL,
     "values of an option of the recipe; given again, all combinations are "
     "run, the last one changing fastest. Where values have commas they are "
     "separated by ';': phi='0.5,1;1,1'",
     0, 0},
    {"seeds", ARG_NUMBER, FIELD(seeds), "N", NULL,
     "N runs of each combination, with --seed and the numbers after it", 1,
     GRID_VALUES},
    {"max-minutes", ARG_MILLI, FIELD(max_minutes), "M", NULL,
     "time limit of all runs together: each gets an equal share of what is "
     "left, as by 'train --max-minutes'; those for which none is left are not "
     "run",
     1, RECIPE_MINUTES_MAX},
    {"choose", ARG_CHOICE, FIELD(choose), "last|best", NULL, "as for 'train'",
     0, 0},
    {"threads", ARG_NUMBER, FIELD(threads), "N", NULL,
     "worker threads; they change no result (default: one a processor)", 1,
     256},
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL,
     "what is in sweep.json on stdout instead of the table", 0, 0},
    {"quiet", ARG_SWITCH, FIELD(quiet), NULL, NULL,
     "neither progress nor notes on stderr", 0, 0},
};

static const arg_command command = {
    "sweep",
    "",
    "Trains a grid of recipe options, one run after the other, and compares\n"
    "them. Called again it skips the runs that are complete and goes on with\n"
    "the others. The first SIGINT writes a checkpoint and exits with code 130.",
    flags,
    sizeof flags / sizeof flags[0],
    0,
    0,
    true,
};

typedef struct sweep {
    const struct options *options;
    const recipe_file *file;
    sweep_rows rows;
    double start, before; /* seconds: this process's clock, earlier ones */
} sweep;

static bool holds_run(const char *path)
{
    rundir run;
    if (rundir_name(&run, path) != CLI_OK)
        return false;
    bool holds = rundir_holds_run(&run);
    rundir_close(&run);
    return holds;
}

static const char *data_of(const sweep *s)
{
    return s->options->data ? s->options->data : s->file->data;
}

/* Refuses a directory that holds another run than this one. */
static int compare(const sweep *s, const char *path, const sg_recipe *wanted)
{
    rundir run;
    recipe_difference d;
    recipe_file there = {.data = ""};

    if (!holds_run(path))
        return CLI_OK;
    sg_recipe_init(&there.recipe);
    int code = rundir_open(&run, path, &there);
    if (code != CLI_OK)
        return code;
    rundir_close(&run);
    if (strcmp(there.data, data_of(s)) != 0)
        return cli_fail("it holds a run on %s", there.data);
    if (recipe_differs(wanted, &there.recipe, &d))
        return cli_fail("it holds a run with %s = %s", d.name, d.b);
    return CLI_OK;
}

/* Thousandths of a minute for a run that has taken `taken` seconds already,
 * `left` runs being unfinished; 0: there is no time left for it. */
static uint64_t share_of_time(const sweep *s, double taken, size_t left)
{
    double spent = s->before + (cli_seconds() - s->start);
    double over = (double)s->options->max_minutes * 0.06 - spent;
    double share = taken + over / (double)left;
    return over > 0.0 ? (uint64_t)(share / 0.06) : 0;
}

static int train(sweep *s, const char *path, uint64_t limit,
                 const sg_recipe *recipe)
{
    const struct options *o = s->options;
    bool resume = holds_run(path);
    session *run = NULL;
    session_options wanted = {
        .command = "sweep",
        .data = data_of(s),
        .out = resume ? NULL : path,
        .resume = resume ? path : NULL,
        .threads = o->threads,
        .max_minutes = limit,
        .choose = o->choose            ? o->choose
                  : s->file->choose[0] ? s->file->choose
                                       : NULL,
        .quiet = o->quiet,
        .silent = true,
    };
    int code = session_open(&wanted, recipe, &run);
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
    snprintf(r->reason, sizeof r->reason, "%s", reason);
    if (!s->options->quiet)
        fprintf(stderr, "spikegrad: %s: %s\n", row->path, reason);
}

/* What is there of row i already. */
static int look(sweep *s, size_t i)
{
    sweep_row *row = &s->rows.row[i];
    sg_recipe recipe;
    char reason[sizeof row->result.reason];
    int code = results_read(row->path, &row->result);
    if (code != CLI_OK)
        return code;
    s->before += row->result.seconds;
    grid_recipe(s->rows.grid, i, &recipe);
    cli_capture(reason, sizeof reason);
    code = compare(s, row->path, &recipe);
    cli_capture(NULL, 0);
    if (code != CLI_OK)
        give_up(s, row, code, reason);
    return CLI_OK;
}

/* Trains what is left of row i, `left` rows being unfinished. CLI_OK or
 * CLI_INTERRUPTED, or CLI_FAILED if even the row could not be filled. */
static int run_row(sweep *s, size_t i, size_t left)
{
    sweep_row *row = &s->rows.row[i];
    sg_recipe recipe;
    char reason[sizeof row->result.reason];
    uint64_t limit = s->file->max_minutes;
    if (s->options->max_minutes &&
        !(limit = share_of_time(s, row->result.seconds, left)))
        return CLI_OK;
    if (!s->options->quiet)
        fprintf(stderr, "[%zu/%zu] %s\n", i + 1, s->rows.count, row->path);
    grid_recipe(s->rows.grid, i, &recipe);
    cli_capture(reason, sizeof reason);
    int code = train(s, row->path, limit, &recipe);
    cli_capture(NULL, 0);
    int read = results_read(row->path, &row->result);
    if (read != CLI_OK || code == CLI_OK || code == CLI_INTERRUPTED)
        return read != CLI_OK ? read : code;
    give_up(s, row, code, reason);
    return CLI_OK;
}

static bool is_open(const sweep_row *row)
{
    return row->result.state == RUN_ABSENT || row->result.state == RUN_CUT;
}

static int run_all(sweep *s)
{
    size_t left = 0;
    int code = CLI_OK;
    for (size_t i = 0; i < s->rows.count && code == CLI_OK; i++) {
        code = look(s, i);
        left += is_open(&s->rows.row[i]);
    }
    for (size_t i = 0; i < s->rows.count && code == CLI_OK; i++) {
        if (!is_open(&s->rows.row[i]))
            continue;
        code = cli_stopped() ? CLI_INTERRUPTED : run_row(s, i, left--);
        int written = sweep_write(&s->rows, s->options->out);
        code = code == CLI_OK ? written : code;
    }
    return code;
}

/* 1 if a run failed, else 2 if all were refused. */
static int judge(const sweep_rows *rows)
{
    size_t refused = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->row[i].result.state == RUN_FAILED)
            return CLI_FAILED;
        refused += rows->row[i].result.state == RUN_REFUSED;
    }
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
static int check_data(const char *spec)
{
    sg_error error = {""};
    sg_data *data = NULL;
    sg_status status = sg_data_open(spec, SG_SPLIT_TEST, &data, &error);
    sg_data_destroy(data);
    return status == SG_OK ? CLI_OK : cli_status("sweep", status, &error);
}

static int check(const struct options *o, const recipe_file *file)
{
    if (!o->out)
        return cli_usage("sweep", "--out is missing");
    if (o->sets.count == 0 && !o->seeds)
        return cli_usage("sweep", "--set is missing");
    if (!o->data && !file->data[0])
        return cli_usage("sweep", "--data is missing");
    return check_data(o->data ? o->data : file->data);
}

int cmd_sweep(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    recipe_file file;
    grid *g = NULL;
    int code = args_parse(&command, argc, argv, &options, &rest);

    if (code >= 0)
        return code;
    code = recipe_file_gather("sweep", options.recipe, &rest, &file);
    if (code == CLI_OK)
        code = check(&options, &file);
    if (code == CLI_OK)
        code = grid_create("sweep", &file.recipe, &options.sets, options.seeds,
                           &g);
    sweep s = {.options = &options, .file = &file, .start = cli_seconds()};
    if (code == CLI_OK)
        code = sweep_rows_create(&s.rows, g, options.out);
    if (code == CLI_OK) {
        cli_catch_signals();
        code = finish(&s, run_all(&s));
    }
    sweep_rows_destroy(&s.rows);
    grid_destroy(g);
    return code;
}
