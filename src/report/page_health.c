/* Layers that took no part in the last epoch, by name. */
#include "report/health.h"
#include "report/html.h"
#include "report/page.h"

static void put_layer(const page *p, size_t run, size_t l, layer_health h)
{
    const record *r = &p->run[run];
    char text[PAGE_LAYER];
    fputs("<li>", p->out);
    if (p->runs > 1)
        page_chip(p, run);
    fprintf(p->out, " <b>%s (", page_layer(l, text));
    html_text(p->out, r->layer[l].name);
    fprintf(p->out, ") is %s</b> in the last epoch: ", health_word(h));
    html_text(p->out, health_text(h));
    fputs("</li>\n", p->out);
}

void page_health(const page *p)
{
    bool any = false;
    for (size_t i = 0; i < p->runs; i++) {
        const record *r = &p->run[i];
        const record_sums *m = &r->epoch[r->epochs - 1].train;
        for (size_t l = 0; l < r->layers && m->layer; l++) {
            layer_health h =
                health_of(&m->layer[l], m->samples, m->correct,
                          r->layer[l].neurons, l + 1 == r->layers);
            if (h == HEALTH_WELL || !record_has_weights(r, l))
                continue;
            fputs(any ? "" : "<ul class=health>\n", p->out);
            any = true;
            put_layer(p, i, l, h);
        }
    }
    fputs(any ? "</ul>\n" : "", p->out);
}
