/* One file as data, in the shape that a network takes: what readers that can
 * do so have in common. */
#ifndef SG_DATA_SINGLE_H
#define SG_DATA_SINGLE_H

#include "data/data.h"
#include "data/reader.h"

/* sg__single_adopt: data of bytes in the shape that is wanted, which it takes;
 * labels are 0. SG_E_MEMORY. */
sg_status sg__single_adopt(const sg__file *file, uint8_t *pixels,
                           uint32_t count, sg_data **out, sg_error *error);

/* sg__single_check: SG_E_FORMAT, and *data is gone, unless it has the shape. */
sg_status sg__single_check(const sg__file *file, sg_data **data,
                           sg_error *error);

/* sg__single_refuse: SG_E_FORMAT for samples of another shape. */
sg_status sg__single_refuse(const sg__file *file, uint32_t height,
                            uint32_t width, uint32_t channels,
                            sg_error *error);

#endif
