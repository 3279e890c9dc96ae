/* Drawing lines and histograms; see chart.h. */
#include "report/chart.h"

#include <math.h>
#include <string.h>

#include "report/html.h"

/* Epochs up to which points are marked, and points a line has at most. */
enum { MARKED = 30, POINTS = 240 };

typedef struct frame {
    double width, height;
    double left, right, top, bottom; /* of the plot, in the picture */
    scale x, y;
} frame;

/* Room for the labels of y, in pixels. */
static double label_room(const scale *y)
{
    size_t longest = 1;
    char text[SCALE_LABEL];
    for (size_t i = 0; i < y->ticks; i++) {
        size_t length = 0;
        for (const char *p = scale_label(y, i, text); *p; p++)
            length += (*p & 0xc0) != 0x80; /* characters, not bytes */
        longest = length > longest ? length : longest;
    }
    return 8 + 6.4 * (double)longest;
}

static void place_frame(frame *f, bool small, double right, double bottom)
{
    f->width = small ? 180 : 380;
    f->height = small ? 122 : 226;
    f->left = label_room(&f->y);
    f->right = f->width - right;
    f->top = 7;
    f->bottom = f->height - bottom;
    f->x.begin = f->left;
    f->x.end = f->right;
    f->y.begin = f->bottom;
    f->y.end = f->top;
}

static void begin_figure(FILE *out, const frame *f, bool small,
                         const char *title, const char *about)
{
    fprintf(out, "<figure%s><figcaption><b>", small ? " class=small" : "");
    html_text(out, title);
    fputs("</b>", out);
    if (about) {
        fputc(' ', out);
        html_text(out, about);
    }
    fprintf(out,
            "</figcaption><svg viewBox=\"0 0 %.0f %.0f\" role=img "
            "aria-label=\"",
            f->width, f->height);
    html_text(out, title);
    fputs("\">\n", out);
}

static void end_figure(FILE *out)
{
    fputs("</svg></figure>\n", out);
}

