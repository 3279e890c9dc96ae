/* Addition, Rk: passes on the spikes of the layer below it and those that
 * arrive at the k-th layer with weights below it: a residual block of k
 * layers. RkCm[sS][pP] sends the latter through a projection first, which
 * stands below it in the list of layers (layers/projection.c). */
#include <string.h>

#include "base/status.h"
#include "layers/text.h"
#include "layers/window.h"

static sg_status read(const char *item, sg__layer *layer, bool *mine,
                      sg_error *error)
{
    const char *p = item;
    *mine = sg__text_word(&p, "R");
    if (!*mine)
        return SG_OK;
    layer->skip = sg__text_number(&p);
    if (layer->skip < 1 || layer->skip > SG_LAYERS_MAX)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: '%s': expected a block of at least 1 layer",
                        layer->name);
    if (sg__text_word(&p, "C"))
        return sg__window_read(p, layer, error);
    layer->geo = sg__pointwise();
    if (*p != '\0')
        return sg__fail(error, SG_E_TOPOLOGY, "net: '%s': expected %s",
                        layer->name, layer->kind->notation);
    return SG_OK;
}

/* The projection takes the kernel and, for its fit, the k of the item; to the
 * addition itself a skip of 0 says that one leads. */
static bool lead(sg__layer *layer, sg__layer *before)
{
    const char *letter = strchr(layer->name, 'C');
    if (!letter)
        return false;
    before->kind = &sg__kind_projection;
    before->synaptic = true;
    before->geo = layer->geo;
    before->skip = layer->skip;
    layer->geo = sg__pointwise();
    layer->skip = 0;
    return true;
}

/* A projection has made sure of equal shapes. */
static sg_status fit(sg__layer *layers, size_t n, sg_error *error)
{
    sg__layer *layer = &layers[n];
    const size_t k = layer->skip;
    size_t arrival = 0;
    if (k == 0) {
        layer->skip = n - 1; /* what the projection stands on */
        return sg__kind_window(layer, error);
    }
    sg_status status = sg__kind_arrival(layers, n, k, &arrival, error);
    if (status != SG_OK)
        return status;
    const sg_shape *a = &layers[arrival].in, *b = &layer->in;
    layer->skip = layers[arrival].from;
    if (memcmp(a, b, sizeof *a) != 0)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: layer %zu (%s): %ux%ux%u, which arrives at "
                        "layer %zu (%s), cannot be added to %ux%ux%u, "
                        "expected equal shapes, or a projection like "
                        "R%zuC1s2",
                        n, layer->name, a->height, a->width, a->channels,
                        arrival, layers[arrival].name, b->height, b->width,
                        b->channels, k);
    return sg__kind_window(layer, error);
}

static sg_status bound(sg__layer *layer, size_t n, int32_t with_cap,
                       int32_t *cap, sg_error *error)
{
    *cap = layer->in_cap + with_cap;
    if (*cap > UINT8_MAX)
        return sg__fail(error, SG_E_BOUND,
                        "layer %zu (%s): added counts reach %d, more than a "
                        "byte holds; expected a lower count-cap or "
                        "input-levels, or fewer additions in a row",
                        n, layer->name, *cap);
    return SG_OK;
}

static void forward(const sg__passage *p, int32_t *charge, uint8_t *out)
{
    const size_t n = sg__outputs(&p->layer->geo);
    (void)charge;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(p->in[i] + p->with[i]);
}

/* What goes to the second sender is the engine's to keep. */
static int32_t *backward(const sg__passage *p, int32_t *u, int32_t *to)
{
    (void)p, (void)to;
    return u;
}

static void arrive(sg__units *units, const sg__outlet *out, uint32_t j,
                   int sign)
{
    (void)units;
    out->emit(out, j, sign);
}

static void route(const sg__units *units, const sg__drain *drain, size_t first,
                  sg__charge u)
{
    drain->receive(drain, units->net->from, first, u);
    u.shift += units->net->skip_shift;
    drain->receive(drain, units->net->skip, first, u);
}

const sg__kind sg__kind_addition = {
    .id = SG_LAYER_ADD,
    .name = "addition",
    .notation = "Rk[Cm[sS][pP]]",
    .read = read,
    .lead = lead,
    .fit = fit,
    .bound = bound,
    .forward = forward,
    .backward = backward,
    .arrive = arrive,
    .route = route,
};
