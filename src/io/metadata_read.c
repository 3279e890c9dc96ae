/* Metadata of checkpoints, read, strictly, and given to a network. */
#include "io/metadata_keys.h"

#ifdef SPIKEGRAD_FILES

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/classnames.h"
#include "base/status.h"
#include "io/metadata.h"
#include "network/class_weights.h"
#include "network/topology.h"

typedef struct reader {
    const sg__safetensors *file;
    const char *name;
    sg_error *error;
} reader;

static sg_status unexpected(const reader *from, const char *key,
                            const char *expected)
{
    const char *value = sg__safetensors_metadata(from->file, key);
    if (!value)
        return sg__fail(from->error, SG_E_FORMAT,
                        "%s: metadata '%s' is missing", from->name, key);
    return sg__fail(from->error, SG_E_FORMAT,
                    "%s: metadata '%s' is '%.60s', expected %s", from->name,
                    key, value, expected);
}

/* Steps over a decimal number of at most max; false if there is none. */
static bool scan(const char **text, uint64_t max, uint64_t *value)
{
    const char *start = *text;
    *value = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        uint64_t digit = (uint64_t)(**text - '0');
        if (digit > max || *value > (max - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return *text != start;
}

/* As scan, with a character that must follow; '\0' is not stepped over. */
static bool scan_until(const char **text, char end, uint64_t max,
                       uint64_t *value)
{
    if (!scan(text, max, value) || **text != end)
        return false;
    *text += end != '\0';
    return true;
}

static sg_status get_number(const reader *from, const char *key, uint64_t max,
                            uint64_t *value)
{
    const char *text = sg__safetensors_metadata(from->file, key);
    if (text && scan_until(&text, '\0', max, value))
        return SG_OK;
    char expected[48];
    snprintf(expected, sizeof expected, "0..%" PRIu64, max);
    return unexpected(from, key, expected);
}

static sg_status get_number32(const reader *from, const char *key,
                              uint32_t *value)
{
    uint64_t wide = 0;
    sg_status status = get_number(from, key, UINT32_MAX, &wide);
    *value = (uint32_t)wide;
    return status;
}

static int hex(char c)
{
    const char *digits = "0123456789ABCDEF";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* A byte that is written as %XX; 0 if it is not one. */
static int coded(const char *text)
{
    int high = hex(text[1]), low = high < 0 ? -1 : hex(text[2]);
    return low < 0 ? 0 : high * 16 + low;
}

/* Undoes put_text; size bytes of out. */
static sg_status get_text(const reader *from, const char *key, char *out,
                          size_t size)
{
    const char *text = sg__safetensors_metadata(from->file, key);
    size_t n = 0;
    for (; text && *text && n + 1 < size; text++) {
        out[n] = *text;
        if (*text == '%') {
            int code = coded(text);
            if (code == 0)
                return unexpected(from, key, "%XX to be a byte in hex");
            /* memcpy: what a byte above 127 is as a char depends on the host */
            memcpy(&out[n], &(unsigned char){(unsigned char)code}, 1);
            text += 2;
        }
        n++;
    }
    if (!text || *text)
        return unexpected(from, key, "a shorter text");
    out[n] = '\0';
    return SG_OK;
}

/* The names of classes that a text has, in one block. SG_E_FORMAT unless it
 * has as many, each of which is one; SG_E_MEMORY. */
static sg_status decode_names(const char *text, uint32_t classes, char ***out,
                              sg_error *error)
{
    const size_t length = strlen(text);
    sg_status status = SG_OK;
    if (length >= SG__CLASS_NAMES_TEXT || classes < 1 || classes > length)
        return sg__fail(error, SG_E_FORMAT, "%zu bytes", length);
    char *bytes = malloc(length + 1), *to = bytes;
    const char **name = malloc(classes * sizeof *name);
    uint32_t count = 1;
    if (!bytes || !name) {
        free(name);
        free(bytes);
        return sg__fail(error, SG_E_MEMORY, "out of memory");
    }
    name[0] = bytes;
    for (; !status && *text; text++) {
        int code = *text == '%' ? coded(text) : (unsigned char)*text;
        if (code == 0 || (*text == ',' && count == classes)) {
            status = sg__fail(error, SG_E_FORMAT, "at '%.20s'", text);
            break;
        }
        memcpy(to, &(unsigned char){(unsigned char)code}, 1);
        if (*text == ',') {
            *to = '\0';
            name[count++] = to + 1;
        }
        to++;
        text += *text == '%' ? 2 : 0;
    }
    if (!status) {
        *to = '\0';
        status = count == classes
                     ? sg__class_names_check(name, classes, "it", error)
                     : sg__fail(error, SG_E_FORMAT, "%u names", count);
        status = status ? SG_E_FORMAT : SG_OK;
    }
    if (!status) {
        *out = sg__class_names_copy(name, classes);
        status = *out ? SG_OK : sg__fail(error, SG_E_MEMORY, "out of memory");
    }
    free(name);
    free(bytes);
    return status;
}

/* Data without names have none. */
static sg_status get_names(const reader *from, sg__saved *out)
{
    sg_error reason = {""};
    char **names = NULL;
    out->class_names = sg__safetensors_metadata(from->file, SG__KEY_NAMES);
    if (!out->class_names)
        return SG_OK;
    sg_status status =
        decode_names(out->class_names, out->classes, &names, &reason);
    free(names);
    if (status == SG_E_MEMORY)
        return sg__fail(from->error, status, "%s: out of memory", from->name);
    return status
               ? sg__fail(from->error, status,
                          "%s: metadata '%s': %.100s, expected the names "
                          "of %u classes, with commas between them",
                          from->name, SG__KEY_NAMES, reason.text, out->classes)
               : SG_OK;
}

static sg_status get_format(const reader *from)
{
    const char *format = sg__safetensors_metadata(from->file, "format");
    const char *version =
        sg__safetensors_metadata(from->file, "format_version");
    if (!format || strcmp(format, SG__FORMAT_NAME) != 0)
        return sg__fail(from->error, SG_E_FORMAT,
                        "%s: a safetensors file of something else: metadata "
                        "'format' is %s%.40s, expected spikegrad",
                        from->name, format ? "" : "missing",
                        format ? format : "");
    if (!version || strcmp(version, SG__FORMAT_VERSION) != 0)
        return unexpected(from, "format_version", "'1'");
    if (!sg__safetensors_metadata(from->file, "version"))
        return unexpected(from, "version", "a version");
    return SG_OK;
}

/* Read when the network is made, which knows how many there are. */
static sg_status get_weights(const reader *from, sg__saved *out)
{
    out->class_weights = NULL;
    if (!sg__class_weights_wanted(&out->recipe))
        return SG_OK;
    out->class_weights = sg__safetensors_metadata(from->file, SG__KEY_WEIGHTS);
    if (!out->class_weights)
        return unexpected(from, SG__KEY_WEIGHTS, "weights");
    return get_number32(from, SG__KEY_MEAN, &out->weight_mean);
}

static sg_status apply_weights(const sg__saved *saved, sg_network *net,
                               sg_error *error)
{
    const char *text = saved->class_weights;
    sg__ratio *weight = calloc(net->classes, sizeof *weight);
    if (!weight)
        return sg__fail(error, SG_E_MEMORY, "out of memory");
    sg_status status = SG_OK;
    for (uint32_t k = 0; status == SG_OK && k < net->classes; k++) {
        const char end = k + 1 < net->classes ? ',' : '\0';
        uint64_t num, den;
        if (scan_until(&text, '/', INT32_MAX, &num) &&
            scan_until(&text, end, INT32_MAX, &den))
            weight[k] = (sg__ratio){(int32_t)num, (int32_t)den};
        else
            status = SG_E_RANGE;
    }
    if (status == SG_OK)
        status = sg__class_weights_set(net, weight, saved->weight_mean);
    free(weight);
    if (status == SG_E_RANGE)
        sg__fail(error, status,
                 "metadata '%s' at '%.20s' and mean %" PRIu32
                 ", expected for each of %" PRIu32
                 " classes N/D, at most 1, and a mean of 1..2^24",
                 SG__KEY_WEIGHTS, text, saved->weight_mean, net->classes);
    return status;
}

static sg_status get_recipe(const reader *from, sg_recipe *recipe)
{
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    sg__recipe_init(recipe);
    for (size_t i = 0; i < count; i++) {
        char key[SG__KEY_SIZE], value[SG__TEXT_SIZE];
        snprintf(key, sizeof key, "recipe.%s", option[i].name);
        if (sg__recipe_is_later(i) &&
            !sg__safetensors_metadata(from->file, key))
            continue;
        sg_status status = get_text(from, key, value, sizeof value);
        if (status != SG_OK)
            return status;
        sg_error reason = {""};
        if (sg_recipe_set(recipe, option[i].name, value, &reason) != SG_OK)
            return sg__fail(from->error, SG_E_FORMAT,
                            "%s: metadata '%s': %.160s", from->name, key,
                            reason.text);
    }
    return SG_OK;
}

static sg_status get_shape(const reader *from, sg_shape *shape)
{
    const char *text = sg__safetensors_metadata(from->file, "input");
    uint64_t height, width, channels;
    if (!text || !scan_until(&text, 'x', SG__CHANNELS_MAX, &height) ||
        !scan_until(&text, 'x', SG__CHANNELS_MAX, &width) ||
        !scan_until(&text, '\0', SG__CHANNELS_MAX, &channels))
        return unexpected(from, "input", "a shape like 28x28x1");
    *shape = (sg_shape){(uint32_t)height, (uint32_t)width, (uint32_t)channels};
    return SG_OK;
}

/* Numbers up to max, separated by commas. */
static sg_status get_list(const reader *from, const char *key, uint64_t max,
                          int *values, size_t *count)
{
    const char *text = sg__safetensors_metadata(from->file, key);
    bool more = text != NULL;
    *count = 0;
    if (text && *text == '\0') /* a network without such layers */
        return SG_OK;
    while (more) {
        uint64_t value;
        if (*count == SG_LAYERS_MAX || !scan(&text, max, &value))
            break;
        values[(*count)++] = (int)value;
        if (*text == '\0')
            return SG_OK;
        more = *text++ == ',';
    }
    return unexpected(from, key, "numbers like 13,16,15");
}

static sg_status get_thresholds(const reader *from, sg__saved *out)
{
    sg_status status =
        get_list(from, "theta_bits", 31, out->theta_bits, &out->thresholds);
    out->row_norms = out->phis = 0;
    if (status == SG_OK && out->recipe.standardise)
        status = get_list(from, "row_norm", INT32_MAX, out->row_norm,
                          &out->row_norms);
    for (size_t i = 0; i < out->row_norms; i++)
        if (out->row_norm[i] < 1) /* rates are divided by it */
            return unexpected(from, "row_norm", "norms of at least 1");
    if (status == SG_OK && sg__recipe_phi_state(&out->recipe))
        status = get_list(from, "phi_bits", SG__PHI_BITS_MAX, out->phi_bits,
                          &out->phis);
    return status;
}

static sg_status get_metrics(const reader *from, sg_metrics *train)
{
    const char *text = sg__safetensors_metadata(from->file, "train");
    memset(train, 0, sizeof *train);
    if (!text || !scan_until(&text, ',', UINT64_MAX, &train->samples) ||
        !scan_until(&text, ',', UINT64_MAX, &train->correct) ||
        !scan(&text, UINT64_MAX, &train->loss_q20))
        return unexpected(from, "train", "samples,correct,loss");
    while (*text) {
        if (train->layers == SG_LAYERS_MAX)
            return unexpected(from, "train", "fewer layers");
        char *layer = (char *)&train->layer[train->layers++];
        for (size_t i = 0; i < SG__ACTIVITIES; i++) {
            uint64_t value;
            if (*text++ != (i == 0 ? ';' : ',') ||
                !scan(&text, UINT64_MAX, &value))
                return unexpected(from, "train", "8 numbers a layer");
            memcpy(layer + sg__activities[i], &value, sizeof value);
        }
    }
    return SG_OK;
}

/* Files from before there were plans have none. */
static sg_status get_plan(const reader *from, sg__saved *out)
{
    uint64_t planned = 0;
    if (!sg__safetensors_metadata(from->file, SG__KEY_PLAN))
        return SG_OK;
    sg_status status =
        get_number(from, SG__KEY_PLAN, (uint64_t)out->recipe.epochs, &planned);
    out->run.planned = (uint32_t)planned;
    if (status == SG_OK && planned == 0)
        return unexpected(from, SG__KEY_PLAN, "at least 1");
    return status;
}

/* Of runs whose rate nobody has scaled there is none. */
static sg_status get_rate(const reader *from, sg__saved *out)
{
    uint64_t ppm = 1000000;
    out->run.slower_ppm = 0;
    if (!sg__safetensors_metadata(from->file, SG__KEY_RATE))
        return SG_OK;
    sg_status status = get_number(from, SG__KEY_RATE, 1000000, &ppm);
    out->run.slower_ppm = 1000000 - (int32_t)ppm;
    return status;
}

/* Files from before there were hashes have none. */
static sg_status get_data_hash(const reader *from, sg__saved *out)
{
    out->data_hash = 0;
    if (!sg__safetensors_metadata(from->file, SG__KEY_HASH))
        return SG_OK;
    return get_number(from, SG__KEY_HASH, UINT64_MAX, &out->data_hash);
}

static sg_status get_run(const reader *from, sg__saved *out)
{
    out->run.planned = 0;
    sg_status status = get_number(from, "step", UINT64_MAX, &out->run.step);
    if (status == SG_OK)
        status = get_number32(from, "epoch", &out->run.epoch);
    if (status == SG_OK)
        status = get_number32(from, "batch", &out->run.batch);
    if (status == SG_OK)
        status = get_plan(from, out);
    if (status == SG_OK)
        status = get_rate(from, out);
    if (status != SG_OK)
        return status;

    uint64_t size = (uint64_t)out->recipe.batch;
    uint64_t batches = (out->data_size + size - 1) / size;
    uint32_t planned = out->run.planned;
    uint64_t epochs = planned ? planned : (uint64_t)out->recipe.epochs;
    if (out->run.epoch > epochs)
        return unexpected(from, "epoch",
                          planned ? "at most planned_epochs"
                                  : "at most recipe.epochs");
    if (out->run.batch > 0 &&
        (out->run.batch >= batches || out->run.epoch == epochs))
        return unexpected(from, "batch", "fewer than the rest of the run has");
    if (out->run.step != out->run.epoch * batches + out->run.batch)
        return unexpected(from, "step", "the steps of its epochs and batches");
    return SG_OK;
}

sg_status sg__metadata_read(const sg__safetensors *file, const char *name,
                            sg__saved *out, sg_error *error)
{
    const reader from = {file, name, error};
    sg_status status = get_format(&from);
    if (status == SG_OK)
        status = get_recipe(&from, &out->recipe);
    if (status == SG_OK)
        status = get_shape(&from, &out->input);
    if (status == SG_OK)
        status = get_number32(&from, "classes", &out->classes);
    if (status == SG_OK)
        status = get_thresholds(&from, out);
    if (status == SG_OK)
        status = get_text(&from, "data", out->data, sizeof out->data);
    if (status == SG_OK)
        status = get_names(&from, out);
    if (status == SG_OK)
        status = get_weights(&from, out);
    if (status == SG_OK)
        status = get_number32(&from, "data_size", &out->data_size);
    if (status == SG_OK)
        status = get_data_hash(&from, out);
    if (status == SG_OK)
        status = get_run(&from, out);
    if (status == SG_OK)
        status = get_metrics(&from, &out->run.train);
    return status;
}

static sg_status check_list(const char *name, const char *key, size_t count,
                            size_t expected, sg_error *error)
{
    if (count == expected)
        return SG_OK;
    return sg__fail(error, SG_E_FORMAT,
                    "%s: metadata '%s' has %zu values, expected %zu, one for "
                    "each%s layer with weights",
                    name, key, count, expected,
                    strcmp(key, "theta_bits") == 0 ? "" : " hidden");
}

sg_status sg__saved_check(const sg__saved *saved, size_t synaptic,
                          const char *name, sg_error *error)
{
    size_t hidden = synaptic - 1;
    bool found = sg__recipe_phi_state(&saved->recipe);
    sg_status status =
        check_list(name, "theta_bits", saved->thresholds, synaptic, error);
    if (status == SG_OK)
        status = check_list(name, "row_norm", saved->row_norms,
                            saved->recipe.standardise ? hidden : 0, error);
    if (status == SG_OK)
        status = check_list(name, "phi_bits", saved->phis, found ? hidden : 0,
                            error);
    return status;
}

sg_status sg__saved_apply(const sg__saved *saved, sg_network *net,
                          sg_error *error)
{
    size_t i = 0;
    for (size_t l = 0; l < net->layer_count; l++) {
        sg__layer *layer = &net->layer[l];
        if (!layer->synaptic || layer->output)
            continue;
        if (saved->row_norms)
            layer->row_norm = saved->row_norm[i];
        i++;
    }
    sg_status status = SG_OK;
    if (saved->class_names)
        status = decode_names(saved->class_names, net->classes,
                              &net->class_name, error);
    if (status == SG_OK && saved->class_weights)
        status = apply_weights(saved, net, error);
    if (status == SG_OK && saved->phis)
        status = sg__network_set_phi(net, saved->phi_bits, error);
    return status;
}

#endif
