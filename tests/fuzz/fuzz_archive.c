/* Fuzz target: archives, arrays in them, and files packed by gzip in them. However much a small file claims
 * to hold, no more comes out than was asked for. */
#include <stdlib.h>
#include <string.h>

#include "data/archive.h"
#include "data/arrays/arrays.h"
#include "data/gunzip.h"

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
    sg__source unpacked;
    sg__gunzip *gunzip = NULL;
    uint8_t *bytes = NULL;
    size_t got = 0;
    if (ends(name, ".gz") &&
        sg__gunzip_open(&source, LIMIT, &gunzip, &unpacked, error) != SG_OK)
        return SG_OK;
    sg_status status =
        sg__source_all(gunzip ? &unpacked : &source, &bytes, &got, error);
    if (gunzip && got > LIMIT + (1 << 20))
        abort();
    *total += gunzip ? 0 : got;
    free(bytes);
    sg__gunzip_close(gunzip);
    return gunzip && status == SG_E_FORMAT ? SG_OK : status;
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
