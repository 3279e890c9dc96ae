/* What a moving event camera sees of a glyph, in integers. A pixel remembers
 * the logarithm of the light at its last event, and sends another one when that
 * has changed by its own threshold. Lengths are 2^-8 pixels. */
#include "data/events/camera.h"

#include <string.h>

#include "base/random.h"
#include "core/fixed.h"
#include "data/glyphs.h"

#define SIDE SG__CAMERA_SIDE
#define PIXELS (SIDE * SIDE)
#define MARGIN ((SIDE - SG__GLYPH_SIDE) / 2)

enum {
    SACCADES = 3,
    STEPS = 16,       /* of a saccade */
    STEP_TIME = 6250, /* microseconds */
    JITTER = 96,      /* of a corner of the path */
    THRESHOLD = 160,  /* least change of the logarithm, 2^-8 octaves */
    MISMATCH = 96,    /* by which thresholds differ */
    DARKNESS = 3072,  /* the logarithm of DARK */
    DARK = 4096,      /* light where there is no ink; full ink is 65280 more */
    HOT_MAX = 2,      /* pixels that never stop */
    HOT_PERIOD = 3000, /* microseconds, at least */
    HOT_RANGE = 6000,
    NOISE = 60, /* events of noise, at least */
    NOISE_RANGE = 120,
    LOST = 16 /* one event in so many is lost */
};

/* Corners of the path, as of N-MNIST's camera: down right, up right, back. */
static const int32_t corners[SACCADES + 1][2] = {{-512, -384},
                                                 {0, 384},
                                                 {512, -384},
                                                 {-512, -384}};

/* Random draws of one sample, one after another. */
typedef struct chance {
    uint64_t seed;
    uint32_t sample, split, block;
    unsigned left;
    sg__draw draw;
} chance;

static uint32_t next(chance *c)
{
    if (c->left == 0) {
        c->draw = sg__random(c->seed, SG__STREAM_CAMERA, c->sample, c->block++,
                             c->split, 0);
        c->left = 4;
    }
    return c->draw.v[--c->left];
}

static uint32_t below(chance *c, uint32_t n)
{
    return sg__random_below(next(c), n);
}

typedef struct camera {
    chance random;
    int32_t corner[SACCADES + 1][2];
    uint16_t on[PIXELS], off[PIXELS]; /* thresholds */
    int16_t light[PIXELS], memory[PIXELS];
    uint8_t glyph[SG__GLYPH_PIXELS];
    void (*fn)(const sg__camera_event *event, void *user);
    void *user;
} camera;

static void set_up(camera *c)
{
    for (size_t i = 0; i <= SACCADES; i++)
        for (size_t k = 0; k < 2; k++)
            c->corner[i][k] =
                corners[i][k] + sg__spread(next(&c->random), JITTER);
    for (size_t i = 0; i < PIXELS; i++) {
        uint32_t word = next(&c->random);
        c->on[i] = (uint16_t)(THRESHOLD + ((word & 0xffff) * MISMATCH >> 16));
        c->off[i] = (uint16_t)(THRESHOLD + ((word >> 16) * MISMATCH >> 16));
    }
}

/* Where the camera looks after a number of steps; k: 0 is x, 1 is y. */
static int32_t look(const camera *c, int32_t step, size_t k)
{
    const int32_t saccade = step == 0 ? 0 : (step - 1) / STEPS;
    const int32_t u = (step - saccade * STEPS) * (256 / STEPS);
    const int32_t ease = (768 * u * u - 2 * u * u * u) / 65536;
    const int32_t from = c->corner[saccade][k];
    return from +
           sg__floor_shift((c->corner[saccade + 1][k] - from) * ease, 8);
}

static int32_t ink(const camera *c, int32_t y, int32_t x)
{
    const bool inside =
        y >= 0 && x >= 0 && y < SG__GLYPH_SIDE && x < SG__GLYPH_SIDE;
    return inside ? c->glyph[y * SG__GLYPH_SIDE + x] : 0;
}

