/* Random networks and data for the equivalence tests, all from one seed. */
#ifndef TESTS_RANDOM_NETWORK_H
#define TESTS_RANDOM_NETWORK_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

/* How many networks are drawn where there are n: what threads do to each
 * other ThreadSanitizer sees in a few of them, and it takes its time. */
#ifdef __SANITIZE_THREAD__
#define DRAWN(n) ((n) / 4)
#else
#define DRAWN(n) (n)
#endif

static inline uint32_t pick(uint64_t seed, uint32_t what, uint32_t n)
{
    return sg__random_below(
        sg__random(seed, SG__STREAM_INIT, what, 77, 0, 0).v[0], n);
}

/* One with residual blocks: in a row, in one another, from one source, around
 * and behind pools and dropouts, from the input, among dense layers, and with
 * projections. */
static inline void random_residual(uint64_t seed, char *text, size_t size)
{
    static const char *const firsts[] = {
        "P2max-5C3p1-", "5C3p1-P2max-",    "6C3s2p1-",           "P2-4C3p1-",
        "5C3-P2avg-",   "3C3p1-R1-P2max-", "5C1x4s1x2p0x1-P2x1-"};
    static const uint32_t channels[] = {5, 5, 6, 4, 5, 3, 5};
    static const char *const blocks[] = {
        "%uC3p1-R1-",
        "%uC3p1-%uC3p1-R2-",
        "%uC3p1-R1-%uC3p1-R1-",
        "%uC3p1-R1-%uC3p1-R2-R1-",
        "%uC3p1-R1-P2max-%uC3p1-R1-",
        "%uC3p1-R1-P2-%uC5p2-R1-",
        "%uC3p1-R1-P2avg-P2max-",
        "P2avg-%uC4p2-%uC2-R2-",
        "%uC3p1-D2-%uC3p1-R2-",
        "D4-%uC3p1-D2-%uC3p1-D4-R2-",
        "7C3p1s2-7C3p1-R2C1s2-",
        "7C3p1-R1C3p1-7C3p1-R1-",
        "(%uC3p1-%uC3p1-R2)x2-",
        "6C2s2-D2-6C3p1-R2C2s2-P2max-",
        "7C3p1s2-7C3p1-R2C1s2-(7C3p1-R1)x2-R3-",
        "%uC3p1-R1-4C3p1s2-D2-4C3p1-R2C1s2-P2avg-R1-",
        "%uC1x3p0x1-%uC3x1p1x0-R2-P2x1avg-",
        "6C1x3s1x2p0x1-6C3x1p1x0-R2C1x2s1x2p0x1-R1-",
        "7C4x1s2x1p1x0-R1C2x3s2x1p0x1-7C3p1-R1-",
    };
    static const char *const ends[] = {"",    "",      "9-",    "8-8-R1-",
                                       "D2-", "9-D4-", "Pavg-", "Pmax-"};
    uint32_t first = pick(seed, 2, 7), n = channels[first];
    int length = snprintf(text, size, "%s", firsts[first]);
    length += snprintf(text + length, size - (size_t)length,
                       blocks[pick(seed, 3, 19)], n, n);
    snprintf(text + length, size - (size_t)length, "%s5",
             ends[pick(seed, 5, 8)]);
}

/* A small random topology with 5 classes for an h x w image: one or two
 * convolutions with any padding and stride, any pooling, dense layers; or
 * residual blocks. */
static inline void random_topology(uint64_t seed, char *text, size_t size)
{
    static const char *const pools[] = {
        "",          "P2-",       "P2max-",          "P2avg-",
        "P2max-P2-", "P2-P2avg-", "Pavg-",           "P2max-Pavg-",
        "P1x2-",     "P2x1max-",  "P1x4avg-P3x1max-"};
    static const char *const convs[] = {"3C3-",          "7C3p1-",
                                        "4C5p2-",        "6C3s2-",
                                        "5C4s2p1-",      "9C2-",
                                        "6C1x5p0x2-",    "5C4x2s2x1p0x1-",
                                        "7C2x5s1x3p1x4-"};
    static const char *const seconds[] = {
        "",        "",           "6C2-",      "5C3p1-", "3C3s2p2-P2max-",
        "17C2p1-", "5C1x2s1x2-", "6C2x3p0x2-"};
    static const char *const dense[] = {"", "", "9-", "33-", "12-7-"};
    if (pick(seed, 7, 5) < 2) {
        random_residual(seed, text, size);
        return;
    }
    snprintf(text, size, "%s%s%s%s%s5", pick(seed, 0, 4) ? "" : "P2max-",
             pick(seed, 1, 8) ? convs[pick(seed, 2, 9)] : "",
             pools[pick(seed, 3, 11)], seconds[pick(seed, 4, 8)],
             dense[pick(seed, 5, 5)]);
}

/* Puts dropouts before some layers, the first one too. In networks with
 * additions they would seldom fit. */
static inline void random_dropouts(uint64_t seed, char *text, size_t size)
{
    char plain[SG_RECIPE_TEXT];
    size_t length = 0;
    uint32_t at = 0;
    if (strchr(text, 'R'))
        return;
    snprintf(plain, sizeof plain, "%s", text);
    for (const char *p = plain, *end; *p; p = end, at++) {
        uint32_t draw = pick(seed, 100 + at, 6);
        end = p + strcspn(p, "-");
        end += *end == '-';
        length += (size_t)snprintf(text + length, size - length, "%s%.*s",
                                   draw == 0   ? "D2-"
                                   : draw == 1 ? "D4-"
                                               : "",
                                   (int)(end - p), p);
    }
}

