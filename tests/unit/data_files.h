/* Folders and files for the tests of the data readers: each test works in a
 * folder of its own below TMPDIR or /tmp. Real data is looked for in the
 * folder that SPIKEGRAD_DATA names. Include after <cmocka.h>. */
#ifndef TEST_DATA_FILES_H
#define TEST_DATA_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spikegrad/data.h"

typedef struct folder {
    char path[512];
} folder;

/* path of name in the folder, in a buffer of 600 bytes */
static inline char *file_path(const folder *f, const char *name, char *path)
{
    snprintf(path, 600, "%s/%s", f->path, name);
    return path;
}

static inline int folder_setup(void **state)
{
    folder *f = calloc(1, sizeof *f);
    const char *base = getenv("TMPDIR");
    if (!f)
        return -1;
    snprintf(f->path, sizeof f->path, "%s/spikegrad-XXXXXX",
             base && *base ? base : "/tmp");
    *state = f;
    return mkdtemp(f->path) ? 0 : -1;
}

static inline void folder_remove(const folder *f, const char *name)
{
    char path[600];
    unlink(file_path(f, name, path));
}

static inline void folder_write(const folder *f, const char *name,
                                const uint8_t *bytes, size_t size)
{
    char path[600];
    FILE *file = fopen(file_path(f, name, path), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Opens scheme:folder. */
static inline sg_status folder_open(const folder *f, const char *scheme,
                                    sg_split split, sg_data **out,
                                    sg_error *error)
{
    char spec[600];
    snprintf(spec, sizeof spec, "%s:%s", scheme, f->path);
    return sg_data_open(spec, split, out, error);
}

/* Opens scheme:$SPIKEGRAD_DATA/name, or returns NULL if it is not there. */
static inline sg_data *open_real(const char *scheme, const char *name,
                                 sg_split split)
{
    const char *base = getenv("SPIKEGRAD_DATA");
    char spec[600];
    if (!base || !*base) {
        print_message("SPIKEGRAD_DATA is not set: no real data\n");
        return NULL;
    }
    snprintf(spec, sizeof spec, "%s/%s", base, name);
    if (access(spec, F_OK) != 0) {
        print_message("%s is not there: no real data\n", spec);
        return NULL;
    }
    snprintf(spec, sizeof spec, "%s:%s/%s", scheme, base, name);
    sg_data *data = NULL;
    sg_error error = {""};
    sg_status status = sg_data_open(spec, split, &data, &error);
    if (status == SG_E_UNSUPPORTED)
        print_message("%s\n", error.text);
    else if (status != SG_OK)
        fail_msg("%s", error.text);
    return data;
}

#endif
