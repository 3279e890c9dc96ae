/* INI recipes; see recipefile.h. Values are taken as they are, up to the end
 * of the line: whatever is written is read back. */
#include "cli/base/recipefile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/input.h"
#include "cli/base/output.h"

int recipe_file_begin(recipe_file *out)
{
    *out = (recipe_file){.data = ""};
    return sg_recipe_create(&out->recipe) == SG_OK ? CLI_OK
                                                   : cli_fail("out of memory");
}

void recipe_file_end(recipe_file *file)
{
    sg_recipe_destroy(file->recipe);
    file->recipe = NULL;
}

int recipe_file_copy(const recipe_file *from, recipe_file *to)
{
    sg_recipe *copy;
    if (sg_recipe_copy(from->recipe, &copy) != SG_OK)
        return cli_fail("out of memory");
    sg_recipe_destroy(to->recipe);
    *to = *from;
    to->recipe = copy;
    return CLI_OK;
}

int64_t recipe_number(const sg_recipe *recipe, const char *name)
{
    int64_t value = 0;
    (void)sg_recipe_number(recipe, name, &value);
    return value;
}

const char *recipe_text(const sg_recipe *recipe, const char *name,
                        char text[SG_RECIPE_TEXT])
{
    text[0] = '\0';
    (void)sg_recipe_get(recipe, name, text, SG_RECIPE_TEXT);
    return text;
}

/* More than there are keys, each with its section. */
enum { KEYS_MAX = 128, KEY = 48 };

struct reading {
    recipe_file *file;
    char section[32];
    char problem[SG_ERROR_TEXT + 64]; /* of the first bad line */
    char said[KEYS_MAX][KEY];         /* keys so far */
    size_t keys;
};

static bool take_run_key(struct reading *reading, const char *name,
                         const char *value)
{
    recipe_file *file = reading->file;
    if (strcmp(name, "data") == 0 && strlen(value) < sizeof file->data) {
        strcpy(file->data, value);
        return true;
    }
    if (strcmp(name, "folder") == 0 && strlen(value) < sizeof file->folder) {
        strcpy(file->folder, value);
        return true;
    }
    if (strcmp(name, "from") == 0 && strlen(value) < sizeof file->from) {
        strcpy(file->from, value);
        return true;
    }
    if (strcmp(name, "version") == 0)
        return true;
    if (strcmp(name, "max-minutes") == 0 &&
        args_milli(value, 1, RECIPE_MINUTES_MAX, &file->max_minutes))
        return true;
    if (strcmp(name, "choose") == 0 &&
        (strcmp(value, "last") == 0 || strcmp(value, "best") == 0)) {
        strcpy(file->choose, value);
        return true;
    }
    snprintf(
        reading->problem, sizeof reading->problem,
        "bad or unknown key '%s' in [run]: expected data, folder, from, version, "
        "max-minutes (a decimal) or choose (last or best)",
        name);
    return false;
}

static bool take_result_key(struct reading *reading, const char *name,
                            const char *value)
{
    recipe_result *result = &reading->file->result;
    const struct {
        const char *name;
        char *text;
    } keys[] = {{"reached", result->reached},
                {"time", result->time},
                {"machine", result->machine},
                {"command", result->command}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(name, keys[i].name) != 0) {
            continue;
        }
        if (strlen(value) < RECIPE_TEXT) {
            strcpy(keys[i].text, value);
            return true;
        }
        snprintf(reading->problem, sizeof reading->problem,
                 "'%s' in [result] has %zu bytes: expected less than %d", name,
                 strlen(value), RECIPE_TEXT);
        return false;
    }
    snprintf(reading->problem, sizeof reading->problem,
             "bad or unknown key '%s' in [result]: expected reached, time, "
             "machine or command",
             name);
    return false;
}

/* Whether a key, which there is, stands there for the first time. */
static bool is_first(struct reading *reading, const char *name)
{
    char key[KEY];
    const char *section = reading->section;
    snprintf(key, sizeof key, "%.7s.%.36s", *section ? section : "recipe",
             name);
    for (size_t i = 0; i < reading->keys; i++)
        if (strcmp(reading->said[i], key) == 0) {
            snprintf(reading->problem, sizeof reading->problem,
                     "'%.36s' stands there for the second time", name);
            return false;
        }
    if (reading->keys < KEYS_MAX)
        memcpy(reading->said[reading->keys++], key, sizeof key);
    return true;
}

static bool take_key(struct reading *reading, const char *name,
                     const char *value)
{
    const char *section = reading->section;
    if (strcmp(section, "run") == 0)
        return take_run_key(reading, name, value);
    if (strcmp(section, "result") == 0)
        return take_result_key(reading, name, value);
    sg_error error = {""};
    sg_status status =
        sg_recipe_set(reading->file->recipe, name, value, &error);
    if (status == SG_OK)
        return true;
    if (status == SG_E_ARGUMENT)
        snprintf(reading->problem, sizeof reading->problem, "unknown key '%s'",
                 name);
    else
        snprintf(reading->problem, sizeof reading->problem, "%s", error.text);
    return false;
}

