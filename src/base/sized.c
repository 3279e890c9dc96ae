/* Options of any version; see sized.h. */
#include "base/sized.h"

#include <string.h>

#include "base/status.h"

sg_status sg__sized_take(const void *from, void *to, size_t size,
                         const char *what, sg_error *error)
{
    size_t given = size;
    memset(to, 0, size);
    if (from) {
        memcpy(&given, from, sizeof given);
        if (given < sizeof given)
            return sg__fail(error, SG_E_ARGUMENT,
                            "%s: size is %zu, expected that of the struct",
                            what, given);
        for (size_t i = size; i < given; i++)
            if (((const unsigned char *)from)[i] != 0)
                return sg__fail(error, SG_E_UNSUPPORTED,
                                "%s: byte %zu is set, this version knows %zu",
                                what, i, size);
        memcpy(to, from, given < size ? given : size);
    }
    memcpy(to, &size, sizeof size);
    return SG_OK;
}
