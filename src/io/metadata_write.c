/* Metadata of checkpoints, written. Numbers are decimal; text is
 * percent-encoded where it is not printable ASCII, because JSON holds UTF-8
 * only and the name of a folder may be any bytes. */
#include "io/metadata_keys.h"

#ifdef SPIKEGRAD_FILES

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/classnames.h"
#include "io/metadata.h"
#include "network/topology.h"

enum { DIGITS = 20 }; /* of the largest uint64_t */

/* Each returns 0, or -1 if there is no memory. */

static int put(json_t *object, const char *key, const char *value)
{
    return json_object_set_new(object, key, json_string(value));
}

static int put_number(json_t *object, const char *key, uint64_t value)
{
    char text[DIGITS + 1];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return put(object, key, text);
}

/* Text that is printable, and without `also`; three times its bytes are
 * enough. Returns its end. */
static char *encode(char *to, const char *value, char also)
{
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        if (c < 0x20 || c > 0x7e || c == '%' || *value == also)
            to += sprintf(to, "%%%02X", c);
        else
            *to++ = *value;
    }
    *to = '\0';
    return to;
}

static int put_text(json_t *object, const char *key, const char *value)
{
    char text[3 * SG__TEXT_SIZE];
    encode(text, value, '%');
    return put(object, key, text);
}

/* Names of classes with commas between them; only where there are some. */
static int put_names(json_t *object, const sg_network *net)
{
    if (!net->class_name)
        return 0;
    char *text = malloc(SG__CLASS_NAMES_TEXT);
    if (!text)
        return -1;
    char *to = text;
    for (uint32_t k = 0; k < net->classes; k++) {
        if (k > 0)
            *to++ = ',';
        to = encode(to, net->class_name[k], ',');
    }
    int failed = put(object, SG__KEY_NAMES, text);
    free(text);
    return failed;
}

/* Weights of classes, num/den, with commas between them; where there are some,
 * and their mean. */
static int put_weights(json_t *object, const sg_network *net)
{
    if (!net->class_weight)
        return 0;
    char *text = malloc((size_t)net->classes * 2 * (DIGITS + 1) + 1);
    if (!text)
        return -1;
    char *to = text;
    for (uint32_t k = 0; k < net->classes; k++)
        to += sprintf(to, "%s%" PRId32 "/%" PRId32, k > 0 ? "," : "",
                      net->class_weight[k].num, net->class_weight[k].den);
    int failed = put(object, SG__KEY_WEIGHTS, text);
    free(text);
    return failed ? failed
                  : put_number(object, SG__KEY_MEAN, net->weight_mean);
}

static int put_recipe(json_t *object, const sg_recipe *recipe)
{
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    int failed = 0;
    for (size_t i = 0; !failed && i < count; i++) {
        char key[SG__KEY_SIZE], value[SG__TEXT_SIZE];
        snprintf(key, sizeof key, "recipe.%s", option[i].name);
        failed = sg_recipe_get(recipe, option[i].name, value, sizeof value) !=
                     SG_OK ||
                 put_text(object, key, value);
    }
    return failed ? -1 : 0;
}

static int put_shape(json_t *object, const sg_network *net)
{
    char text[3 * (DIGITS + 1)];
    snprintf(text, sizeof text, "%" PRIu32 "x%" PRIu32 "x%" PRIu32,
             net->input.height, net->input.width, net->input.channels);
    return put(object, "input", text);
}

/* Which number of a layer a key lists. */
typedef enum list { THETA_BITS, ROW_NORM, PHI_BITS } list;

static int number_of(const sg__layer *layer, list of)
{
    return of == THETA_BITS ? layer->theta_bits
           : of == ROW_NORM ? layer->row_norm
                            : layer->phi_bits;
}

/* A number of each layer with weights, or of the hidden ones among them. */
static int put_list(json_t *object, const char *key, const sg_network *net,
                    list of)
{
    char text[SG_LAYERS_MAX * (DIGITS + 1)] = "";
    char *to = text;
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        if (layer->synaptic && (of == THETA_BITS || !layer->output))
            to += sprintf(to, "%s%d", to == text ? "" : ",",
                          number_of(layer, of));
    }
    return put(object, key, text);
}

static int put_thresholds(json_t *object, const sg_network *net)
{
    int failed = put_list(object, "theta_bits", net, THETA_BITS);
    if (!failed && net->recipe.standardise)
        failed = put_list(object, "row_norm", net, ROW_NORM);
    if (!failed && sg__recipe_phi_state(&net->recipe))
        failed = put_list(object, "phi_bits", net, PHI_BITS);
    return failed;
}

/* "samples,correct,loss_q20;spikes,active,...;..." with one group a layer. */
static int put_metrics(json_t *object, const sg_metrics *train)
{
    size_t numbers = 3 + train->layers * SG__ACTIVITIES;
    char *text = malloc(numbers * (DIGITS + 1) + 1);
    if (!text)
        return -1;
    char *to = text;
    to += sprintf(to, "%" PRIu64 ",%" PRIu64 ",%" PRIu64, train->samples,
                  train->correct, train->loss_q20);
    for (size_t l = 0; l < train->layers; l++) {
        const char *layer = (const char *)&train->layer[l];
        for (size_t i = 0; i < SG__ACTIVITIES; i++) {
            uint64_t value;
            memcpy(&value, layer + sg__activities[i], sizeof value);
            to += sprintf(to, "%c%" PRIu64, i == 0 ? ';' : ',', value);
        }
    }
    int failed = put(object, "train", text);
    free(text);
    return failed;
}

/* Networks that no data made have none. */
static int put_data_hash(json_t *object, const sg_network *net)
{
    return net->data_hash ? put_number(object, SG__KEY_HASH, net->data_hash)
                          : 0;
}

/* Only where it is not the schedule's. */
static int put_rate(json_t *object, const sg_network *net)
{
    const int32_t slower = net->run.slower_ppm;
    return slower
               ? put_number(object, SG__KEY_RATE, 1000000 - (uint64_t)slower)
               : 0;
}

/* Only where there is one: a run of the recipe's epochs has no such key. */
static int put_plan(json_t *object, const sg_network *net)
{
    return net->run.planned
               ? put_number(object, SG__KEY_PLAN, net->run.planned)
               : 0;
}

struct json_t *sg__metadata_write(const sg_network *net)
{
    json_t *object = json_object();
    if (put(object, "format", SG__FORMAT_NAME) == 0 &&
        put(object, "format_version", SG__FORMAT_VERSION) == 0 &&
        put(object, "version", SG_VERSION) == 0 &&
        put(object, SG__CHECKSUM_KEY, SG__CHECKSUM_BLANK) == 0 &&
        put_recipe(object, &net->recipe) == 0 && put_shape(object, net) == 0 &&
        put_number(object, "classes", net->classes) == 0 &&
        put_thresholds(object, net) == 0 &&
        put_text(object, "data", net->data) == 0 &&
        put_names(object, net) == 0 && put_weights(object, net) == 0 &&
        put_number(object, "data_size", net->data_size) == 0 &&
        put_data_hash(object, net) == 0 &&
        put_number(object, "step", net->run.step) == 0 &&
        put_number(object, "epoch", net->run.epoch) == 0 &&
        put_number(object, "batch", net->run.batch) == 0 &&
        put_plan(object, net) == 0 && put_rate(object, net) == 0 &&
        put_metrics(object, &net->run.train) == 0)
        return object;
    json_decref(object);
    return NULL;
}

#endif
