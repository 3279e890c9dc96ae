/* Figure, plot and axes; see frame.h. */
#include "report/frame.h"

#include "report/html.h"

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

void frame_place(frame *f, bool small, double right, double bottom)
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

void frame_begin(FILE *out, const frame *f, bool small, const char *title,
                 const char *about)
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

void frame_end(FILE *out)
{
    fputs("</svg></figure>\n", out);
}

void frame_axes(FILE *out, const frame *f, const char *x_title)
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

double frame_epoch(const frame *f, size_t i)
{
    return scale_place(&f->x, (double)(i + 1));
}
