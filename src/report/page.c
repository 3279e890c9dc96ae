/* The frame of the page and what its parts share; see page.h. */
#include "report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"

void page_chip(const page *p, size_t run)
{
    fprintf(p->out, "<span class=\"chip r%zu\">%c</span>", run,
            'A' + (int)run);
}

const char *page_letter(const page *p, size_t run)
{
    static const char *const letter[PAGE_RUNS] = {"A", "B", "C", "D",
                                                  "E", "F", "G", "H"};
    return p->runs > 1 ? letter[run] : NULL;
}

const char *page_measured_on(const record *r)
{
    return r->held ? "validation" : "test";
}

/* The last part of a path. */
static const char *last_part(const char *path)
{
    const char *part = path;
    for (; *path; path++)
        if (path[0] == '/' && path[1] && path[1] != '/')
            part = path + 1;
    return part;
}

void page_section(const page *p, const char *title, const char *text,
                  bool legend)
{
    fprintf(p->out, "<section>\n<h2>%s</h2>\n", title);
    if (text)
        fprintf(p->out, "<p class=about>%s</p>\n", text);
    if (!legend || p->runs < 2)
        return;
    fputs("<p class=legend>", p->out);
    for (size_t r = 0; r < p->runs; r++) {
        fputs("<span>", p->out);
        page_chip(p, r);
        fputc(' ', p->out);
        html_text(p->out, last_part(p->run[r].path));
        fputs("</span> ", p->out);
    }
    fputs("</p>\n", p->out);
}

void page_end(const page *p)
{
    fputs("</section>\n", p->out);
}

size_t page_group(const page *p, size_t first, size_t member[PAGE_RUNS])
{
    size_t n = 0;
    for (size_t r = 0; r < p->runs; r++) {
        if (!record_same_layers(&p->run[r], &p->run[first]))
            continue;
        if (r < first)
            return 0;
        member[n++] = r;
    }
    return n;
}

const char *page_layer(size_t l, char text[PAGE_LAYER])
{
    snprintf(text, PAGE_LAYER, "layer %zu", l);
    return text;
}

void page_group_title(const page *p, size_t first)
{
    size_t member[PAGE_RUNS];
    size_t n = page_group(p, first, member);
    if (n == p->runs)
        return;
    fputs("<h3>", p->out);
    for (size_t i = 0; i < n; i++)
        page_chip(p, member[i]);
    fputc(' ', p->out);
    html_text(p->out, p->run[first].net);
    fputs("</h3>\n", p->out);
}

static void put_value(const page *p, const page_column *column,
                      const record *r, size_t l)
{
    char text[HTML_NUMBER];
    double value = column->value(r, l);
    if (column->form == 'n')
        html_si(value, "", text);
    else if (column->form == 'i')
        html_whole(value, text);
    else if (column->form == '%')
        html_percent(value, text);
    else
        html_plain(value, text);
    fprintf(p->out, "<td>%s</td>", text);
}

/* Heads, or values of layer l, of the columns that all runs share or, with
 * shared false, of all columns. */
static void put_columns(const page *p, const page_column *column, size_t n,
                        bool shared, const record *r, const size_t *l)
{
    for (size_t c = 0; c < n; c++) {
        if (shared && !column[c].shared)
            continue;
        if (l)
            put_value(p, &column[c], r, *l);
        else
            fprintf(p->out, "<th>%s</th>", column[c].title);
    }
}

/* Whether anything but what is shared is known of layer l. */
static bool any_value(const page *p, const page_column *column, size_t n,
                      const size_t *member, size_t runs, size_t l)
{
    bool any = false;
    for (size_t c = 0; c < n; c++)
        for (size_t i = 0; i < runs && !column[c].shared; i++)
            any |= isfinite(column[c].value(&p->run[member[i]], l)) != 0;
    return any;
}

