/* Sums over samples, in integers, so that threads and members of a group may
 * add theirs in any order. */
#ifndef SG_ENGINE_METRICS_H
#define SG_ENGINE_METRICS_H

#include "spikegrad/train.h"

/* sg__metrics_add: adds part to sums.
 * sg__metrics_add_layer: of one layer. */
void sg__metrics_add(sg_metrics *sums, const sg_metrics *part);
void sg__metrics_add_layer(sg_layer_activity *to,
                           const sg_layer_activity *from);

#endif