static bool take_section(struct reading *reading, const char *name)
{
    static const char *const sections[] = {"recipe", "run", "result"};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (strcmp(name, sections[i]) == 0) {
            strcpy(reading->section, name);
            return true;
        }
    }
    snprintf(reading->problem, sizeof reading->problem,
             "unknown section [%.40s]: expected [recipe], [run] or [result]",
             name);
    return false;
}

/* Without blanks at both ends; in place. */
static char *strip(char *text)
{
    static const char blanks[] = " \t\r\n";
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

/* One line: blank, a comment, [section] or key = value. False if it is none,
 * or if reading->problem says what is wrong with it. */
static bool take_line(struct reading *reading, char *text)
{
    char *line = strip(text), *equals = strchr(line, '=');
    size_t length = strlen(line);
    if (*line == '\0' || *line == '#' || *line == ';')
        return true;
    if (*line == '[' && line[length - 1] == ']') {
        line[length - 1] = '\0';
        return take_section(reading, line + 1);
    }
    if (!equals)
        return false;
    *equals = '\0';
    const char *name = strip(line);
    return take_key(reading, name, strip(equals + 1)) &&
           is_first(reading, name);
}

int recipe_file_read(const char *path, recipe_file *out)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8 */
    struct reading reading = {.file = out};
    int code = CLI_OK;
    input in;
    input_open(&in, path);
    if (in.absent)
        in.code = cli_fail("%s: %s", path, strerror(ENOENT));
    while (code == CLI_OK && input_next(&in)) {
        size_t skip = in.number == 1 && strncmp(in.text, mark, 3) == 0 ? 3 : 0;
        if (strlen(in.text) == (size_t)in.length &&
            take_line(&reading, in.text + skip))
            continue;
        cli_fail("%s:%u: %s", path, in.number,
                 reading.problem[0] ? reading.problem
                                    : "expected 'key = value'");
        code = CLI_DATA;
    }
    int read = input_close(&in);
    return read != CLI_OK ? read : code;
}

bool recipe_differs(const sg_recipe *a, const sg_recipe *b, const char *but,
                    recipe_difference *out)
{
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    for (size_t i = 0; i < count; i++) {
        out->name = option[i].name;
        if (but && strcmp(out->name, but) == 0)
            continue;
        if (sg_recipe_get(a, out->name, out->a, sizeof out->a) == SG_OK &&
            sg_recipe_get(b, out->name, out->b, sizeof out->b) == SG_OK &&
            strcmp(out->a, out->b) != 0)
            return true;
    }
    return false;
}

int recipe_file_write(const char *path, const recipe_file *file)
{
    output out;
    size_t count;
    char text[SG_RECIPE_TEXT];
    const sg_recipe_option *option = sg_recipe_options(&count);
    int code = output_open(&out, path);

    if (code != CLI_OK)
        return code;
    fprintf(out.stream,
            "# What this run computes; 'spikegrad train --resume' reads it.\n"
            "[run]\nversion = %s\ndata = %s\n",
            sg_version(), file->data);
    if (file->folder[0])
        fprintf(out.stream, "folder = %s\n", file->folder);
    if (file->from[0])
        fprintf(out.stream, "from = %s\n", file->from);
    if (file->max_minutes > 0)
        fprintf(out.stream, "max-minutes = %llu.%03llu\n",
                (unsigned long long)(file->max_minutes / 1000),
                (unsigned long long)(file->max_minutes % 1000));
    if (file->choose[0])
        fprintf(out.stream, "choose = %s\n", file->choose);
    fputs("\n[recipe]\n", out.stream);
    for (size_t i = 0; i < count; i++) {
        sg_status status =
            sg_recipe_get(file->recipe, option[i].name, text, sizeof text);
        if (status != SG_OK && code == CLI_OK)
            code = cli_status(NULL, status, NULL);
        fprintf(out.stream, "%s = %s\n", option[i].name, text);
    }
    return output_close(&out, code);
}

int recipe_hold_back(const char *command, const sg_recipe *recipe,
                     const sg_data *whole, sg_data **part, sg_data **held)
{
    char holdout[SG_RECIPE_TEXT];
    sg_error error = {""};
    const uint32_t size = sg_data_get_info(whole)->size;
    const uint32_t back = (uint32_t)recipe_number(recipe, "validation");
    sg_status status;
    *part = *held = NULL;
    if (back == 0)
        return CLI_OK;
    if (back >= size)
        return cli_usage(command,
                         "--validation: holds back %u of "
                         "%u training samples",
                         back, size);
    if (strcmp(recipe_text(recipe, "holdout", holdout), "stratified") == 0)
        status = sg_data_hold_back(whole, back,
                                   (uint64_t)recipe_number(recipe, "seed"),
                                   part, held, &error);
    else {
        status = sg_data_slice(whole, 0, size - back, part, &error);
        if (status == SG_OK)
            status = sg_data_slice(whole, size - back, back, held, &error);
    }
    return status == SG_OK ? CLI_OK : cli_status(command, status, &error);
}
