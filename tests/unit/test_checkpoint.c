/* The bytes of a checkpoint: what is written comes back, damage is found, and
 * content that lies is refused with a line that says where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checkpoint_sample.h"

#ifdef SPIKEGRAD_FILES

#include <jansson.h>

#include "io/checkpoint.h"
#include "io/checksum.h"
#include "io/safetensors.h"

typedef struct image {
    uint8_t *bytes;
    size_t size;
} image;

static image serialise(const sg_network *net)
{
    image file;
    assert_int_equal(sg__checkpoint_serialise(net, "test", &file.bytes,
                                              &file.size, NULL),
                     SG_OK);
    return file;
}

/* The file of a network, which is destroyed. */
static image file_of(sg_network *net)
{
    assert_non_null(net);
    image file = serialise(net);
    sg_network_destroy(net);
    return file;
}

static image sample(const char *weight_bits)
{
    return file_of(sample_network(weight_bits));
}

/* Parses; the status, and the detail in error. */
static sg_status parse(const uint8_t *bytes, size_t size, sg_error *error)
{
    sg_network *net;
    sg_status status = sg__checkpoint_parse(bytes, size, "F", &net, error);
    assert_true((net != NULL) == (status == SG_OK));
    sg_network_destroy(net);
    return status;
}

static void assert_refused(const uint8_t *bytes, size_t size,
                           const char *expected)
{
    sg_error error = {""};
    assert_int_equal(parse(bytes, size, &error), SG_E_FORMAT);
    if (strncmp(error.text, "F: ", 3) != 0 || !strstr(error.text, expected))
        fail_msg("'%s' does not say '%s'", error.text, expected);
    for (const char *p = error.text; *p; p++)
        assert_in_range(*p, ' ', '~');
}

/* ---- what is saved comes back ---- */

static void assert_same_layer(const sg__layer *a, const sg__layer *b)
{
    size_t n = a->weights, channels = a->geo.out_c;
    assert_int_equal(a->theta_bits, b->theta_bits);
    if (!a->synaptic)
        return;
    assert_memory_equal(a->weight, b->weight, n * (size_t)a->weight_bits / 8);
    assert_memory_equal(a->master, b->master, n * sizeof *a->master);
    assert_memory_equal(a->velocity, b->velocity, n * sizeof *a->velocity);
    assert_memory_equal(a->bias, b->bias, channels * sizeof *a->bias);
    assert_memory_equal(a->bias_master, b->bias_master,
                        channels * sizeof *a->bias_master);
    assert_memory_equal(a->bias_velocity, b->bias_velocity,
                        channels * sizeof *a->bias_velocity);
    assert_int_equal(a->standardised, b->standardised);
    if (!a->standardised)
        return;
    assert_int_equal(a->row_norm, b->row_norm);
    assert_int_equal(a->phi_bits, b->phi_bits);
    assert_memory_equal(a->gain, b->gain, channels * sizeof *a->gain);
    assert_memory_equal(a->gain_velocity, b->gain_velocity,
                        channels * sizeof *a->gain_velocity);
}

/* Takes the network. */
static void round_trip(sg_network *net)
{
    sg_network *back;
    assert_non_null(net);
    image first = serialise(net);
    assert_int_equal(sg__checkpoint_parse(first.bytes, first.size, "F", &back,
                                          NULL),
                     SG_OK);
    assert_int_equal(back->recipe.weight_bits, net->recipe.weight_bits);
    assert_int_equal(back->layer_count, net->layer_count);
    for (size_t l = 0; l < net->layer_count; l++)
        assert_same_layer(&net->layer[l], &back->layer[l]);
    assert_string_equal(back->data, net->data);
    assert_int_equal(back->data_size, net->data_size);
    assert_true(back->data_hash == UINT64_MAX - 1);
    assert_int_equal(back->run.step, 19);
    assert_int_equal(back->run.epoch, 2);
    assert_int_equal(back->run.batch, 3);
    assert_memory_equal(&back->run.train, &net->run.train,
                        sizeof net->run.train);

    image second = serialise(back);
    assert_int_equal(second.size, first.size);
    assert_memory_equal(second.bytes, first.bytes, first.size);
    free(first.bytes);
    free(second.bytes);
    sg_network_destroy(net);
    sg_network_destroy(back);
}

