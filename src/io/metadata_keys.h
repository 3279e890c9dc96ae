/* What writing and reading metadata have in common. */
#ifndef SG_IO_METADATA_KEYS_H
#define SG_IO_METADATA_KEYS_H

#include <stddef.h>

#include "io/metadata.h"
#include "spikegrad/spikegrad.h"

#define SG__FORMAT_NAME "spikegrad"
#define SG__FORMAT_VERSION "1"
#define SG__KEY_PLAN "planned_epochs"
#define SG__KEY_HASH "data_hash"
#define SG__KEY_NAMES "class_names"
#define SG__KEY_RATE "rate_ppm"
#define SG__KEY_WEIGHTS "class_weights"
#define SG__KEY_MEAN "class_weight_mean"

enum {
    SG__KEY_SIZE = 64, /* "recipe." and the name of an option */
    SG__TEXT_SIZE =
        SG_RECIPE_TEXT, /* of decoded text: recipe options, name of the data */
    SG__ACTIVITIES = 8
};

/* The sums of a layer's metrics in the order they are written. */
static const size_t sg__activities[SG__ACTIVITIES] = {
    offsetof(sg_layer_activity, spikes),
    offsetof(sg_layer_activity, active),
    offsetof(sg_layer_activity, saturated),
    offsetof(sg_layer_activity, forward_ops),
    offsetof(sg_layer_activity, error_spikes),
    offsetof(sg_layer_activity, error_senders),
    offsetof(sg_layer_activity, backward_ops),
    offsetof(sg_layer_activity, gradient_ops),
};

_Static_assert(sizeof(sg_layer_activity) == SG__ACTIVITIES * sizeof(uint64_t),
               "every activity is saved");
_Static_assert(sizeof((sg__saved *)0)->data <= SG__TEXT_SIZE,
               "data names fit");

#endif
