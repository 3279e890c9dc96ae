/* The man page: a small markup as macros of man(7).
 *
 *     NAME(1)            first line
 *     # HEADING
 *     *bold* _italic_    \ takes a mark as it is
 *     term               a line with a line below that has one more tab
 *     <TAB>what it is
 *     line++             ends a line
 *     ```                before and after an example
 *     @synopsis          the usage of all subcommands
 *     @options NAME      the flags of one, without those of the recipe
 *     @recipe            the options of the recipe
 *     @formats           the kinds of data */
#include <ctype.h>
#include <spikegrad/spikegrad.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pages.h"

enum { COMMANDS_MAX = 64 };

static struct {
    bool begun, example, gap;
    size_t depth; /* of .RS */
    bool told[COMMANDS_MAX];
} page;

/* One character as groff wants it. Bold is for what can be copied: its
 * hyphens are those of ASCII. */
static void put(char c, bool copied)
{
    if (c == '\\')
        fputs("\\e", stdout);
    else if (c == '-' && copied)
        fputs("\\-", stdout);
    else
        putchar(c);
}

static void put_plain(const char *text, bool copied)
{
    while (*text)
        put(*text++, copied);
}

/* Text with marks. */
static void put_text(const char *text)
{
    char font = 'R';
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (const char *c = text; *c; c++) {
        bool within = c > text && isalnum((unsigned char)c[-1]) &&
                      (font != 'I' || isalnum((unsigned char)c[1]));
        if (*c == '\\' && c[1]) {
            put(*++c, font == 'B');
        } else if (*c == '*' || (*c == '_' && !within)) {
            char own = *c == '*' ? 'B' : 'I';
            font = font == own ? 'R' : own;
            printf("\\f%c", font);
        } else {
            put(*c, font == 'B');
        }
    }
    if (font != 'R')
        pages_fail("a mark without its other half", text);
    putchar('\n');
}

static void indent_to(size_t depth)
{
    for (; page.depth < depth; page.depth++)
        puts(".RS");
    for (; page.depth > depth; page.depth--)
        puts(".RE");
}

static void put_option(const char *name, const char *value,
                       const char *initial, const char *help)
{
    bool choice = pages_is_choice(value);
    fputs(".TP\n\\fB\\-\\-", stdout);
    put_plain(name, true);
    fputs("\\fR", stdout);
    if (value) {
        fputs(choice ? " \\fB" : " \\fI", stdout);
        put_plain(value, choice);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    put_plain(help, false);
    if (initial && *initial) {
        fputs(" (default: ", stdout);
        put_plain(initial, true);
        putchar(')');
    }
    putchar('\n');
}

static void put_options(const char *name)
{
    const arg_command *command;
    const arg_flag *flag;
    size_t base, c = 0;
    while ((command = pages_leaf(c)) && strcmp(command->name, name) != 0)
        c++;
    if (!command || c >= COMMANDS_MAX)
        pages_fail("no such subcommand", name);
    page.told[c] = true;
    for (size_t i = 0; (flag = args_flag(command, i, &base)); i++)
        put_option(flag->name, flag->value, flag->initial, flag->help);
}

static void put_recipe(void)
{
    size_t count;
    const sg_recipe_option *option = pages_recipe(&count);
    for (size_t i = 0; i < count; i++)
        put_option(option[i].name, option[i].value, option[i].initial,
                   option[i].help);
}

static void put_data_option(const sg_data_option *option)
{
    printf(".TP\n\\fB%s=\\fR\\fI%s\\fR\n%s\n", option->key, option->value,
           option->help);
}

static void put_formats(void)
{
    const sg_data_format *format;
    for (size_t i = 0; (format = sg_data_get_format(i)); i++) {
        printf(".TP\n\\fB%s\\fR\n%s\n", format->form, format->help);
        if (format->options)
            puts(".RS");
        for (size_t k = 0; k < format->options; k++)
            put_data_option(&format->option[k]);
        if (format->options)
            puts(".RE");
    }
    puts(".P\nAll that take a path:");
    put_data_option(sg_data_limit_option());
}

/* Words in capitals are placeholders. */
static void put_way(const char *name, const char *way, size_t length)
{
    printf(".br\n\\fBspikegrad %s\\fR", name);
    while (length > 0) {
        size_t n = strspn(way, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        n = n < length ? n : length;
        if (n > 0) {
            printf("\\fI%.*s\\fR", (int)n, way);
        } else {
            put(*way, true);
            n = 1;
        }
        way += n;
        length -= n;
    }
    putchar('\n');
}

static void put_synopsis(void)
{
    const arg_command *command;
    for (size_t c = 0; (command = pages_leaf(c)); c++) {
        const char *way = command->usage;
        char name[64];
        snprintf(name, sizeof name, "%s ", command->name);
        while (*way) {
            size_t length = strcspn(way, "\n");
            put_way(name, way, length);
            way += length;
            way += *way == '\n';
        }
    }
    put_way("help ", "[COMMAND]", strlen("[COMMAND]"));
}

static void put_table(const char *word)
{
    if (strcmp(word, "synopsis") == 0)
        put_synopsis();
    else if (strcmp(word, "recipe") == 0)
        put_recipe();
    else if (strcmp(word, "formats") == 0)
        put_formats();
    else if (strncmp(word, "options ", 8) == 0)
        put_options(word + 8);
    else
        pages_fail("no such table", word);
}

/* A line of text; term: what it names is below it. */
static void put_line(const char *text, size_t level, bool term)
{
    char line[512];
    size_t length = strlen(text);
    bool ends = length > 2 && strcmp(text + length - 2, "++") == 0;
    snprintf(line, sizeof line, "%.*s", (int)(ends ? length - 2 : length),
             text);
    indent_to(term || level == 0 ? level : level - 1);
    if (term)
        puts(".TP");
    else if (page.gap)
        puts(level > 0 ? ".IP" : ".PP");
    put_text(line);
    if (ends)
        puts(".br");
}

static void put_title(const char *text)
{
    size_t length = strcspn(text, "(");
    printf(".\\\" Written by ./dev pages from docs/man and the command's "
           "tables.\n.TH %.*s 1 \"\" \"spikegrad %s\"\n.nh\n.ad l\n",
           (int)length, text, sg_version());
    page.begun = true;
}

static void end(void)
{
    const arg_command *command;
    indent_to(0);
    for (size_t c = 0; (command = pages_leaf(c)); c++)
        if (!page.told[c])
            pages_fail("a subcommand without '@options'", command->name);
}

void pages_man(const char *text, const char *next)
{
    if (!text) {
        end();
        return;
    }
    size_t level = strspn(text, "\t"), below = strspn(next, "\t");
    bool gap = page.gap;
    page.gap = false;
    if (!page.begun) {
        put_title(text);
    } else if (strcmp(text, "```") == 0) {
        page.example = !page.example;
        puts(page.example ? ".PP\n.EX" : ".EE");
    } else if (page.example) {
        put_plain(text, true);
        putchar('\n');
    } else if (!text[level]) {
        page.gap = true;
    } else if (strncmp(text, "# ", 2) == 0) {
        indent_to(0);
        printf(".SH %s\n", text + 2);
    } else if (text[level] == '@') {
        indent_to(level);
        put_table(text + level + 1);
    } else {
        page.gap = gap;
        put_line(text + level, level, below > level && next[below]);
        page.gap = false;
    }
}
