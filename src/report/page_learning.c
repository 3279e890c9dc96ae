/* Curves of learning: loss and accuracy over epochs. */
#include <math.h>

#include "report/curves.h"

static double loss(const record *r, const record_sums *m, size_t layer)
{
    (void)r;
    (void)layer;
    return m->samples ? (double)m->loss_q20 / (double)m->samples / 1048576.0
                      : NAN;
}

static double accuracy(const record *r, const record_sums *m, size_t layer)
{
    (void)r;
    (void)layer;
    return m->samples ? 100.0 * (double)m->correct / (double)m->samples : NAN;
}

/* Both the training samples, dashed, and the others. */
static void draw_pair(curves *k, const page *p, curve_fn of)
{
    for (size_t r = 0; r < p->runs; r++) {
        bool one = p->runs == 1;
        curves_add(k, r, of, 0, true, one ? "train" : NULL);
        k->c.line[k->c.lines - 1].dashed = true;
        curves_add(k, r, of, 0, false,
                   one ? page_measured_on(&p->run[r]) : page_letter(p, r));
    }
}

void page_learning(const page *p)
{
    curves k = {.p = p};
    page_section(p, "Learning",
                 "Solid: test split, or samples held back for validation. "
                 "Dashed: training samples as they were met, augmented, each "
                 "before the update of its batch.",
                 true);
    fputs("<div class=grid>\n", p->out);
    curves_chart(&k, "Loss", "mean over samples, in nats or squared error",
                 SCALE_LINEAR);
    draw_pair(&k, p, loss);
    curves_choose(&k, SCALE_LOG, 8);
    chart_draw(p->out, &k.c);
    curves_chart(&k, "Accuracy", "% of samples; steps near 100 are widened",
                 SCALE_LINEAR);
    draw_pair(&k, p, accuracy);
    curves_choose(&k, SCALE_NINES, 95);
    if (k.c.kind == SCALE_LINEAR)
        k.c.about = "% of samples";
    chart_draw(p->out, &k.c);
    fputs("</div>\n", p->out);
    page_end(p);
}
