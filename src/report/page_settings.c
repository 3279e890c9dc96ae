/* The recipes of the runs, side by side. Runs with the same value stand
 * together, so that what differs is short to read. */
#include <string.h>

#include "report/html.h"
#include "report/page.h"

/* Whether the runs have different values of an option. */
static bool differs(const page *p)
{
    for (size_t r = 1; r < p->runs; r++)
        if (strcmp(p->texts[r], p->texts[0]) != 0)
            return true;
    return false;
}

static void put_setting(const page *p, const char *name)
{
    bool marked = differs(p), done[PAGE_RUNS] = {false};
    fprintf(p->out, "<tr%s><th>%s%s</th><td>", marked ? " class=differs" : "",
            name, marked ? " \xe2\x89\xa0" : "");
    for (size_t r = 0; r < p->runs; r++) {
        if (done[r])
            continue;
        fputs("<span class=v>", p->out);
        for (size_t same = r; same < p->runs; same++) {
            if (strcmp(p->texts[same], p->texts[r]) != 0)
                continue;
            done[same] = true;
            if (marked)
                page_chip(p, same);
        }
        fputc(' ', p->out);
        html_text(p->out, p->texts[r]);
        fputs("</span> ", p->out);
    }
    fputs("</td></tr>\n", p->out);
}

void page_settings(const page *p)
{
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    page_section(p, "Settings",
                 p->runs > 1
                     ? "Recipe of each run; \xe2\x89\xa0 marks what differs."
                     : "The recipe of the run.",
                 false);
    fputs("<table class=set><tbody>\n", p->out);
    for (size_t r = 0; r < p->runs; r++)
        snprintf(p->texts[r], sizeof p->texts[r], "%s", p->run[r].data);
    put_setting(p, "data");
    for (size_t i = 0; i < count; i++) {
        bool known = true;
        for (size_t r = 0; r < p->runs; r++)
            known &= sg_recipe_get(p->run[r].recipe, option[i].name,
                                   p->texts[r], sizeof p->texts[r]) == SG_OK;
        if (known)
            put_setting(p, option[i].name);
    }
    fputs("</tbody></table>\n", p->out);
    page_end(p);
}
