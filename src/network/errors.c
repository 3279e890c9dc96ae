/* The way of error charge down the network: in which units it arrives, at what
 * threshold it is fired, and how large it can be.
 *
 * The error charge U of a sender's neurons is in units of 2^-unit of the true
 * gradient times alpha. What synaptic layer l sends down has the unit
 * theta_bits + gain_bits; a unit that is larger is finer. Where several ways
 * of charge meet at a sender, all are shifted to the finest unit. */
#include "network/errors.h"

#include "base/status.h"
#include "core/rules.h"
#include "core/spike_cost.h"

enum {
    SHIFTS = 3 /* weights leave room for this much of them wherever phi is */
};

/* More than any charge may come to; sums of these do not overflow. */
#define TOO_MUCH (INT64_C(1) << 40)

/* By sender: of the error charge at its neurons. */
typedef struct descent {
    sg_network *net;
    int unit[SG_LAYERS_MAX + 1];
    int64_t bound[SG_LAYERS_MAX + 1]; /* its largest value */
} descent;

/* How many charges of single layers can meet in a neuron of a sender, with
 * `meeting` the same for the senders above. */
static int64_t count_meeting(const sg_network *net, size_t sender,
                             const int64_t *meeting)
{
    int64_t sum = 0;
    for (size_t r = sender; r < net->layer_count; r++) {
        if (sg__hears(net, r, sender))
            sum += net->layer[r].synaptic ? 1 : meeting[r + 1];
        if (sg__adds(net, r, sender))
            sum += meeting[r + 1];
    }
    return sum;
}

/* Whether any charge comes to a sender but from layer l. */
static bool has_others(const sg_network *net, size_t sender, size_t l)
{
    for (size_t r = sender; r < net->layer_count; r++)
        if (r != l && (sg__hears(net, r, sender) || sg__adds(net, r, sender)))
            return true;
    return false;
}

/* Whether other charge can join that of synaptic layer l on its way down. */
static bool is_joined(const sg_network *net, size_t l)
{
    size_t sender = net->layer[l].from;
    if (has_others(net, sender, l))
        return true;
    for (; sender > 0 && !net->layer[sender - 1].synaptic;
         sender = net->layer[sender - 1].from)
        if (net->layer[sender - 1].kind->id == SG_LAYER_ADD)
            return true;
    return false;
}

int64_t sg__errors_share(const sg_network *net, size_t l)
{
    int64_t meeting[SG_LAYERS_MAX + 1] = {0}, most = 1;
    if (!is_joined(net, l))
        return 1;
    for (size_t s = net->layer_count; s-- > 1;) {
        meeting[s] = count_meeting(net, s, meeting);
        most = meeting[s] > most ? meeting[s] : most;
    }
    return most << SHIFTS;
}

static int64_t shifted(int64_t bound, int shift)
{
    if (shift > 31 || bound > TOO_MUCH >> shift)
        return TOO_MUCH;
    return bound << shift;
}

/* Unit of the charge that layer r hands to the sender it hears. */
static int unit_of(const descent *d, size_t r)
{
    const sg__layer *layer = &d->net->layer[r];
    if (layer->synaptic)
        return layer->theta_bits + layer->gain_bits;
    return d->unit[r + 1] +
           (layer->kind->error_bits ? layer->kind->error_bits(layer) : 0);
}

/* The charges that meet at the neurons of a sender. Only layers with weights
 * and additions share one. */
static void join(descent *d, size_t sender)
{
    sg_network *net = d->net;
    int unit = INT32_MIN;
    int64_t bound = 0;
    for (size_t r = sender; r < net->layer_count; r++) {
        if (sg__hears(net, r, sender) && unit_of(d, r) > unit)
            unit = unit_of(d, r);
        if (sg__adds(net, r, sender) && d->unit[r + 1] > unit)
            unit = d->unit[r + 1];
    }
    for (size_t r = sender; r < net->layer_count; r++) {
        sg__layer *layer = &net->layer[r];
        if (sg__hears(net, r, sender) && layer->synaptic) {
            layer->error_shift = unit - unit_of(d, r);
            bound += shifted(sg__fan_out(&layer->geo) * SG__ERROR_CAP *
                                 layer->weight_limit,
                             layer->error_shift);
        } else if (sg__hears(net, r, sender)) {
            bound += d->bound[r + 1];
        }
        if (sg__adds(net, r, sender)) {
            layer->skip_shift = unit - d->unit[r + 1];
            bound += shifted(d->bound[r + 1], layer->skip_shift);
        }
    }
    d->unit[sender] = unit;
    d->bound[sender] = bound < TOO_MUCH ? bound : TOO_MUCH;
    for (size_t r = sender; r < net->layer_count; r++)
        if (sg__hears(net, r, sender) && net->layer[r].synaptic)
            net->layer[r].error_bound = d->bound[sender];
}

