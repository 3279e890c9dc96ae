/* Drawing a raster as SVG.
 *
 * Neighbouring cells of like density become one stroke of a path, in the
 * coordinates of cells; the path is then scaled to its panel, and turned over,
 * for the input is at the bottom. So the file grows with what can be told
 * apart, not with the number of spikes. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "cli/raster/raster_cells.h"
#include "report/html.h"
#include "report/scale.h"

/* In units of the picture, which has as many as a desktop window has pixels. A
 * phone has a third: there letters are larger, and there is room for them. */
enum {
    LEFT = 172, /* of the panels: room for the names of layers */
    TOP = 160,
    FORWARD_WIDTH = 760,
    GAP = 40,
    BACKWARD_WIDTH = 380,
    RIGHT = 40,
    BOTTOM = 136,
    WIDTH = LEFT + FORWARD_WIDTH + GAP + BACKWARD_WIDTH + RIGHT,
    LEVELS = 3,
    EDGE = 40, /* where a phone's letters would run into the next panel */
    COLUMNS_MIN = 64,
    SIZE_MAX_SVG = 1900000
};

static const char light[] =
    "text{font:16px system-ui,sans-serif;fill:#24292f}\n"
    ".title{font-size:22px;font-weight:600}.dim{fill:#57606a;font-size:15px}\n"
    ".back{fill:#fff}.band{fill:#f3f5f7}.line{stroke:#8c959f}\n"
    "path{fill:none;stroke-width:1}\n"
    ".plus{stroke:#0b62c4}.minus{stroke:#e8590c}\n"
    ".both{stroke:#8250df}\n"
    "rect.plus{fill:#0b62c4}rect.minus{fill:#e8590c}rect.both{fill:#8250df}\n"
    "@media(max-width:700px){text{font-size:31px}.title{font-size:36px}"
    ".dim{font-size:27px}.wide{display:none}path{stroke-width:1.5}}\n";

static const char dark[] =
    "text{fill:#e6edf3}.dim{fill:#9aa4ae}\n"
    ".back{fill:#0d1117}.band{fill:#171d25}.line{stroke:#6e7681}\n"
    ".plus{stroke:#58a6ff}.minus{stroke:#ff9e64}\n"
    ".both{stroke:#d2a8ff}\n"
    "rect.plus{fill:#58a6ff}rect.minus{fill:#ff9e64}rect.both{fill:#d2a8ff}";

static void put_style(FILE *out, raster_theme theme)
{
    fprintf(out, "<style>\n%s", light);
    if (theme == RASTER_DARK)
        fprintf(out, "%s\n", dark);
    else if (theme == RASTER_AUTO)
        fprintf(out, "@media(prefers-color-scheme:dark){%s}\n", dark);
    fputs("</style>\n", out);
}

static const char *const opacity[LEVELS] = {".4", ".7", "1"};

static uint32_t used_columns(const panel *p)
{
    return (uint32_t)(p->last >> p->shift) + 1;
}

/* Columns a panel is wide: a few spikes shall not be drawn as long bars. */
static uint32_t drawn_columns(const panel *p)
{
    uint32_t used = used_columns(p);
    return used > COLUMNS_MIN ? used : COLUMNS_MIN;
}

/* What a cell shows: spikes of one sign, or of both. */
enum shade { PLUS, MINUS, BOTH, SHADES };

/* Spikes of a cell if it is of that shade, else 0. */
static uint64_t density(const cell *c, enum shade shade)
{
    bool both = c->count[0] > 0 && c->count[1] > 0;
    if (shade == BOTH)
        return both ? (uint64_t)c->count[0] + c->count[1] : 0;
    return both ? 0 : c->count[shade];
}

static uint64_t band_maximum(const panel *p, const band *b, enum shade shade)
{
    uint64_t maximum = 0;
    for (uint32_t row = b->first_row; row < b->first_row + b->rows; row++) {
        const cell *line = p->cell + (size_t)row * p->columns;
        for (uint32_t c = 0; c < used_columns(p); c++) {
            uint64_t count = density(&line[c], shade);
            maximum = count > maximum ? count : maximum;
        }
    }
    return maximum;
}

