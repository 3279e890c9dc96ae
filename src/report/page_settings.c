/* The recipes of the runs, side by side. Runs with the same value stand
 * together, so that what differs is short to read. */
#include <string.h>

#include "report/html.h"
#include "report/page.h"

typedef struct setting {
    char text[PAGE_RUNS][SG_RECIPE_TEXT];
} setting;

static bool differs(const setting *s, size_t runs)
{
    for (size_t r = 1; r < runs; r++)
        if (strcmp(s->text[r], s->text[0]) != 0)
            return true;
    return false;
}

static void put_setting(const page *p, const char *name, const setting *s)
{
    bool marked = differs(s, p->runs), done[PAGE_RUNS] = {false};
    fprintf(p->out, "<tr%s><th>%s%s</th><td>", marked ? " class=differs" : "",
            name, marked ? " \xe2\x89\xa0" : "");
    for (size_t r = 0; r < p->runs; r++) {
        if (done[r])
            continue;
        fputs("<span class=v>", p->out);
        for (size_t same = r; same < p->runs; same++) {
            if (strcmp(s->text[same], s->text[r]) != 0)
                continue;
            done[same] = true;
            if (marked)
                page_chip(p, same);
        }
        fputc(' ', p->out);
        html_text(p->out, s->text[r]);
        fputs("</span> ", p->out);
    }
    fputs("</td></tr>\n", p->out);
}

void page_settings(const page *p)
{
    size_t count;
    setting s;
    const sg_recipe_option *option = sg_recipe_options(&count);
    page_section(p, "Settings",
                 p->runs > 1
                     ? "Recipe of each run; \xe2\x89\xa0 marks what differs."
                     : "The recipe of the run.",
                 false);
    fputs("<table class=set><tbody>\n", p->out);
    for (size_t r = 0; r < p->runs; r++)
        snprintf(s.text[r], sizeof s.text[r], "%s", p->run[r].data);
    put_setting(p, "data", &s);
    for (size_t i = 0; i < count; i++) {
        bool known = true;
        for (size_t r = 0; r < p->runs; r++)
            known &= sg_recipe_get(p->run[r].recipe, option[i].name, s.text[r],
                                   sizeof s.text[r]) == SG_OK;
        if (known)
            put_setting(p, option[i].name, &s);
    }
    fputs("</tbody></table>\n", p->out);
    page_end(p);
}
