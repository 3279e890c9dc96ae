/* The way of error charge down the network: in which units it arrives, at what
 * threshold it is fired, and how large it can be.
 *
 * The error charge U of a layer's neurons is in units of 2^-unit of the true
 * gradient times alpha. What synaptic layer l sends down has the unit
 * theta_bits + gain_bits; a unit that is larger is finer. Where additions make
 * several charges meet, all are shifted to the finest unit. */
#include "network/errors.h"

#include "base/status.h"
#include "core/rules.h"

enum {
    SHIFTS = 3 /* weights leave room for this much of them wherever phi is */
};

/* More than any charge may come to; sums of these do not overflow. */
#define TOO_MUCH (INT64_C(1) << 40)

typedef struct descent {
    sg_network *net;
    int unit[SG_LAYERS_MAX];      /* of error charge at a layer's neurons */
    int64_t bound[SG_LAYERS_MAX]; /* its largest value */
} descent;

/* How many charges of single layers can meet in one of a neuron below layer
 * l, with `from` the same for the layers above. */
static int64_t count_meeting(const sg_network *net, size_t l,
                             const int64_t *from)
{
    int64_t sum = 1;
    for (size_t r = l + 1; r < net->layer_count; r++)
        if (sg__adds_at(net, r, l))
            sum += from[r];
    return sum;
}

/* Whether other charge can join that of synaptic layer l on its way down. */
static bool is_joined(const sg_network *net, size_t l)
{
    for (size_t r = l + 1; r < net->layer_count; r++)
        if (sg__adds_at(net, r, l))
            return true;
    while (l-- > 0 && !net->layer[l].synaptic)
        if (net->layer[l].kind == SG_LAYER_ADD)
            return true;
    return false;
}

int64_t sg__errors_share(const sg_network *net, size_t l)
{
    int64_t meeting[SG_LAYERS_MAX] = {0}, most = 1;
    if (!is_joined(net, l))
        return 1;
    for (size_t i = net->layer_count; i-- > 1;) {
        meeting[i - 1] = net->layer[i].synaptic
                             ? count_meeting(net, i, meeting)
                             : meeting[i];
        most = meeting[i - 1] > most ? meeting[i - 1] : most;
    }
    return most << SHIFTS;
}

static int64_t shifted(int64_t bound, int shift)
{
    if (shift > 31 || bound > TOO_MUCH >> shift)
        return TOO_MUCH;
    return bound << shift;
}

/* The charges that meet at the neurons below synaptic layer l: its own and
 * those of additions. */
static void join(descent *d, size_t l)
{
    sg_network *net = d->net;
    sg__layer *layer = &net->layer[l];
    const int own = layer->theta_bits + layer->gain_bits;
    int unit = own;
    for (size_t r = l + 1; r < net->layer_count; r++)
        if (sg__adds_at(net, r, l) && d->unit[r] > unit)
            unit = d->unit[r];
    layer->error_shift = unit - own;
    int64_t bound =
        shifted(sg__fan_out(&layer->geo) * SG__ERROR_CAP * layer->weight_limit,
                layer->error_shift);
    for (size_t r = l + 1; r < net->layer_count; r++)
        if (sg__adds_at(net, r, l)) {
            net->layer[r].skip_shift = unit - d->unit[r];
            bound += shifted(d->bound[r], net->layer[r].skip_shift);
        }
    layer->error_bound = bound < TOO_MUCH ? bound : TOO_MUCH;
    d->unit[l - 1] = unit;
    d->bound[l - 1] = layer->error_bound;
}

static sg_status check_bound(const sg_network *net, size_t l, sg_error *error)
{
    const sg__layer *layer = &net->layer[l];
    int apart = layer->error_shift;
    if (layer->error_bound <= SG__CHARGE_ROOM)
        return SG_OK;
    for (size_t r = l + 1; r < net->layer_count; r++)
        if (sg__adds_at(net, r, l) && net->layer[r].skip_shift > apart)
            apart = net->layer[r].skip_shift;
    return sg__fail(error, SG_E_BOUND,
                    "layer %zu (%s): below it, error charges in units 2^%d "
                    "apart are added, and could overflow 32 bits; expected "
                    "phi = auto:1, or values that bring them nearer",
                    l, layer->name, apart);
}

static sg_status set_phi(sg_network *net, size_t l, int bits, sg_error *error)
{
    sg__layer *layer = &net->layer[l];
    layer->phi_bits = bits;
    if (bits < 1 || bits > SG__PHI_BITS_MAX)
        return sg__fail(error, SG_E_RANGE,
                        "layer %zu (%s): error threshold 2^%d weight units, "
                        "expected 2^1..2^%d: choose another phi",
                        l, layer->name, bits, SG__PHI_BITS_MAX);
    return SG_OK;
}

/* phi_bits of hidden layer l as the recipe says. The start of "auto" with
 * additions: Phi = Theta makes all units the same. */
static int recipe_bits(const sg_network *net, size_t l, int phi_log2)
{
    int share;
    size_t next = l + 1;
    bool adds = false;
    for (size_t r = 0; r < net->layer_count; r++)
        adds |= net->layer[r].kind == SG_LAYER_ADD;
    if (adds && sg__recipe_phi_auto(&net->recipe, &share))
        return net->layer[l].theta_bits;
    while (!net->layer[next].synaptic)
        next++;
    const sg__layer *above = &net->layer[next];
    return above->theta_bits + above->error_shift + phi_log2;
}

/* Average pools route errors whole, not divided by k*k. */
static int pool_gain(const sg__layer *layer)
{
    const uint32_t k = layer->geo.kernel_h;
    int bits = 0;
    if (layer->kind == SG_LAYER_POOL_AVERAGE)
        while (1u << bits < k * k)
            bits++;
    return bits;
}

sg_status sg__errors_descend(sg_network *net, const int *phi_bits,
                             bool bounded, sg_error *error)
{
    descent d = {.net = net};
    int phi_log2[SG_LAYERS_MAX] = {0};
    size_t lowest = sg__lowest_synaptic(net), hidden = 0;
    for (size_t l = 0; l < net->layer_count; l++)
        hidden += net->layer[l].synaptic && !net->layer[l].output;
    sg_status status =
        phi_bits ? SG_OK
                 : sg__recipe_phi_bits(&net->recipe, hidden, phi_log2, error);
    for (size_t l = net->layer_count; status == SG_OK && l-- > lowest;) {
        sg__layer *layer = &net->layer[l];
        if (!layer->synaptic) {
            d.unit[l - 1] = d.unit[l] + pool_gain(layer);
            d.bound[l - 1] = d.bound[l];
            continue;
        }
        if (layer->output) {
            layer->phi_bits = 16; /* its error is in units of 2^-16, Phi = 1 */
            layer->gain_bits = 0;
        } else {
            hidden--;
            status = set_phi(net, l,
                             phi_bits ? phi_bits[hidden]
                                      : recipe_bits(net, l, phi_log2[hidden]),
                             error);
            layer->gain_bits = d.unit[l] - layer->phi_bits;
        }
        if (l > lowest)
            join(&d, l);
        if (bounded && status == SG_OK && l > lowest)
            status = check_bound(net, l, error);
    }
    return status;
}
