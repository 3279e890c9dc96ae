/* Layers that do not learn (recipe freeze). */
#ifndef SG_NETWORK_FREEZE_H
#define SG_NETWORK_FREEZE_H

#include "network/network.h"

/* sg__freeze: marks the layers of net with weights that its recipe freezes.
 * SG_E_RANGE: no such layer, none with weights among them, or none left that
 * learns. */
sg_status sg__freeze(sg_network *net, sg_error *error);

#endif
