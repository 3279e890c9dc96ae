/* The option class-weights: what the error of a sample counts, by its class
 * (docs/semantics.md, "Weights of classes"). */
#ifndef SG_NETWORK_CLASS_WEIGHTS_H
#define SG_NETWORK_CLASS_WEIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "network/network.h"
#include "spikegrad/data.h"

/* Log2 of what the mean of weights is counted in. */
enum { SG__WEIGHT_MEAN_BITS = 24 };

/* sg__class_weights_wanted: whether samples weigh differently. */
bool sg__class_weights_wanted(const sg_recipe *recipe);

/* sg__class_weights_check: SG_E_RANGE unless the option is none, auto, or a
 * positive ratio for each of the classes. */
sg_status sg__class_weights_check(const sg_recipe *recipe, uint32_t classes,
                                  sg_error *error);

/* sg__class_weights_find: weights and their mean for data to be trained on, as
 * the recipe of net says. SG_E_MEMORY. */
sg_status sg__class_weights_find(sg_network *net, const sg_data *data,
                                 sg_error *error);

/* sg__class_weights_set: weights as a checkpoint or another network has them,
 * and their mean, 1..2^24. SG_E_RANGE unless 1 <= num <= den; SG_E_MEMORY. */
sg_status sg__class_weights_set(sg_network *net, const sg__ratio *weight,
                                uint32_t mean);

#endif
