/* Command lines from tables: parsing, defaults and help from one place.
 *
 * A subcommand lists its flags as arg_flag rows that point into a struct of
 * its own. Options of the recipe are added from sg_recipe_options(), so that
 * they are described nowhere but in the library. */
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

typedef struct arg_command {
    const char *name;     /* "train" */
    const char *operands; /* "MODEL" or "" */
    const char *text;     /* a paragraph for --help */
    const arg_flag *flags;
    size_t flag_count;
    size_t operand_min, operand_max;
    bool recipe; /* takes the options of the recipe too */
} arg_command;

enum { ARG_OPERANDS = 8, ARG_RECIPE_MAX = 64 };

/* What does not go into the options struct. recipe[i] is the text given for
 * row i of sg_recipe_options(), NULL if it was not given. */
typedef struct arg_rest {
    const char *operand[ARG_OPERANDS];
    const char *recipe[ARG_RECIPE_MAX];
    const char *recipe_given; /* name of one that was given, or NULL */
} arg_rest;

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
