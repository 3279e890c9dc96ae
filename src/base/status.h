/* Setting the detail text of a failure; the codes are public. */
#ifndef SG_BASE_STATUS_H
#define SG_BASE_STATUS_H

#include "spikegrad/status.h"

/* sg__fail: formats the detail into error (if not NULL) and returns status,
 * so that a failing function can `return sg__fail(...)`. */
sg_status sg__fail(sg_error *error, sg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
