/* spikegrad: the table of subcommands and what is left when none is given.
 *
 * Each subcommand lives in a file of its own and describes its flags in a
 * table (args.h); the words here are only the first page of the help. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"

static const struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} subcommands[] = {
    {"demo", cmd_demo, "train on built-in digits, then prove it; one minute"},
    {"train", cmd_train, "train a network with spikes"},
    {"eval", cmd_eval, "accuracy, confusions and activity of a model"},
    {"verify", cmd_verify, "simulate every spike and compare bit for bit"},
    {"trace", cmd_trace, "event stream of one sample, as text or picture"},
    {"anytime", cmd_anytime, "accuracy while the input is still arriving"},
    {"report", cmd_report, "runs as an HTML page, to read and to compare"},
    {"bench", cmd_bench, "samples a second, and where the time goes"},
    {"info", cmd_info, "what a model is made of and how it came to be"},
    {"data", cmd_data, "what a data source holds; export samples"},
    {"sweep", cmd_sweep, "train a grid of recipe options, and compare"},
    {"recipes", cmd_recipes, "list the recipe files that can be found"},
};

enum { SUBCOMMANDS = sizeof subcommands / sizeof subcommands[0] };

static const struct subcommand *find(const char *name)
{
    for (size_t i = 0; i < SUBCOMMANDS; i++) {
        if (strcmp(subcommands[i].name, name) == 0)
            return &subcommands[i];
    }
    return NULL;
}

static void print_help(void)
{
    puts(
        "usage: spikegrad COMMAND [options]\n\n"
        "Trains spiking neural networks in which activations and gradients\n"
        "travel as spikes, in integers only, and proves that the fast engine\n"
        "and the spike-by-spike simulation agree bit for bit.\n");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("  %-10s%s\n", subcommands[i].name, subcommands[i].help);
    puts("  help      this page, or the help of a command: help train\n\n"
         "  --help    the same; every command has it too\n"
         "  --version version of the library and its kernels\n\n"
         "Exit codes: 0 ok, 1 failed (input, output, memory), 2 usage,\n"
         "3 malformed data, 4 verification failed, 130 interrupted.\n\n"
         "Start with: spikegrad demo");
}

static int unknown(const char *name)
{
    return cli_usage(NULL, "'%s' is not a command", name);
}

static int help(int argc, char **argv)
{
    if (argc < 2) {
        print_help();
        return CLI_OK;
    }
    const struct subcommand *command = find(argv[1]);
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
        print_help();
        return CLI_OK;
    }
    if (!command)
        return unknown(argv[1]);
    char flag[] = "--help";
    char *second = argc > 2 ? argv[2] : flag; /* help data export */
    char *arguments[] = {argv[1], second, flag, NULL};
    return command->run(3, arguments);
}

/* The names of the kernel tables this machine can run, "ref, avx2". */
static void list_tables(char *text, size_t size)
{
    size_t used = 0;
    const char *name;
    text[0] = '\0';
    for (size_t i = 0; (name = sg_kernel_table_name(i)); i++) {
        int n =
            snprintf(text + used, size - used, "%s%s", i ? ", " : "", name);
        if (n < 0 || (size_t)n >= size - used)
            return;
        used += (size_t)n;
    }
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2)
        return cli_usage(NULL, "no command given");
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 ||
        strcmp(name, "-h") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(name, "--version") == 0) {
        char names[128];
        list_tables(names, sizeof names);
        printf("spikegrad %s\nkernels: %s (of %s)\n", sg_version(),
               sg_kernel_table(), names);
        return CLI_OK;
    }
    const struct subcommand *command = find(name);
    return command ? command->run(argc - 1, argv + 1) : unknown(name);
}

/* The library takes another table without a word; who asked for one that is
 * not there should know. */
static void check_kernel_table(void)
{
    const char *wanted = getenv("SPIKEGRAD_ISA"), *name;
    char names[128];
    if (!wanted || !*wanted)
        return;
    for (size_t i = 0; (name = sg_kernel_table_name(i)); i++)
        if (strcmp(wanted, name) == 0)
            return;
    list_tables(names, sizeof names);
    fprintf(stderr,
            "spikegrad: SPIKEGRAD_ISA: there is no table '%s' here, using %s; "
            "there are %s\n",
            wanted, sg_kernel_table(), names);
}

int main(int argc, char **argv)
{
    /* A file at the size limit shall be an error of write(), not a death. */
    signal(SIGXFSZ, SIG_IGN);
    cli_set_program(argv[0]);
    check_kernel_table();
    return cli_finish(dispatch(argc, argv));
}
