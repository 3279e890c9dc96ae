/* What kinds share whose kernel slides over an image. */
#ifndef SG_LAYERS_WINDOW_H
#define SG_LAYERS_WINDOW_H

#include "layers/kind.h"

/* sg__window_read: the rest of an item, k[sS][pP], each one number or HxW, into the geometry of a
 * layer: kernel, stride, padding. SG_E_TOPOLOGY names the item, which is in
 * layer->name, and what was expected. */
sg_status sg__window_read(const char *p, sg__layer *layer, sg_error *error);

/* sg__window_channels: a number of channels or neurons, in 1..65535. */
sg_status sg__window_channels(uint32_t channels, const char *what,
                              sg__layer *layer, sg_error *error);

#endif
