/* Folders of recordings for the tests of their readers. Include after
 * <cmocka.h>. */
#ifndef TEST_EVENT_FILES_H
#define TEST_EVENT_FILES_H

#include <sys/stat.h>

#include "data_files.h"

/* An event as a test writes it down. */
typedef struct written {
    uint32_t time;
    uint8_t x, y, on;
} written;

/* Makes the folders of a path below f, all but its last part. */
static inline void make_folders(const folder *f, const char *name)
{
    char path[600];
    for (const char *slash = strchr(name, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%s/%.*s", f->path, (int)(slash - name),
                 name);
        (void)mkdir(path, 0777);
    }
}

static inline void write_file(const folder *f, const char *name,
                              const void *bytes, size_t size)
{
    make_folders(f, name);
    folder_write(f, name, bytes, size);
}

/* A recording as N-MNIST has it. */
static inline void write_bin(const folder *f, const char *name,
                             const written *event, size_t count)
{
    uint8_t bytes[5 * 256];
    assert_true(count <= 256);
    for (size_t i = 0; i < count; i++) {
        const written *e = &event[i];
        const uint8_t b[5] = {e->x, e->y,
                              (uint8_t)((uint32_t)e->on << 7 | e->time >> 16),
                              (uint8_t)(e->time >> 8), (uint8_t)e->time};
        memcpy(bytes + 5 * i, b, sizeof b);
    }
    write_file(f, name, bytes, 5 * count);
}

/* Opens events:folder with what follows the path. */
static inline sg_status open_recordings(const folder *f, const char *options,
                                        sg_split split, sg_data **out,
                                        sg_error *error)
{
    char spec[600];
    snprintf(spec, sizeof spec, "events:%s%s", f->path, options);
    return sg_data_open(spec, split, out, error);
}

static inline sg_data *recordings(const folder *f, const char *options,
                                  sg_split split)
{
    sg_data *data;
    sg_error error = {""};
    if (open_recordings(f, options, split, &data, &error) != SG_OK)
        fail_msg("%s", error.text);
    return data;
}

/* Fails with a detail that holds `part`. */
static inline void refuses(const folder *f, const char *options,
                           sg_status expected, const char *part)
{
    sg_data *data;
    sg_error error = {""};
    sg_status status =
        open_recordings(f, options, SG_SPLIT_TRAIN, &data, &error);
    assert_null(data);
    if (status != expected || !strstr(error.text, part))
        fail_msg("%s: status %d, \"%s\", expected %d, \"%s\"", options, status,
                 error.text, expected, part);
}

/* Removes f and all in it. */
static inline int recordings_teardown(void **state)
{
    folder *f = *state;
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", f->path);
    int code = system(command);
    free(f);
    return code;
}

#endif