static void test_round_trip(void **state)
{
    (void)state;
    round_trip(sample_network("8"));
    round_trip(sample_network("16"));
    round_trip(sample_standardised("8"));
    round_trip(sample_standardised("16"));
}

static void test_values(void **state)
{
    (void)state;
    const int64_t low[] = {INT8_MIN, 0, INT16_MIN, INT32_MIN, INT64_MIN};
    const int64_t high[] = {INT8_MAX, UINT8_MAX, INT16_MAX, INT32_MAX,
                            INT64_MAX};
    for (int d = SG__DTYPE_I8; d <= SG__DTYPE_I64; d++) {
        const int64_t values[] = {low[d], high[d], 1, 0, low[d] ? -1 : 2};
        uint8_t bytes[48] = {0};
        sg__tensor tensor = {.dtype = (sg__dtype)d, .offset = 3, .count = 5};
        for (size_t i = 0; i < 5; i++)
            sg__tensor_put(bytes, &tensor, i, values[i]);
        for (size_t i = 0; i < 5; i++)
            assert_int_equal(sg__tensor_get(bytes, &tensor, i), values[i]);
    }
}

/* ---- damage ---- */

static void test_bit_flips(void **state)
{
    (void)state;
    image file = sample("8");
    sg_error error;
    for (size_t bit = 0; bit < 8 * file.size; bit++) {
        uint8_t mask = (uint8_t)(1u << (bit % 8));
        file.bytes[bit / 8] ^= mask;
        if (parse(file.bytes, file.size, &error) != SG_E_FORMAT)
            fail_msg("bit %zu of %zu", bit, 8 * file.size);
        file.bytes[bit / 8] ^= mask;
    }
    assert_int_equal(parse(file.bytes, file.size, &error), SG_OK);
    file.bytes[file.size - 1] ^= 1;
    assert_refused(file.bytes, file.size, "damaged");
    free(file.bytes);
}

static void test_lengths(void **state)
{
    (void)state;
    image file = sample("16");
    for (size_t size = 0; size < file.size; size++) {
        /* a copy of its own, so that reading past its end is seen */
        uint8_t *part = malloc(size + 1);
        assert_non_null(part);
        memcpy(part, file.bytes, size);
        uint8_t *exact = realloc(part, size ? size : 1);
        assert_non_null(exact);
        sg_error error;
        if (parse(exact, size, &error) != SG_E_FORMAT)
            fail_msg("accepted the first %zu bytes", size);
        free(exact);
    }
    uint8_t *longer = calloc(file.size + 1, 1);
    assert_non_null(longer);
    memcpy(longer, file.bytes, file.size);
    assert_refused(longer, file.size + 1, "the end of the file");
    free(longer);
    free(file.bytes);
}

/* ---- lies, told with the right checksum ---- */

static size_t header_length(const image *file)
{
    size_t length;
    assert_int_equal(sg__safetensors_header(file->bytes, file->size, "F",
                                            &length, NULL),
                     SG_OK);
    return length;
}

/* A file with this header and the values of file, sealed. */
static image with_header(const image *file, const char *text)
{
    size_t old = 8 + header_length(file), length = strlen(text);
    image out = {NULL, file->size - old + 8 + length};
    out.bytes = calloc(out.size, 1);
    assert_non_null(out.bytes);
    out.bytes[0] = (uint8_t)(length & 0xff);
    out.bytes[1] = (uint8_t)(length >> 8 & 0xff);
    out.bytes[2] = (uint8_t)(length >> 16 & 0xff);
    memcpy(out.bytes + 8, text, length);
    memcpy(out.bytes + 8 + length, file->bytes + old, file->size - old);
    assert_int_equal(sg__checksum_seal(out.bytes, out.size, "F", NULL), SG_OK);
    return out;
}

static json_t *header_of(const image *file)
{
    json_t *header = json_loadb((const char *)file->bytes + 8,
                                header_length(file), 0, NULL);
    assert_non_null(header);
    return header;
}

/* Takes the header. */
static image rebuilt(const image *file, json_t *header)
{
    char *text = json_dumps(header, JSON_COMPACT | JSON_SORT_KEYS);
    assert_non_null(text);
    image out = with_header(file, text);
    free(text);
    json_decref(header);
    return out;
}

