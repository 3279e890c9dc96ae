/* spikegrad report: runs as one HTML page, to read and to compare. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/base/cli.h"
#include "cli/base/output.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/run/record_read.h"
#include "report/table.h"

struct options {
    const char *out, *csv, *tensorboard;
    uint64_t add32, mul8, fadd32, fmul32, fadd16, fmul16; /* fJ */
};

/* 45 nm, in picojoules: Horowitz, ISSCC 2014. */
#define PJ_ADD32 0.1
#define PJ_MUL8 0.2
#define PJ_FADD32 0.9
#define PJ_FMUL32 3.7
#define PJ_FADD16 0.4
#define PJ_FMUL16 1.1

#define FIELD(name) offsetof(struct options, name)
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define ENERGY(name, field, initial, what)                                    \
    {                                                                         \
        name, ARG_MILLI, FIELD(field), "PJ", initial,                         \
            "energy of " what " in picojoules", 0, 1000000                    \
    }

static const arg_flag own_flags[] = {
    {"out", ARG_TEXT, FIELD(out), "FILE", NULL,
     "page to write; - for stdout (default: report.html, unless metrics are "
     "written)",
     0, 0},
    {"csv", ARG_TEXT, FIELD(csv), "FILE", NULL,
     "write metrics as comma-separated values; - for stdout", 0, 0},
    {"tensorboard", ARG_TEXT, FIELD(tensorboard), "DIR", NULL,
     "write metrics as events for TensorBoard, DIR/RUN for each run", 0, 0},
    ENERGY("pj-add32", add32, TEXT(PJ_ADD32), "a 32-bit integer addition"),
    ENERGY("pj-mul8", mul8, TEXT(PJ_MUL8), "an 8-bit integer multiplication"),
    ENERGY("pj-fadd32", fadd32, TEXT(PJ_FADD32), "a float32 addition"),
    ENERGY("pj-fmul32", fmul32, TEXT(PJ_FMUL32), "a float32 multiplication"),
    ENERGY("pj-fadd16", fadd16, TEXT(PJ_FADD16), "a float16 addition"),
    ENERGY("pj-fmul16", fmul16, TEXT(PJ_FMUL16), "a float16 multiplication"),
};

static int report(int argc, char **argv);

const arg_command command_report = {
    .name = "report",
    .summary = "runs as an HTML page, to read and to compare",
    .usage = "RUNDIR... [options]",
    .operands = "RUNDIR...",
    .text =
        "Writes one HTML page about one run, or several side by side: "
        "learning curves, spikes and errors of every layer, histograms, "
        "synaptic operations beside those of the dense ANN, an estimate of "
        "energy, settings. The page needs nothing but itself. Reads "
        "recipe.ini and metrics.jsonl only; the run may still be going on. "
        "--csv and --tensorboard write the same metrics for other programs. "
        "At most eight runs.",
    .group = {ARG_OWN(own_flags)},
    .operand_min = 1,
    .operand_max = PAGE_RUNS,
    .run = report,
};

static page_energy energy_of(const struct options *o)
{
    return (page_energy){
        (double)o->add32 / 1000,  (double)o->mul8 / 1000,
        (double)o->fadd32 / 1000, (double)o->fmul32 / 1000,
        (double)o->fadd16 / 1000, (double)o->fmul16 / 1000,
    };
}

/* Opens each run, lets write have them, and closes them. */
static int with_runs(const char *const *path, size_t n,
                     int (*write)(const record *runs, size_t count,
                                  const void *given),
                     const void *given)
{
    record *runs = calloc(PAGE_RUNS, sizeof *runs);
    size_t read = 0;
    int code = runs ? CLI_OK : cli_fail("out of memory");
    for (; code == CLI_OK && read < PAGE_RUNS && read < n; read++)
        code = record_read(&runs[read], path[read]);
    if (code == CLI_OK)
        code = write(runs, read, given);
    while (read > 0)
        record_free(&runs[--read]);
    free(runs);
    return code;
}

typedef struct page_order {
    const page_energy *energy;
    const char *file;
} page_order;

