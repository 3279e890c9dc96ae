/* What the instruments saw after the last epoch: histograms, and neurons that
 * take no part. */
#include <math.h>
#include <stdlib.h>

#include "report/html.h"
#include "report/page.h"

static double share(const record *r, uint64_t part, double whole)
{
    return r->observed ? 100 * (double)part / whole : NAN;
}

static double neurons(const record *r, size_t l)
{
    return (double)r->layer[l].neurons;
}

static double silent(const record *r, size_t l)
{
    return r->observed && l + 1 < r->layers ? (double)r->sight[l].silent : NAN;
}

static double silent_share(const record *r, size_t l)
{
    return l + 1 < r->layers
               ? share(r, r->observed ? r->sight[l].silent : 0, neurons(r, l))
               : NAN;
}

static double errorless_share(const record *r, size_t l)
{
    return record_has_weights(r, l)
               ? share(r, r->observed ? r->sight[l].errorless : 0,
                       neurons(r, l))
               : NAN;
}

static double saturated_share(const record *r, size_t l)
{
    return l + 1 < r->layers
               ? share(r, r->observed ? r->sight[l].saturated : 0,
                       neurons(r, l) * (double)r->observed)
               : NAN;
}

static const page_column columns[] = {
    {"neurons", "in the layer", neurons, 'i', true},
    {"silent", "Silent neurons", silent, 'i', false},
    {"%", "Silent neurons, %", silent_share, '%', false},
    {"errorless, %", "Errorless neurons, %", errorless_share, '%', false},
    {"at cap, %", "Counts at the cap, %", saturated_share, '%', false},
};

/* Histograms of spike counts, or of error counts, of the layers of a group. */
static void draw_tiles(const page *p, const size_t *member, size_t runs,
                       bool errors)
{
    const record *first = &p->run[member[0]];
    char text[PAGE_LAYER];
    for (size_t l = 0; l < first->layers; l++) {
        histogram h = {.title = first->layer[l].name,
                       .about = page_layer(l, text),
                       .least = 1};
        if (!record_has_weights(first, l) ||
            (!errors && l + 1 == first->layers))
            continue;
        for (size_t i = 0; i < runs; i++) {
            const record *r = &p->run[member[i]];
            if (!r->observed)
                continue;
            const record_sight *s = &r->sight[l];
            double once = 1 / ((double)r->observed * (double)s->neurons);
            h.least = once < h.least ? once : h.least;
            h.run[h.runs++] =
                errors
                    ? (chart_bins){s->errors, s->error_bins, (int)member[i]}
                    : (chart_bins){s->counts, s->count_bins, (int)member[i]};
        }
        if (h.runs > 0)
            histogram_draw(p->out, &h);
    }
}

/* Says what was observed in which run. */
static void say_samples(const page *p)
{
    fputs("<p class=\"about legend\">", p->out);
    for (size_t r = 0; r < p->runs; r++) {
        const record *run = &p->run[r];
        fputs("<span>", p->out);
        if (p->runs > 1)
            page_chip(p, r);
        if (run->observed)
            fprintf(p->out, " %llu %s samples after epoch %zu",
                    (unsigned long long)run->observed,
                    run->observed_held ? "validation" : "training",
                    run->observed_at);
        else
            fputs(" nothing observed (<code>--observe 0</code>)", p->out);
        fputs("</span> ", p->out);
    }
    fputs("</p>\n", p->out);
}

void page_histograms(const page *p)
{
    size_t member[PAGE_RUNS];
    page_section(p, "Distributions",
                 "How often, over neurons and samples, a neuron sent so many "
                 "net spikes, or net error spikes: % of all, logarithmic; the "
                 "axis begins at one neuron for one sample. From 16 on "
                 "several values share a step, at their mean.",
                 false);
    say_samples(p);
    for (size_t first = 0; first < p->runs; first++) {
        size_t runs = page_group(p, first, member);
        bool any = false;
        for (size_t i = 0; i < runs; i++)
            any |= p->run[member[i]].observed > 0;
        if (!any)
            continue;
        page_group_title(p, first);
        fputs("<h4>Net spikes of a neuron for a sample</h4>"
              "<div class=tiles>\n",
              p->out);
        draw_tiles(p, member, runs, false);
        fputs("</div>\n<h4>Net error spikes of a neuron for a sample</h4>"
              "<div class=tiles>\n",
              p->out);
        draw_tiles(p, member, runs, true);
        fputs("</div>\n", p->out);
    }
    fputs("<h3>Neurons that take no part, and the count cap</h3>\n"
          "<p class=about>Silent: no spike for any sample. Errorless: no "
          "error spike for any sample. At cap: of all counts, those at the "
          "largest a neuron may send.</p>\n",
          p->out);
    page_layer_tables(p, columns, sizeof columns / sizeof columns[0]);
    page_end(p);
}
