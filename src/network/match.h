/* A network and the data it is used on or trained on. */
#ifndef SG_NETWORK_MATCH_H
#define SG_NETWORK_MATCH_H

#include "network/network.h"
#include "spikegrad/data.h"

/* sg__check_data: SG_E_ARGUMENT unless data's shape and classes are net's. */
sg_status sg__check_data(const sg_network *net, const sg_data *data,
                         sg_error *error);

/* sg__adopt_data: notes in net that data are what it is trained on;
 * SG_E_RANGE if their name is too long to be kept. */
sg_status sg__adopt_data(sg_network *net, const sg_data *data,
                         sg_error *error);

#endif
