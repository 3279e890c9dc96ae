/* Drawing histograms; see chart.h. */
#include <math.h>

#include "report/frame.h"

/* The outline of the bins of one run, down to the axis between them. */
static void draw_bins(FILE *out, const frame *f, const chart_bins *b,
                      bool filled)
{
    int last = 0;
    bool open = false;
    fprintf(out, "<path class=\"%s r%d\" d=\"", filled ? "b" : "l", b->run);
    for (size_t i = 0; i < b->n; i++) {
        const chart_bin *bin = &b->bin[i];
        double x = scale_place(&f->x, bin->from - 0.5);
        if (open && bin->from != last)
            fprintf(out, "V%.1f", f->bottom);
        if (!open || bin->from != last)
            fprintf(out, "M%.1f %.1f", x, f->bottom);
        /* a bin shows the share of one of its values */
        fprintf(out, "V%.1fH%.1f",
                scale_place(&f->y, 100 * bin->share / bin->width),
                scale_place(&f->x, bin->from + bin->width - 0.5));
        open = true;
        last = bin->from + bin->width;
    }
    if (open)
        fprintf(out, "V%.1f", f->bottom);
    fputs("\"/>\n", out);
}

void histogram_draw(FILE *out, const histogram *h)
{
    frame f;
    int low = 0, high = 1;
    for (size_t r = 0; r < h->runs; r++) {
        for (size_t i = 0; i < h->run[r].n; i++) {
            const chart_bin *bin = &h->run[r].bin[i];
            low = bin->from < low ? bin->from : low;
            high = bin->from + bin->width - 1 > high
                       ? bin->from + bin->width - 1
                       : high;
        }
    }
    scale_fit(&f.y, SCALE_LOG, fmin(h->least * 100, 10), 100, 4);
    scale_fit(&f.x, SCALE_EXACT, low - 0.5, high + 0.5, 5);
    frame_place(&f, true, 8, 20);
    frame_begin(out, &f, true, h->title, h->about);
    frame_axes(out, &f, NULL);
    for (size_t r = 0; r < h->runs; r++)
        draw_bins(out, &f, &h->run[r], h->runs == 1);
    frame_end(out);
}
