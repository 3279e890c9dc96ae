/* Synaptic operations, over the epochs and by layer. */
#include <math.h>

#include "report/curves.h"

static double forward_ratio(const record *r, const record_sums *m,
                            size_t layer)
{
    return record_forward(r, m, layer) / (double)m->samples /
           record_dense_forward(r, layer);
}

static double backward_ratio(const record *r, const record_sums *m,
                             size_t layer)
{
    return record_backward(r, m, layer) / (double)m->samples /
           record_dense_backward(r, layer);
}

static double done(const record *r, const record_sums *m, size_t layer)
{
    return record_forward(r, m, layer) + record_backward(r, m, layer);
}

/* From the operations of each epoch to those of all up to it, beside those of
 * the dense network. */
static void sum_up(const record *r, double *y)
{
    double all = 0, dense = 0;
    double sample = record_dense_forward(r, r->layers) +
                    record_dense_backward(r, r->layers);
    for (size_t e = 0; e < r->epochs; e++) {
        if (r->epoch[e].train.samples == 0) /* y[e] is NAN */
            continue;
        all += y[e];
        dense += (double)r->epoch[e].train.samples * sample;
        y[e] = all / dense;
    }
}

/* What a chart of ratios shows. */
typedef enum shown {
    TRAINED, /* training samples */
    SO_FAR,  /* the same, of all epochs up to each */
    BOTH     /* training samples, dashed, and those as they are */
} shown;

static void add_lines(curves *k, const page *p, size_t r, curve_fn of,
                      shown what)
{
    const record *run = &p->run[r];
    const bool pair = what == BOTH, alone = p->runs == 1;
    double *y = curves_add(k, r, of, run->layers, true,
                           !pair   ? page_letter(p, r)
                           : alone ? "train"
                                   : NULL);
    k->c.line[k->c.lines - 1].dashed = pair;
    if (what == SO_FAR)
        sum_up(run, y);
    if (pair)
        curves_add(k, r, of, run->layers, false,
                   alone ? page_measured_on(run) : page_letter(p, r));
}

static void draw_ratio(curves *k, const page *p, const char *title,
                       const char *about, curve_fn of, shown what)
{
    curves_chart(k, title, about, SCALE_LINEAR);
    k->c.mark = 1;
    k->c.mark_label = "as many as the dense ANN";
    for (size_t r = 0; r < p->runs; r++)
        add_lines(k, p, r, of, what);
    curves_choose(k, SCALE_LOG, 8);
    if (k->c.kind == SCALE_LINEAR) {
        k->c.high = 1;
        chart_range(&k->c, &k->c.low, &k->c.high);
        k->c.low = 0;
    }
    chart_draw(p->out, &k->c);
}

static const record_sums *last_sums(const record *r)
{
    return &r->epoch[r->epochs - 1].train;
}

static double layer_dense(const record *r, size_t l)
{
    return record_has_weights(r, l) ? record_dense_forward(r, l) : NAN;
}

static double last_forward(const record *r, size_t l)
{
    return record_has_weights(r, l) ? forward_ratio(r, last_sums(r), l) : NAN;
}

static double last_backward(const record *r, size_t l)
{
    return record_has_weights(r, l) ? backward_ratio(r, last_sums(r), l) : NAN;
}

static double forward_done(const record *r, size_t l)
{
    const record_sums *m = last_sums(r);
    return record_has_weights(r, l)
               ? record_forward(r, m, l) / (double)m->samples
               : NAN;
}

static double in_use_done(const record *r, size_t l)
{
    const record_sums *m = record_in_use(r);
    return m && record_has_weights(r, l)
               ? record_forward(r, m, l) / (double)m->samples
               : NAN;
}

static double in_use_ratio(const record *r, size_t l)
{
    return in_use_done(r, l) / record_dense_forward(r, l);
}

static double backward_done(const record *r, size_t l)
{
    const record_sums *m = last_sums(r);
    return record_has_weights(r, l)
               ? record_backward(r, m, l) / (double)m->samples
               : NAN;
}

static const page_column operation_columns[] = {
    {"ANN", "multiply-adds of the dense forward pass", layer_dense, 'n', true},
    {"in use", "Forward operations in use, a sample", in_use_done, 'n', false},
    {"/ ANN", "Forward operations in use / dense multiply-adds", in_use_ratio,
     'x', false},
    {"forward", "Forward operations in training, a sample", forward_done, 'n',
     false},
    {"/ ANN", "Forward operations in training / dense multiply-adds",
     last_forward, 'x', false},
    {"backward", "Backward operations, a sample", backward_done, 'n', false},
    {"/ ANN", "Backward operations / dense multiply-adds", last_backward, 'x',
     false},
};

void page_operations(const page *p)
{
    curves k = {.p = p};
    page_section(
        p, "Synaptic operations",
        "A synaptic operation is one addition: of a weight for a spike and a "
        "synapse, of a weight for an error spike, of a trace to a gradient. "
        "The dense ANN does a multiply-add for each synapse forward, and two "
        "backward, for error and gradient (one in the first layer). Net "
        "spikes are counted, not those that are taken back. Solid, and in "
        "use: test samples, or those held back, as they are. All else: "
        "training samples as they were met, augmented.",
        true);
    fputs("<div class=grid>\n", p->out);
    draw_ratio(&k, p, "Forward", "operations / dense multiply-adds",
               forward_ratio, BOTH);
    draw_ratio(&k, p, "Backward", "operations / dense multiply-adds",
               backward_ratio, TRAINED);
    draw_ratio(&k, p, "Training so far", "operations / dense multiply-adds",
               done, SO_FAR);
    fputs("</div>\n<h3>By layer, at the end, a sample</h3>\n", p->out);
    page_layer_tables(p, operation_columns,
                      sizeof operation_columns / sizeof operation_columns[0]);
    page_end(p);
}
