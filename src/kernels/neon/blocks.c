/* NEON error charge of fully connected layers whose weights overflow the cache
 * (ways.h): 128 columns of the rows that send errors in some sample are
 * brought together once, and meet the errors of all samples. */
#include "kernels/neon/events.h"
#include "kernels/neon/ways.h"

enum { SAMPLES = 32, COLUMNS = 128 };

size_t sg__blocks_scratch(const sg__geometry *g, int bits)
{
    if (!sg__by_blocks(g, bits))
        return 0;
    return SAMPLES * sg__events_bytes(g->out_c) +
           (size_t)g->out_c * (COLUMNS + sizeof(uint32_t));
}

/* Some samples' errors, and the rows that any of them has. */
typedef struct work {
    sg__event_list list[SAMPLES];
    int8_t *block; /* [rows][COLUMNS] */
    uint32_t *row; /* [rows]: which one of the weights */
    uint32_t rows;
} work;

static void list_all(work *w, const sg__geometry *g, size_t n, const int8_t *d)
{
    w->rows = 0;
    for (size_t i = 0; i < n; i++)
        sg__events_clear(&w->list[i]);
    for (uint32_t k = 0; k < g->out_c; k++) {
        const uint32_t at = w->rows * COLUMNS;
        bool any = false;
        for (size_t i = 0; i < n; i++) {
            int8_t one = d[i * g->out_c + k];
            if (one) {
                sg__event_push(&w->list[i], at, one);
                any = true;
            }
        }
        if (any)
            w->row[w->rows++] = k;
    }
    for (size_t i = 0; i < n; i++)
        sg__events_close(&w->list[i]);
}

/* Columns c.. of all rows; those past the end of the weights are 0. */
static void copy_block(const work *w, const sg__synapses *s, size_t c,
                       size_t columns)
{
    const size_t K = sg__fan_in(s->geo);
    const int8_t *from = (const int8_t *)s->weight + c;
    int8_t *to = w->block;
    for (uint32_t r = 0; r < w->rows; r++, to += COLUMNS) {
        if (columns < COLUMNS)
            memset(to, 0, COLUMNS);
        memcpy(to, from + w->row[r] * K, columns);
    }
}

void sg__blocks_propagate(const sg__synapses *s, size_t n, const int8_t *d,
                          int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    const size_t K = sg__fan_in(g);
    work w;
    w.row = scratch;
    w.block = (int8_t *)(w.row + g->out_c);
    for (size_t i = 0; i < SAMPLES; i++)
        w.list[i] = sg__events_in(w.block + (size_t)g->out_c * COLUMNS +
                                      i * sg__events_bytes(g->out_c),
                                  g->out_c, SG__RUN_ROOM);
    memset(u, 0, n * K * sizeof *u);
    for (size_t i = 0; i < n; i += SAMPLES) {
        size_t part = n - i < SAMPLES ? n - i : SAMPLES;
        list_all(&w, g, part, d + i * g->out_c);
        for (size_t c = 0; c < K && w.rows > 0; c += COLUMNS) {
            size_t columns = K - c < COLUMNS ? K - c : COLUMNS;
            copy_block(&w, s, c, columns);
            for (size_t j = 0; j < part; j++)
                sg__add_list(u + (i + j) * K + c, columns, w.block,
                             SG__ROW_BYTES, &w.list[j]);
        }
    }
}
