/* The outlines of the generated digits, as pen strokes. */
#ifndef SG_DATA_GLYPH_SHAPES_H
#define SG_DATA_GLYPH_SHAPES_H

#include <stddef.h>
#include <stdint.h>

/* A control point in the design box, x right -20..20, y down -30..30. */
typedef struct sg__pen {
    int8_t x, y;
} sg__pen;

/* The pen is lifted here: the next point begins a new stroke. */
#define SG__PEN_UP 127

/* One way to write a digit. A stroke is the quadratic B-spline of its control
 * points, from the first to the last; a point given twice makes a corner. */
typedef struct sg__glyph {
    const sg__pen *pen;
    size_t count;
} sg__glyph;

#define SG__GLYPH_POINTS_MAX 24 /* of one glyph, lifts included */

/* sg__glyph_shapes: the ways to write digit 0..9; *count receives how many. */
const sg__glyph *sg__glyph_shapes(uint32_t digit, uint32_t *count);

#endif
