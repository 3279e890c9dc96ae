/* Which classes the model that was chosen takes for which, in the last line of
 * the metrics: right answers by class, and the commonest confusions. */
#ifndef SPIKEGRAD_CLI_CONFUSIONS_H
#define SPIKEGRAD_CLI_CONFUSIONS_H

#include <jansson.h>
#include <spikegrad/spikegrad.h>

#include "report/record.h"

/* With more classes there is none: it grows with their square. */
enum { CONFUSIONS_CLASSES = 2048 };

/* confusions_json: of a matrix as sg_evaluate writes it; names are those of
 * net or data. NULL without memory. */
json_t *confusions_json(const sg_network *net, const sg_data *data,
                        const uint32_t *matrix);

/* confusions_read: the same from a line, into r. False if it is malformed, or
 * without memory. */
bool confusions_read(const json_t *object, record *r);

#endif
