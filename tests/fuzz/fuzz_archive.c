/* Fuzz target: archives, and arrays in them. However much a small file claims
 * to hold, no more comes out than was asked for. */
#include <stdlib.h>
#include <string.h>

#include "data/archive.h"
#include "data/arrays/arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 18 };

static bool ends(const char *text, const char *with)
{
    size_t a = strlen(text), b = strlen(with);
    return a >= b && strcmp(text + a - b, with) == 0;
}

static sg_status take(sg__archive *archive, const char *name, size_t *total,
                      sg_error *error)
{
    const sg__array_form form = {.limit = LIMIT};
    sg__source source;
    sg__archive_source(archive, &source);
    if (ends(name, ".npy")) {
        sg__images images;
        sg_status status =
            sg__array_images(&source, &form, true, &images, error);
        free(images.pixels);
        return status == SG_E_FORMAT ? SG_OK : status;
    }
    uint8_t *bytes = NULL;
    size_t got = 0;
    sg_status status = sg__source_all(&source, &bytes, &got, error);
    *total += got;
    free(bytes);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sg__archive *archive;
    sg_error error;
    const char *name = NULL;
    size_t total = 0;
    if (sg__archive_memory("fuzz", data, size, LIMIT, &archive, &error) !=
        SG_OK)
        return 0;
    sg_status status;
    do {
        status = sg__archive_next(archive, &name, &error);
        if (status == SG_OK && name)
            status = take(archive, name, &total, &error);
    } while (status == SG_OK && name);
    if (total > LIMIT + (1 << 20))
        abort();
    sg__archive_close(archive);
    return 0;
}
