/* What gzip has packed, from any source, as a source again: a file packed by
 * itself within an archive. Needs zlib (SPIKEGRAD_FILES). */
#ifndef SG_DATA_GUNZIP_H
#define SG_DATA_GUNZIP_H

#include "data/source.h"

typedef struct sg__gunzip sg__gunzip;

/* sg__gunzip_open: out reads what packed holds, at most limit bytes; packed
 * must outlive it. Errors: SG_E_MEMORY, SG_E_UNSUPPORTED (no zlib). Reading
 * fails with SG_E_FORMAT where packed is broken or ends too soon. */
sg_status sg__gunzip_open(sg__source *packed, uint64_t limit, sg__gunzip **out,
                          sg__source *source, sg_error *error);

void sg__gunzip_close(sg__gunzip *gunzip); /* NULL is legal */

#endif
