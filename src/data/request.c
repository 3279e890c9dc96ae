/* Options of a request, by name. */
#include <inttypes.h>
#include <string.h>

#include "data/reader.h"

const char *sg__request_text(const sg__request *request, const char *key)
{
    for (size_t i = request->options; i-- > 0;)
        if (strcmp(request->option[i].key, key) == 0)
            return request->option[i].value;
    return NULL;
}

/* The decimal number that text is, up to high. */
static bool read_number(const char *text, uint64_t high, uint64_t *value)
{
    uint64_t n = 0;
    if (!*text)
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (digit > high || n > (high - digit) / 10)
            return false;
        n = 10 * n + digit;
    }
    *value = n;
    return *text == '\0';
}

sg_status sg__request_number(const sg__request *request, const char *key,
                             uint64_t low, uint64_t high, uint64_t *value,
                             sg_error *error)
{
    uint64_t n = 0;
    for (size_t i = 0; i < request->options; i++) {
        if (strcmp(request->option[i].key, key) != 0)
            continue;
        if (!read_number(request->option[i].value, high, &n) || n < low)
            return sg__fail(error, SG_E_ARGUMENT,
                            "data \"%.120s\": %s=%.24s, expected %" PRIu64
                            "..%" PRIu64 ": %s",
                            request->spec, key, request->option[i].value, low,
                            high, request->form);
        *value = n;
    }
    return SG_OK;
}
