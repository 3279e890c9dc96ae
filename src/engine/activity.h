/* What a sample did in the ANN's workspace: spikes, operations, its loss and
 * its class. */
#ifndef SG_ENGINE_ACTIVITY_H
#define SG_ENGINE_ACTIVITY_H

#include "ann/ann.h"

/* sg__activity_add: adds sample `sample` of the workspace after its forward
 * pass, its loss and, if it is being learned, its backward pass. */
void sg__activity_add(const sg__ann *ann, size_t sample, uint32_t label,
                      sg_metrics *sums);

/* sg__activity_add_layers: of that, only what the layers did. */
void sg__activity_add_layers(const sg__ann *ann, size_t sample,
                             sg_metrics *sums);

/* sg__argmax: index of the largest of n values, the first one on a tie. */
uint32_t sg__argmax(const int32_t *values, uint32_t n);

#endif
