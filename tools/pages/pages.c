/* spikegrad_pages man|bash: prose on stdin, page on stdout; see pages.h. */
#include "pages.h"

#include <spikegrad/spikegrad.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"

enum { LINES_MAX = 4000 };

_Noreturn void pages_fail(const char *what, const char *which)
{
    fprintf(stderr, "spikegrad_pages: %s: %s\n", which, what);
    exit(1);
}

const arg_command *pages_leaf(size_t i)
{
    for (const arg_command *const *c = commands_list(); *c; c++) {
        if (!(*c)->actions) {
            if (i-- == 0)
                return *c;
            continue;
        }
        for (const arg_command *const *a = (*c)->actions; *a; a++)
            if (i-- == 0)
                return *a;
    }
    return NULL;
}

bool pages_is_choice(const char *value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789|";
    return value && strchr(value, '|') &&
           strspn(value, letters) == strlen(value);
}

const sg_recipe_option *pages_recipe(size_t *count)
{
    return sg_recipe_options(count);
}

/* What the tables must hold for getopt and for these pages to make sense. */
static void check_tables(void)
{
    const arg_command *command;
    const arg_flag *flag, *other;
    size_t base, count;
    const sg_recipe_option *option = pages_recipe(&count);
    for (size_t c = 0; (command = pages_leaf(c)); c++) {
        for (size_t i = 0; (flag = args_flag(command, i, &base)); i++) {
            for (size_t k = 0; k < i; k++)
                if ((other = args_flag(command, k, &base)) &&
                    strcmp(flag->name, other->name) == 0)
                    pages_fail("a flag is there twice", flag->name);
            for (size_t k = 0; command->recipe && k < count; k++)
                if (strcmp(flag->name, option[k].name) == 0)
                    pages_fail("a flag has the name of a recipe option",
                               flag->name);
            if ((flag->type == ARG_CHOICE) != pages_is_choice(flag->value))
                pages_fail("a list of words, or not", flag->name);
        }
    }
}

/* The lines of stdin, without their ends; the last is NULL. */
static char **read_lines(void)
{
    static char *lines[LINES_MAX + 1];
    size_t n = 0, size = 0;
    ssize_t length;
    while (n < LINES_MAX && (length = getline(&lines[n], &size, stdin)) > 0) {
        lines[n][strcspn(lines[n], "\n")] = '\0';
        n++;
        size = 0;
    }
    free(lines[n]);
    lines[n] = NULL;
    return lines;
}

int main(int argc, char **argv)
{
    bool man = argc == 2 && strcmp(argv[1], "man") == 0;
    bool bash = argc == 2 && strcmp(argv[1], "bash") == 0;
    if (!man && !bash) {
        fputs("usage: spikegrad_pages man|bash <PROSE >PAGE\n", stderr);
        return 2;
    }
    check_tables();
    char **lines = read_lines();
    for (size_t i = 0; lines[i]; i++) {
        if (man)
            pages_man(lines[i], lines[i + 1] ? lines[i + 1] : "");
        else
            pages_bash(lines[i]);
        free(i > 0 ? lines[i - 1] : NULL);
    }
    if (man)
        pages_man(NULL, "");
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