/* log2 of 1 <= u < 2^24 in 2^-8, linear between powers of two. */
static int16_t logarithm(uint32_t u)
{
    int32_t k = 0;
    while (u >> (k + 1))
        k++;
    return (int16_t)(256 * k + (int32_t)((u << 8 >> k) - 256));
}

/* The logarithm of the light at a pixel of the sensor. */
static int16_t see(const camera *c, int32_t y, int32_t x, const int32_t at[2])
{
    const int32_t sx = 256 * (x - MARGIN) - at[0];
    const int32_t sy = 256 * (y - MARGIN) - at[1];
    const int32_t ix = sg__floor_shift(sx, 8), iy = sg__floor_shift(sy, 8);
    const int32_t fx = sx & 255, fy = sy & 255;
    const int32_t p00 = ink(c, iy, ix), p10 = ink(c, iy, ix + 1);
    const int32_t p01 = ink(c, iy + 1, ix), p11 = ink(c, iy + 1, ix + 1);
    if (!(p00 | p10 | p01 | p11)) /* most of them */
        return DARKNESS;
    const int32_t up = 256 * p00 + fx * (p10 - p00);
    const int32_t down = 256 * p01 + fx * (p11 - p01);
    const int32_t light = sg__floor_shift(256 * up + fy * (down - up), 8);
    return logarithm((uint32_t)(DARK + light));
}

static void put(const camera *c, uint32_t time, uint32_t pixel, bool on)
{
    const sg__camera_event event = {time, pixel % SIDE, pixel / SIDE, on};
    c->fn(&event, c->user);
}

/* The events of one pixel while its light goes from one value to the next. */
static void follow(camera *c, uint32_t pixel, int32_t now, int32_t step)
{
    const int32_t before = c->light[pixel], change = now - before;
    int32_t memory = c->memory[pixel];
    const int32_t by = change > 0 ? c->on[pixel] : -(int32_t)c->off[pixel];
    while (change != 0 && (now - memory) / by >= 1) {
        memory += by;
        const int32_t part = (STEP_TIME - 1) * (memory - before) / change;
        if (next(&c->random) >= UINT32_MAX / LOST + 1)
            put(c, (uint32_t)((step - 1) * STEP_TIME + part), pixel,
                change > 0);
    }
    c->memory[pixel] = (int16_t)memory;
    c->light[pixel] = (int16_t)now;
}

static void move_about(camera *c)
{
    for (int32_t step = 0; step <= SACCADES * STEPS; step++) {
        const int32_t at[2] = {look(c, step, 0), look(c, step, 1)};
        for (uint32_t i = 0; i < PIXELS; i++) {
            int16_t now = see(c, (int32_t)(i / SIDE), (int32_t)(i % SIDE), at);
            if (step == 0)
                c->light[i] = c->memory[i] = now;
            else
                follow(c, i, now, step);
        }
    }
}

/* Pixels that never stop, and events for no reason. */
static void disturb(camera *c)
{
    chance *r = &c->random;
    for (uint32_t hot = below(r, HOT_MAX + 1); hot > 0; hot--) {
        const uint32_t pixel = below(r, PIXELS), on = below(r, 2);
        const uint32_t period = HOT_PERIOD + below(r, HOT_RANGE);
        for (uint32_t t = below(r, period); t < SG__CAMERA_TIME; t += period)
            put(c, t, pixel, on);
    }
    for (uint32_t n = NOISE + below(r, NOISE_RANGE); n > 0; n--) {
        const uint32_t time = below(r, SG__CAMERA_TIME);
        const uint32_t pixel = below(r, PIXELS);
        put(c, time, pixel, below(r, 2));
    }
}

void sg__camera_watch(uint64_t seed, sg_split split, uint32_t index,
                      void (*fn)(const sg__camera_event *event, void *user),
                      void *user)
{
    camera c;
    memset(&c, 0, sizeof c);
    c.random = (chance){.seed = seed,
                        .sample = index,
                        .split = split == SG_SPLIT_TEST};
    c.fn = fn;
    c.user = user;
    (void)sg__glyph_draw(seed, split, index, c.glyph);
    set_up(&c);
    disturb(&c);
    move_about(&c);
}