static int write_page(const record *runs, size_t count, const void *given)
{
    const page_order *order = given;
    output out;
    int code = output_open(&out, order->file);
    if (code != CLI_OK)
        return code;
    page p = {.out = out.stream,
              .run = runs,
              .runs = count,
              .energy = *order->energy};
    if (!page_write(&p))
        code = cli_fail("out of memory");
    return output_close(&out, code);
}

int report_write(const char *const *path, size_t n, const page_energy *energy,
                 const char *file)
{
    const page_order order = {energy, file};
    return with_runs(path, n, write_page, &order);
}

static int write_csv(const record *runs, size_t count, const char *file)
{
    output out;
    int code = output_open(&out, file);
    if (code != CLI_OK)
        return code;
    table_csv(out.stream, runs, count);
    return output_close(&out, code);
}

/* The last part of the path of a run that has a name. */
static char *run_name(const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t from = end;
    while (from > 0 && path[from - 1] != '/')
        from--;
    char *name = strndup(path + from, end - from);
    bool none = name && (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
                         strcmp(name, "/") == 0 || !*name);
    if (none) {
        free(name);
        name = strdup("run");
    }
    return name;
}

static int make_folder(const char *path)
{
    if (path && mkdir(path, 0777) != 0 && errno != EEXIST)
        return cli_fail("%s: %s", path, strerror(errno));
    return path ? CLI_OK : cli_fail("out of memory");
}

/* DIR/RUN/events.out.tfevents.0.spikegrad: TensorBoard knows a file of events
 * by the middle of its name, and a run by its folder. */
static int write_events(const record *run, const char *folder)
{
    char *name = run_name(run->path);
    char *inside = name ? output_path(folder, name) : NULL;
    char *file =
        inside ? output_path(inside, "events.out.tfevents.0.spikegrad") : NULL;
    output out;
    int code = make_folder(folder);
    if (code == CLI_OK)
        code = make_folder(inside);
    if (code == CLI_OK)
        code = file ? output_open(&out, file) : cli_fail("out of memory");
    if (code == CLI_OK) {
        if (!table_tensorboard(out.stream, run))
            code = cli_fail("out of memory");
        code = output_close(&out, code);
    }
    free(file);
    free(inside);
    free(name);
    return code;
}

/* Two runs would be one to TensorBoard. */
static int tell_names_apart(const record *runs, size_t count)
{
    int code = CLI_OK;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++) {
            char *a = run_name(runs[i].path), *b = run_name(runs[k].path);
            if (code == CLI_OK && (!a || !b))
                code = cli_fail("out of memory");
            else if (code == CLI_OK && strcmp(a, b) == 0)
                code = cli_usage("report",
                                 "--tensorboard: %s and %s have the same "
                                 "last name",
                                 runs[k].path, runs[i].path);
            free(a);
            free(b);
        }
    return code;
}

static int write_tables(const record *runs, size_t count, const void *given)
{
    const struct options *options = given;
    int code = options->tensorboard ? tell_names_apart(runs, count) : CLI_OK;
    if (code != CLI_OK)
        return code;
    if (options->csv)
        code = write_csv(runs, count, options->csv);
    for (size_t i = 0; options->tensorboard && i < count && code == CLI_OK;
         i++)
        code = write_events(&runs[i], options->tensorboard);
    return code;
}

int report_write_default(const char *const *path, size_t n, const char *file)
{
    static const page_energy horowitz = {PJ_ADD32,  PJ_MUL8,   PJ_FADD32,
                                         PJ_FMUL32, PJ_FADD16, PJ_FMUL16};
    return report_write(path, n, &horowitz, file);
}

static int report(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    size_t n = 0;
    int code = args_parse(&command_report, argc, argv, &options, &rest);

    if (code >= 0)
        return code;
    while (n < PAGE_RUNS && rest.operand[n])
        n++;
    if (options.csv && options.out && output_is_stdout(options.csv) &&
        output_is_stdout(options.out))
        return cli_usage("report", "--csv - and --out - both want stdout");
    page_energy energy = energy_of(&options);
    bool tables = options.csv || options.tensorboard;
    if (tables)
        code = with_runs(rest.operand, n, write_tables, &options);
    else
        code = CLI_OK;
    if (code != CLI_OK || (tables && !options.out))
        return code;
    return report_write(rest.operand, n, &energy,
                        options.out ? options.out : "report.html");
}
