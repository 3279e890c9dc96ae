/* Which classes are taken for which: a matrix of few, of many the commonest
 * confusions and the classes that fare worst. */
#include "report/html.h"
#include "report/page.h"

enum { MATRIX_MAX = 20, WORST = 20 };

static void put_name(const page *p, const record *r, uint32_t k)
{
    const char *name = r->classes[k].name;
    fprintf(p->out, "%u", (unsigned)k);
    if (name) {
        fputs(" ", p->out);
        html_text(p->out, name);
    }
}

static double share(const record *r, uint32_t k)
{
    const record_class *c = &r->classes[k];
    return c->samples ? 100.0 * (double)c->correct / (double)c->samples : 0.0;
}

static uint64_t times(const record *r, uint32_t label, uint32_t taken)
{
    if (label == taken)
        return r->classes[label].correct;
    for (size_t i = 0; i < r->cells; i++)
        if (r->cell[i].label == label && r->cell[i].taken == taken)
            return r->cell[i].times;
    return 0;
}

static void put_matrix(const page *p, const record *r)
{
    char number[HTML_NUMBER];
    fputs("<div class=wide><table class=num><thead><tr><th>class</th>",
          p->out);
    for (uint32_t k = 0; k < r->class_count; k++)
        fprintf(p->out, "<th>%u</th>", (unsigned)k);
    fputs("<th>right, %</th></tr></thead><tbody>\n", p->out);
    for (uint32_t t = 0; t < r->class_count; t++) {
        fputs("<tr><th>", p->out);
        put_name(p, r, t);
        fputs("</th>", p->out);
        for (uint32_t k = 0; k < r->class_count; k++)
            fprintf(p->out, t == k ? "<td><b>%llu</b></td>" : "<td>%llu</td>",
                    (unsigned long long)times(r, t, k));
        fprintf(p->out, "<td>%s</td></tr>\n",
                html_percent(share(r, t), number));
    }
    fputs("</tbody></table></div>\n", p->out);
}

static void put_confused(const page *p, const record *r)
{
    fputs("<div class=wide><table class=num><caption><b>the commonest "
          "confusions</b></caption><thead><tr><th>class</th><th>taken "
          "for</th><th>times</th></tr></thead><tbody>\n",
          p->out);
    for (size_t i = 0; i < r->cells && i < WORST; i++) {
        fputs("<tr><th>", p->out);
        put_name(p, r, r->cell[i].label);
        fputs("</th><td>", p->out);
        put_name(p, r, r->cell[i].taken);
        fprintf(p->out, "</td><td>%llu</td></tr>\n",
                (unsigned long long)r->cell[i].times);
    }
    fputs("</tbody></table></div>\n", p->out);
}

/* The class that comes behind `last` in the order of shares, the lowest first,
 * ties by number; class_count if there is none. */
static uint32_t next_worst(const record *r, uint32_t last)
{
    const uint32_t none = r->class_count;
    uint32_t found = none;
    for (uint32_t k = 0; k < r->class_count; k++) {
        const double s = share(r, k);
        if (r->classes[k].samples == 0 ||
            (last != none &&
             (s < share(r, last) || (s == share(r, last) && k <= last))))
            continue;
        if (found == none || s < share(r, found))
            found = k;
    }
    return found;
}

static void put_worst(const page *p, const record *r)
{
    char number[HTML_NUMBER];
    uint32_t k = next_worst(r, r->class_count);
    fputs("<div class=wide><table class=num><caption><b>the classes that fare "
          "worst</b></caption><thead><tr><th>class</th><th>samples</th><th>"
          "right, %</th></tr></thead><tbody>\n",
          p->out);
    for (size_t i = 0; i < WORST && k < r->class_count; i++) {
        fputs("<tr><th>", p->out);
        put_name(p, r, k);
        fprintf(p->out, "</th><td>%llu</td><td>%s</td></tr>\n",
                (unsigned long long)r->classes[k].samples,
                html_percent(share(r, k), number));
        k = next_worst(r, k);
    }
    fputs("</tbody></table></div>\n", p->out);
}

void page_classes(const page *p)
{
    bool any = false;
    for (size_t i = 0; i < p->runs; i++)
        any |= p->run[i].class_count > 0;
    if (!any)
        return;
    page_section(p, "Classes",
                 "What the chosen model takes the samples of the test split "
                 "for. A row is a class, a column what it is taken for.",
                 false);
    for (size_t i = 0; i < p->runs; i++) {
        const record *r = &p->run[i];
        if (r->class_count == 0)
            continue;
        if (p->runs > 1) {
            fputs("<p>", p->out);
            page_chip(p, i);
            fputs("</p>\n", p->out);
        }
        fputs("<div class=tables>\n", p->out);
        if (r->class_count <= MATRIX_MAX) {
            put_matrix(p, r);
        } else {
            put_confused(p, r);
            put_worst(p, r);
        }
        fputs("</div>\n", p->out);
    }
    page_end(p);
}
