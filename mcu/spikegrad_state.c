/* What has been learned, as bytes. */
#include "spikegrad_device.h"

#if SG_LEARN

#include "spikegrad_layers.h"

static uint8_t *put(uint8_t *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *to++ = (uint8_t)(value >> (8 * i));
    return to;
}

static uint32_t get(const uint8_t **from, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint32_t) * (*from)++ << (8 * i);
    return value;
}

/* FNV-1a. */
static uint64_t hash_of(const uint8_t *bytes, size_t n)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * UINT64_C(1099511628211);
    return h;
}

static const uint8_t magic[8] = {'S', 'G', 'S', 'T', 'A', 'T', 'E', '1'};

void sg_state_save(const sg_state *s, uint8_t *bytes)
{
    uint8_t *to = bytes;
    for (int i = 0; i < 8; i++)
        *to++ = magic[i];
    to = put(to, SG_IDENTITY, 8);
    to = put(to, s->step, 4);
    for (size_t i = 0; i < SG_BIASES; i++)
        to = put(to, (uint32_t)s->bias[i], 4);
#if SG_ROWS
    for (size_t i = 0; i < SG_ROWS; i++)
        to = put(to, (uint32_t)s->gain[i], 4);
#endif
    for (size_t i = 0; i < SG_MASTERS; i++)
        to = put(to, (uint32_t)sg_master_of(s, i), sizeof(sg_master));
    put(to, hash_of(bytes, SG_SAVED_BYTES - 8), 8);
}

int sg_state_load(sg_state *s, const uint8_t *bytes)
{
    const uint8_t *from = bytes, *end = bytes + SG_SAVED_BYTES - 8;
    const uint64_t hash = hash_of(bytes, SG_SAVED_BYTES - 8);
    for (int i = 0; i < 8; i++)
        if (*from++ != magic[i])
            return 1;
    if (get(&from, 4) != (uint32_t)SG_IDENTITY ||
        get(&from, 4) != (uint32_t)(SG_IDENTITY >> 32))
        return 2;
    if (get(&end, 4) != (uint32_t)hash ||
        get(&end, 4) != (uint32_t)(hash >> 32))
        return 3;
    s->step = get(&from, 4);
    for (size_t i = 0; i < SG_BIASES; i++)
        s->bias[i] = (int32_t)get(&from, 4);
#if SG_ROWS
    for (size_t i = 0; i < SG_ROWS; i++)
        s->gain[i] = (int32_t)get(&from, 4);
#endif
    for (size_t i = 0; i < SG_MASTERS; i++)
        s->master[i] =
            (sg_master)((sg_master)get(&from, sizeof(sg_master)) + SG_ON_TOP);
#if SG_ROWS
    sg_rows_begin(s);
#endif
    return 0;
}

#endif
