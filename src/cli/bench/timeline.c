#include "cli/bench/timeline.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "report/html.h"
#include "report/scale.h"

/* In units of the picture. */
enum {
    WIDTH = 1400,
    LEFT = 110,
    RIGHT = 40,
    TOP = 158,
    BAND = 46,
    ROW = 84, /* a band, and room for what travels between two */
    BOTTOM = 74,
    TICKS = 10,
    LETTER = 8,     /* wide */
    LINES_MAX = 800 /* of messages; more would hide what they are about */
};

static const struct {
    const char *name, *about, *light, *dark;
} kinds[] = {
    [SG_SPAN_IMAGES] = {"images", "images as spikes", "#8c959f", "#6e7681"},
    [SG_SPAN_FORWARD] = {"forward", "forward", "#0b62c4", "#388bfd"},
    [SG_SPAN_BACKWARD] = {"errors", "errors down", "#e8590c", "#f0883e"},
    [SG_SPAN_PASSES] = {"passes", "forward and errors down", "#0b62c4",
                        "#388bfd"},
    [SG_SPAN_GRADIENT] = {"gradient", "gradients for others, packed",
                          "#8250df", "#a371f7"},
    [SG_SPAN_UPDATE] = {"update", "own gradients, sum and update", "#2da44e",
                        "#3fb950"},
    [SG_SPAN_WEIGHTS] = {"weights", "others' new weights", "#bf8700",
                         "#d29922"},
    [SG_SPAN_WAIT] = {"wait", "waiting", "#d1242f", "#ff7b72"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

typedef struct picture {
    const timeline *t;
    FILE *out;
    uint64_t begin, end; /* ns */
} picture;

static double place(const picture *p, uint64_t at)
{
    return LEFT + (double)(at - p->begin) * (WIDTH - LEFT - RIGHT) /
                      (double)(p->end - p->begin);
}

static double row(uint32_t rank)
{
    return TOP + (double)rank * ROW;
}

static double ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

static void put_style(FILE *out)
{
    fputs("<style>\n"
          "text{font:15px system-ui,sans-serif;fill:#24292f}\n"
          ".title{font-size:21px;font-weight:600}\n"
          ".dim{fill:#57606a}.in{fill:#fff;font-size:12px}\n"
          ".back{fill:#fff}.band{fill:#eff2f5}\n"
          ".line{stroke:#8c959f;fill:none}.step{stroke-dasharray:3 4}\n"
          ".sent{stroke:#8250df;stroke-opacity:.3;fill:none}\n",
          out);
    for (size_t k = 0; k < KINDS; k++)
        fprintf(out, ".%s{fill:%s}", kinds[k].name, kinds[k].light);
    fputs("\n@media(prefers-color-scheme:dark){text{fill:#e6edf3}"
          ".dim{fill:#9aa4ae}.back{fill:#0d1117}.band{fill:#171d25}"
          ".line{stroke:#6e7681}.in{fill:#0d1117}.sent{stroke:#a371f7}",
          out);
    for (size_t k = 0; k < KINDS; k++)
        fprintf(out, ".%s{fill:%s}", kinds[k].name, kinds[k].dark);
    fputs("}\n</style>\n", out);
}

static bool has(const timeline *t, sg_span_kind kind)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->span[i].kind == kind)
            return true;
    return false;
}

static void put_head(const picture *p, unsigned height)
{
    const timeline *t = p->t;
    FILE *out = p->out;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" "
            "viewBox=\"0 0 %d %u\">\n<title>",
            WIDTH, height);
    html_text(out, t->title);
    fputs("</title>\n", out);
    put_style(out);
    fprintf(out,
            "<rect class=\"back\" width=\"%d\" height=\"%u\"/>\n"
            "<text class=\"title\" x=\"24\" y=\"38\">",
            WIDTH, height);
    html_text(out, t->title);
    fputs("</text>\n<text class=\"dim\" x=\"24\" y=\"64\">", out);
    html_text(out, t->about);
    fputs("</text>\n", out);
    double x = 24;
    for (int k = 0; k < KINDS; k++) {
        if (!has(t, (sg_span_kind)k))
            continue;
        fprintf(out,
                "<rect class=\"%s\" x=\"%.0f\" y=\"88\" width=\"16\" "
                "height=\"16\" rx=\"3\"/>"
                "<text x=\"%.0f\" y=\"101\">%s</text>\n",
                kinds[k].name, x, x + 23, kinds[k].about);
        x += 52 + (double)strlen(kinds[k].about) * LETTER;
    }
}

/* The name of a layer, or of the lowest and the highest. */
static void name_layers(const picture *p, const sg_span *s, char *text,
                        size_t size)
{
    sg_layer_info low, high;
    text[0] = '\0';
    if (sg_network_get_layer(p->t->net, s->lowest, &low) != SG_OK ||
        sg_network_get_layer(p->t->net, s->highest, &high) != SG_OK)
        return;
    if (s->lowest == s->highest)
        snprintf(text, size, "%.40s", low.name);
    else
        snprintf(text, size, "%.40s..%.40s", low.name, high.name);
}