static void begin_row(const page *p, const record *r, size_t l)
{
    fprintf(p->out, "<tr><th><span class=dim>%zu</span> ", l);
    html_text(p->out, r->layer[l].name);
    fputs("</th>", p->out);
}

static void table_of_run(const page *p, size_t run, const page_column *column,
                         size_t n)
{
    const record *r = &p->run[run];
    fputs("<div class=wide><table class=num><thead><tr><th>layer</th>",
          p->out);
    put_columns(p, column, n, false, r, NULL);
    fputs("</tr></thead><tbody>\n", p->out);
    for (size_t l = 0; l < r->layers; l++) {
        if (!any_value(p, column, n, &run, 1, l))
            continue;
        begin_row(p, r, l);
        put_columns(p, column, n, false, r, &l);
        fputs("</tr>\n", p->out);
    }
    fputs("</tbody></table></div>\n", p->out);
}

/* Column c of n, run by run. */
static void table_of_column(const page *p, const size_t *member, size_t runs,
                            const page_column *column, size_t n, size_t c)
{
    const record *first = &p->run[member[0]];
    fprintf(p->out,
            "<div class=wide><table class=num><caption><b>%s</b></caption>"
            "<thead><tr><th>layer</th>",
            column[c].about);
    put_columns(p, column, n, true, first, NULL);
    for (size_t i = 0; i < runs; i++) {
        fputs("<th>", p->out);
        page_chip(p, member[i]);
        fputs("</th>", p->out);
    }
    fputs("</tr></thead><tbody>\n", p->out);
    for (size_t l = 0; l < first->layers; l++) {
        if (!any_value(p, &column[c], 1, member, runs, l))
            continue;
        begin_row(p, first, l);
        put_columns(p, column, n, true, first, &l);
        for (size_t i = 0; i < runs; i++)
            put_value(p, &column[c], &p->run[member[i]], l);
        fputs("</tr>\n", p->out);
    }
    fputs("</tbody></table></div>\n", p->out);
}

void page_layer_tables(const page *p, const page_column *column, size_t n)
{
    size_t member[PAGE_RUNS];
    for (size_t first = 0; first < p->runs; first++) {
        size_t runs = page_group(p, first, member);
        if (runs == 0)
            continue;
        page_group_title(p, first);
        fputs("<div class=tables>\n", p->out);
        if (runs == 1)
            table_of_run(p, first, column, n);
        for (size_t c = 0; c < n && runs > 1; c++)
            if (!column[c].shared)
                table_of_column(p, member, runs, column, n, c);
        fputs("</div>\n", p->out);
    }
}

static bool allocate(page *p)
{
    p->longest = 1;
    for (size_t r = 0; r < p->runs; r++)
        if (p->run[r].epochs > p->longest)
            p->longest = p->run[r].epochs;
    p->values = calloc(p->longest, PAGE_LINES * sizeof *p->values);
    p->texts = calloc(PAGE_RUNS, sizeof *p->texts);
    return p->values && p->texts;
}

static void release(page *p)
{
    free(p->values);
    free(p->texts);
    p->values = NULL;
    p->texts = NULL;
}

bool page_write(page *p)
{
    if (!allocate(p)) {
        release(p);
        return false;
    }
    fputs("<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
          "<meta name=viewport content=\"width=device-width\">\n<title>",
          p->out);
    for (size_t r = 0; r < p->runs; r++) {
        fputs(r ? ", " : "", p->out);
        html_text(p->out, last_part(p->run[r].path));
    }
    fputs(" \xe2\x80\x93 SpikeGrad</title>\n", p->out);
    page_style(p->out);
    fputs("</head>\n<body>\n", p->out);
    page_runs(p);
    page_summary(p);
    page_learning(p);
    page_classes(p);
    page_operations(p);
    page_energies(p);
    page_layers(p);
    page_histograms(p);
    page_settings(p);
    fprintf(p->out, "<footer>spikegrad %s report</footer>\n</body>\n</html>\n",
            sg_version());
    release(p);
    return true;
}
