/* Each layer over the epochs: spikes, errors, counts at the cap. */
#include <math.h>

#include "report/curves.h"

/* A sum of layer l for a neuron and a sample. */
static double share(const record *r, const record_sums *m, size_t l,
                    uint64_t sum)
{
    return (double)sum / ((double)m->samples * (double)r->layer[l].neurons);
}

static double spikes(const record *r, const record_sums *m, size_t l)
{
    return m->layer ? share(r, m, l, m->layer[l].spikes) : NAN;
}

static double senders(const record *r, const record_sums *m, size_t l)
{
    return m->layer ? 100 * share(r, m, l, m->layer[l].error_senders) : NAN;
}

static double saturated(const record *r, const record_sums *m, size_t l)
{
    return m->layer ? 100 * share(r, m, l, m->layer[l].saturated) : NAN;
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
            curves_chart(k, first->layer[l].name, page_layer(l, text), kind);
            k->c.small = true;
            for (size_t i = 0; i < runs; i++)
                curves_add(k, member[i], of, l, true,
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
    curves k = {.p = p};
    size_t member[PAGE_RUNS];
    page_section(
        p, "Layers over the epochs",
        "Means over the training samples of each epoch. The "
        "charts of one question share a scale; pooling layers are left "
        "out.",
        true);
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
    page_end(p);
}
