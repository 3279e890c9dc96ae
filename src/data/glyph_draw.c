/* Drawing digits in integers. The pen strokes of a digit are shaken, bent by
 * a smooth displacement field, placed by a random affine map and inked by
 * distance to the stroke; then come grain, speckles and specks.
 *
 * Coordinates are Q8 pixels; the design box of glyph_shapes.h becomes about
 * 14x20 of them. A sample depends on (seed, split, index) alone. */
#include "data/glyphs.h"

#include "base/random.h"
#include "core/fixed.h"
#include "core/squares.h"
#include "data/glyph_shapes.h"

#define SIDE SG__GLYPH_SIDE
#define PIXELS SG__GLYPH_PIXELS
#define CLASSES 10
#define PX 256 /* one pixel */

/* Ranges of the random choices. */
#define SHAKE 26      /* of a control point, 1/16 design units */
#define TALL_MIN 3000 /* scale of the height, Q12 */
#define TALL_RANGE 1400
#define STRETCH 500 /* scale of the width less that of the height, Q12 */
#define LEAN 900    /* shear, Q12 */
#define TURN 13000  /* rotation, Q16 radians: 11.4 degrees */
#define SHIFT (5 * PX / 2)
#define BEND (3 * PX / 2)
#define RADIUS_MIN 150 /* half the stroke width */
#define RADIUS_RANGE 180
#define PEAK_MIN 150 /* ink where it is full, of 255 */
#define GRAIN 64     /* ink that may be missing, of 256 */
#define SPECKS 3     /* at most one less than this */
#define SPECKLE 40   /* one pixel in so many */

#define ARC_STEPS 6 /* lines per arc of a stroke */

/* The bending field: displacements at 3x3 nodes, 16 pixels apart, the first
 * at pixel -2. */
#define NODES 3
#define CELL_BITS 12
#define FIELD_START (2 * PX)

/* A squared distance from which no stroke reaches a pixel. */
#define NOWHERE (INT32_C(100) * PX * 64)

typedef struct point {
    int32_t x, y;
} point;

/* Random draws of one sample, taken one after another. */
typedef struct chance {
    uint64_t seed;
    uint32_t sample, split, block;
    unsigned left;
    sg__draw draw;
} chance;

typedef struct sketch {
    chance random;
    int32_t map[4]; /* Q12: 1/16 design units to Q8 pixels */
    point centre;
    point bend[NODES][NODES];
    int32_t reach;           /* strokes matter to pixels this near */
    int32_t nearest[PIXELS]; /* squared distance to the strokes */
} sketch;

static uint32_t next(chance *c)
{
    if (c->left == 0) {
        c->draw = sg__random(c->seed, SG__STREAM_GLYPHS, c->sample, c->block++,
                             c->split, 0);
        c->left = 4;
    }
    return c->draw.v[--c->left];
}

static int32_t spread(chance *c, int32_t limit)
{
    return sg__spread(next(c), limit);
}

static int32_t below(chance *c, uint32_t n)
{
    return (int32_t)sg__random_below(next(c), n);
}

static void choose_pose(sketch *s)
{
    chance *c = &s->random;
    int32_t tall = TALL_MIN + below(c, TALL_RANGE);
    int32_t wide = tall + spread(c, STRETCH);
    int32_t lean = spread(c, LEAN);
    int32_t turn = spread(c, TURN);
    int64_t sine = sg__sin_q16(turn);
    int64_t cosine = sg__cos_q16(turn);

    /* rotation * (wide, lean; 0, tall); a design unit is a third of a pixel,
     * so 1/16 of it is 16/3 in Q8 */
    const int64_t unit = 3 * 65536 / 16;
    s->map[0] = (int32_t)(cosine * wide / unit);
    s->map[1] = (int32_t)((cosine * lean - sine * tall) / unit);
    s->map[2] = (int32_t)(sine * wide / unit);
    s->map[3] = (int32_t)((sine * lean + cosine * tall) / unit);

    s->centre.x = SIDE * PX / 2 + spread(c, SHIFT);
    s->centre.y = SIDE * PX / 2 + spread(c, SHIFT);
    for (size_t i = 0; i < NODES; i++) {
        for (size_t j = 0; j < NODES; j++) {
            s->bend[i][j].x = spread(c, BEND);
            s->bend[i][j].y = spread(c, BEND);
        }
    }
}

