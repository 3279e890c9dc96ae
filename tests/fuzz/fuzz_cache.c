/* Fuzz target: the cache of pictures. Its hash is put right first, unless the
 * first byte of an input is odd, and it is asked for by its own fingerprint. */
#include <stdlib.h>
#include <string.h>

#include "data/images/cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sg__fingerprint mark;
    sg__album album = {.labels = NULL};
    sg_error error;
    bool right = false;
    size_t begin = 0;
    if (size < 57)
        return 0;
    uint8_t *bytes = malloc(size - 1);
    if (!bytes)
        return 0;
    memcpy(bytes, data + 1, size - 1);
    if (!(data[0] & 1))
        sg__cache_seal(bytes, size - 1);
    for (size_t w = 0; w < 2; w++) {
        mark.word[w] = 0;
        for (size_t i = 8; i-- > 0;)
            mark.word[w] = mark.word[w] << 8 | bytes[32 + 8 * w + i];
    }
    const sg__map map = {bytes, size - 1};
    if (sg__cache_read(&map, &mark, &album, &begin, &right, &error) == SG_OK &&
        right) {
        const sg_data_info *i = &album.info;
        if (begin + (size_t)i->size * i->height * i->width * i->channels !=
            size - 1)
            abort();
        for (uint32_t n = 0; n < i->size; n++)
            if (album.labels[n] >= i->classes)
                abort();
        for (uint32_t k = 0; k < i->classes; k++)
            if (strlen(album.class[k]) > size)
                abort();
    }
    sg__album_free(&album);
    free(bytes);
    return 0;
}
