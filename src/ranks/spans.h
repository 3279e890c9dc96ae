/* What ranks note of their time (sg_ranks_record, spikegrad/ranks.h). */
#ifndef SG_RANKS_SPANS_H
#define SG_RANKS_SPANS_H

#include "ranks/wire.h"

enum {
    SG__SPANS_MAX = 1 << 16, /* that a rank notes; later ones are lost */
    SG__SPAN_BYTES = 6 * 8   /* of one, in a message */
};

/* sg__span_begin: now, if somebody wants to know; else 0.
 * sg__span_end: notes what has gone on since then, of layers lowest..highest and
 * a piece.
 * What does not fit is lost. */
uint64_t sg__span_begin(const sg__company *c);
void sg__span_end(sg__company *c, sg_span_kind kind, size_t lowest,
                  size_t highest, size_t part, uint64_t begin);

/* sg__spans_obey: at a rank that follows: the order, which has been read up to
 * what is behind its name, and its answer. sg__spans_free: those of a company. */
sg_status sg__spans_obey(sg__company *c, sg__wire *order);
void sg__spans_free(sg__company *c);

#endif
