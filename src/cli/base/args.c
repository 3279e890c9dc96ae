/* getopt_long driven by tables, and the help that follows from them. */
#include "cli/base/args.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"

/* Values getopt_long returns: a row of the flags, a row of the recipe's
 * options, or help. */
enum { VALUE_HELP = 'h', VALUE_FLAG = 256, VALUE_RECIPE = 1024 };
enum { FLAGS_MAX = 128, HELP_INDENT = 28 };

static size_t recipe_options(const arg_command *command,
                             const sg_recipe_option **table)
{
    size_t count = 0;
    *table = sg_recipe_options(&count);
    if (!command->recipe)
        return 0;
    return count < ARG_RECIPE_MAX ? count : ARG_RECIPE_MAX;
}

/* Prints text from column HELP_INDENT on; column is where the line stands. */
static void print_help_text(const char *text, size_t column)
{
    if (column + 2 > HELP_INDENT) {
        putchar('\n');
        column = 0;
    }
    printf("%*s", (int)(HELP_INDENT - column), "");
    cli_print_wrapped(text, HELP_INDENT);
}

static void print_option(const char *name, const char *value,
                         const char *initial, const char *help)
{
    char line[512];
    int column =
        printf("  --%s%s%s", name, value ? " " : "", value ? value : "");
    if (initial && *initial)
        snprintf(line, sizeof line, "%s (default: %s)", help, initial);
    else
        snprintf(line, sizeof line, "%s", help);
    print_help_text(line, column > 0 ? (size_t)column : 0);
}

const arg_flag *args_flag(const arg_command *command, size_t i, size_t *base)
{
    for (size_t g = 0; g < ARG_GROUPS_MAX; g++) {
        const arg_group *group = &command->group[g];
        *base = group->offset;
        if (i < group->count)
            return &group->flags[i];
        i -= group->count;
    }
    return NULL;
}

/* A line for each way to call it. */
static void print_usage(const arg_command *command)
{
    const char *way = command->usage;
    for (const char *title = "usage:"; *way; title = "      ") {
        size_t length = strcspn(way, "\n");
        printf("%s spikegrad %s %.*s\n", title, command->name, (int)length,
               way);
        way += length;
        way += *way == '\n';
    }
}

static void print_actions(const arg_command *const *action)
{
    for (; *action; action++) {
        const char *word = strrchr((*action)->name, ' ');
        printf("  %-8s%s\n", word ? word + 1 : (*action)->name,
               (*action)->summary);
    }
    puts("\nEach has --help.");
}

void args_help(const arg_command *command)
{
    const arg_flag *flag;
    size_t base;
    print_usage(command);
    putchar('\n');
    cli_print_wrapped(command->text, 0);
    putchar('\n');
    if (command->actions) {
        print_actions(command->actions);
        return;
    }
    for (size_t i = 0; (flag = args_flag(command, i, &base)); i++)
        print_option(flag->name, flag->value, flag->initial, flag->help);
    print_option("help", NULL, NULL, "this page");
    const sg_recipe_option *table;
    size_t count = recipe_options(command, &table);
    if (count > 0)
        puts("\nOptions of the recipe (they decide what is computed):");
    for (size_t i = 0; i < count; i++)
        print_option(table[i].name, table[i].value, table[i].initial,
                     table[i].help);
}

/* Whether word is one of the words of list, "a|b|c". */
static bool is_choice(const char *list, const char *word)
{
    const size_t length = word ? strlen(word) : 0;
    while (list && length > 0 && *list) {
        size_t part = strcspn(list, "|");
        if (part == length && memcmp(list, word, length) == 0)
            return true;
        list += part;
        list += *list == '|';
    }
    return false;
}

static bool parse_number(const arg_flag *flag, const char *text, uint64_t *out)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *end || value < flag->min || value > flag->max)
        return false;
    *out = value;
    return true;
}

/* Appends decimal digits to value, as long as there is room. */
static bool push_digit(uint64_t *value, unsigned digit)
{
    if (*value > (UINT64_MAX - digit) / 10)
        return false;
    *value = *value * 10 + digit;
    return true;
}

/* Behind the digits: "e-3" or nothing. */
static bool take_exponent(const char *text, long *out)
{
    char *end;
    bool negative = false;
    *out = 0;
    if (!*text)
        return true;
    if (*text != 'e' && *text != 'E')
        return false;
    text++;
    if (*text == '-' || *text == '+')
        negative = *text++ == '-';
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (errno || *end || *out > 99)
        return false;
    *out = negative ? -*out : *out;
    return true;
}

/* Decimals are read as integers, so that no locale has a say: digits, of which
 * the power of ten is counted. */
bool args_milli(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    enum { PLACES = 3 };
    uint64_t value = 0;
    long power = PLACES, exponent;
    bool point = false, any = false;
    for (; (*text >= '0' && *text <= '9') || (*text == '.' && !point);
         text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        any = true;
        power -= point;
        if (!push_digit(&value, (unsigned)(*text - '0')))
            return false;
    }
    if (!any || !take_exponent(text, &exponent))
        return false;
    for (power += exponent; value > 0 && power < 0; power++, value /= 10)
        if (value % 10 != 0)
            return false;
    for (; value > 0 && power > 0; power--)
        if (!push_digit(&value, 0))
            return false;
    *out = value;
    return value >= min && value <= max;
}

static int append(const arg_command *command, const arg_flag *flag,
                  const char *text, arg_list *list)
{
    if (list->count == ARG_LIST_MAX)
        return cli_usage(command->name, "--%s: more than %d of them",
                         flag->name, ARG_LIST_MAX);
    list->item[list->count++] = text;
    return -1;
}