static sg_status check_bound(const descent *d, size_t sender, sg_error *error)
{
    const sg_network *net = d->net;
    int apart = 0;
    if (d->bound[sender] <= SG__CHARGE_ROOM)
        return SG_OK;
    for (size_t r = sender; r < net->layer_count; r++) {
        const sg__layer *layer = &net->layer[r];
        if (sg__hears(net, r, sender) && layer->error_shift > apart)
            apart = layer->error_shift;
        if (sg__adds(net, r, sender) && layer->skip_shift > apart)
            apart = layer->skip_shift;
    }
    return sg__fail(error, SG_E_BOUND,
                    "layer %zu (%s): there, error charges in units 2^%d "
                    "apart are added, and could overflow 32 bits; expected "
                    "phi = auto:1, or values that bring them nearer",
                    sender - 1, net->layer[sender - 1].name, apart);
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

const sg__layer *sg__errors_next(const sg_network *net, size_t l)
{
    size_t sender = l + 1;
    for (size_t r = sender; r < net->layer_count; r++) {
        if (!sg__hears(net, r, sender) && !sg__adds(net, r, sender))
            continue;
        if (net->layer[r].synaptic)
            return &net->layer[r];
        sender = r + 1;
    }
    return &net->layer[net->layer_count - 1];
}

/* phi_bits of hidden layer l as the recipe says. The start of "auto" with
 * additions: Phi = Theta makes all units the same. */
static int recipe_bits(const sg_network *net, size_t l, int phi_log2)
{
    bool adds = false;
    for (size_t r = 0; r < net->layer_count; r++)
        adds |= net->layer[r].kind->id == SG_LAYER_ADD;
    if (adds && sg__recipe_phi_state(&net->recipe))
        return net->layer[l].theta_bits;
    const sg__layer *above = sg__errors_next(net, l);
    return above->theta_bits + above->error_shift + phi_log2;
}

/* Phi of layer l and the error gain that follows. */
static sg_status fire_at(const descent *d, size_t l, int bits, sg_error *error)
{
    sg__layer *layer = &d->net->layer[l];
    sg_status status = set_phi(d->net, l, bits, error);
    layer->gain_bits = d->unit[l + 1] - layer->phi_bits;
    return status;
}

sg_status sg__errors_descend(sg_network *net, const int *phi_bits,
                             bool bounded, sg_error *error)
{
    descent d = {.net = net};
    int phi_log2[SG_LAYERS_MAX] = {0};
    const size_t lowest = sg__lowest_synaptic(net);
    size_t hidden = 0;
    for (size_t l = 0; l < net->layer_count; l++)
        hidden += net->layer[l].synaptic && !net->layer[l].output;
    sg_status status =
        phi_bits ? SG_OK
                 : sg__recipe_phi_bits(&net->recipe, hidden, phi_log2, error);
    for (size_t l = net->layer_count; status == SG_OK && l-- > lowest;) {
        sg__layer *layer = &net->layer[l];
        if (layer->output) {
            layer->phi_bits = 16; /* its error is in units of 2^-16, Phi = 1 */
            layer->gain_bits = 0;
            continue;
        }
        join(&d, l + 1);
        if (bounded)
            status = check_bound(&d, l + 1, error);
        if (status == SG_OK && layer->synaptic) {
            hidden--;
            status = fire_at(&d, l,
                             phi_bits ? phi_bits[hidden]
                                      : recipe_bits(net, l, phi_log2[hidden]),
                             error);
        }
    }
    return status;
}

int32_t sg__spike_cost_of(const sg_network *net, size_t l)
{
    const sg_recipe *r = &net->recipe;
    const sg__layer *layer = &net->layer[l];
    if (r->spike_cost_ppm == 0 || layer->output)
        return 0;
    return sg__spike_cost_each(r->spike_cost_ppm, layer->phi_bits, layer->cap,
                               r->spike_cost_from);
}

bool sg__pays_by_pool(const sg_network *net, size_t l)
{
    return l + 1 < net->layer_count &&
           net->layer[l + 1].kind->id == SG_LAYER_POOL_MAX;
}
