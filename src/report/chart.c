/* Drawing lines; see chart.h. */
#include "report/chart.h"

#include <math.h>
#include <string.h>

#include "report/frame.h"
#include "report/html.h"

/* Epochs up to which points are marked; epochs up to which a line has a point
 * for each; parts of a longer one, of which each has two. */
enum { MARKED = 30, WHOLE = 320, PARTS = 160 };

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

/* A path that grows point by point. One that stands alone is a dot. */
typedef struct pen {
    FILE *out;
    const frame *f;
    size_t points; /* since the last gap */
} pen;

static void pen_up(pen *p)
{
    if (p->points == 1)
        fputs("h0", p->out);
    p->points = 0;
}

static void pen_to(pen *p, const chart_line *line, size_t i)
{
    fprintf(p->out, "%c%.1f %.1f", p->points > 0 ? 'L' : 'M',
            frame_epoch(p->f, i), scale_place(&p->f->y, line->y[i]));
    p->points++;
}

/* Values from..to - 1: the least and the largest, in their order. */
static void pen_extremes(pen *p, const chart_line *line, size_t from,
                         size_t to)
{
    size_t least = to, most = to;
    for (size_t i = from; i < to; i++) {
        if (!isfinite(line->y[i]))
            continue;
        least = least == to || line->y[i] < line->y[least] ? i : least;
        most = most == to || line->y[i] >= line->y[most] ? i : most;
    }
    if (least == to) {
        pen_up(p);
        return;
    }
    pen_to(p, line, least < most ? least : most);
    if (least != most)
        pen_to(p, line, least < most ? most : least);
}

/* All values, or no more than a picture can show: then the extremes of each
 * part, and both ends. */
static void draw_line(FILE *out, const frame *f, const chart_line *line)
{
    pen p = {out, f, 0};
    size_t parts = line->n > WHOLE ? PARTS : line->n, from = 0;
    fprintf(out, "<path class=\"l r%d%s\" d=\"", line->run,
            line->dashed ? " d" : "");
    if (parts < line->n && isfinite(line->y[0]))
        pen_to(&p, line, 0);
    for (size_t i = 0; i < parts; i++) {
        size_t to = line->n * (i + 1) / parts;
        pen_extremes(&p, line, from, to);
        from = to;
    }
    if (parts < line->n && isfinite(line->y[line->n - 1]))
        pen_to(&p, line, line->n - 1);
    pen_up(&p);
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
                line->run, line->dashed ? " d" : "", frame_epoch(f, i),
                scale_place(&f->y, line->y[i]), small ? "2" : "2.4",
                line->label ? line->label : "", line->label ? ", " : "", i + 1,
                html_plain(line->y[i], text));
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
    frame_place(&f, c->small, right_room(c), c->small ? 20 : 34);
    frame_begin(out, &f, c->small, c->title, c->about);
    frame_axes(out, &f, c->small ? NULL : "epoch");
    draw_mark(out, &f, c, false);
    for (size_t l = 0; l < c->lines; l++) {
        draw_line(out, &f, &c->line[l]);
        draw_points(out, &f, &c->line[l], c->small);
    }
    draw_mark(out, &f, c, true);
    frame_labels(out, &f, c);
    frame_end(out);
}
