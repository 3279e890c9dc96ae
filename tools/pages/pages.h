/* Pages that are written from the command's own tables: the man page and the
 * completion of bash. `./dev pages` renews both, a test compares them.
 *
 * The prose comes from a file on stdin; a line "@WORD [NAME]" in it, after
 * tabs or none, stands for what the tables know. */
#ifndef PAGES_H
#define PAGES_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/base/args.h"

/* pages_leaf: the i-th subcommand that can be run, "data info" in place of
 * "data"; NULL after the last. */
const arg_command *pages_leaf(size_t i);

/* pages_is_choice: whether a placeholder is a list of words to choose from,
 * "last|best". */
bool pages_is_choice(const char *value);

/* pages_recipe: the options of the recipe. */
const sg_recipe_option *pages_recipe(size_t *count);

/* pages_fail: says what is wrong with the prose and ends the program. */
_Noreturn void pages_fail(const char *what, const char *which);

/* pages_man: writes one line of the prose; next is the one below it. After
 * the last it is called with text NULL. */
void pages_man(const char *text, const char *next);

/* pages_bash: the same for the completion, which needs no end. */
void pages_bash(const char *text);

#endif
