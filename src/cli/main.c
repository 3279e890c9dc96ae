/* spikegrad: finds the subcommand, and is what is left when none is given.
 *
 * Each subcommand lives in a file of its own and describes itself in a table
 * (args.h, commands.h); the words here are only the first page of the help. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/memory.h"
#include "cli/base/team.h"
#include "cli/base/team_work.h"
#include "cli/base/verification.h"
#include "cli/commands.h"
#include "cli/run/channels.h"
#include "cli/run/observed.h"

static void print_help(void)
{
    puts(
        "usage: spikegrad COMMAND [options]\n\n"
        "Trains spiking neural networks in which activations and gradients\n"
        "travel as spikes, in integers only, and proves that the fast engine\n"
        "and the spike-by-spike simulation agree bit for bit.\n");
    for (const arg_command *const *c = commands_list(); *c; c++)
        printf("  %-12s  %s\n", (*c)->name, (*c)->summary);
    puts("  help          this page, or the help of a command: help train\n\n"
         "  --help        the same; every command has it too\n"
         "  --version     version of the library and its kernels\n\n"
         "Exit codes: 0 ok, 1 failed (input, output, memory), 2 usage,\n"
         "3 malformed data, 4 verification failed, 130 interrupted.\n\n"
         "Start with: spikegrad demo");
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
           strcmp(word, "-h") == 0;
}

/* "'data info SPEC' or 'data export SPEC'", for an error. */
static void list_actions(const arg_command *command, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0, used = 0; command->actions[i] && used < size; i++) {
        const char *operands = command->actions[i]->operands;
        int n = snprintf(text + used, size - used, "%s'%s%s%s'",
                         i ? " or " : "", command->actions[i]->name,
                         operands ? " " : "", operands ? operands : "");
        used += n > 0 ? (size_t)n : 0;
    }
}

/* One of the actions of a command that has some: argv[1] names it. */
static int run_action(const arg_command *command, int argc, char **argv)
{
    char known[160];
    const char *word = argc > 1 ? argv[1] : "";
    const arg_command *action = commands_find(command->actions, word);
    if (action)
        return action->run(argc - 1, argv + 1);
    if (asks_for_help(word)) {
        args_help(command);
        return CLI_OK;
    }
    list_actions(command, known, sizeof known);
    return cli_usage(command->name, "expected %s", known);
}

static int run_command(int argc, char **argv)
{
    const arg_command *command = commands_find(commands_list(), argv[0]);
    if (!command)
        return cli_usage(NULL, "'%s' is not a command", argv[0]);
    return command->actions ? run_action(command, argc, argv)
                            : command->run(argc, argv);
}

static int help(int argc, char **argv)
{
    if (argc < 2 || asks_for_help(argv[1])) {
        print_help();
        return CLI_OK;
    }
    char flag[] = "--help";
    char *second = argc > 2 ? argv[2] : flag; /* help data export */
    char *arguments[] = {argv[1], second, flag, NULL};
    return run_command(3, arguments);
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

static void list_devices(void)
{
    const size_t count = sg_device_count();
    sg_device_info info;
    for (size_t i = 0; i < count; i++)
        if (sg_device_get_info(i, &info) == SG_OK)
            printf("device %s: %s, %.1f GiB (experimental)\n", info.device,
                   info.name, (double)info.memory / 1073741824.0);
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2)
        return cli_usage(NULL, "no command given");
    if (asks_for_help(argv[1]))
        return help(argc - 1, argv + 1);
    if (strcmp(argv[1], "--version") == 0) {
        char names[128];
        list_tables(names, sizeof names);
        printf("spikegrad %s\nkernels: %s (of %s)\n", sg_version(),
               sg_kernel_table(), names);
        list_devices();
        return CLI_OK;
    }
    return run_command(argc - 1, argv + 1);
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
    clean_line(
        stderr,
        "spikegrad: SPIKEGRAD_ISA: there is no table '%s' here, using %s; "
        "there are %s",
        wanted, sg_kernel_table(), names);
}

/* What ranks do for rank 0 besides training. */
static const team_task tasks[] = {
    {"verify", verify_task},
    {"anytime", anytime_task},
    {"observe", observed_task},
    {"channels", channels_task},
    {"sweep", sweep_task},

    {NULL, NULL},
};

int main(int argc, char **argv)
{
    cli_open_descriptors();
    memory_watch();
    /* A file at the size limit shall be an error of write(), not a death. */
    signal(SIGXFSZ, SIG_IGN);
    cli_set_program(argv[0]);
    int code;
    team_work_know(tasks);
    if (!team_join(&code))
        return code;
    check_kernel_table();
    return team_leave(cli_finish(dispatch(argc, argv)));
}