/* Density on a scale of thirds: 0..LEVELS-1, or -1 for an empty cell. */
static int level_of(uint64_t count, uint64_t maximum)
{
    if (count == 0)
        return -1;
    if (count * 3 >= maximum)
        return 2;
    return count * 9 >= maximum ? 1 : 0;
}

/* The strokes of one row at one level. */
static void draw_row(FILE *out, const cell *line, uint32_t columns,
                     uint32_t row, enum shade shade, int level,
                     uint64_t maximum)
{
    uint32_t end = 0;
    bool placed = false;
    for (uint32_t c = 0; c < columns; c++) {
        uint32_t first = c;
        while (c < columns &&
               level_of(density(&line[c], shade), maximum) == level)
            c++;
        if (c == first)
            continue;
        if (placed)
            fprintf(out, "m%" PRIu32 " 0h%" PRIu32, first - end, c - first);
        else
            fprintf(out, "M%" PRIu32 " %" PRIu32 ".5h%" PRIu32, first, row,
                    c - first);
        placed = true;
        end = c;
    }
}

static void draw_band(FILE *out, const panel *p, const band *b, double x,
                      double y, double width)
{
    static const char *const class_name[SHADES] = {"plus", "minus", "both"};
    uint32_t columns = used_columns(p);
    for (enum shade shade = PLUS; shade < SHADES; shade++) {
        uint64_t maximum = band_maximum(p, b, shade);
        for (int level = 0; level < LEVELS && maximum > 0; level++) {
            fprintf(out,
                    "<path class=\"%s\" stroke-opacity=\"%s\" "
                    "transform=\"translate(%.0f %.0f)scale(%.5f -%.5f)\" d=\"",
                    class_name[shade], opacity[level], x, y + b->height,
                    width / drawn_columns(p), (double)b->height / b->rows);
            for (uint32_t row = 0; row < b->rows; row++)
                draw_row(out,
                         p->cell + (size_t)(b->first_row + row) * p->columns,
                         columns, row, shade, level, maximum);
            fputs("\"/>\n", out);
        }
    }
}

static void draw_axis(FILE *out, const panel *p, double x, double y,
                      double width, uint64_t ticks)
{
    uint64_t span = (uint64_t)drawn_columns(p) << p->shift;
    uint64_t least = span / ticks + 1;
    uint64_t step = (uint64_t)scale_step((double)least);
    uint64_t first = (p->start + step - 1) / step * step;
    fprintf(out, "<path class=\"line\" d=\"M%.0f %.1fh%.0f\"/>\n", x, y + 0.5,
            width);
    for (uint64_t t = first, i = 0; t - p->start < span; t += step, i++) {
        double at = x + (double)(t - p->start) * width / (double)span;
        fprintf(out,
                "<path class=\"line\" d=\"M%.1f %.0fv6\"/>"
                "<text class=\"dim%s\" x=\"%.1f\" y=\"%.0f\" "
                "text-anchor=\"middle\">%" PRIu64 "</text>\n",
                at, y, i % 2 || at > x + width - EDGE ? " wide" : "", at,
                y + 30, t);
    }
    fprintf(out,
            "<text class=\"dim\" x=\"%.0f\" y=\"%.0f\" "
            "text-anchor=\"middle\">time in spike deliveries</text>\n",
            x + width / 2, y + 64);
}

/* A number in groups of three digits. */
static void put_count(FILE *out, uint64_t n)
{
    if (n >= 1000) {
        put_count(out, n / 1000);
        fprintf(out, "\xe2\x80\x89%03u", (unsigned)(n % 1000));
    } else {
        fprintf(out, "%u", (unsigned)n);
    }
}

static void put_head(FILE *out, const panel *p, const char *name, double x)
{
    fprintf(out,
            "<text x=\"%.0f\" y=\"%d\">%s</text>"
            "<text class=\"dim\" x=\"%.0f\" y=\"%d\">",
            x, TOP - 44, name, x, TOP - 12);
    put_count(out, p->emitted);
    fputs(" emitted, ", out);
    put_count(out, p->spikes);
    fputs(" sent</text>\n", out);
}

