/* Setting the detail text of a failure; the codes are public. */
#ifndef SG_BASE_STATUS_H
#define SG_BASE_STATUS_H

#include <stddef.h>

#include "spikegrad/status.h"

/* sg__fail: formats the detail into error (if not NULL) and returns status,
 * so that a failing function can `return sg__fail(...)`. Control bytes of what
 * is formatted are escaped: the detail is one line. */
sg_status sg__fail(sg_error *error, sg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* sg__escape: text as a part of a line, whatever it holds: control bytes as
 * they are written in C. As much of it as size bytes of out have room for;
 * returns how many it takes, without its end. */
size_t sg__escape(char *out, size_t size, const char *text);

#endif
