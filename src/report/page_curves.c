/* Curves over epochs: learning, operations, and layer by layer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"

enum { CURVES = 2 * PAGE_RUNS };

/* Charts with the values of their lines, [CURVES][epochs of the longest]. */
typedef struct curves {
    chart c;
    double *value;
    size_t longest;
} curves;

/* The value of a curve at an epoch. */
typedef double (*curve_fn)(const record *r, size_t epoch, size_t layer);

static bool begin_curves(curves *k, const page *p)
{
    memset(k, 0, sizeof *k);
    k->longest = 1;
    for (size_t r = 0; r < p->runs; r++)
        if (p->run[r].epochs > k->longest)
            k->longest = p->run[r].epochs;
    k->value = malloc(CURVES * k->longest * sizeof *k->value);
    return k->value != NULL;
}

static void begin_chart(curves *k, const char *title, const char *about,
                        scale_kind kind)
{
    memset(&k->c, 0, sizeof k->c);
    k->c.title = title;
    k->c.about = about;
    k->c.kind = kind;
    k->c.low = k->c.high = k->c.mark = NAN;
}

static void add_curve(curves *k, const page *p, size_t run, curve_fn of,
                      size_t layer, bool dashed, const char *label)
{
    const record *r = &p->run[run];
    double *y = k->value + k->c.lines * k->longest;
    for (size_t e = 0; e < r->epochs; e++)
        y[e] = of(r, e, layer);
    k->c.line[k->c.lines++] =
        (chart_line){y, r->epochs, (int)run, dashed, label};
}

static double loss(const sg_metrics *m)
{
    return m->samples ? (double)m->loss_q20 / (double)m->samples / 1048576.0
                      : NAN;
}

static double accuracy(const sg_metrics *m)
{
    return m->samples ? 100.0 * (double)m->correct / (double)m->samples : NAN;
}

static double train_loss(const record *r, size_t e, size_t layer)
{
    (void)layer;
    return loss(&r->epoch[e].train);
}

static double test_loss(const record *r, size_t e, size_t layer)
{
    (void)layer;
    return loss(&r->epoch[e].test);
}

static double train_accuracy(const record *r, size_t e, size_t layer)
{
    (void)layer;
    return accuracy(&r->epoch[e].train);
}

static double test_accuracy(const record *r, size_t e, size_t layer)
{
    (void)layer;
    return accuracy(&r->epoch[e].test);
}

/* Logarithmic where the values call for it. */
static void choose_kind(curves *k, scale_kind spread, double above)
{
    double low = k->c.mark;
    double high = low;
    chart_range(&k->c, &low, &high);
    if (spread == SCALE_LOG ? low > 0 && high > above * low : high > above)
        k->c.kind = spread;
}

/* Both the training samples, dashed, and the others. */
static void draw_pair(curves *k, const page *p, curve_fn train, curve_fn test)
{
    for (size_t r = 0; r < p->runs; r++) {
        bool one = p->runs == 1;
        add_curve(k, p, r, train, 0, true, one ? "train" : NULL);
        add_curve(k, p, r, test, 0, false,
                  one ? page_measured_on(&p->run[r]) : page_letter(p, r));
    }
}

void page_learning(const page *p)
{
    curves k;
    page_section(p, "Learning",
                 "Solid: test split, or samples held back for validation. "
                 "Dashed: training samples as they were met, augmented, each "
                 "before the update of its batch.",
                 true);
    if (!begin_curves(&k, p))
        return;
    fputs("<div class=grid>\n", p->out);
    begin_chart(&k, "Loss", "mean over samples, in nats or squared error",
                SCALE_LINEAR);
    draw_pair(&k, p, train_loss, test_loss);
    choose_kind(&k, SCALE_LOG, 8);
    chart_draw(p->out, &k.c);
    begin_chart(&k, "Accuracy", "% of samples; steps near 100 are widened",
                SCALE_LINEAR);
    draw_pair(&k, p, train_accuracy, test_accuracy);
    choose_kind(&k, SCALE_NINES, 95);
    if (k.c.kind == SCALE_LINEAR)
        k.c.about = "% of samples";
    chart_draw(p->out, &k.c);
    fputs("</div>\n", p->out);
    free(k.value);
    page_end(p);
}

static double forward_ratio(const record *r, size_t e, size_t layer)
{
    const sg_metrics *m = &r->epoch[e].train;
    return record_forward(r, m, layer) / (double)m->samples /
           record_dense_forward(r, layer);
}

static double backward_ratio(const record *r, size_t e, size_t layer)
{
    const sg_metrics *m = &r->epoch[e].train;
    return record_backward(r, m, layer) / (double)m->samples /
           record_dense_backward(r, layer);
}

/* All operations up to an epoch, beside those of the dense network. */
static double total_ratio(const record *r, size_t e, size_t layer)
{
    double done = 0, dense = 0;
    for (size_t i = 0; i <= e; i++) {
        const sg_metrics *m = &r->epoch[i].train;
        done += record_forward(r, m, layer) + record_backward(r, m, layer);
        dense += (double)m->samples * (record_dense_forward(r, layer) +
                                       record_dense_backward(r, layer));
    }
    return done / dense;
}

static void draw_ratio(curves *k, const page *p, const char *title,
                       const char *about, curve_fn of)
{
    begin_chart(k, title, about, SCALE_LINEAR);
    k->c.mark = 1;
    k->c.mark_label = "as many as the dense ANN";
    for (size_t r = 0; r < p->runs; r++)
        add_curve(k, p, r, of, p->run[r].layers, false, page_letter(p, r));
    choose_kind(k, SCALE_LOG, 8);
    if (k->c.kind == SCALE_LINEAR) {
        k->c.high = 1;
        chart_range(&k->c, &k->c.low, &k->c.high);
        k->c.low = 0;
    }
    chart_draw(p->out, &k->c);
}

