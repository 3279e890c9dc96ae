/* npy and npz: x_train, y_train, x_test and y_test, files in a folder or in
 * one zip archive. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/archive.h"
#include "data/arrays/arrays.h"
#include "data/data.h"
#include "data/folder.h"
#include "data/reader.h"

static const char *const splits[] = {"train", "test"};

/* What is read of a split. */
typedef struct set {
    const sg__request *request;
    sg__array_form form;
    sg__images x;
    sg__classes y;
    bool has_x, has_y;
    uint32_t other; /* largest label of the other split, 0 if there is none */
    char *x_path;   /* of a file of its own */
} set;

static void free_set(set *s)
{
    free(s->x.pixels);
    free(s->y.labels);
    free(s->x_path);
}

/* Labels that are all of them classes. */
static sg_status take_labels(const set *s, uint32_t *classes,
                             uint16_t **labels, sg_error *error)
{
    const sg__request *r = s->request;
    uint64_t count = (s->y.most > s->other ? s->y.most : s->other) + 1;
    if (s->x.count != s->y.count)
        return sg__fail(error, SG_E_FORMAT,
                        "%.160s: %u labels in y_%s, but there are %u samples "
                        "in x_%s",
                        r->path, s->y.count, splits[r->split], s->x.count,
                        splits[r->split]);
    sg_status status =
        sg__request_number(r, "classes", 2, SG_CLASSES_MAX, &count, error);
    if (status)
        return status;
    *labels = malloc(s->y.count * sizeof **labels);
    if (!*labels)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", r->path);
    for (uint32_t i = 0; i < s->y.count; i++) {
        uint32_t label = s->y.labels[i];
        if (label >= count || label >= SG_CLASSES_MAX) {
            free(*labels);
            *labels = NULL;
            return sg__fail(error, SG_E_FORMAT,
                            "%.160s: sample %u of y_%s: label %u, expected "
                            "0..%u",
                            r->path, i, splits[r->split], label,
                            (uint32_t)(count < SG_CLASSES_MAX
                                           ? count
                                           : SG_CLASSES_MAX) -
                                1);
        }
        (*labels)[i] = (uint16_t)label;
    }
    if (count > SG_CLASSES_MAX) {
        free(*labels);
        *labels = NULL;
        return sg__fail(error, SG_E_FORMAT,
                        "%.160s: labels up to %u in the other split, expected "
                        "%d classes at most",
                        r->path, s->other, SG_CLASSES_MAX);
    }
    *classes = (uint32_t)count;
    return SG_OK;
}

/* Makes a data set of what was read. */
static sg_status finish(set *s, sg_data **out, sg_error *error)
{
    uint16_t *labels = NULL;
    sg__map map;
    sg_data_info info = {
        .name = s->request->spec,
        .height = s->x.height,
        .width = s->x.width,
        .channels = s->x.channels,
        .size = s->x.count,
    };
    sg_status status = take_labels(s, &info.classes, &labels, error);
    if (status)
        return status;
    if (s->x.pixels) {
        uint8_t *pixels = s->x.pixels;
        s->x.pixels = NULL;
        return sg__data_adopt_wide(&info, pixels, labels, out, error);
    }
    const uint64_t bytes =
        (uint64_t)info.height * info.width * info.channels * info.size;
    status = sg__map_open(s->x_path, &map, error);
    if (!status && map.size != s->x.begin + bytes) {
        sg__map_close(&map);
        status =
            sg__fail(error, SG_E_IO, "%s: has changed while it was being read",
                     s->x_path);
    }
    if (status) {
        free(labels);
        return status;
    }
    return sg__data_adopt_mapped(&info, &map, (size_t)s->x.begin, labels, out,
                                 error);
}

/* ---- a folder ---- */

static const char *const below[] = {"", NULL};
static const sg__places places = {below, NULL};

static sg_status find_array(const char *folder, const char *what,
                            const char *split, char **path, sg_error *error)
{
    sg__names names = {.count = 0};
    sg__names_add(&names, "%s_%s.npy", what, split);
    sg__names_add(&names, "%s_%s.npy.gz", what, split);
    return sg__folder_find(folder, &places, &names, path, error);
}

static sg_status read_y(const set *s, const char *split, sg__classes *out,
                        sg_error *error)
{
    char *path = NULL;
    sg__source source;
    *out = (sg__classes){.count = 0};
    sg_status status = find_array(s->request->path, "y", split, &path, error);
    if (!status)
        status = sg__source_open(path, s->request->limit, &source, error);
    if (!status) {
        status = sg__array_labels(&source, out, error);
        sg__source_close(&source);
    }
    free(path);
    return status;
}

