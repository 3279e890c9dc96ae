/* Verification at a place, for tests that bring a device of their own. */
#ifndef SG_PROOF_VERIFY_H
#define SG_PROOF_VERIFY_H

#include "learn/place.h"
#include "spikegrad/event.h"

/* sg__verify_at: as sg_verify_with; options->device is not read. */
sg_status sg__verify_at(const sg__place *place, const sg_network *net,
                        const sg_data *data, const sg_verify_options *options,
                        sg_verification *out, sg_error *error);

#endif
