/* Lines over epochs; see curves.h. */
#include "report/curves.h"

#include <math.h>
#include <string.h>

void curves_chart(curves *k, const char *title, const char *about,
                  scale_kind kind)
{
    memset(&k->c, 0, sizeof k->c);
    k->c.title = title;
    k->c.about = about;
    k->c.kind = kind;
    k->c.low = k->c.high = k->c.mark = NAN;
}

double *curves_add(curves *k, size_t run, curve_fn of, size_t layer,
                   bool train, const char *label)
{
    const record *r = &k->p->run[run];
    double *y = k->p->values + k->c.lines * k->p->longest;
    for (size_t e = 0; e < r->epochs; e++)
        y[e] = of(r, train ? &r->epoch[e].train : &r->epoch[e].test, layer);
    k->c.line[k->c.lines++] =
        (chart_line){y, r->epochs, (int)run, false, label};
    return y;
}

void curves_choose(curves *k, scale_kind spread, double above)
{
    double low = k->c.mark;
    double high = low;
    chart_range(&k->c, &low, &high);
    if (spread == SCALE_LOG ? low > 0 && high > above * low : high > above)
        k->c.kind = spread;
}
