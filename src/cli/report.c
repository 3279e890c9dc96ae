/* spikegrad report: runs as one HTML page, to read and to compare. */
#include <stddef.h>

#include "args.h"
#include "cli.h"
#include "output.h"
#include "page.h"

struct options {
    const char *out;
    uint64_t add32, mul8, fadd32, fmul32, fadd16, fmul16; /* fJ */
};

#define FIELD(name) offsetof(struct options, name)
#define ENERGY(name, field, initial, what)                                    \
    {                                                                         \
        name, ARG_MILLI, FIELD(field), "PJ", initial,                         \
            "energy of " what " in picojoules", 0, 1000000                    \
    }

static const arg_flag flags[] = {
    {"out", ARG_TEXT, FIELD(out), "FILE", "report.html",
     "file to write; - for stdout", 0, 0},
    ENERGY("pj-add32", add32, "0.1", "a 32-bit integer addition"),
    ENERGY("pj-mul8", mul8, "0.2", "an 8-bit integer multiplication"),
    ENERGY("pj-fadd32", fadd32, "0.9", "a float32 addition"),
    ENERGY("pj-fmul32", fmul32, "3.7", "a float32 multiplication"),
    ENERGY("pj-fadd16", fadd16, "0.4", "a float16 addition"),
    ENERGY("pj-fmul16", fmul16, "1.1", "a float16 multiplication"),
};

static const arg_command command = {
    "report",
    "RUNDIR...",
    "Writes one HTML page about one run, or several side by side: learning\n"
    "curves, spikes and errors of every layer, histograms, synaptic operations\n"
    "beside those of the dense ANN, an estimate of energy, settings. The page\n"
    "needs nothing but itself. Reads recipe.ini and metrics.jsonl only; the\n"
    "run may still be going on. At most eight runs.",
    flags,
    sizeof flags / sizeof flags[0],
    1,
    PAGE_RUNS,
    false,
};

static page_energy energy_of(const struct options *o)
{
    return (page_energy){
        (double)o->add32 / 1000,  (double)o->mul8 / 1000,
        (double)o->fadd32 / 1000, (double)o->fmul32 / 1000,
        (double)o->fadd16 / 1000, (double)o->fmul16 / 1000,
    };
}

int cmd_report(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    record runs[PAGE_RUNS];
    size_t n = 0;
    output out;
    int code = args_parse(&command, argc, argv, &options, &rest);

    if (code >= 0)
        return code;
    for (code = CLI_OK; code == CLI_OK && n < PAGE_RUNS && rest.operand[n];
         n++)
        code = record_read(&runs[n], rest.operand[n]);
    if (code == CLI_OK)
        code = output_open(&out, options.out);
    if (code == CLI_OK) {
        page p = {out.stream, runs, n, energy_of(&options)};
        page_write(&p);
        code = output_close(&out, CLI_OK);
    }
    while (n > 0)
        record_free(&runs[--n]);
    return code;
}
