/* Command lines from tables: parsing, defaults, help, man page and completion
 * from one place.
 *
 * A subcommand lists its flags as arg_flag rows that point into a struct of
 * its own; rows that several share point into a part of it. Options of the
 * recipe are added from sg_recipe_options(), so that they are described
 * nowhere but in the library. */
#ifndef SPIKEGRAD_CLI_ARGS_H
#define SPIKEGRAD_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum arg_type {
    ARG_SWITCH, /* bool */
    ARG_TEXT,   /* const char * */
    ARG_NUMBER, /* uint64_t, min..max */
    ARG_MILLI,  /* uint64_t, min..max: thousandths of a decimal like 0.5 */
    ARG_CHOICE, /* const char *, one of the words of value, "a|b|c" */
    ARG_LIST    /* arg_list: may be given several times */
} arg_type;

enum { ARG_LIST_MAX = 16 };

typedef struct arg_list {
    const char *item[ARG_LIST_MAX]; /* as given */
    size_t count;
} arg_list;

typedef struct arg_flag {
    const char *name; /* "threads" */
    arg_type type;
    size_t offset;       /* of the field in the options struct */
    const char *value;   /* placeholder; NULL for a switch */
    const char *initial; /* default, parsed like a given value; or NULL */
    const char *help;
    uint64_t min, max; /* ARG_NUMBER, ARG_MILLI */
} arg_flag;

/* A table of flags, and where the struct that its offsets count from is in
 * the options of the subcommand. */
typedef struct arg_group {
    const arg_flag *flags;
    size_t count;
    size_t offset;
} arg_group;

#define ARG_OWN(table)                                                        \
    {                                                                         \
        table, sizeof table / sizeof table[0], 0                              \
    }
#define ARG_SHARED(table, type, part)                                         \
    {                                                                         \
        table, sizeof table / sizeof table[0], offsetof(type, part)           \
    }

enum { ARG_GROUPS_MAX = 7, ARG_OPERANDS = 9, ARG_RECIPE_MAX = 64 };

typedef struct arg_command {
    const char *name;     /* "train", "data info" */
    const char *summary;  /* a line of the list of subcommands */
    const char *usage;    /* what follows the name; a line for each way */
    const char *operands; /* "MODEL", or NULL if it takes none */
    const char *text;     /* a paragraph of the help */
    arg_group group[ARG_GROUPS_MAX]; /* the last ones may be empty */
    size_t operand_min, operand_max; /* SIZE_MAX: any number */
    bool recipe;                     /* takes the options of the recipe too */
    int (*run)(int argc, char **argv); /* argv[0] is the name; exit code */
    /* NULL, or subcommands of it up to a NULL; it has no run of its own. */
    const struct arg_command *const *actions;
} arg_command;

/* What does not go into the options struct. recipe[i] is the text given for
 * row i of sg_recipe_options(), NULL if it was not given. */
typedef struct arg_rest {
    const char *operand[ARG_OPERANDS]; /* the first ones, up to a NULL */
    char *const *operands;             /* all of them, */
    size_t operand_count;              /* so many */
    const char *recipe[ARG_RECIPE_MAX];
    const char *recipe_given; /* name of one that was given, or NULL */
} arg_rest;

/* args_flag: the i-th flag of all groups, or NULL; *base: where in the options
 * its offset counts from. */
const arg_flag *args_flag(const arg_command *command, size_t i, size_t *base);

/* args_help: the page of --help on stdout. */
void args_help(const arg_command *command);

/* args_milli: a decimal like 0.5 in thousandths; false unless text is one of
 * min..max. */
bool args_milli(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/* args_parse: fills options and rest, defaults first.
 *
 * Returns -1 if the command is to be carried out, else the exit code: after
 * --help, or after a wrong flag, which has been reported. */
int args_parse(const arg_command *command, int argc, char **argv,
               void *options, arg_rest *rest);

#endif