/* Sets the options that change numbers, at random. */
static inline void random_recipe(uint64_t seed, sg_recipe *r)
{
    static const char *const phis[] = {"0.5", "1", "0.25", "2"};
    static const char *const caps[] = {"1", "3", "15", "12"};
    static const char *const alphas[] = {"127", "64", "8"};
    static const char *const inputs[] = {"onoff", "plain", "counts"};
    sg__recipe_init(r);
    random_topology(seed, r->net, sizeof r->net);
    if (pick(seed, 60, 5) < 2)
        random_dropouts(seed, r->net, sizeof r->net);
    sg_recipe_set(r, "augment", "none", NULL);
    sg_recipe_set(r, "weight-bits", pick(seed, 10, 2) ? "8" : "16", NULL);
    sg_recipe_set(r, "count-cap", caps[pick(seed, 11, 4)], NULL);
    sg_recipe_set(r, "input-levels", pick(seed, 12, 2) ? "15" : "3", NULL);
    sg_recipe_set(r, "fire", pick(seed, 13, 2) ? "round" : "floor", NULL);
    sg_recipe_set(r, "spread", pick(seed, 14, 2) ? "4" : "2", NULL);
    sg_recipe_set(r, "loss", pick(seed, 15, 2) ? "softmax" : "squared", NULL);
    sg_recipe_set(r, "smoothing", pick(seed, 16, 2) ? "0" : "0.1", NULL);
    sg_recipe_set(r, "alpha", alphas[pick(seed, 17, 3)], NULL);
    sg_recipe_set(r, "phi", phis[pick(seed, 18, 4)], NULL);
    sg_recipe_set(r, "dither", pick(seed, 19, 2) ? "on" : "off", NULL);
    sg_recipe_set(r, "rounding", pick(seed, 20, 2) ? "nearest" : "stochastic",
                  NULL);
    sg_recipe_set(r, "batch", pick(seed, 21, 2) ? "16" : "7", NULL);
    sg_recipe_set(r, "epochs", "2", NULL);
    sg_recipe_set(r, "standardise", pick(seed, 22, 2) ? "on" : "off", NULL);
    sg_recipe_set(r, "gain-limit", pick(seed, 23, 2) ? "4" : "1", NULL);
    sg_recipe_set(r, "input", inputs[pick(seed, 24, 3)], NULL);
    sg_recipe_set(r, "spike-limit", pick(seed, 71, 2) ? "0" : "0.5", NULL);
    sg_recipe_set(r, "weight-decay", pick(seed, 25, 2) ? "0" : "0.01", NULL);
    sg_recipe_set(r, "bias-rate", pick(seed, 70, 2) ? "1" : "0.1", NULL);
    sg_recipe_set(r, "clip", pick(seed, 29, 2) ? "0" : "0.02", NULL);
    sg_recipe_set(r, "readout-rate", pick(seed, 26, 2) ? "1" : "0.1", NULL);
    if (pick(seed, 27, 3) == 0)
        sg_recipe_set(r, "phi", pick(seed, 28, 2) ? "auto:1" : "auto:8", NULL);
    sg_recipe_set(r, "rate", pick(seed, 80, 2) ? "full" : "shift", NULL);
    if (!r->standardise && pick(seed, 81, 2))
        sg_recipe_set(r, "master-bits", "16", NULL);
    if (pick(seed, 82, 3) == 0)
        sg_recipe_set(r, "freeze", pick(seed, 83, 2) ? "hidden" : "0-1", NULL);
    if (pick(seed, 84, 3) == 0)
        sg_recipe_set(r, "class-weights",
                      pick(seed, 85, 2) ? "auto" : "1,2/3,1/7,5,32767/32766",
                      NULL);
    if (pick(seed, 86, 3) == 0) {
        static const char *const costs[] = {"0.02", "0.3", "1"};
        static const char *const free_of[] = {"0", "1", "2"};
        sg_recipe_set(r, "spike-cost", costs[pick(seed, 87, 3)], NULL);
        sg_recipe_set(r, "spike-cost-from", free_of[pick(seed, 88, 3)], NULL);
    }
    static const char *const margins[] = {"0", "0.05", "0.4"};
    sg_recipe_set(r, "margin", margins[pick(seed, 90, 3)], NULL);
    static const char *const balances[] = {"off", "on", "drawn"};
    sg_recipe_set(r, "balance", balances[pick(seed, 89, 3)], NULL);
    r->seed = seed;
}

/* Noise with a bright patch whose place depends on the class. */
static inline sg_status random_data(uint64_t seed, uint32_t size,
                                    sg_data **out)
{
    enum { H = 12, W = 13, MOST = 128, CLASSES = 5 };
    static const char name[] = "random";
    static uint8_t pixels[MOST * H * W * 3], labels[MOST];
    uint32_t channels = 1 + 2 * pick(seed, 30, 2);
    size_t image = (size_t)H * W * channels;
    for (uint32_t s = 0; s < size; s++) {
        labels[s] = (uint8_t)pick(seed, 1000 + s, CLASSES);
        for (uint32_t i = 0; i < image; i++) {
            uint32_t noise = pick(seed + s, 5000 + i, 256);
            uint32_t place = i / channels % W / 3;
            pixels[s * image + i] =
                (uint8_t)(place == labels[s] ? 255 - noise / 4
                          : noise < 200      ? 0
                                             : noise);
        }
    }
    sg_data_info info = {.name = name,
                         .height = H,
                         .width = W,
                         .channels = channels,
                         .classes = CLASSES,
                         .size = size};
    return sg_data_from_arrays(&info, pixels, labels, out, NULL);
}

#endif
