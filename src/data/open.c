/* Opening a data set by its specification: the reader is found by its name,
 * the rest is taken apart into a path and options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/data.h"
#include "data/names.h"
#include "data/reader.h"
#include "data/source.h"

enum { MEBIBYTE = 1 << 20, LIMIT_MAX = 1 << 24 /* MiB */ };

static const sg__reader *const readers[] = {
#define READER(name) &sg__reader_##name,
    SG__READER_LIST(READER)
#undef READER
};

enum { READERS = sizeof readers / sizeof readers[0] };

/* What every reader of files takes. */
static const sg_data_option limit_option = {
    "limit", "MIB",
    "largest file, unpacked, in MiB; without it 1024, and of a compressed "
    "file 64 or 100 times its size"};

static const sg_data_option names_option = {
    "names", "FILE",
    "names of the classes, a line each in their order; a file in the folder "
    "of the data, or from where their path begins"};

const sg_data_format *sg_data_get_format(size_t i)
{
    return i < READERS ? &readers[i]->format : NULL;
}

const sg_data_option *sg_data_limit_option(void)
{
    return &limit_option;
}

const sg_data_option *sg_data_names_option(void)
{
    return &names_option;
}

/* The forms of all readers, or as many as size bytes hold. */
static void list_forms(char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < READERS; i++) {
        const char *form = readers[i]->format.form;
        const char *join = i == 0 ? "" : i + 1 < READERS ? ", " : " or ";
        if (length + strlen(join) + strlen(form) + 4 >= size) {
            snprintf(text + length, size - length, "...");
            return;
        }
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", join, form);
    }
}

/* The reader that takes what is at path for its own, or NULL. */
static const sg__reader *recognise(const char *path)
{
    if (access(path, F_OK) != 0)
        return NULL;
    for (size_t i = 0; i < READERS; i++)
        if (readers[i]->recognise && readers[i]->recognise(path))
            return readers[i];
    return NULL;
}

static sg_status unknown_spec(const char *spec, sg_error *error)
{
    const sg__reader *likely = *spec ? recognise(spec) : NULL;
    char forms[200];
    if (likely)
        return sg__fail(error, SG_E_ARGUMENT,
                        "data \"%.120s\": expected a name in front of the "
                        "path, and it looks like %s:%.120s",
                        spec, likely->format.name, spec);
    list_forms(forms, sizeof forms);
    return sg__fail(error, SG_E_ARGUMENT, "data \"%.90s\": expected %s", spec,
                    forms);
}

/* Length of the key if text is "key=...", else 0. */
static size_t key_length(const char *text)
{
    size_t n = 0;
    while ((text[n] >= 'a' && text[n] <= 'z') || (n > 0 && text[n] == '-'))
        n++;
    return text[n] == '=' ? n : 0;
}

static bool has_option(const sg_data_format *format, const char *key)
{
    for (size_t i = 0; i < format->options; i++)
        if (strcmp(format->option[i].key, key) == 0)
            return true;
    return format->takes_path && (strcmp(key, limit_option.key) == 0 ||
                                  strcmp(key, names_option.key) == 0);
}

/* Takes "key=value,key=value" apart, in place. */
static sg_status take_options(const sg_data_format *format, char *text,
                              sg__request *request, sg_error *error)
{
    while (text) {
        size_t length = key_length(text);
        char *next = strchr(text, ',');
        if (next)
            *next++ = '\0';
        if (length == 0 || request->options == SG__OPTIONS_MAX)
            return sg__fail(error, SG_E_ARGUMENT,
                            "data \"%.120s\": at \"%.40s\": expected %s",
                            request->spec, text, format->form);
        text[length] = '\0';
        if (!has_option(format, text))
            return sg__fail(error, SG_E_ARGUMENT,
                            "data \"%.120s\": no option %.24s: expected %s",
                            request->spec, text, format->form);
        request->option[request->options].key = text;
        request->option[request->options++].value = text + length + 1;
        text = next;
    }
    return SG_OK;
}

/* Where the options behind a path begin: at the first comma that a key and an
 * equals sign follow. A path that is there as it stands has none. */
static char *find_options(char *path, const char *whole)
{
    for (char *comma = strchr(path, ','); comma;
         comma = strchr(comma + 1, ','))
        if (key_length(comma + 1) && access(whole, F_OK) != 0)
            return comma;
    return NULL;
}