static void draw_axes(FILE *out, const frame *f, const char *x_title)
{
    char text[SCALE_LABEL];
    for (size_t i = 0; i < f->y.ticks; i++) {
        double y = scale_place(&f->y, f->y.tick[i]);
        fprintf(out,
                "<path class=g d=\"M%.1f %.1fH%.1f\"/>"
                "<text class=\"k e\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                f->left, y, f->right, f->left - 5, y + 3.8,
                scale_label(&f->y, i, text));
    }
    fprintf(out, "<path class=a d=\"M%.1f %.1fH%.1f\"/>\n", f->left, f->bottom,
            f->right);
    for (size_t i = 0; i < f->x.ticks; i++) {
        double x = scale_place(&f->x, f->x.tick[i]);
        fprintf(out,
                "<path class=a d=\"M%.1f %.1fv4\"/>"
                "<text class=\"k m\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                x, f->bottom, x, f->bottom + 15, scale_label(&f->x, i, text));
    }
    if (x_title)
        fprintf(out, "<text class=\"k e\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                f->right, f->bottom + 28, x_title);
}

void chart_range(const chart *c, double *low, double *high)
{
    for (size_t l = 0; l < c->lines; l++) {
        for (size_t i = 0; i < c->line[l].n; i++) {
            double y = c->line[l].y[i];
            if (!isfinite(y) || (c->kind == SCALE_LOG && !(y > 0)))
                continue;
            *low = y >= *low ? *low : y;
            *high = y <= *high ? *high : y;
        }
    }
}

static double epoch_place(const frame *f, size_t i)
{
    return scale_place(&f->x, (double)(i + 1));
}

static void draw_line(FILE *out, const frame *f, const chart_line *line)
{
    size_t stride = (line->n + POINTS - 1) / POINTS;
    bool drawing = false;
    fprintf(out, "<path class=\"l r%d%s\" d=\"", line->run,
            line->dashed ? " d" : "");
    for (size_t i = 0; i < line->n;) {
        bool there = isfinite(line->y[i]);
        if (there)
            fprintf(out, "%c%.1f %.1f", drawing ? 'L' : 'M', epoch_place(f, i),
                    scale_place(&f->y, line->y[i]));
        drawing = there;
        size_t next = i + (stride ? stride : 1);
        i = next >= line->n && i + 1 < line->n ? line->n - 1 : next;
    }
    fputs("\"/>\n", out);
}

static void draw_points(FILE *out, const frame *f, const chart_line *line,
                        bool small)
{
    char text[HTML_NUMBER];
    size_t first = small && line->n > 0 ? line->n - 1 : 0;
    if (line->n > MARKED && !small)
        return;
    for (size_t i = first; i < line->n; i++) {
        if (!isfinite(line->y[i]))
            continue;
        fprintf(out,
                "<circle class=\"p r%d%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\">"
                "<title>%s%sepoch %zu: %s</title></circle>\n",
                line->run, line->dashed ? " d" : "", epoch_place(f, i),
                scale_place(&f->y, line->y[i]), small ? "2" : "2.4",
                line->label ? line->label : "", line->label ? ", " : "", i + 1,
                html_plain(line->y[i], text));
    }
}

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

static void draw_labels(FILE *out, const frame *f, const chart *c, size_t most)
{
    pile p;
    for (size_t epochs = 1; epochs <= most; epochs++) {
        gather(&p, f, c, epochs);
        spread(&p, f, c->small ? 10 : 12);
        for (size_t i = 0; i < p.n; i++) {
            fprintf(out, "<text class=\"t r%d\" x=\"%.1f\" y=\"%.1f\">",
                    p.line[i]->run, epoch_place(f, epochs - 1) + 6,
                    p.place[i] + 4);
            html_text(out, p.line[i]->label);
            fputs("</text>\n", out);
        }
    }
}

/* Room right of the plot for the longest label. */
static double right_room(const chart *c)
{
    size_t longest = 0;
    for (size_t l = 0; l < c->lines; l++) {
        size_t length = c->line[l].label ? strlen(c->line[l].label) : 0;
        longest = length > longest ? length : longest;
    }
    return longest > 0 ? 9 + 6.6 * (double)longest : 10;
}

/* The mark, and its words: they are drawn last, over the lines. */
static void draw_mark(FILE *out, const frame *f, const chart *c, bool words)
{
    double y = scale_place(&f->y, c->mark);
    if (!(c->mark >= f->y.low && c->mark <= f->y.high))
        return;
    if (!words)
        fprintf(out, "<path class=mark d=\"M%.1f %.1fH%.1f\"/>\n", f->left, y,
                f->right);
    else if (c->mark_label)
        fprintf(out,
                "<text class=k x=\"%.1f\" y=\"%.1f\" text-anchor=end>%s"
                "</text>\n",
                f->right - 4, y < f->top + 14 ? y + 13 : y - 4, c->mark_label);
}

void chart_draw(FILE *out, const chart *c)
{
    frame f;
    size_t epochs = 1;
    double low = c->low, high = c->high;
    if (!isfinite(low) || !isfinite(high)) {
        low = high = c->mark;
        chart_range(c, &low, &high);
    }
    if (!isfinite(low))
        low = high = 0;
    if (c->kind == SCALE_LINEAR && low > 0 && low < high * 0.6)
        low = 0;
    for (size_t l = 0; l < c->lines; l++)
        epochs = c->line[l].n > epochs ? c->line[l].n : epochs;
    scale_fit(&f.y, c->kind, low, high, c->small ? 4 : 5);
    if (epochs == 1)
        scale_fit(&f.x, SCALE_EXACT, 0.5, 1.5, 1);
    else
        scale_fit(&f.x, SCALE_EXACT, 1, (double)epochs, c->small ? 4 : 6);
    place_frame(&f, c->small, right_room(c), c->small ? 20 : 34);
    begin_figure(out, &f, c->small, c->title, c->about);
    draw_axes(out, &f, c->small ? NULL : "epoch");
    draw_mark(out, &f, c, false);
    for (size_t l = 0; l < c->lines; l++) {
        draw_line(out, &f, &c->line[l]);
        draw_points(out, &f, &c->line[l], c->small);
    }
    draw_mark(out, &f, c, true);
    draw_labels(out, &f, c, epochs);
    end_figure(out);
}

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
    scale_fit(&f.y, SCALE_LOG, h->least * 100, 100, 4);
    scale_fit(&f.x, SCALE_EXACT, low - 0.5, high + 0.5, 5);
    place_frame(&f, true, 8, 20);
    begin_figure(out, &f, true, h->title, h->about);
    draw_axes(out, &f, NULL);
    for (size_t r = 0; r < h->runs; r++)
        draw_bins(out, &f, &h->run[r], h->runs == 1);
    end_figure(out);
}