/* A shaken control point on the picture. */
static point place(sketch *s, sg__pen pen)
{
    int32_t x = pen.x * 16 + spread(&s->random, SHAKE);
    int32_t y = pen.y * 16 + spread(&s->random, SHAKE);
    return (point){
        s->centre.x + sg__floor_shift(s->map[0] * x + s->map[1] * y, 12),
        s->centre.y + sg__floor_shift(s->map[2] * x + s->map[3] * y, 12),
    };
}

/* Cell of the bending field and position in it, for one coordinate. */
static int32_t field_cell(int32_t x, int32_t *within)
{
    int32_t u = x + FIELD_START;
    int32_t last = ((NODES - 1) << CELL_BITS) - 1;
    u = u < 0 ? 0 : u > last ? last : u;
    *within = u & ((1 << CELL_BITS) - 1);
    return u >> CELL_BITS;
}

static int32_t blend(int32_t a, int32_t b, int32_t within)
{
    return a + sg__floor_shift((b - a) * within, CELL_BITS);
}

/* The point moved by the displacement interpolated between the nodes. */
static point bent(const sketch *s, point p)
{
    int32_t fx;
    int32_t fy;
    int32_t j = field_cell(p.x, &fx);
    int32_t i = field_cell(p.y, &fy);
    const point *up = &s->bend[i][j];
    const point *down = &s->bend[i + 1][j];
    return (point){
        p.x + blend(blend(up[0].x, up[1].x, fx),
                    blend(down[0].x, down[1].x, fx), fy),
        p.y + blend(blend(up[0].y, up[1].y, fx),
                    blend(down[0].y, down[1].y, fx), fy),
    };
}

/* First and last pixel whose centre is within reach of a..b, on one axis. */
static void pixel_range(int32_t a, int32_t b, int32_t reach, int32_t *first,
                        int32_t *last)
{
    int32_t low = (a < b ? a : b) - reach;
    int32_t high = (a < b ? b : a) + reach;
    *first = low < 0 ? 0 : low / PX;
    *last = high < 0 ? -1 : high / PX;
    if (*last > SIDE - 1)
        *last = SIDE - 1;
}

/* Lowers nearest[] by the line a-b. Along and across the line are taken with
 * its Q14 direction: no division for each pixel. */
static void draw_line(sketch *s, point a, point b)
{
    int32_t dx = b.x - a.x;
    int32_t dy = b.y - a.y;
    int32_t length = (int32_t)sg__root((uint32_t)(dx * dx + dy * dy));
    int32_t ux = length ? dx * 16384 / length : 0;
    int32_t uy = length ? dy * 16384 / length : 0;
    int32_t x0, x1, y0, y1;
    pixel_range(a.x, b.x, s->reach, &x0, &x1);
    pixel_range(a.y, b.y, s->reach, &y0, &y1);

    for (int32_t y = y0; y <= y1; y++) {
        int32_t py = y * PX + PX / 2 - a.y;
        for (int32_t x = x0; x <= x1; x++) {
            int32_t px = x * PX + PX / 2 - a.x;
            int32_t along = sg__floor_shift(px * ux + py * uy, 14);
            int32_t d;
            if (along <= 0) {
                d = px * px + py * py;
            } else if (along >= length) {
                d = (px - dx) * (px - dx) + (py - dy) * (py - dy);
            } else {
                int32_t across = sg__floor_shift(px * uy - py * ux, 14);
                d = across * across;
            }
            int32_t *nearest = &s->nearest[y * SIDE + x];
            if (d < *nearest)
                *nearest = d;
        }
    }
}

/* The arc from a to b with control point c; returns where it ended. */
static point draw_arc(sketch *s, point from, point a, point c, point b)
{
    const int32_t n = ARC_STEPS;
    for (int32_t k = 1; k <= n; k++) {
        int32_t wa = (n - k) * (n - k);
        int32_t wc = 2 * k * (n - k);
        int32_t wb = k * k;
        point to = bent(s, (point){
                               (wa * a.x + wc * c.x + wb * b.x) / (n * n),
                               (wa * a.y + wc * c.y + wb * b.y) / (n * n),
                           });
        draw_line(s, from, to);
        from = to;
    }
    return from;
}

