/* Reading CIFAR-10 and CIFAR-100. Records are checked one by one and their
 * colour planes interleaved; memory grows with the records that are there. */
#include "data/cifar.h"

#include <inttypes.h>
#include <stdlib.h>

#include "data/source.h"

#define SIDE 32
#define PLANE (SIDE * SIDE)
#define PIXELS (3 * PLANE)
#define LABEL_BYTES_MAX 2
#define COARSE_CLASSES 20
#define RECORDS_MAX ((uint32_t)(SG__DATA_BYTES_MAX / PIXELS))
#define RECORDS_STEP 10000 /* as many as a distributed file holds */

/* What differs between the two data sets. The label that counts is the last
 * of label_bytes. */
typedef struct layout {
    size_t label_bytes;
    uint32_t classes;
} layout;

typedef struct records {
    uint8_t *pixels;
    uint8_t *labels;
    uint32_t count, room;
} records;

static sg_status make_room(records *r, const char *name, sg_error *error)
{
    if (r->count < r->room)
        return SG_OK;
    if (r->room > RECORDS_MAX - RECORDS_STEP)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: more than %u records, too many to be CIFAR", name,
                        r->room);
    uint32_t room = r->room + RECORDS_STEP;
    uint8_t *pixels = realloc(r->pixels, (size_t)room * PIXELS);
    if (pixels)
        r->pixels = pixels;
    uint8_t *labels = realloc(r->labels, room);
    if (labels)
        r->labels = labels;
    if (!pixels || !labels)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", name);
    r->room = room;
    return SG_OK;
}

static void interleave(const uint8_t *planes, uint8_t *hwc)
{
    for (size_t i = 0; i < PLANE; i++) {
        for (size_t c = 0; c < 3; c++)
            hwc[3 * i + c] = planes[c * PLANE + i];
    }
}

static sg_status add_record(records *r, const layout *form,
                            const uint8_t *record, const sg__source *source,
                            sg_error *error)
{
    uint64_t start = source->offset - form->label_bytes - PIXELS;
    for (size_t i = 0; i < form->label_bytes; i++) {
        uint32_t limit =
            i + 1 == form->label_bytes ? form->classes : COARSE_CLASSES;
        if (record[i] >= limit)
            return sg__fail(error, SG_E_FORMAT,
                            "%s: byte %" PRIu64 ": label %u, expected 0..%u",
                            source->name, start + i, record[i], limit - 1);
    }
    sg_status status = make_room(r, source->name, error);
    if (status)
        return status;
    r->labels[r->count] = record[form->label_bytes - 1];
    interleave(record + form->label_bytes,
               r->pixels + (size_t)r->count * PIXELS);
    r->count++;
    return SG_OK;
}

static sg_status read_records(records *r, const layout *form,
                              sg__source *source, sg_error *error)
{
    uint8_t record[LABEL_BYTES_MAX + PIXELS];
    size_t bytes = form->label_bytes + PIXELS;
    uint32_t before = r->count;
    for (;;) {
        size_t got;
        sg_status status = sg__source_read(source, record, bytes, &got, error);
        if (!status && got == 0)
            break;
        if (!status && got < bytes)
            status = sg__fail(error, SG_E_FORMAT,
                              "%s: byte %" PRIu64 ": the file ends inside a "
                              "record, expected a multiple of %zu bytes",
                              source->name, source->offset, bytes);
        if (!status)
            status = add_record(r, form, record, source, error);
        if (status)
            return status;
    }
    if (r->count == before)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte 0: the file is empty, expected records of "
                        "%zu bytes",
                        source->name, bytes);
    return SG_OK;
}

static sg_status read_file(records *r, const layout *form, const char *dir,
                           const char *name, sg_error *error)
{
    char *path = sg__path_join(dir, name, ".bin");
    if (!path)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", dir);
    sg__source source;
    sg_status status = sg__source_open(path, &source, error);
    if (!status) {
        status = read_records(r, form, &source, error);
        sg__source_close(&source);
    }
    free(path);
    return status;
}

static sg_status open_files(const char *spec, const char *dir,
                            const layout *form, const char *const *names,
                            size_t count, sg_data **out, sg_error *error)
{
    records r = {.pixels = NULL};
    for (size_t i = 0; i < count; i++) {
        sg_status status = read_file(&r, form, dir, names[i], error);
        if (status) {
            free(r.pixels);
            free(r.labels);
            return status;
        }
    }
    sg_data_info info = {
        .name = spec,
        .height = SIDE,
        .width = SIDE,
        .channels = 3,
        .classes = form->classes,
        .size = r.count,
    };
    return sg__data_adopt(&info, r.pixels, r.labels, out, error);
}

sg_status sg__cifar10_open(const char *spec, const char *dir, sg_split split,
                           sg_data **out, sg_error *error)
{
    static const char *const train[] = {"data_batch_1", "data_batch_2",
                                        "data_batch_3", "data_batch_4",
                                        "data_batch_5"};
    static const char *const test[] = {"test_batch"};
    const layout form = {.label_bytes = 1, .classes = 10};
    if (split == SG_SPLIT_TRAIN)
        return open_files(spec, dir, &form, train, 5, out, error);
    return open_files(spec, dir, &form, test, 1, out, error);
}

sg_status sg__cifar100_open(const char *spec, const char *dir, sg_split split,
                            sg_data **out, sg_error *error)
{
    static const char *const names[] = {"train", "test"};
    const layout form = {.label_bytes = 2, .classes = 100};
    return open_files(spec, dir, &form,
                      names + (split == SG_SPLIT_TRAIN ? 0 : 1), 1, out,
                      error);
}
