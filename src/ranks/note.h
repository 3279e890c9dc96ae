/* What a rank notes of its time, by its own clock. */
#ifndef SG_RANKS_NOTE_H
#define SG_RANKS_NOTE_H

#include "ranks/wire.h"

enum { SG__SPANS_MAX = 1 << 16 }; /* that a rank notes; later ones are lost */

/* sg__span_begin: now, if somebody wants to know; else 0.
 * sg__span_end: notes what has gone on since then, of layers lowest..highest and
 * a piece. What does not fit is lost. */
uint64_t sg__span_begin(const sg__company *c);
void sg__span_end(sg__company *c, sg_span_kind kind, size_t lowest,
                  size_t highest, size_t part, uint64_t begin);

/* sg__spans_record: begins anew, or ends it. sg__spans_free: those of a
 * company. */
void sg__spans_record(sg__company *c, bool on);
void sg__spans_free(sg__company *c);

#endif