/* Stores one value in the options struct; -1 or the exit code. */
static int store(const arg_command *command, const arg_flag *flag,
                 const char *text, void *options, size_t base)
{
    char *field = (char *)options + base + flag->offset;
    uint64_t number;
    bool on = true;

    switch (flag->type) {
    case ARG_SWITCH:
        memcpy(field, &on, sizeof on);
        break;
    case ARG_NUMBER:
        if (!parse_number(flag, text, &number))
            return cli_usage(command->name,
                             "--%s: '%s' is not a number from %llu to %llu",
                             flag->name, text, (unsigned long long)flag->min,
                             (unsigned long long)flag->max);
        memcpy(field, &number, sizeof number);
        break;
    case ARG_MILLI:
        if (!args_milli(text, flag->min, flag->max, &number))
            return cli_usage(
                command->name,
                "--%s: '%s' is not a decimal from %g to %g with at "
                "most 3 places",
                flag->name, text, (double)flag->min / 1000,
                (double)flag->max / 1000);
        memcpy(field, &number, sizeof number);
        break;
    case ARG_CHOICE:
        if (!is_choice(flag->value, text))
            return cli_usage(command->name, "--%s: '%s' is not one of %s",
                             flag->name, text, flag->value);
        memcpy(field, &text, sizeof text);
        break;
    case ARG_LIST:
        return append(command, flag, text, (arg_list *)(void *)field);
    case ARG_TEXT:
        if (!*text)
            return cli_usage(command->name, "--%s: the value is empty",
                             flag->name);
        memcpy(field, &text, sizeof text);
        break;
    }
    return -1;
}

/* The list getopt_long wants. Returns its length without the end mark. */
static size_t long_options(const arg_command *command, struct option *list)
{
    const sg_recipe_option *table;
    const arg_flag *flag;
    size_t recipe = recipe_options(command, &table);
    size_t base, n = 0;

    for (size_t i = 0; (flag = args_flag(command, i, &base)); i++) {
        int argument =
            flag->type == ARG_SWITCH ? no_argument : required_argument;
        list[n++] =
            (struct option){flag->name, argument, NULL, VALUE_FLAG + (int)i};
    }
    for (size_t i = 0; i < recipe; i++)
        list[n++] = (struct option){table[i].name, required_argument, NULL,
                                    VALUE_RECIPE + (int)i};
    list[n++] = (struct option){"help", no_argument, NULL, VALUE_HELP};
    list[n] = (struct option){NULL, 0, NULL, 0};
    return n;
}

/* Reports what getopt_long refused. */
static int refuse(const arg_command *command, int result, char **argv)
{
    const char *word = argv[optind - 1];
    if (result == ':')
        return cli_usage(command->name, "%s: a value is missing", word);
    if (optopt >= VALUE_FLAG || optopt == VALUE_HELP)
        return cli_usage(command->name, "%s: takes no value", word);
    if (optopt)
        return cli_usage(command->name, "-%c: no such option", optopt);
    return cli_usage(command->name, "%s: no such option", word);
}

static int take_operands(const arg_command *command, int argc, char **argv,
                         arg_rest *rest)
{
    size_t count = (size_t)(argc - optind);
    if (count < command->operand_min)
        return cli_usage(command->name, "%s: %s is missing", command->name,
                         command->operands ? command->operands : "an operand");
    if (count > command->operand_max)
        return cli_usage(command->name, "%s: '%s' is one operand too many",
                         command->name,
                         argv[optind + (int)command->operand_max]);
    for (size_t i = 0; i < count && i + 1 < ARG_OPERANDS; i++)
        rest->operand[i] = argv[optind + (int)i];
    rest->operands = argv + optind;
    rest->operand_count = count;
    return -1;
}

/* -1 or, of a default that is none, the exit code. */
static int set_defaults(const arg_command *command, void *options)
{
    const arg_flag *flag;
    size_t base;
    int code = -1;
    for (size_t i = 0; code < 0 && (flag = args_flag(command, i, &base)); i++)
        if (flag->initial)
            code = store(command, flag, flag->initial, options, base);
    return code;
}

/* Whether a word looks like a flag, so that it is no value of another one;
 * --out=--x still names a file that does. */
static bool is_flag(const char *word)
{
    return strncmp(word, "--", 2) == 0 && word[2] != '\0';
}

int args_parse(const arg_command *command, int argc, char **argv,
               void *options, arg_rest *rest)
{
    struct option list[FLAGS_MAX];
    const sg_recipe_option *table;
    int result, code;

    memset(rest, 0, sizeof *rest);
    if ((code = set_defaults(command, options)) >= 0)
        return code;
    recipe_options(command, &table);
    long_options(command, list);
    opterr = 0;
    optind = 0; /* glibc: start afresh */
    while ((result = getopt_long(argc, argv, ":h", list, NULL)) != -1) {
        if (result == VALUE_HELP) {
            args_help(command);
            return CLI_OK;
        }
        if (result == '?' || result == ':')
            return refuse(command, result, argv);
        if (optarg && optarg == argv[optind - 1] && is_flag(optarg))
            return cli_usage(command->name, "%s: a value is missing before %s",
                             argv[optind - 2], optarg);
        if (result >= VALUE_RECIPE) {
            rest->recipe[result - VALUE_RECIPE] = optarg;
            rest->recipe_given = table[result - VALUE_RECIPE].name;
            continue;
        }
        size_t base;
        const arg_flag *flag =
            args_flag(command, (size_t)(result - VALUE_FLAG), &base);
        if ((code = store(command, flag, optarg, options, base)) >= 0)
            return code;
    }
    return take_operands(command, argc, argv, rest);
}
