/* Convolution: NCk[sS][pP], N channels, k x k, stride S (1), padding P (0),
 * each a number for both directions or HxW. */
#include "layers/text.h"
#include "layers/window.h"

static sg_status read(const char *item, sg__layer *layer, bool *mine,
                      sg_error *error)
{
    const char *p = item;
    const uint32_t channels = sg__text_number(&p);
    *mine = p > item && sg__text_word(&p, "C");
    if (!*mine)
        return SG_OK;
    sg_status status = sg__window_channels(channels, "channels", layer, error);
    return status == SG_OK ? sg__window_read(p, layer, error) : status;
}

static sg_status fit(sg__layer *layers, size_t n, sg_error *error)
{
    return sg__kind_window(&layers[n], error);
}

const sg__kind sg__kind_convolution = {
    .id = SG_LAYER_CONV,
    .name = "convolution",
    .notation = "NCk[sS][pP]",
    .synaptic = true,
    .spatial = true,
    .window = true,
    .read = read,
    .fit = fit,
};
