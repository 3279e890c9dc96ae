/* Networks that begin a run: with drawn weights, or with those of a model. */
#ifndef SG_LEARN_INITIALISE_H
#define SG_LEARN_INITIALISE_H

#include "network/network.h"
#include "spikegrad/data.h"

/* Where weights come from that are not drawn. */
typedef struct sg__origin {
    const sg_network *net;
    bool new_readout; /* the last layer is drawn all the same */
} sg__origin;

/* sg__network_plan_for: sg__network_plan for images like those of data, of
 * which there is at least one; spike counts want a network for counts. Errors:
 * its own; SG_E_ARGUMENT. */
sg_status sg__network_plan_for(const sg_recipe *recipe, const sg_data *data,
                               sg_network **out, sg_error *error);

/* sg__network_initialise: gives a planned network its weights and thresholds:
 * the layers of `from` (NULL: none), whose form is the same, and the others as
 * semantics.md, "Initialisation", has them, measured above those. Phi start
 * as in any run. Errors: as sg_network_create. */
sg_status sg__network_initialise(sg_network *net, const sg__origin *from,
                                 const sg_data *data, sg_error *error);

#endif
