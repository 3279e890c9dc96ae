/* Labels at the ends of lines, pushed apart; see frame.h. */
#include <math.h>

#include "report/frame.h"
#include "report/html.h"

/* Labels that stand side by side, sorted by the places they want. */
typedef struct pile {
    const chart_line *line[CHART_LINES];
    double want[CHART_LINES], place[CHART_LINES];
    size_t n;
} pile;

/* The labels of lines that end at the same epoch. */
static void gather(pile *p, const frame *f, const chart *c, size_t epochs)
{
    p->n = 0;
    for (size_t l = 0; l < c->lines; l++) {
        const chart_line *line = &c->line[l];
        if (!line->label || line->n != epochs ||
            !isfinite(line->y[epochs - 1]))
            continue;
        double want = scale_place(&f->y, line->y[epochs - 1]);
        size_t at = p->n++;
        for (; at > 0 && p->want[at - 1] > want; at--) {
            p->want[at] = p->want[at - 1];
            p->line[at] = p->line[at - 1];
        }
        p->want[at] = want;
        p->line[at] = line;
    }
}

/* Pushes labels apart: those that touch become a block around the mean of
 * their places, within the plot. */
static void spread(pile *p, const frame *f, double gap)
{
    double mean[CHART_LINES]; /* of the places of blocks' first labels */
    size_t size[CHART_LINES], blocks = 0;
    for (size_t i = 0; i < p->n; i++) {
        mean[blocks] = p->want[i];
        size[blocks++] = 1;
        for (; blocks > 1 &&
               mean[blocks - 1] <
                   mean[blocks - 2] + gap * (double)size[blocks - 2];
             blocks--) {
            size_t under = size[blocks - 2], over = size[blocks - 1];
            mean[blocks - 2] =
                (mean[blocks - 2] * (double)under +
                 (mean[blocks - 1] - gap * (double)under) * (double)over) /
                (double)(under + over);
            size[blocks - 2] += over;
        }
    }
    for (size_t b = 0, i = 0; b < blocks; b++)
        for (size_t k = 0; k < size[b]; k++, i++)
            p->place[i] = mean[b] + gap * (double)k;
    for (size_t i = p->n; i-- > 0;) {
        double most = i + 1 < p->n ? p->place[i + 1] - gap : f->bottom;
        p->place[i] = p->place[i] < most ? p->place[i] : most;
    }
}

/* Whether line l is the first that ends at its epoch. */
static bool is_first(const chart *c, size_t l)
{
    for (size_t i = 0; i < l; i++)
        if (c->line[i].n == c->line[l].n)
            return false;
    return c->line[l].n > 0;
}

void frame_labels(FILE *out, const frame *f, const chart *c)
{
    pile p;
    for (size_t l = 0; l < c->lines; l++) {
        size_t epochs = c->line[l].n;
        if (!is_first(c, l))
            continue;
        gather(&p, f, c, epochs);
        spread(&p, f, c->small ? 10 : 12);
        for (size_t i = 0; i < p.n; i++) {
            fprintf(out, "<text class=\"t r%d\" x=\"%.1f\" y=\"%.1f\">",
                    p.line[i]->run, frame_epoch(f, epochs - 1) + 6,
                    p.place[i] + 4);
            html_text(out, p.line[i]->label);
            fputs("</text>\n", out);
        }
    }
}
