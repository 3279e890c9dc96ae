#include "augment/elastic.h"

#include <stddef.h>
#include <string.h>

#include "core/bilinear.h"
#include "core/fixed.h"
#include "core/spline.h"

enum {
    CELL = SG__SPLINE_CELL,
    SUPPORT = SG__SPLINE_SUPPORT,
    BLOCK = 4 /* of the draws of an image's augmentation */
};

/* A displacement or a position, Q16. */
typedef struct point {
    int32_t x, y;
} point;

/* The mean of four points, by the weights of row t. */
static point mix(uint32_t t, const point p[SUPPORT])
{
    return (point){sg__spline_mean(t, p[0].x, p[1].x, p[2].x, p[3].x),
                   sg__spline_mean(t, p[0].y, p[1].y, p[2].y, p[3].y)};
}

/* What draws the points of an image's field. */
typedef struct field {
    const sg__variant *v;
    int32_t reach; /* Q16 */
} field;

/* The points of one column that a row of cells needs. */
static void draw_column(const field *f, uint32_t row, uint32_t column,
                        point points[SUPPORT])
{
    for (uint32_t k = 0; k < SUPPORT; k++) {
        uint32_t place = (row + k) << 16 | column;
        sg__draw d = sg__variant_draw(f->v, BLOCK, place);
        points[k] = (point){sg__spread(d.v[0], f->reach),
                            sg__spread(d.v[1], f->reach)};
    }
}

/* The output pixels of the cell whose first is (left, top), with its points,
 * by columns. */
static void resample_cell(const sg__warp *w, sg_shape shape, uint32_t left,
                          uint32_t top, point points[SUPPORT][SUPPORT],
                          const uint8_t *in, uint8_t *out)
{
    for (uint32_t y = top; y < shape.height && y < top + CELL; y++) {
        point along[SUPPORT];
        for (size_t k = 0; k < SUPPORT; k++)
            along[k] = mix(y % CELL, points[k]);
        for (uint32_t x = left; x < shape.width && x < left + CELL; x++) {
            point by = mix(x % CELL, along);
            int64_t px = w->start_x + (int64_t)w->m[0] * x +
                         (int64_t)w->m[1] * y + by.x;
            int64_t py = w->start_y + (int64_t)w->m[2] * x +
                         (int64_t)w->m[3] * y + by.y;
            size_t at = (size_t)y * shape.width + x;
            sg__bilinear(shape, in, px, py, out + at * shape.channels);
        }
    }
}

void sg__elastic_resample(const sg__warp *warp, const sg__variant *v,
                          uint32_t reach, const uint8_t *in, uint8_t *out)
{
    const field f = {v, (int32_t)reach * SG__PIXEL};
    const sg_shape shape = v->shape;
    for (uint32_t top = 0; top < shape.height; top += CELL) {
        point points[SUPPORT][SUPPORT];
        for (uint32_t k = 0; k + 1 < SUPPORT; k++)
            draw_column(&f, top / CELL, k, points[k + 1]);
        for (uint32_t left = 0; left < shape.width; left += CELL) {
            memmove(points[0], points[1], sizeof points - sizeof points[0]);
            draw_column(&f, top / CELL, left / CELL + SUPPORT - 1,
                        points[SUPPORT - 1]);
            resample_cell(warp, shape, left, top, points, in, out);
        }
    }
}

static void place(const sg__variant *v, uint32_t pixels, sg__placing *to)
{
    (void)v;
    to->reach = pixels;
}

const sg__augment_kind sg__augment_elastic = {.place = place};