static double layer_dense(const record *r, size_t l)
{
    return record_has_weights(r, l) ? record_dense_forward(r, l) : NAN;
}

static double last_forward(const record *r, size_t l)
{
    return record_has_weights(r, l) ? forward_ratio(r, r->epochs - 1, l) : NAN;
}

static double last_backward(const record *r, size_t l)
{
    return record_has_weights(r, l) ? backward_ratio(r, r->epochs - 1, l)
                                    : NAN;
}

static double forward_done(const record *r, size_t l)
{
    const sg_metrics *m = &r->epoch[r->epochs - 1].train;
    return record_has_weights(r, l)
               ? record_forward(r, m, l) / (double)m->samples
               : NAN;
}

static double backward_done(const record *r, size_t l)
{
    const sg_metrics *m = &r->epoch[r->epochs - 1].train;
    return record_has_weights(r, l)
               ? record_backward(r, m, l) / (double)m->samples
               : NAN;
}

static const page_column operation_columns[] = {
    {"ANN", "multiply-adds of the dense forward pass", layer_dense, 'n', true},
    {"forward", "Forward operations, a sample", forward_done, 'n', false},
    {"/ ANN", "Forward operations / dense multiply-adds", last_forward, 'x',
     false},
    {"backward", "Backward operations, a sample", backward_done, 'n', false},
    {"/ ANN", "Backward operations / dense multiply-adds", last_backward, 'x',
     false},
};

void page_operations(const page *p)
{
    curves k;
    page_section(
        p, "Synaptic operations",
        "A synaptic operation is one addition: of a weight for a spike and a "
        "synapse, of a weight for an error spike, of a trace to a gradient. "
        "The dense ANN does a multiply-add for each synapse forward, and two "
        "backward, for error and gradient (one in the first layer). Net "
        "spikes are counted, not those that are taken back.",
        true);
    if (!begin_curves(&k, p))
        return;
    fputs("<div class=grid>\n", p->out);
    draw_ratio(&k, p, "Forward", "operations / dense multiply-adds",
               forward_ratio);
    draw_ratio(&k, p, "Backward", "operations / dense multiply-adds",
               backward_ratio);
    draw_ratio(&k, p, "Training so far", "operations / dense multiply-adds",
               total_ratio);
    fputs("</div>\n<h3>By layer, last epoch, a sample</h3>\n", p->out);
    page_layer_tables(p, operation_columns,
                      sizeof operation_columns / sizeof operation_columns[0]);
    free(k.value);
    page_end(p);
}

static double per_neuron(const record *r, size_t e, size_t l, uint64_t value)
{
    return (double)value /
           ((double)r->epoch[e].train.samples * (double)r->layer[l].neurons);
}

static double spikes(const record *r, size_t e, size_t l)
{
    return per_neuron(r, e, l, r->epoch[e].train.layer[l].spikes);
}

static double senders(const record *r, size_t e, size_t l)
{
    return 100 * per_neuron(r, e, l, r->epoch[e].train.layer[l].error_senders);
}

static double saturated(const record *r, size_t e, size_t l)
{
    return 100 * per_neuron(r, e, l, r->epoch[e].train.layer[l].saturated);
}

/* One small chart a layer for the runs of a group, on one scale. */
static void draw_tiles(curves *k, const page *p, const size_t *member,
                       size_t runs, curve_fn of, scale_kind kind, bool last)
{
    const record *first = &p->run[member[0]];
    size_t layers = first->layers - !last;
    char text[PAGE_LAYER];
    double low = NAN, high = NAN;
    for (int drawing = 0; drawing <= 1; drawing++) {
        for (size_t l = 0; l < layers; l++) {
            if (!record_has_weights(first, l))
                continue;
            begin_chart(k, first->layer[l].name, page_layer(l, text), kind);
            k->c.small = true;
            for (size_t i = 0; i < runs; i++)
                add_curve(k, p, member[i], of, l, false,
                          page_letter(p, member[i]));
            k->c.low = kind == SCALE_LOG ? low : 0;
            k->c.high = high;
            if (drawing)
                chart_draw(p->out, &k->c);
            else
                chart_range(&k->c, &low, &high);
        }
    }
}

void page_layers(const page *p)
{
    static const struct {
        const char *title;
        curve_fn of;
        scale_kind kind;
        bool last;
    } part[] = {
        {"Net spikes a neuron sends on, per sample", spikes, SCALE_LINEAR,
         false},
        {"Neurons that send error spikes, % (logarithmic, 0 at the "
         "bottom)",
         senders, SCALE_LOG, true},
        {"Neurons at the count cap, %", saturated, SCALE_LINEAR, false},
    };
    curves k;
    size_t member[PAGE_RUNS];
    page_section(
        p, "Layers over the epochs",
        "Means over the training samples of each epoch. The "
        "charts of one question share a scale; pooling layers are left "
        "out.",
        true);
    if (!begin_curves(&k, p))
        return;
    for (size_t first = 0; first < p->runs; first++) {
        size_t runs = page_group(p, first, member);
        if (runs == 0)
            continue;
        page_group_title(p, first);
        for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
            fprintf(p->out, "<h4>%s</h4><div class=tiles>\n", part[i].title);
            draw_tiles(&k, p, member, runs, part[i].of, part[i].kind,
                       part[i].last);
            fputs("</div>\n", p->out);
        }
    }
    free(k.value);
    page_end(p);
}
