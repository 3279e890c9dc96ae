/* Fuzz target: what paths say of classes and splits. The first byte of an
 * input is the share of tests, the rest are paths, a line each. */
#include <stdlib.h>
#include <string.h>

#include "data/images/listing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const sg__shots *shots)
{
    for (size_t i = 0; i < shots->count; i++) {
        const sg__shot *s = &shots->at[i];
        if (s->class >= shots->classes ||
            strcmp(s->file, s->path + (s->file - s->path)) != 0 ||
            (i && shots->at[i - 1].test && !s->test))
            abort();
        if (i && shots->at[i - 1].test == s->test &&
            strcmp(shots->at[i - 1].file, s->file) > 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sg__shots shots = {.at = NULL};
    const sg__shot facts = {.path = NULL};
    sg_error error;
    if (size < 1)
        return 0;
    char *text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    sg_status status = SG_OK;
    for (char *line = text, *next; line && !status; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        status = sg__shots_add(&shots, "fuzz", line, &facts, &error);
    }
    if (!status &&
        sg__shots_arrange(&shots, "fuzz", data[0] % 100, &error) == SG_OK)
        check(&shots);
    sg__shots_free(&shots);
    free(text);
    return 0;
}
