/* The formats of recordings, by the endings of their files. */
#include <string.h>
#include <strings.h>

#include "data/events/stream.h"

static const sg__event_format *const formats[] = {
#define FORMAT(name) &sg__events_##name,
    SG__EVENT_FORMATS(FORMAT)
#undef FORMAT
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

const sg__event_format *sg__event_format_of(const char *name)
{
    size_t length = strlen(name);
    if (length > 3 && strcasecmp(name + length - 3, ".gz") == 0)
        length -= 3;
    for (size_t i = 0; i < FORMATS; i++) {
        size_t n = strlen(formats[i]->suffix);
        if (length > n + 1 && name[length - n - 1] == '.' &&
            strncasecmp(name + length - n, formats[i]->suffix, n) == 0)
            return formats[i];
    }
    return NULL;
}
