/* spikegrad report: runs as one HTML page, to read and to compare. */
#include <stddef.h>
#include <stdlib.h>

#include "cli/base/cli.h"
#include "cli/base/output.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/run/record_read.h"

struct options {
    const char *out;
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
    {"out", ARG_TEXT, FIELD(out), "FILE", "report.html",
     "file to write; - for stdout", 0, 0},
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

int report_write(const char *const *path, size_t n, const page_energy *energy,
                 const char *file)
{
    record *runs = calloc(PAGE_RUNS, sizeof *runs);
    size_t read = 0;
    output out;
    int code = runs ? CLI_OK : cli_fail("out of memory");
    for (; code == CLI_OK && read < PAGE_RUNS && read < n; read++)
        code = record_read(&runs[read], path[read]);
    if (code == CLI_OK)
        code = output_open(&out, file);
    if (code == CLI_OK) {
        page p = {.out = out.stream,
                  .run = runs,
                  .runs = read,
                  .energy = *energy};
        if (!page_write(&p))
            code = cli_fail("out of memory");
        code = output_close(&out, code);
    }
    while (read > 0)
        record_free(&runs[--read]);
    free(runs);
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
    page_energy energy = energy_of(&options);
    return report_write(rest.operand, n, &energy, options.out);
}
