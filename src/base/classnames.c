/* Names of classes; see classnames.h. */
#include "base/classnames.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_control(const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name < ' ' || *name == 0x7f)
            return true;
    return false;
}

sg_status sg__class_names_check(const char *const *names, uint32_t count,
                                const char *what, sg_error *error)
{
    size_t all = 0;
    for (uint32_t k = 0; k < count; k++) {
        const size_t length = names[k] ? strlen(names[k]) : 0;
        if (length < 1 || length > SG__CLASS_NAME_MAX || has_control(names[k]))
            return sg__fail(error, SG_E_RANGE,
                            "%s: name of class %" PRIu32 ": expected 1 to %d "
                            "bytes without control characters",
                            what, k, SG__CLASS_NAME_MAX);
        all += length + 1;
    }
    if (all > SG__CLASS_NAMES_MAX)
        return sg__fail(error, SG_E_RANGE,
                        "%s: names of %zu bytes, expected at most %d", what,
                        all, SG__CLASS_NAMES_MAX);
    return SG_OK;
}

bool sg__class_names_only_count(const char *const *names, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++) {
        char number[16];
        snprintf(number, sizeof number, "%" PRIu32, k);
        if (strcmp(names[k], number) != 0)
            return false;
    }
    return true;
}

char **sg__class_names_copy(const char *const *names, uint32_t count)
{
    size_t bytes = count * sizeof(char *);
    for (uint32_t k = 0; k < count; k++)
        bytes += strlen(names[k]) + 1;
    char **out = malloc(bytes);
    if (!out)
        return NULL;
    char *to = (char *)(out + count);
    for (uint32_t k = 0; k < count; k++) {
        const size_t size = strlen(names[k]) + 1;
        out[k] = memcpy(to, names[k], size);
        to += size;
    }
    return out;
}