/* Takes the file. key_2 may be NULL. */
static void check_two(image file, const char *key, const char *value,
                      const char *key_2, const char *value_2,
                      const char *expected)
{
    json_t *header = header_of(&file);
    json_t *metadata = json_object_get(header, "__metadata__");
    assert_int_equal(json_object_set_new(metadata, key, json_string(value)),
                     0);
    if (key_2)
        assert_int_equal(json_object_set_new(metadata, key_2,
                                             json_string(value_2)),
                         0);
    image lie = rebuilt(&file, header);
    if (expected)
        assert_refused(lie.bytes, lie.size, expected);
    else
        assert_int_equal(parse(lie.bytes, lie.size, NULL), SG_OK);
    free(lie.bytes);
    free(file.bytes);
}

static void check_metadata(image file, const char *key, const char *value,
                           const char *expected)
{
    check_two(file, key, value, NULL, NULL, expected);
}

/* Names are read before anything says how many there may be. */
static void test_names_and_plans(void **state)
{
    char many[2000];
    (void)state;
    for (size_t i = 0; i < sizeof many; i++)
        many[i] = i % 2 ? ',' : 'a';
    many[sizeof many - 1] = '\0';
    check_two(sample("16"), "classes", "0", "class_names", many,
              "'class_names'");
    check_two(sample("16"), "classes", "2", "class_names", many,
              "'class_names'");
    check_two(sample("16"), "classes", "2", "class_names", "a,b", NULL);
    check_two(sample("16"), "recipe.epochs", "5", "planned_epochs", "9",
              "expected 0..5");
}

static void test_metadata(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *expected; /* NULL: accepted */
    } cases[] = {
        {"note", "unknown keys are passed over", NULL},
        {"format", "pt", "something else: metadata 'format' is pt"},
        {"format_version", "2", "'format_version' is '2', expected '1'"},
        {"input", "6x6", "'input' is '6x6'"},
        {"input", "6x6x1x", "'input'"},
        {"input", "6x6x99999999999999999999", "'input'"},
        {"input", "65535x65535x65535", "F: net: "},
        {"input", "0x6x1", "F: net: "},
        {"input", "6x6x0", "F: net: images of 6x6x0"},
        {"input", "9x6x1", "layer.2.weight_master': dimension 1"},
        {"classes", "3", "F: net: the last layer has 2"},
        {"classes", "4294967296", "expected 0..4294967295"},
        {"classes", "-1", "'classes' is '-1'"},
        {"theta_bits", "8,7", "has 2 values, expected 3"},
        {"theta_bits", "8,7,9,9", "has 4 values, expected 3"},
        {"theta_bits", "8,7,9,", "'theta_bits'"},
        {"theta_bits", "31,7,9", "F: layer 0 (2C3): threshold 2^31"},
        {"theta_bits", "", "'theta_bits'"},
        {"data", "%0", "'data'"},
        {"data", "%00", "'data'"},
        {"data_size", "36", NULL},
        {"data_size", "0", "'batch'"},
        {"data_size", "5", "'batch'"},
        {"data_hash", "0", NULL},
        {"data_hash", "18446744073709551616", "'data_hash'"},
        {"data_hash", "ff", "'data_hash'"},
        {"step", "20", "'step' is '20'"},
        {"step", "18446744073709551616", "'step'"},
        {"step", "\x1b[2J\n\xc3\xbc", "'step' is '\\x1b[2J\\n"},
        {"epoch", "13", "at most recipe.epochs"},
        {"epoch", "12", "'batch'"},
        {"planned_epochs", "3", NULL},
        {"planned_epochs", "2", "'batch'"},
        {"planned_epochs", "1", "at most planned_epochs"},
        {"planned_epochs", "0", "at least 1"},
        {"planned_epochs", "13", "expected 0..12"},
        {"planned_epochs", "many", "'planned_epochs'"},
        {"batch", "8", "'batch'"},
        {"train", "1,2", "'train'"},
        {"train", "1,2,3;", "'train'"},
        {"train", "1,2,3;1,2,3,4,5,6,7,8,9", "'train'"},
        {"train", "1,2,3", NULL},
        {"train", "1,2,3;1,2,3,4,5,6,7,8", "has 1 layers, expected 0 or 4"},
        {"recipe.batch", "0", "metadata 'recipe.batch'"},
        {"recipe.seed", "x", "metadata 'recipe.seed'"},
        {"recipe.weight-bits", "8", "dtype I16, expected I8"},
        {"recipe.net", "2C3-P2max-4-2", "dimension 0 is 3, expected 4"},
        {"recipe.net", "2C3-P2max-9999-9999-2", "dimension 0 is 3"},
        {"recipe.net", "3-3-3-2", "4 dimensions, expected 2"},
        {"recipe.net", "2C3-P2max-3-2-2", "'layer.4.weight_master' is miss"},
        {"recipe.net", "\n", "net: "},
        {"recipe.phi", "1,2,3", "F: phi: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_metadata(sample("16"), cases[i].key, cases[i].value,
                       cases[i].expected);
}

