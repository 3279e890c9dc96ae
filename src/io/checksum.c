/* XXH64 of a file that holds its own digest: the digits count as zeros. They
 * are compared as text, so that there is one way only to write them. */
#include "io/checksum.h"

#ifdef SPIKEGRAD_FILES

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "io/metadata.h"
#include "io/safetensors.h"

/* Finds where the digits stand, which must be once. */
static sg_status find_checksum(const uint8_t *bytes, size_t size,
                               const char *name, size_t *at, sg_error *error)
{
    static const char key[] = "\"" SG__CHECKSUM_KEY "\":\"";
    const size_t prefix = sizeof key - 1;
    size_t length, found = 0;
    sg_status status =
        sg__safetensors_header(bytes, size, name, &length, error);
    if (status != SG_OK)
        return status;
    for (size_t i = 0; i + prefix + SG__CHECKSUM_DIGITS < length; i++) {
        const uint8_t *p = bytes + SG__SAFETENSORS_HEADER + i;
        if (memcmp(p, key, prefix) == 0 &&
            p[prefix + SG__CHECKSUM_DIGITS] == '"') {
            *at = SG__SAFETENSORS_HEADER + i + prefix;
            found++;
        }
    }
    if (found != 1)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: no checksum of %d digits in the header", name,
                        SG__CHECKSUM_DIGITS);
    return SG_OK;
}

sg_status sg__sealing_begin(const uint8_t *head, size_t size, const char *name,
                            sg__sealing *out, sg_error *error)
{
    sg_status status = find_checksum(head, size, name, &out->at, error);
    if (status != SG_OK)
        return status;
    const size_t after = out->at + SG__CHECKSUM_DIGITS;
    XXH64_state_t *state = out->state = XXH64_createState();
    if (!state)
        return sg__fail(error, SG_E_MEMORY, "%s: no memory for its checksum",
                        name);
    XXH64_reset(state, 0);
    XXH64_update(state, head, out->at);
    XXH64_update(state, SG__CHECKSUM_BLANK, SG__CHECKSUM_DIGITS);
    XXH64_update(state, head + after, size - after);
    return SG_OK;
}

void sg__sealing_add(sg__sealing *s, const uint8_t *bytes, size_t n)
{
    XXH64_update(s->state, bytes, n);
}

void sg__sealing_end(sg__sealing *s, char text[SG__CHECKSUM_TEXT])
{
    snprintf(text, SG__CHECKSUM_TEXT, "%016" PRIx64,
             (uint64_t)XXH64_digest(s->state));
    XXH64_freeState(s->state);
    s->state = NULL;
}

sg_status sg__checksum_seal(uint8_t *bytes, size_t size, const char *name,
                            sg_error *error)
{
    sg__sealing whole;
    char text[SG__CHECKSUM_TEXT];
    sg_status status = sg__sealing_begin(bytes, size, name, &whole, error);
    if (status != SG_OK)
        return status;
    sg__sealing_end(&whole, text);
    memcpy(bytes + whole.at, text, SG__CHECKSUM_DIGITS);
    return SG_OK;
}

#endif