static void put_span(const picture *p, const sg_span *s)
{
    const double x = place(p, s->begin), width = place(p, s->end) - x;
    const double y = row(s->rank);
    const bool waits = s->kind == SG_SPAN_WAIT;
    char name[96];
    name_layers(p, s, name, sizeof name);
    fprintf(p->out,
            "<rect class=\"%s\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" "
            "height=\"%d\"><title>%s",
            kinds[s->kind].name, x, y, width < 0.4 ? 0.4 : width, BAND,
            kinds[s->kind].about);
    if (!waits && name[0])
        fprintf(p->out, ", %s", name);
    fprintf(p->out, ": %.2f ms</title></rect>\n", ms(s->end - s->begin));
    if (waits || s->kind == SG_SPAN_IMAGES ||
        width < (double)(strlen(name) * LETTER + 6))
        return;
    fprintf(p->out,
            "<text class=\"in\" x=\"%.1f\" y=\"%.1f\" "
            "text-anchor=\"middle\">%s</text>\n",
            x + width / 2, y + BAND / 2.0 + 4, name);
}

/* The first update of a part at a rank after a moment, or NULL. */
static const sg_span *update_of(const timeline *t, uint32_t rank,
                                uint32_t part, uint64_t after)
{
    const sg_span *first = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const sg_span *s = &t->span[i];
        if (s->rank == rank && s->kind == SG_SPAN_UPDATE && s->part == part &&
            s->end > after && (!first || s->begin < first->begin))
            first = s;
    }
    return first;
}

/* Gradients on their way: from the end of a sum to the update it is for. */
static void put_messages(const picture *p)
{
    const timeline *t = p->t;
    size_t sums = 0;
    for (size_t i = 0; i < t->count; i++)
        sums += t->span[i].kind == SG_SPAN_GRADIENT;
    if (sums * (t->ranks - 1) > LINES_MAX)
        return;
    for (size_t i = 0; i < t->count; i++) {
        const sg_span *s = &t->span[i];
        for (uint32_t r = 0; s->kind == SG_SPAN_GRADIENT && r < t->ranks;
             r++) {
            const sg_span *to =
                r == s->rank ? NULL : update_of(t, r, s->part, s->end);
            if (!to)
                continue;
            const bool down = r > s->rank;
            fprintf(p->out,
                    "<path class=\"sent\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n",
                    place(p, s->end), row(s->rank) + (down ? BAND : 0),
                    place(p, to->begin), row(r) + (down ? 0 : BAND));
        }
    }
}

/* Where the steps of rank 0 begin. */
static void put_steps(const picture *p)
{
    const timeline *t = p->t;
    for (size_t i = 0; i < t->count; i++) {
        const sg_span *s = &t->span[i];
        if (s->rank != 0 ||
            (s->kind != SG_SPAN_IMAGES && s->kind != SG_SPAN_PASSES))
            continue;
        fprintf(p->out, "<path class=\"line step\" d=\"M%.1f %dV%.0f\"/>\n",
                place(p, s->begin), TOP - 12, row(t->ranks) - ROW + BAND + 12);
    }
}

static void put_axis(const picture *p)
{
    const double y = row(p->t->ranks) - ROW + BAND + 12;
    const double span = ms(p->end - p->begin);
    const double step = scale_step(span / TICKS);
    fprintf(p->out, "<path class=\"line\" d=\"M%d %.1fH%d\"/>\n", LEFT, y,
            WIDTH - RIGHT);
    for (int i = 0; i * step <= span; i++) {
        const double x = LEFT + i * step * (WIDTH - LEFT - RIGHT) / span;
        fprintf(p->out,
                "<path class=\"line\" d=\"M%.1f %.1fv6\"/>"
                "<text class=\"dim\" x=\"%.1f\" y=\"%.1f\" "
                "text-anchor=\"middle\">%g%s</text>\n",
                x, y, x, y + 26, i * step, i == 0 ? " ms" : "");
    }
}

size_t timeline_trim(sg_span *span, size_t count)
{
    uint64_t begin = UINT64_MAX, end = 0;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (span[i].kind == SG_SPAN_WAIT)
            continue;
        begin = span[i].begin < begin ? span[i].begin : begin;
        end = span[i].end > end ? span[i].end : end;
    }
    for (size_t i = 0; i < count; i++) {
        sg_span s = span[i];
        s.begin = s.begin < begin ? begin : s.begin;
        s.end = s.end > end ? end : s.end;
        if (s.begin < s.end)
            span[kept++] = s;
    }
    return kept;
}

void timeline_write(const timeline *t, FILE *out)
{
    picture p = {t, out, UINT64_MAX, 0};
    for (size_t i = 0; i < t->count; i++) {
        const sg_span *s = &t->span[i];
        p.begin = s->begin < p.begin ? s->begin : p.begin;
        p.end = s->end > p.end ? s->end : p.end;
    }
    if (t->count == 0) { /* nothing was noted */
        p.begin = 0;
        p.end = 1;
    }
    put_head(&p, (unsigned)(TOP + t->ranks * ROW - (ROW - BAND) + BOTTOM));
    for (uint32_t r = 0; r < t->ranks; r++)
        fprintf(out,
                "<rect class=\"band\" x=\"%d\" y=\"%.0f\" width=\"%d\" "
                "height=\"%d\"/><text x=\"24\" y=\"%.0f\">rank %" PRIu32
                "</text>\n",
                LEFT, row(r), WIDTH - LEFT - RIGHT, BAND,
                row(r) + BAND / 2.0 + 5, r);
    put_steps(&p);
    for (int waits = 0; waits < 2; waits++) /* they lie in the others */
        for (size_t i = 0; i < t->count; i++)
            if ((t->span[i].kind == SG_SPAN_WAIT) == waits)
                put_span(&p, &t->span[i]);
    put_messages(&p);
    put_axis(&p);
    fputs("</svg>\n", out);
}