static void test_metadata_of_rows(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *expected; /* NULL: accepted */
    } cases[] = {
        {"row_norm", "5000", "has 1 values, expected 2"},
        {"row_norm", "5000,5002,1", "has 3 values, expected 2"},
        {"row_norm", "0,5002", "norms of at least 1"},
        {"row_norm", "5000,0", "norms of at least 1"},
        {"row_norm", "5000,-1", "'row_norm'"},
        {"row_norm", "5000,2147483648", "'row_norm'"},
        {"row_norm", "", "'row_norm'"},
        {"row_norm", "5000,9000", "its rounded master"},
        {"phi_bits", "4,9", NULL},
        {"phi_bits", "5", "has 1 values, expected 2"},
        {"phi_bits", "5,25", "'phi_bits'"},
        {"phi_bits", "5,0", "phi"},
        {"phi_bits", "-5,3", "'phi_bits'"},
        {"recipe.standardise", "off", "does not belong"},
        {"recipe.gain-limit", "17", "metadata 'recipe.gain-limit'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_metadata(file_of(sample_standardised("16")), cases[i].key,
                       cases[i].value, cases[i].expected);
}

/* What the sums of a row have no room for. */
static void test_rows_out_of_range(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        sg_network *net = sample_standardised("8");
        assert_non_null(net);
        const int32_t sign = k % 2 ? -1 : 1;
        if (k < 2)
            net->layer[0].gain[1] = sign * ((16 << SG__GAIN_BITS) + 1);
        else
            net->layer[2].master[4] = sign * (SG__ROW_LIMIT + 1);
        image file = file_of(net);
        assert_refused(file.bytes, file.size, "is out of range");
        free(file.bytes);
    }
}

/* Each key of the metadata is needed. */
static void assert_loads(const uint8_t *bytes, size_t size)
{
    sg_network *net;
    assert_int_equal(sg__checkpoint_parse(bytes, size, "file", &net, NULL),
                     SG_OK);
    sg_network_destroy(net);
}

/* Options that came after the first files. */
static bool may_be_missing(const char *key)
{
    static const char *const newer[] = {
        "recipe.input",           "recipe.standardise",
        "recipe.gain-limit",      "recipe.readout-rate",
        "recipe.bias-rate",       "recipe.clip",
        "recipe.spike-limit",     "recipe.weight-decay",
        "recipe.holdout",         "recipe.rate-steps",
        "recipe.master-bits",     "recipe.rate",
        "recipe.freeze",          "data_hash",
        "recipe.class-weights",   "recipe.spike-cost",
        "recipe.spike-cost-from", "recipe.margin",
        "recipe.balance"};
    for (size_t i = 0; i < sizeof newer / sizeof newer[0]; i++)
        if (strcmp(key, newer[i]) == 0)
            return true;
    return false;
}

static void test_missing_key(void **state)
{
    (void)state;
    image file = sample("16");
    json_t *header = header_of(&file);
    json_t *metadata = json_object_get(header, "__metadata__");
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value)
    {
        if (strcmp(key, "checksum") == 0)
            continue; /* nothing to seal */
        json_t *less = json_deep_copy(header);
        json_object_del(json_object_get(less, "__metadata__"), key);
        image lie = rebuilt(&file, less);
        char expected[80];
        snprintf(expected, sizeof expected, "metadata '%s' is missing", key);
        if (may_be_missing(key))
            assert_loads(lie.bytes, lie.size);
        else
            assert_refused(lie.bytes, lie.size, expected);
        free(lie.bytes);
    }
    json_decref(header);
    free(file.bytes);
}

