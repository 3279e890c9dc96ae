/* Memory of a device that is shared in time. */
#ifndef SG_EXPORT_BLOCKS_H
#define SG_EXPORT_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spikegrad/network.h"

/* Blocks of one memory that senders have for some time. */
typedef struct sg__blocks {
    uint32_t at[SG_LAYERS_MAX + 1], size[SG_LAYERS_MAX + 1]; /* by sender */
    size_t last[SG_LAYERS_MAX + 1]; /* when it is last read */
    bool placed[SG_LAYERS_MAX + 1];
} sg__blocks;

/* sg__blocks_put: a block for a sender from now on, at the lowest offset that
 * is free of all that are read now or later. *total grows to its end. */
void sg__blocks_put(sg__blocks *blocks, size_t senders, size_t sender,
                    size_t size, size_t now, size_t *total);

/* sg__device_most: the larger. */
static inline size_t sg__device_most(size_t a, size_t b)
{
    return a > b ? a : b;
}

#endif
