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

/* sg__glyph_label: the label alone, in a thousandth of the time. */
uint8_t sg__glyph_label(uint64_t seed, sg_split split, uint32_t index);

#endif