/* Sets one field of one tensor to JSON; NULL removes the field. */
static void check_tensor(const char *tensor, const char *field,
                         const char *value, const char *expected)
{
    image file = sample("16");
    json_t *header = header_of(&file);
    json_t *entry = json_object_get(header, tensor);
    assert_non_null(entry);
    if (value)
        assert_int_equal(json_object_set_new(entry, field,
                                             json_loads(value, JSON_DECODE_ANY,
                                                        NULL)),
                         0);
    else
        assert_int_equal(json_object_del(entry, field), 0);
    image lie = rebuilt(&file, header);
    assert_refused(lie.bytes, lie.size, expected);
    free(lie.bytes);
    free(file.bytes);
}

static void test_tensors(void **state)
{
    (void)state;
    static const struct {
        const char *tensor, *field, *value, *expected;
    } cases[] = {
        {"layer.0.bias", "dtype", "\"F32\"", "dtype: expected"},
        {"layer.0.bias", "dtype", "7", "dtype: expected"},
        {"layer.0.bias", "dtype", "\"I16\"", "8 bytes, expected 2 values"},
        {"layer.0.bias", "dtype", NULL, "expected {dtype"},
        {"layer.0.bias", "more", "1", "expected {dtype"},
        {"layer.0.bias", "shape", "2", "shape: expected an array"},
        {"layer.0.bias", "shape", "[-2]", "shape: expected whole"},
        {"layer.0.bias", "shape", "[2.0]", "shape: expected whole"},
        {"layer.0.bias", "shape", "[3]", "8 bytes, expected 3 values"},
        {"layer.0.bias", "shape", "[1,2]", "2 dimensions, expected 1"},
        {"layer.0.bias", "shape", "[1,1,1,1,1,1,1,1,2]", "at most 8"},
        {"layer.0.bias", "shape", "[4294967296,4294967296,2]", "more values"},
        {"layer.0.bias", "shape", "[0,9223372036854775807]", "0 values"},
        {"layer.0.weight", "shape", "[2,3,1,3]", "dimension 2 is 1"},
        {"layer.0.bias", "data_offsets", "[0]", "two integers"},
        {"layer.0.bias", "data_offsets", "{}", "two integers"},
        {"layer.0.bias", "data_offsets", "[0,1,2]", "two integers"},
        {"layer.0.bias", "data_offsets", "[8,0]", "to lie within"},
        {"layer.0.bias", "data_offsets", "[-8,0]", "to lie within"},
        {"layer.0.bias", "data_offsets", "[0,9223372036854775807]",
         "to lie within"},
        {"layer.0.bias", "data_offsets", "[0,8]", "starts at data byte"},
        {"layer.0.bias", "data_offsets", "[1,9]", "starts at data byte"},
        {"__metadata__", "key", "7", "metadata 'key': expected a string"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_tensor(cases[i].tensor, cases[i].field, cases[i].value,
                     cases[i].expected);
}

/* Each tensor is needed, under its name, and none besides. */
static void test_tensor_names(void **state)
{
    (void)state;
    image file = sample("8");
    json_t *header = header_of(&file);
    const char *key;
    json_t *value;
    json_object_foreach(header, key, value)
    {
        if (strcmp(key, "__metadata__") == 0)
            continue;
        json_t *other = json_deep_copy(header);
        json_object_set(other, "layer.1.\n", json_object_get(other, key));
        json_object_del(other, key);
        image lie = rebuilt(&file, other);
        char expected[80];
        snprintf(expected, sizeof expected, "tensor '%s' is missing", key);
        assert_refused(lie.bytes, lie.size, expected);
        free(lie.bytes);
    }
    json_t *empty = json_loads("{\"dtype\":\"U8\",\"shape\":[0],"
                               "\"data_offsets\":[0,0]}",
                               0, NULL);
    assert_int_equal(json_object_set_new(header, "\x7f\n", empty), 0);
    image lie = rebuilt(&file, header);
    assert_refused(lie.bytes, lie.size, "'\\x7f\\n' does not belong");
    free(lie.bytes);
    free(file.bytes);
}

static void test_bad_json(void **state)
{
    (void)state;
#define BLANK "\"checksum\":\"0000000000000000\""
    static const struct {
        const char *header, *expected;
    } cases[] = {
        {"{" BLANK, "bad JSON"},
        {"{\"a\":{},\"a\":{}," BLANK "}", "bad JSON: duplicate"},
        {"{" BLANK "} x", "bad JSON"},
        {"{\"\\u0000\":1," BLANK "}", "bad JSON"},
        {"{\"\xff\":1," BLANK "}", "bad JSON"},
        {"{" BLANK "}", "tensor 'checksum': expected {"},
        {"{\"__metadata__\":[{" BLANK "}]}", "__metadata__: expected an"},
        {"{\"b\":{" BLANK "},\"a\":1}", "tensor 'b': expected {"},
        {"{\"x\": {" BLANK "}}", "tensor 'x': expected {"},
        {"{\"x\":{" BLANK "}}\t", "tensor 'x': expected {"},
        {"{\"x\":{" BLANK "}}", "tensor 'x': expected {"},
    };
    image file = sample("8");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        image lie = with_header(&file, cases[i].header);
        assert_refused(lie.bytes, lie.size, cases[i].expected);
        free(lie.bytes);
    }
    /* nested beyond what a recursive parser should follow */
    size_t size = 100000;
    char *deep = malloc(size + 1);
    assert_non_null(deep);
    snprintf(deep, size, "{" BLANK ",\"x\":");
    memset(deep + strlen(deep), '[', size - strlen(deep));
    deep[size] = '\0';
    image lie = with_header(&file, deep);
    assert_refused(lie.bytes, lie.size, "bad JSON");
    free(lie.bytes);
    free(deep);
    free(file.bytes);
}

static void test_header_length(void **state)
{
    (void)state;
    image file = sample("8");
    memset(file.bytes, 0xff, 8);
    assert_refused(file.bytes, file.size, "byte 0: header of 18446744073709");
    memset(file.bytes, 0, 8);
    assert_refused(file.bytes, file.size, "byte 8: expected '{'");
    free(file.bytes);

    uint8_t *big = calloc(2u << 20, 1);
    assert_non_null(big);
    big[2] = 0x11; /* 17 * 65536, more than 1 MiB */
    big[8] = '{';
    assert_refused(big, 2u << 20, "expected at most 1048576");
    free(big);
}

/* A forward value that its master does not make. */
static void test_inconsistent(void **state)
{
    (void)state;
    static const char *const names[] = {"layer.2.weight", "layer.3.bias"};
    image file = sample("8");
    for (size_t i = 0; i < 2; i++) {
        sg__safetensors parsed;
        assert_int_equal(sg__safetensors_parse(file.bytes, file.size, "F",
                                               &parsed, NULL),
                         SG_OK);
        const sg__tensor *tensor = sg__safetensors_find(&parsed, names[i]);
        assert_non_null(tensor);
        int64_t old = sg__tensor_get(file.bytes, tensor, 1);
        sg__tensor_put(file.bytes, tensor, 1, old > 0 ? old - 1 : old + 1);
        assert_int_equal(sg__checksum_seal(file.bytes, file.size, "F", NULL),
                         SG_OK);
        assert_refused(file.bytes, file.size, "value 1 is ");
        assert_refused(file.bytes, file.size, names[i]);
        sg__tensor_put(file.bytes, tensor, 1, old);
        sg__safetensors_free(&parsed);
    }
    free(file.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_bit_flips),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_names_and_plans),
        cmocka_unit_test(test_metadata_of_rows),
        cmocka_unit_test(test_rows_out_of_range),
        cmocka_unit_test(test_missing_key),
        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_tensor_names),
        cmocka_unit_test(test_bad_json),
        cmocka_unit_test(test_header_length),
        cmocka_unit_test(test_inconsistent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else /* no files */

int main(void)
{
    return 77; /* skipped */
}

#endif
