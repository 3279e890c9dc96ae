/* "none", "hidden", or numbers and ranges of them, "0-3,5". Layers without
 * weights may be among them and mean nothing. */
#include "network/freeze.h"

#include <inttypes.h>
#include <string.h>

#include "base/status.h"

/* A number of at most five digits; steps over it. */
static bool number(const char **text, size_t *out)
{
    const char *begin = *text;
    *out = 0;
    for (; **text >= '0' && **text <= '9' && *text - begin < 5; (*text)++)
        *out = *out * 10 + (size_t)(**text - '0');
    return *text != begin;
}

static sg_status misspelt(const sg_network *net, sg_error *error)
{
    return sg__fail(error, SG_E_RANGE,
                    "freeze: '%.60s', expected none, hidden, or layers "
                    "0..%zu as numbers and ranges, like 0-3,5",
                    net->recipe.freeze, net->layer_count - 1);
}

static void mark(sg_network *net, size_t first, size_t last)
{
    for (size_t l = first; l <= last; l++)
        net->layer[l].frozen = net->layer[l].synaptic;
}

static sg_status mark_listed(sg_network *net, sg_error *error)
{
    const char *p = net->recipe.freeze;
    for (;;) {
        size_t first, last;
        if (!number(&p, &first))
            return misspelt(net, error);
        last = first;
        if (*p == '-') {
            p++;
            if (!number(&p, &last))
                return misspelt(net, error);
        }
        if (first > last || last >= net->layer_count)
            return misspelt(net, error);
        mark(net, first, last);
        if (*p == '\0')
            return SG_OK;
        if (*p++ != ',')
            return misspelt(net, error);
    }
}

sg_status sg__freeze(sg_network *net, sg_error *error)
{
    size_t frozen = 0, learning = 0;
    sg_status status = SG_OK;
    if (strcmp(net->recipe.freeze, "none") == 0)
        return SG_OK;
    if (strcmp(net->recipe.freeze, "hidden") == 0)
        for (size_t l = 0; l + 1 < net->layer_count; l++)
            mark(net, l, l);
    else
        status = mark_listed(net, error);
    if (status != SG_OK)
        return status;
    for (size_t l = 0; l < net->layer_count; l++) {
        frozen += net->layer[l].frozen;
        learning += net->layer[l].synaptic && !net->layer[l].frozen;
    }
    if (learning == 0)
        return sg__fail(error, SG_E_RANGE,
                        "freeze: '%.60s' leaves no layer that learns",
                        net->recipe.freeze);
    if (frozen == 0 && strcmp(net->recipe.freeze, "hidden") != 0)
        return sg__fail(error, SG_E_RANGE,
                        "freeze: '%.60s' has no layer with weights",
                        net->recipe.freeze);
    return SG_OK;
}
