/* Names of the classes of data: given by a program, or a line of a file for
 * each. */
#include "data/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/classnames.h"
#include "data/source.h"

sg_status sg_data_name_classes(sg_data *data, const char *const *names,
                               sg_error *error)
{
    if (!data || !names)
        return sg__fail(error, SG_E_ARGUMENT, "data: missing argument");
    const uint32_t classes = data->info.classes;
    if (!data->own)
        return sg__fail(error, SG_E_ARGUMENT,
                        "%s: names are given to data, not to a view of them",
                        data->info.name);
    sg_status status =
        sg__class_names_check(names, classes, data->info.name, error);
    char **copy = NULL;
    if (status != SG_OK)
        return status;
    if (!sg__class_names_only_count(names, classes)) {
        copy = sg__class_names_copy(names, classes);
        if (!copy)
            return sg__fail(error, SG_E_MEMORY, "data: out of memory");
    }
    free(data->own->class_name);
    data->own->class_name = copy;
    return SG_OK;
}

const char *sg_data_class_name(const sg_data *data, uint32_t label)
{
    if (!data || !data->samples->class_name || label >= data->info.classes)
        return NULL;
    return data->samples->class_name[label];
}

/* Takes a text apart into its lines, in place; those at the end that are
 * empty are none. Returns how many there are, at most `most` of them in
 * names. */
static uint32_t split_lines(char *text, const char **names, uint32_t most)
{
    uint32_t count = 0, filled = 0;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    while (*text) {
        char *end = text + strcspn(text, "\n");
        char *next = *end ? end + 1 : end;
        *end = '\0';
        if (end > text && end[-1] == '\r')
            end[-1] = '\0';
        if (count < most)
            names[count] = text;
        count++;
        filled = *text ? count : filled;
        text = next;
    }
    return filled;
}

static sg_status take_names(sg_data *data, const char *path, char *text,
                            sg_error *error)
{
    const uint32_t classes = data->info.classes;
    const char **names = malloc(classes * sizeof *names);
    if (!names)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", path);
    const uint32_t count = split_lines(text, names, classes);
    sg_error reason = {""};
    sg_status status =
        count == classes
            ? sg_data_name_classes(data, names, &reason)
            : sg__fail(&reason, SG_E_FORMAT,
                       "%u lines, expected %u, one with the name of each "
                       "class",
                       count, classes);
    if (status == SG_E_RANGE)
        status = SG_E_FORMAT;
    free(names);
    return status ? sg__fail(error, status, "%s: %.200s", path, reason.text)
                  : SG_OK;
}

sg_status sg__data_name_known(sg_data *data, const char *lines,
                              sg_error *error)
{
    const size_t size = strlen(lines) + 1;
    const uint32_t classes = data->info.classes;
    char *text = malloc(size);
    const char **names = malloc(classes * sizeof *names);
    sg_status status = SG_OK;
    if (text && names) {
        memcpy(text, lines, size);
        if (split_lines(text, names, classes) == classes)
            status = sg_data_name_classes(data, names, error);
    } else {
        status =
            sg__fail(error, SG_E_MEMORY, "%s: out of memory", data->info.name);
    }
    free(names);
    free(text);
    return status;
}

sg_status sg__data_read_names(sg_data *data, const char *path, sg_error *error)
{
    sg__source source;
    size_t got = 0;
    char *text = malloc(SG__CLASS_NAMES_MAX + 2);
    if (!text)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", path);
    sg_status status =
        sg__source_open(path, SG__CLASS_NAMES_MAX + 1, &source, error);
    if (status == SG_OK) {
        /* a byte more than there may be */
        status = sg__source_read(&source, (uint8_t *)text,
                                 SG__CLASS_NAMES_MAX + 1, &got, error);
        sg__source_close(&source);
    }
    if (status == SG_OK && got > SG__CLASS_NAMES_MAX)
        status = sg__fail(error, SG_E_FORMAT,
                          "%s: more than %d bytes, expected a line for each "
                          "class",
                          path, SG__CLASS_NAMES_MAX);
    text[got] = '\0';
    if (status == SG_OK && memchr(text, '\0', got))
        status = sg__fail(error, SG_E_FORMAT,
                          "%s: no text, expected a line for each class", path);
    if (status == SG_OK)
        status = take_names(data, path, text, error);
    free(text);
    return status;
}
