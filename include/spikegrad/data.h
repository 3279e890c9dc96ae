/* Labelled images: files, built-in generated digits, or the caller's arrays.
 *
 * An image is height x width x channels bytes, channels last (HWC), and a
 * label 0..classes-1. How bytes become input spikes is the recipe's matter
 * (input levels), not the data's. */
#ifndef SPIKEGRAD_DATA_H
#define SPIKEGRAD_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "spikegrad/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sg_data sg_data;

typedef enum sg_split { SG_SPLIT_TRAIN, SG_SPLIT_TEST } sg_split;

/* Images of a data set and what is known of it. size counts samples. */
typedef struct sg_data_info {
    const char *name; /* the specification it was opened with */
    uint32_t height, width, channels, classes;
    uint32_t size;
} sg_data_info;

/* sg_data_open: opens one split of a data source.
 *
 * spec  "glyphs[:train=N,test=N,seed=S]"  generated digits, 28x28x1, no files
 *       "mnist:DIR"    IDX files as distributed, .gz or plain
 *       "cifar10:DIR"  binary records (data_batch_*.bin, test_batch.bin)
 *       "cifar100:DIR" binary records (train.bin, test.bin), fine labels
 * Errors: SG_E_ARGUMENT unknown source; SG_E_IO unreadable file; SG_E_FORMAT
 * malformed file (detail names file and offset); SG_E_MEMORY. */
SG_API sg_status sg_data_open(const char *spec, sg_split split, sg_data **out,
                              sg_error *error);

/* sg_data_from_arrays: a data set over copies of the caller's arrays.
 *
 * info    of all of them; classes 1..256, of which a network needs 2; name is
 *         copied, and may be NULL
 * pixels  uint8[size][height][width][channels]
 * labels  uint8[size], each below classes
 * Errors: SG_E_ARGUMENT (a NULL); SG_E_RANGE (shape, size, classes, a label);
 * SG_E_MEMORY. */
SG_API sg_status sg_data_from_arrays(const sg_data_info *info,
                                     const uint8_t *pixels,
                                     const uint8_t *labels, sg_data **out,
                                     sg_error *error);

/* sg_data_slice: a view of samples first..first+count-1 of data, which must
 * outlive the view. SG_E_RANGE if they are not all there. */
SG_API sg_status sg_data_slice(const sg_data *data, uint32_t first,
                               uint32_t count, sg_data **out, sg_error *error);

SG_API const sg_data_info *sg_data_get_info(const sg_data *data);

/* sg_data_pixels / sg_data_label: sample i, i < size. The pointer stays valid
 * as long as data does. */
SG_API const uint8_t *sg_data_pixels(const sg_data *data, uint32_t i);
SG_API uint8_t sg_data_label(const sg_data *data, uint32_t i);

SG_API void sg_data_destroy(sg_data *data);

#ifdef __cplusplus
}
#endif

#endif