/* path as it is opened, in new memory: what is not absolute is below base. */
static char *locate(const char *path, const char *base)
{
    if (path[0] == '/' || !base || !*base)
        return sg__path_join(NULL, path, "");
    return sg__path_join(base, path, "");
}

/* Says which other reader would take what this one did not find. */
static sg_status suggest(const sg__reader *reader, const sg__request *request,
                         sg_status status, sg_error *error)
{
    const sg__reader *other = recognise(request->path);
    char text[SG_ERROR_TEXT];
    if (!error || !other || other == reader)
        return status;
    snprintf(text, sizeof text, "%.200s; it looks like %s:", error->text,
             other->format.name);
    return sg__fail(error, status, "%s", text);
}

/* Names from the file that the request says, if it says one: beside the data,
 * or below base. */
static sg_status read_names(const sg__request *request, const char *base,
                            sg_data *data, sg_error *error)
{
    const char *file = sg__request_text(request, names_option.key);
    if (!file)
        return SG_OK;
    char *path = NULL;
    if (file[0] != '/')
        path = sg__path_join(request->path, file, "");
    if (!path || access(path, F_OK) != 0) {
        free(path);
        path = locate(file, base);
    }
    sg_status status =
        path ? sg__data_read_names(data, path, error)
             : sg__fail(error, SG_E_MEMORY, "data: out of memory");
    /* a split that is not there is another thing */
    if (status == SG_E_MISSING)
        status = sg__fail(error, SG_E_IO, "%.200s: names: no such file", path);
    free(path);
    return status;
}

/* Opens what the rest of the specification, a copy, says. */
static sg_status open_rest(const sg__reader *reader, sg__request *request,
                           char *rest, const char *base, sg_data **out,
                           sg_error *error)
{
    char *path = NULL, *options = rest;
    uint64_t mebibytes = 0;
    if (reader->format.takes_path) {
        char *whole = locate(rest, base);
        if (!whole)
            return sg__fail(error, SG_E_MEMORY, "data: out of memory");
        options = find_options(rest, whole);
        if (options)
            *options++ = '\0';
        free(whole);
        path = locate(rest, base);
        if (!path)
            return sg__fail(error, SG_E_MEMORY, "data: out of memory");
        request->path = path;
    }
    sg_status status = take_options(&reader->format, options, request, error);
    if (!status)
        status = sg__request_number(request, "limit", 1, LIMIT_MAX, &mebibytes,
                                    error);
    request->limit = mebibytes * MEBIBYTE;
    if (!status)
        status = reader->open(request, out, error);
    if (path && !status) {
        status = read_names(request, base, *out, error);
        if (status) {
            sg_data_destroy(*out);
            *out = NULL;
        }
    } else if (path && (status == SG_E_MISSING || status == SG_E_IO)) {
        status = suggest(reader, request, status, error);
    }
    free(path);
    return status;
}

static sg_status open_with(const sg__reader *reader, const char *spec,
                           const char *rest, const char *base, sg_split split,
                           sg_data **out, sg_error *error)
{
    sg__request request = {.spec = spec,
                           .form = reader->format.form,
                           .split = split};
    char *copy = rest ? sg__path_join(NULL, rest, "") : NULL;
    if (rest && !copy)
        return sg__fail(error, SG_E_MEMORY, "data: out of memory");
    sg_status status =
        rest ? open_rest(reader, &request, copy, base, out, error)
             : reader->open(&request, out, error);
    free(copy);
    return status;
}

sg_status sg_data_open_in(const char *folder, const char *spec, sg_split split,
                          sg_data **out, sg_error *error)
{
    if (!out)
        return sg__fail(error, SG_E_ARGUMENT, "data: no place for the result");
    *out = NULL;
    if (!spec || (split != SG_SPLIT_TRAIN && split != SG_SPLIT_TEST))
        return sg__fail(error, SG_E_ARGUMENT,
                        "data: no specification or "
                        "neither train nor test split");
    size_t length = strcspn(spec, ":");
    for (size_t i = 0; i < READERS; i++) {
        const sg_data_format *format = &readers[i]->format;
        if (strlen(format->name) != length ||
            strncmp(spec, format->name, length) != 0)
            continue;
        if (spec[length] == '\0' && !format->takes_path)
            return open_with(readers[i], spec, NULL, folder, split, out,
                             error);
        if (spec[length] == ':' && (spec[length + 1] || !format->takes_path))
            return open_with(readers[i], spec, spec + length + 1, folder,
                             split, out, error);
    }
    return unknown_spec(spec, error);
}