static void draw_panel(FILE *out, const raster *r, int phase, double x,
                       double width)
{
    const panel *p = &r->panel[phase];
    double y = TOP;
    put_head(out, p,
             phase == SG_PHASE_FORWARD ? "forward" : "backward, errors", x);
    for (size_t i = r->bands; i-- > 0;) {
        const band *b = &r->band[i];
        if (i % 2 == 0)
            fprintf(out,
                    "<rect class=\"band\" x=\"%.0f\" y=\"%.0f\" "
                    "width=\"%.0f\" height=\"%u\"/>\n",
                    x, y, width, b->height);
        if (p->spikes > 0)
            draw_band(out, p, b, x, y, width);
        y += b->height;
    }
    draw_axis(out, p, x, y, width, phase == SG_PHASE_FORWARD ? 7 : 4);
}

static void draw_labels(FILE *out, const raster *r)
{
    uint32_t y = TOP;
    for (size_t i = r->bands; i-- > 0;) {
        const band *b = &r->band[i];
        uint32_t middle = y + b->height / 2;
        fprintf(out,
                "<text x=\"%d\" y=\"%u\" text-anchor=\"end\">%s</text>"
                "<text class=\"dim wide\" x=\"%d\" y=\"%u\" "
                "text-anchor=\"end\">%s</text>\n",
                LEFT - 10, middle - 1, b->name, LEFT - 10, middle + 16,
                b->about);
        y += b->height;
    }
}

static void draw_legend(FILE *out, double y)
{
    enum { STEP = 230 };
    static const struct {
        const char *class_name, *text;
    } entry[] = {
        {"plus", "spike +1"},
        {"minus", "spike \xe2\x88\x92"
                  "1"},
        {"both", "both"},
    };
    int x = LEFT;
    for (size_t i = 0; i < sizeof entry / sizeof entry[0]; i++, x += STEP)
        fprintf(out,
                "<rect class=\"%s\" x=\"%d\" y=\"%.0f\" width=\"24\" "
                "height=\"16\"/><text x=\"%d\" y=\"%.0f\">%s</text>\n",
                entry[i].class_name, x, y - 15, x + 34, y, entry[i].text);
    fprintf(out,
            "<text class=\"dim wide\" x=\"%d\" y=\"%.0f\">stronger: more "
            "spikes in a cell</text>\n",
            x, y);
}

static void draw(FILE *out, const raster *r, const raster_text *text)
{
    bool backward = r->panel[SG_PHASE_BACKWARD].spikes > 0;
    int right =
        backward ? FORWARD_WIDTH : FORWARD_WIDTH + GAP + BACKWARD_WIDTH;
    uint32_t height = TOP + BOTTOM;
    for (size_t i = 0; i < r->bands; i++)
        height += r->band[i].height;

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" "
            "viewBox=\"0 0 %d %u\" preserveAspectRatio=\"xMidYMin\">\n",
            WIDTH, height);
    put_style(out, text->theme);
    fprintf(out,
            "<rect class=\"back\" width=\"%d\" height=\"%u\"/>\n"
            "<text class=\"title\" x=\"24\" y=\"42\">",
            WIDTH, height);
    html_text(out, text->title);
    fputs("</text>\n<text class=\"dim\" x=\"24\" y=\"76\">", out);
    html_text(out, text->about);
    fputs("</text>\n", out);
    draw_labels(out, r);
    draw_panel(out, r, SG_PHASE_FORWARD, LEFT, right);
    if (backward)
        draw_panel(out, r, SG_PHASE_BACKWARD, LEFT + FORWARD_WIDTH + GAP,
                   BACKWARD_WIDTH);
    draw_legend(out, height - 26);
    fputs("</svg>\n", out);
}

int raster_write(raster *r, const raster_text *words, FILE *stream)
{
    for (;;) {
        char *text = NULL;
        size_t size = 0;
        FILE *memory = open_memstream(&text, &size);
        if (!memory)
            return -1;
        draw(memory, r, words);
        const bool whole = fflush(memory) == 0 && !ferror(memory);
        /* closing it may still want memory, and tells by the text alone */
        if (fclose(memory) != 0 || !whole || !text) {
            free(text);
            return -1;
        }
        if (size <= SIZE_MAX_SVG || used_columns(&r->panel[0]) < COLUMNS_MIN) {
            fwrite(text, 1, size, stream);
            free(text);
            return 0;
        }
        free(text);
        raster_coarsen(r, &r->panel[0]);
        raster_coarsen(r, &r->panel[1]);
    }
}