/* A stroke of two or more points, given with their number. */
static void draw_stroke(sketch *s, const sg__pen *pen, size_t count)
{
    point start = place(s, pen[0]);
    point control = place(s, pen[1]);
    point at = bent(s, start);
    for (size_t i = 2; i < count; i++) {
        point after = place(s, pen[i]);
        if (pen[i].x == pen[i - 1].x && pen[i].y == pen[i - 1].y)
            after = control; /* a corner is shaken once */
        point middle = {(control.x + after.x) / 2, (control.y + after.y) / 2};
        at = draw_arc(s, at, start, control, middle);
        start = middle;
        control = after;
    }
    /* the last piece is straight: to the last point itself */
    point middle = {(start.x + control.x) / 2, (start.y + control.y) / 2};
    draw_arc(s, at, start, middle, control);
}

static void draw_digit(sketch *s, uint32_t digit)
{
    uint32_t styles;
    const sg__glyph *style = sg__glyph_shapes(digit, &styles);
    style += below(&s->random, styles);
    size_t first = 0;
    for (size_t i = 0; i <= style->count; i++) {
        if (i < style->count && style->pen[i].x != SG__PEN_UP)
            continue;
        draw_stroke(s, style->pen + first, i - first);
        first = i + 1;
    }
}

/* Ink where the stroke is: full within the radius, fading over one pixel. */
static void ink(const sketch *s, int32_t radius, int32_t peak, uint8_t *pixels)
{
    for (size_t i = 0; i < PIXELS; i++) {
        int32_t cover = 0;
        if (s->nearest[i] < s->reach * s->reach) {
            int32_t d = (int32_t)sg__root((uint64_t)s->nearest[i]);
            cover = radius + PX / 2 - d;
            cover = cover < 0 ? 0 : cover > PX ? PX : cover;
        }
        pixels[i] = (uint8_t)(cover * peak / PX);
    }
}

static void add(uint8_t *pixel, int32_t amount)
{
    int32_t sum = *pixel + amount;
    *pixel = (uint8_t)(sum > 255 ? 255 : sum);
}

/* Grain thins the ink, speckles light single pixels of the background, specks
 * are 2x2 blots. */
static void add_noise(chance *c, uint8_t *pixels)
{
    for (size_t i = 0; i < PIXELS; i += 2) {
        uint32_t draw = next(c);
        for (size_t k = 0; k < 2; k++) {
            uint8_t *pixel = &pixels[i + k];
            uint32_t noise = (draw >> (16 * k)) & 0xffff;
            if (*pixel)
                *pixel = (uint8_t)(*pixel *
                                   (256 - (noise & 0xff) * GRAIN / 256) / 256);
            else if (noise % SPECKLE == 0)
                *pixel = (uint8_t)(20 + noise / 1024);
        }
    }
    int32_t specks = below(c, SPECKS);
    while (specks-- > 0) {
        int32_t row = below(c, SIDE - 1); /* drawn first: order matters */
        uint8_t *at = pixels + row * SIDE + below(c, SIDE - 1);
        int32_t amount = 40 + below(c, 120);
        add(at, amount);
        add(at + 1, amount / 2 + below(c, 40));
        add(at + SIDE, amount / 2 + below(c, 40));
        add(at + SIDE + 1, amount / 3);
    }
}

/* The draws of a sample, of which the first is its digit. */
static chance begin(uint64_t seed, sg_split split, uint32_t index)
{
    return (chance){.seed = seed,
                    .sample = index,
                    .split = split == SG_SPLIT_TEST};
}

uint8_t sg__glyph_label(uint64_t seed, sg_split split, uint32_t index)
{
    chance random = begin(seed, split, index);
    return (uint8_t)below(&random, CLASSES);
}

uint8_t sg__glyph_draw(uint64_t seed, sg_split split, uint32_t index,
                       uint8_t *pixels)
{
    sketch s = {.random = begin(seed, split, index)};
    uint32_t digit = (uint32_t)below(&s.random, CLASSES);
    int32_t radius = RADIUS_MIN + below(&s.random, RADIUS_RANGE);
    int32_t peak = PEAK_MIN + below(&s.random, 256 - PEAK_MIN);
    s.reach = radius + PX / 2;
    for (size_t i = 0; i < PIXELS; i++)
        s.nearest[i] = NOWHERE;
    choose_pose(&s);
    draw_digit(&s, digit);
    ink(&s, radius, peak, pixels);
    add_noise(&s.random, pixels);
    return (uint8_t)digit;
}
