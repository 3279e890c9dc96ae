/* The completion of bash: cases of a shell function.
 *
 *     @words     what may follow each subcommand: flags or actions
 *     @values    what may follow each flag: words, or one in <> that the prose
 *                knows what to do with
 *     @sources   beginnings of a SPEC
 *     @options   names of the recipe's options */
#include <spikegrad/spikegrad.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/flags.h"
#include "cli/commands.h"
#include "pages.h"

static void put_words(const arg_command *command)
{
    const arg_flag *flag;
    size_t base, count;
    const sg_recipe_option *option = pages_recipe(&count);
    printf("    '%s') echo", command->name);
    for (size_t i = 0; (flag = args_flag(command, i, &base)); i++)
        printf(" --%s", flag->name);
    for (size_t i = 0; command->recipe && i < count; i++)
        printf(" --%s", option[i].name);
    puts(" --help ;;");
}

static const char *last_word(const char *name)
{
    const char *space = strrchr(name, ' ');
    return space ? space + 1 : name;
}

static void put_all_words(void)
{
    const arg_command *command;
    fputs("    '') echo", stdout);
    for (const arg_command *const *c = commands_list(); *c; c++)
        printf(" %s", (*c)->name);
    puts(" help --help --version ;;");
    for (const arg_command *const *c = commands_list(); *c; c++) {
        if (!(*c)->actions)
            continue;
        printf("    %s) echo", (*c)->name);
        for (const arg_command *const *a = (*c)->actions; *a; a++)
            printf(" %s", last_word((*a)->name));
        puts(" --help ;;");
    }
    for (size_t c = 0; (command = pages_leaf(c)); c++)
        put_words(command);
}

/* What may follow a flag: by what its placeholder means. */
static bool put_value(const char *command, const char *flag, const char *value)
{
    static const struct {
        const char *value, *kind;
    } kinds[] = {
        {"SPEC", "<sources>"}, {"FILE|NAME", "<recipes>"},
        {"FILE", "<files>"},   {"RUNDIR", "<files>"},
        {"DIR", "<files>"},    {"MODEL", "<files>"},
        {"PREFIX", "<files>"}, {"NAME=V,V...", "<options>"},
    };
    const char *kind = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].value, value) == 0)
            kind = kinds[i].kind;
    if (!kind && !pages_is_choice(value))
        return false;
    printf("    '%s --%s') echo ", command, flag);
    if (kind)
        printf("'%s'", kind);
    for (const char *c = kind ? "" : value; *c; c++)
        putchar(*c == '|' ? ' ' : *c);
    puts(" ;;");
    return true;
}

static void put_all_values(void)
{
    const arg_command *command;
    const arg_flag *flag;
    size_t base, count;
    const sg_recipe_option *option = pages_recipe(&count);
    for (size_t c = 0; (command = pages_leaf(c)); c++)
        for (size_t i = 0; (flag = args_flag(command, i, &base)); i++)
            if (flag->value)
                put_value(command->name, flag->name, flag->value);
    for (size_t i = 0; i < count; i++) {
        if (!pages_is_choice(option[i].value))
            continue;
        printf("    *' --%s') echo ", option[i].name);
        for (const char *c = option[i].value; *c; c++)
            putchar(*c == '|' ? ' ' : *c);
        puts(" ;;");
    }
}

static void put_sources(void)
{
    const sg_data_format *format;
    fputs("    echo", stdout);
    for (size_t i = 0; (format = sg_data_get_format(i)); i++)
        printf(" %s%s", format->name, format->takes_path ? ":" : "");
    putchar('\n');
}

static void put_recipe_names(void)
{
    size_t count;
    const sg_recipe_option *option = pages_recipe(&count);
    fputs("    echo", stdout);
    for (size_t i = 0; i < count; i++)
        printf(" %s=", option[i].name);
    putchar('\n');
}

void pages_bash(const char *text)
{
    if (text[0] != '@')
        puts(text);
    else if (strcmp(text, "@words") == 0)
        put_all_words();
    else if (strcmp(text, "@values") == 0)
        put_all_values();
    else if (strcmp(text, "@sources") == 0)
        put_sources();
    else if (strcmp(text, "@options") == 0)
        put_recipe_names();
    else
        pages_fail("no such table", text);
}
