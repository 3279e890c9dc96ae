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

static bool has_suffix(const char *name, const char *suffix)
{
    size_t length = strlen(name), n = strlen(suffix);
    if (length > 3 && strcasecmp(name + length - 3, ".gz") == 0)
        length -= 3;
    return length > n + 1 && name[length - n - 1] == '.' &&
           strncasecmp(name + length - n, suffix, n) == 0;
}

const sg__event_format *sg__event_format_of(const char *name)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (has_suffix(name, formats[i]->suffix))
            return formats[i];
    return NULL;
}

bool sg__event_format_other(const char *name)
{
    static const char *const others[] = {"aedat4", "h5", "hdf5"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (has_suffix(name, others[i]))
            return true;
    return false;
}
