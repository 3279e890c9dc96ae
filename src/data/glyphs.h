/* The built-in data set: digits drawn from pen strokes. No files needed. */
#ifndef SG_DATA_GLYPHS_H
#define SG_DATA_GLYPHS_H

#include "data/data.h"

#define SG__GLYPH_SIDE 28
#define SG__GLYPH_PIXELS (SG__GLYPH_SIDE * SG__GLYPH_SIDE)

/* sg__glyph_draw: sample number index of a split, a pure function of its
 * first three arguments, the same bits on every machine.
 *
 * pixels  uint8[28][28], 0 background, written
 * Returns the label, 0..9, uniform. */
uint8_t sg__glyph_draw(uint64_t seed, sg_split split, uint32_t index,
                       uint8_t *pixels);

/* sg__glyphs_open: options is "" or ":train=N,test=N,seed=S", each optional,
 * in any order; the last one given counts. SG_E_ARGUMENT if it is not that,
 * SG_E_MEMORY. */
sg_status sg__glyphs_open(const char *spec, const char *options,
                          sg_split split, sg_data **out, sg_error *error);

#endif
