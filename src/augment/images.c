/* Variants of the samples of a data set, for whoever wants to see them. */
#include "augment/augment.h"
#include "base/random.h"
#include "base/status.h"
#include "spikegrad/data.h"

sg_status sg_data_augment(const sg_data *data, const char *augment,
                          uint64_t seed, uint32_t epoch, uint32_t first,
                          uint32_t count, uint8_t *pixels, sg_error *error)
{
    sg__augment how;
    if (!data || !augment || !pixels)
        return sg__fail(error, SG_E_ARGUMENT, "augment: missing argument");
    const sg_data_info *info = sg_data_get_info(data);
    const sg_shape shape = {info->height, info->width, info->channels};
    const size_t bytes = (size_t)info->height * info->width * info->channels;
    sg_status status = sg__augment_parse(augment, &how, error);
    if (status != SG_OK)
        return status;
    if (seed >= SG__SEED_LIMIT)
        return sg__fail(error, SG_E_RANGE,
                        "augment: seed %llu, expected less than 2^56",
                        (unsigned long long)seed);
    if (first > info->size || count > info->size - first)
        return sg__fail(error, SG_E_RANGE,
                        "augment: samples %u to %llu, expected some of %u",
                        (unsigned)first, (unsigned long long)first + count,
                        (unsigned)info->size);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *from = sg_data_pixels(data, first + i);
        if (!from)
            return sg__fail(error, SG_E_IO, "%s: sample %u cannot be read",
                            info->name, (unsigned)(first + i));
        sg__augment_apply(&how, shape, seed, epoch, first + i, from,
                          pixels + i * bytes);
    }
    return SG_OK;
}