static sg_status read_folder(set *s, sg_error *error)
{
    const sg_split split = s->request->split;
    sg__source source;
    sg__classes other;
    sg_status status =
        find_array(s->request->path, "x", splits[split], &s->x_path, error);
    if (!status)
        status = read_y(s, splits[split], &s->y, error);
    if (status)
        return status;
    /* both splits have the classes of both */
    status = read_y(s, splits[1 - split], &other, error);
    s->other = other.most;
    free(other.labels);
    if (status && status != SG_E_MISSING)
        return status;
    status = sg__source_open(s->x_path, s->request->limit, &source, error);
    if (status)
        return status;
    status = sg__array_images(&source, &s->form, true, &s->x, error);
    sg__source_close(&source);
    return status;
}

/* ---- an archive ---- */

/* Takes an array of the archive if it is one of those that count. */
static sg_status take_member(set *s, sg__archive *archive, const char *name,
                             sg_error *error)
{
    const sg_split split = s->request->split;
    char what[16];
    sg__source source;
    sg__archive_source(archive, &source);
    for (int which = 0; which < 2; which++) {
        snprintf(what, sizeof what, "x_%s.npy", splits[which]);
        if (strcmp(name, what) == 0 && which == (int)split && !s->has_x) {
            s->has_x = true;
            return sg__array_images(&source, &s->form, false, &s->x, error);
        }
        what[0] = 'y';
        if (strcmp(name, what) != 0)
            continue;
        sg__classes y;
        sg_status status = sg__array_labels(&source, &y, error);
        if (which == (int)split && !s->has_y) {
            s->has_y = true;
            s->y = y;
            return status;
        }
        s->other = y.most > s->other ? y.most : s->other;
        free(y.labels);
        return status;
    }
    return SG_OK;
}

static sg_status read_archive(set *s, sg_error *error)
{
    sg__archive *archive;
    const char *name = NULL;
    sg_status status =
        sg__archive_open(s->request->path, s->request->limit, &archive, error);
    if (status)
        return status;
    do {
        status = sg__archive_next(archive, &name, error);
        if (!status && name)
            status = take_member(s, archive, name, error);
    } while (!status && name);
    sg__archive_close(archive);
    if (!status && (!s->has_x || !s->has_y))
        status = sg__fail(error, SG_E_MISSING, "%.200s: no array %s_%s",
                          s->request->path, s->has_x ? "y" : "x",
                          splits[s->request->split]);
    return status;
}

static sg_status open_with(sg_status (*read)(set *, sg_error *),
                           const sg__request *request, sg_data **out,
                           sg_error *error)
{
    set s = {.request = request};
    sg_status status = sg__array_form_read(request, &s.form, error);
    if (!status)
        status = read(&s, error);
    if (!status)
        status = finish(&s, out, error);
    free_set(&s);
    return status;
}

static sg_status open_npy(const sg__request *request, sg_data **out,
                          sg_error *error)
{
    return open_with(read_folder, request, out, error);
}

static sg_status open_npz(const sg__request *request, sg_data **out,
                          sg_error *error)
{
    return open_with(read_archive, request, out, error);
}

static bool is_npy(const char *path)
{
    char *found = NULL;
    bool is = find_array(path, "x", "train", &found, NULL) == SG_OK ||
              find_array(path, "x", "test", &found, NULL) == SG_OK;
    free(found);
    return is;
}

static bool is_npz(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".npz") == 0 &&
           sg__archive_is(path);
}

static const sg_data_option options[] = {SG__ARRAY_OPTIONS};

const sg__reader sg__reader_npy = {
    .format = {.name = "npy",
               .form = "npy:DIR",
               .help = "arrays of NumPy: x_train.npy, y_train.npy, x_test.npy "
                       "and y_test.npy, .gz or plain; bytes are mapped",
               .example = "npy:data/mine,layout=NCHW",
               .takes_path = 1,
               .option = options,
               .options = sizeof options / sizeof options[0]},
    .open = open_npy,
    .claims = sg__array_claims,
    .open_file = sg__array_open,
    .recognise = is_npy,
};

const sg__reader sg__reader_npz = {
    .format = {.name = "npz",
               .form = "npz:FILE",
               .help = "the same arrays in one file, as numpy.savez and "
                       "savez_compressed write it",
               .example = "npz:data/mnist.npz",
               .takes_path = 1,
               .option = options,
               .options = sizeof options / sizeof options[0]},
    .open = open_npz,
    .claims = sg__array_claims,
    .open_file = sg__array_open,
    .recognise = is_npz,
};
