/* Dropout, Dk with k = 2 or 4: in training one unit in k takes part, drawn for
 * each sample; in use all do (docs/semantics.md, "Dropout"). */
#include "core/dropout.h"

#include <string.h>

#include "base/status.h"
#include "layers/kind.h"
#include "layers/text.h"

static sg_status read(const char *item, sg__layer *layer, bool *mine,
                      sg_error *error)
{
    const char *p = item;
    *mine = sg__text_word(&p, "D");
    if (!*mine)
        return SG_OK;
    const uint32_t keep = sg__text_number(&p);
    if ((keep != 2 && keep != 4) || *p != '\0')
        return sg__fail(error, SG_E_TOPOLOGY, "net: '%s': expected D2 or D4",
                        layer->name);
    layer->keep_bits = keep == 2 ? 1 : 2;
    layer->geo = sg__pointwise();
    return SG_OK;
}

static sg_status fit(sg__layer *layers, size_t n, sg_error *error)
{
    return sg__kind_window(&layers[n], error);
}

/* Draws of one sample, four words at once. */
typedef struct gates {
    const sg__passage *p;
    int keep_bits;
    sg__draw draw;
} gates;

/* For 32 / keep_bits units side by side, from their word-th lot on: the lowest
 * of a unit's bits is 1 if it takes part. Words come one after the other. */
static uint32_t next_word(gates *g, uint32_t word)
{
    if (word % 4 == 0)
        g->draw = sg__dropout_draw(g->p->seed, g->p->step, g->p->sample,
                                   g->p->index, word / 4);
    uint32_t bits = g->draw.v[word % 4];
    return g->keep_bits == 1 ? ~bits : ~(bits | bits >> 1);
}

static void forward(const sg__passage *p, int32_t *charge, uint8_t *out)
{
    const size_t n = sg__outputs(&p->layer->geo);
    (void)charge;
    if (!p->training) {
        memcpy(out, p->in, n);
        return;
    }
    gates g = {.p = p, .keep_bits = p->layer->keep_bits};
    const size_t run = 32 / (size_t)g.keep_bits;
    uint32_t word = 0;
    for (size_t i = 0; i < n; i += run) {
        const uint32_t open = next_word(&g, word++);
        const size_t most = n - i < run ? n - i : run;
        for (size_t k = 0; k < most; k++)
            out[i + k] = open >> k * (32 / run) & 1 ? p->in[i + k] : 0;
    }
}

static int32_t *backward(const sg__passage *p, int32_t *u, int32_t *to)
{
    gates g = {.p = p, .keep_bits = p->layer->keep_bits};
    const size_t n = sg__outputs(&p->layer->geo);
    const size_t run = 32 / (size_t)g.keep_bits;
    uint32_t word = 0;
    (void)to;
    for (size_t i = 0; i < n; i += run) {
        const uint32_t open = next_word(&g, word++);
        const size_t most = n - i < run ? n - i : run;
        for (size_t k = 0; k < most; k++)
            u[i + k] = open >> k * (32 / run) & 1 ? u[i + k] : 0;
    }
    return u;
}

static void begin(sg__units *units, const sg__presentation *as)
{
    for (uint32_t i = 0; i < units->neurons; i++)
        units->gate[i] =
            (uint8_t)(!as->training ||
                      sg__takes_part(as->seed, as->step, as->sample, as->index,
                                     i, units->net->keep_bits));
}

static void arrive(sg__units *units, const sg__outlet *out, uint32_t j,
                   int sign)
{
    if (units->gate[j])
        out->emit(out, j, sign);
}

/* On to the neurons below those units that take part, in runs. */
static void route(const sg__units *units, const sg__drain *drain, size_t first,
                  sg__charge u)
{
    const uint8_t *gate = units->gate + first;
    for (size_t i = 0, end; i < u.n; i = end) {
        for (end = i + 1; end < u.n && gate[end] == gate[i];)
            end++;
        if (gate[i])
            drain->receive(drain, units->net->from, first + i,
                           (sg__charge){u.w + i, end - i, u.sign, u.shift});
    }
}

const sg__kind sg__kind_dropout = {
    .id = SG_LAYER_DROPOUT,
    .name = "dropout",
    .notation = "D2, D4",
    .read = read,
    .fit = fit,
    .forward = forward,
    .backward = backward,
    .state = SG__UNITS_GATE,
    .begin = begin,
    .arrive = arrive,
    .route = route,
};