sg_status sg_data_open(const char *spec, sg_split split, sg_data **out,
                       sg_error *error)
{
    return sg_data_open_in(NULL, spec, split, out, error);
}

/* ---- one file ---- */

/* The options of a specification, whatever its path; without a reader for it
 * there are none, and *reader is NULL. *text is in new memory, which the
 * request looks at. */
static sg_status request_of(const char *spec, sg__request *out,
                            const sg__reader **reader, char **text,
                            sg_error *error)
{
    const size_t length = strcspn(spec, ":");
    uint64_t mebibytes = 0;
    *out = (sg__request){.spec = spec, .split = SG_SPLIT_TEST};
    *reader = NULL;
    *text = NULL;
    for (size_t i = 0; i < READERS; i++)
        if (strlen(readers[i]->format.name) == length &&
            strncmp(spec, readers[i]->format.name, length) == 0)
            *reader = readers[i];
    if (!*reader || !spec[length])
        return SG_OK;
    out->form = (*reader)->format.form;
    *text = sg__path_join(NULL, spec + length + 1, "");
    if (!*text)
        return sg__fail(error, SG_E_MEMORY, "data: out of memory");
    char *options = *text;
    if ((*reader)->format.takes_path) {
        options = find_options(*text, *text);
        if (options)
            options++;
    }
    sg_status status = take_options(&(*reader)->format, options, out, error);
    if (!status)
        status =
            sg__request_number(out, "limit", 1, LIMIT_MAX, &mebibytes, error);
    out->limit = mebibytes * MEBIBYTE;
    return status;
}

/* Who opens a file that begins so; of several that could, own. */
static const sg__reader *claimant(const sg__reader *own, const char *path,
                                  const uint8_t head[SG__FILE_HEAD])
{
    if (own && own->claims && own->claims(path, head))
        return own;
    for (size_t i = 0; i < READERS; i++)
        if (readers[i]->claims && readers[i]->claims(path, head))
            return readers[i];
    return NULL;
}

static sg_status open_file(const sg__reader *own, sg__file file, sg_data **out,
                           sg_error *error)
{
    const sg__request none = {.spec = file.path,
                              .split = SG_SPLIT_TEST,
                              .limit = file.request->limit};
    uint8_t head[SG__FILE_HEAD] = {0};
    sg__source source;
    size_t got;
    sg_status status =
        sg__source_open(file.path, file.request->limit, &source, error);
    if (status)
        return status;
    status = sg__source_read(&source, head, SG__FILE_HEAD, &got, error);
    sg__source_close(&source);
    if (status)
        return status;
    const sg__reader *reader = claimant(own, file.path, head);
    if (!reader)
        return sg__fail(error, SG_E_FORMAT,
                        "%.200s: expected a picture (PNG, JPEG), an array of "
                        "NumPy, IDX images, or a recording of events",
                        file.path);
    if (!own || reader->open_file != own->open_file)
        file.request = &none;
    return reader->open_file(&file, out, error);
}

sg_status sg_data_open_file(const char *spec, const char *path,
                            const sg_data_info *like, int resize,
                            sg_data **out, sg_error *error)
{
    sg__request request;
    sg__file file = {.request = &request,
                     .path = path,
                     .like = like,
                     .resize = resize != 0};
    const sg__reader *own = NULL;
    char *text = NULL;
    if (out)
        *out = NULL;
    if (!path || !like || !out)
        return sg__fail(error, SG_E_ARGUMENT, "data: missing argument");
    sg_data_info shape = *like;
    size_t bytes;
    shape.size = 1;
    shape.counts = 0;
    sg_status status = sg__data_check(&shape, &bytes, error);
    if (!status)
        status = request_of(spec ? spec : "", &request, &own, &text, error);
    if (!status)
        status = open_file(own, file, out, error);
    free(text);
    return status;
}
