/* Structs of options that know their size, so that a program keeps working
 * with a library that knows more options, or fewer. */
#ifndef SG_BASE_SIZED_H
#define SG_BASE_SIZED_H

#include <stddef.h>

#include "spikegrad/status.h"

/* sg__sized_take: what a caller gave, as a struct of this version.
 *
 * from   the caller's, which begins with a size_t, its size; NULL: all 0
 * to     of size bytes; written: what the caller's has of it, the rest 0, and
 *        size at its beginning
 * Errors: SG_E_ARGUMENT if the caller's says it is smaller than its size_t;
 * SG_E_UNSUPPORTED if it is larger than to and not 0 there. what is the name
 * in messages. */
sg_status sg__sized_take(const void *from, void *to, size_t size,
                         const char *what, sg_error *error);

#endif
