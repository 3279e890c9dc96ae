/* The four numbers of an event as columns of a table: which is which, and what
 * values they may have. Of CSV, NPY and NPZ. */
#ifndef SG_DATA_EVENTS_COLUMNS_H
#define SG_DATA_EVENTS_COLUMNS_H

#include "data/events/stream.h"

enum { SG__COLUMN_T, SG__COLUMN_X, SG__COLUMN_Y, SG__COLUMN_P, SG__COLUMNS };

/* sg__column_of: what a column by this name is, or -1: t, ts, time, timestamp,
 * timestamps; x; y; p, pol, polarity, polarities. In any case. */
int sg__column_of(const char *name, size_t length);

/* sg__columns_read: places of the four columns from a text as "txyp"; false if
 * it is not each of these letters once. */
bool sg__columns_read(const char *text, int place[SG__COLUMNS]);

/* sg__put_columns: an event of these numbers. p is -1 or 0, which are off, or 1.
 * SG_E_FORMAT at the event's offset. */
sg_status sg__put_columns(sg__event_stream *s,
                          const int64_t value[SG__COLUMNS]);

#endif
