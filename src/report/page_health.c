/* Layers that took no part in the last epoch, and those of which channels shout,
 * by name. */
#include <inttypes.h>

#include "report/health.h"
#include "report/html.h"
#include "report/page.h"

static void begin_item(const page *p, size_t run, size_t l)
{
    char text[PAGE_LAYER];
    fputs("<li>", p->out);
    if (p->runs > 1)
        page_chip(p, run);
    fprintf(p->out, " <b>%s (", page_layer(l, text));
    html_text(p->out, p->run[run].layer[l].name);
}

static void put_layer(const page *p, size_t run, size_t l, layer_health h)
{
    begin_item(p, run, l);
    fprintf(p->out, ") is %s</b> in the last epoch: ", health_word(h));
    html_text(p->out, health_text(h));
    fputs("</li>\n", p->out);
}

static void put_channels(const page *p, size_t run, size_t l)
{
    const record_channel *c = &p->run[run].channel[l];
    begin_item(p, run, l);
    fprintf(p->out,
            ") has %" PRIu64 " channel%s that shout%s</b> in the last epoch; "
            "the loudest, %" PRIu64 ", sends %.1f spikes on average: ",
            c->loud, c->loud == 1 ? "" : "s", c->loud == 1 ? "s" : "",
            c->number, (double)c->spikes / (double)c->counts);
    html_text(p->out, health_loud_text());
    fputs("</li>\n", p->out);
}

static layer_health health_at(const record *r, const record_sums *m, size_t l)
{
    if (!record_has_weights(r, l))
        return HEALTH_WELL;
    const layer_health h = health_of(&m->layer[l], m->samples, m->correct,
                                     r->layer[l].neurons, l + 1 == r->layers);
    /* one that does not learn needs no errors */
    return h == HEALTH_ERRORLESS && record_is_frozen(r, l) ? HEALTH_WELL : h;
}

void page_health(const page *p)
{
    bool any = false;
    for (size_t i = 0; i < p->runs; i++) {
        const record *r = &p->run[i];
        const record_sums *m = &r->epoch[r->epochs - 1].train;
        for (size_t l = 0; l < r->layers && m->layer; l++) {
            const layer_health h = health_at(r, m, l);
            const bool ill = h != HEALTH_WELL;
            const bool loud = r->channel[l].counts && r->channel[l].loud;
            if (!any && (ill || loud))
                fputs("<ul class=health>\n", p->out);
            any |= ill || loud;
            if (ill)
                put_layer(p, i, l, h);
            if (loud)
                put_channels(p, i, l);
        }
    }
    fputs(any ? "</ul>\n" : "", p->out);
}
