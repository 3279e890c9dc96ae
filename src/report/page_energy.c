/* Energy by operation counts, beside an ANN that does all multiply-adds. */
#include <math.h>

#include "report/html.h"
#include "report/page.h"

/* What does the work, and what one operation takes in pJ. */
typedef struct worker {
    const char *name;
    double picojoules;
    bool spikes;
} worker;

/* Operations of a run, of spikes or of the dense ANN. */
typedef double (*count_fn)(const record *r, bool spikes);

static double samples(const record *r)
{
    double all = 0;
    for (size_t e = 0; e < r->epochs; e++)
        all += (double)r->epoch[e].train.samples;
    return all;
}

static double inference(const record *r, bool spikes)
{
    const record_sums *m = record_in_use(r);
    if (!spikes)
        return record_dense_forward(r, r->layers);
    return m ? record_forward(r, m, r->layers) / (double)m->samples : NAN;
}

static double training(const record *r, bool spikes)
{
    double done = 0;
    if (!spikes)
        return samples(r) * (record_dense_forward(r, r->layers) +
                             record_dense_backward(r, r->layers));
    for (size_t e = 0; e < r->epochs; e++)
        done += record_forward(r, &r->epoch[e].train, r->layers) +
                record_backward(r, &r->epoch[e].train, r->layers);
    return done;
}

static double training_sample(const record *r, bool spikes)
{
    return training(r, spikes) / samples(r);
}

static const struct {
    const char *title;
    count_fn count;
} quantity[] = {
    {"Inference, a sample", inference},
    {"Training, a sample", training_sample},
    {"Training, whole", training},
};
enum { QUANTITIES = sizeof quantity / sizeof quantity[0] };

static void put_energy(const page *p, size_t run, size_t q, const worker *w)
{
    char text[HTML_NUMBER];
    double count = quantity[q].count(&p->run[run], w->spikes);
    fprintf(p->out, "<td>%s</td>",
            html_si(count * w->picojoules * 1e-12, "J", text));
}

/* One table with all quantities if there is one run, else quantity q. */
static void put_table(const page *p, size_t q, const worker *w, size_t n)
{
    char text[HTML_NUMBER];
    size_t columns = p->runs > 1 ? p->runs : QUANTITIES;
    fputs("<div class=wide><table class=num>", p->out);
    if (p->runs > 1)
        fprintf(p->out, "<caption><b>%s</b></caption>", quantity[q].title);
    fputs("<thead><tr><th></th><th>pJ / op</th>", p->out);
    for (size_t c = 0; c < columns; c++) {
        fputs("<th>", p->out);
        if (p->runs > 1)
            page_chip(p, c);
        else
            fputs(quantity[c].title, p->out);
        fputs("</th>", p->out);
    }
    fputs("</tr></thead><tbody>\n", p->out);
    for (size_t i = 0; i < n; i++) {
        fprintf(p->out, "<tr><th>%s</th><td>%s</td>", w[i].name,
                html_plain(w[i].picojoules, text));
        for (size_t c = 0; c < columns; c++)
            put_energy(p, p->runs > 1 ? c : 0, p->runs > 1 ? q : c, &w[i]);
        fputs("</tr>\n", p->out);
    }
    fputs("</tbody></table></div>\n", p->out);
}

static void put_constants(const page *p)
{
    const page_energy *e = &p->energy;
    fprintf(p->out,
            "<p class=about>Constants, in pJ: integer addition, 32 bits, "
            "%.4g (<code>--pj-add32</code>); integer multiplication, 8 bits, "
            "%.4g (<code>--pj-mul8</code>); float addition and multiplication "
            "of 32 bits %.4g and %.4g (<code>--pj-fadd32</code>, "
            "<code>--pj-fmul32</code>), of 16 bits %.4g and %.4g "
            "(<code>--pj-fadd16</code>, <code>--pj-fmul16</code>). Their "
            "defaults are those of 45 nm and 0.9 V in M. Horowitz, "
            "\xe2\x80\x9c"
            "Computing's energy problem\xe2\x80\x9d, ISSCC "
            "2014: 0.1; 0.2; 0.9, 3.7; 0.4, 1.1. That table also has 0.03 for "
            "an integer addition of 8 bits and 3.1 for a multiplication of "
            "32, which nothing here needs.</p>\n",
            e->add32, e->mul8, e->float_add32, e->float_mul32, e->float_add16,
            e->float_mul16);
}

void page_energies(const page *p)
{
    const page_energy *e = &p->energy;
    const worker workers[] = {
        {"spikes, int32 +", e->add32, true},
        {"ANN, float32", e->float_mul32 + e->float_add32, false},
        {"ANN, float16", e->float_mul16 + e->float_add16, false},
        {"ANN, int8 \xc3\x97, int32 +", e->mul8 + e->add32, false},
    };
    page_section(
        p, "Energy, estimated",
        "Operations times a constant each. A synaptic operation is one "
        "32-bit integer addition, whatever the width of the weight; a "
        "multiply-add of the ANN is a multiplication and an addition. The "
        "int8 ANN is the harder opponent. <b>Access to memory is not "
        "counted</b>, and on most machines it takes more than arithmetic; "
        "nor are comparison with the threshold, activation and "
        "optimiser. Inference is on the samples of \xe2\x80\x9c"
        "forward in use\xe2\x80\x9d.",
        true);
    fputs("<div class=tables>\n", p->out);
    for (size_t q = 0; q < (p->runs > 1 ? QUANTITIES : 1); q++)
        put_table(p, q, workers, sizeof workers / sizeof workers[0]);
    fputs("</div>\n", p->out);
    put_constants(p);
    page_end(p);
}
