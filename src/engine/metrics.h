/* Sums over samples, in integers, so that threads and members of a group may
 * add theirs in any order. */
#ifndef SG_ENGINE_METRICS_H
#define SG_ENGINE_METRICS_H

#include "spikegrad/train.h"

/* sg__metrics_clear: to 0, for layers of which there are so many; there is room
 * for more, which would take a step of a small network too long.
 * sg__metrics_add: adds part to sums.
 * sg__metrics_add_layer: of one layer. */
void sg__metrics_clear(sg_metrics *sums, size_t layers);
void sg__metrics_add(sg_metrics *sums, const sg_metrics *part);
void sg__metrics_add_layer(sg_layer_activity *to,
                           const sg_layer_activity *from);

#endif
