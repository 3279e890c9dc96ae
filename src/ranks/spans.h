/* Spans of time that ranks have noted (note.h) come to rank 0: sg_ranks_record and
 * sg_ranks_get_spans of spikegrad/ranks.h. */
#ifndef SG_RANKS_SPANS_H
#define SG_RANKS_SPANS_H

#include "ranks/wire.h"

/* sg__spans_obey: at a rank that follows: the order, which has been read up to
 * what is behind its name, and its answer. */
sg_status sg__spans_obey(sg__company *c, sg__wire *order);

#endif
