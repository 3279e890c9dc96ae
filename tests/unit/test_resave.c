/* Checkpoints that other programs have written again: in another order, with
 * other spaces and escapes, with other values, without what makes them ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef SPIKEGRAD_FILES

#include <jansson.h>

#include "checkpoint_sample.h"
#include "io/checkpoint.h"
#include "io/json_text.h"
#include "io/safetensors.h"

typedef struct image {
    uint8_t *bytes;
    size_t size;
} image;

static image saved(void)
{
    image file;
    sg_network *net = sample_standardised("8");
    assert_non_null(net);
    assert_int_equal(sg__checkpoint_serialise(net, "F", &file.bytes,
                                              &file.size, NULL),
                     SG_OK);
    sg_network_destroy(net);
    return file;
}

/* The same tensors, the last one first, the metadata where it falls, in JSON
 * with spaces and escapes. edit: the first value of a tensor is another.
 * drop: a key of the metadata to leave out; or NULL. */
static image written_again(const image *file, const char *edit,
                           const char *drop)
{
    sg__safetensors parsed;
    assert_int_equal(sg__safetensors_parse(file->bytes, file->size, "F",
                                           &parsed, NULL),
                     SG_OK);
    image out = {calloc(2 * file->size + 4096, 1), 0};
    assert_non_null(out.bytes);
    uint8_t *values = calloc(file->size, 1);
    json_t *header = json_object();
    json_t *metadata = sg__safetensors_copy_metadata(&parsed);
    assert_non_null(values);
    if (drop)
        json_object_del(metadata, drop);
    size_t end = 0;
    for (size_t i = parsed.count; i-- > 0;) {
        const sg__tensor *t = &parsed.tensor[i];
        size_t bytes = t->count * (t->dtype == SG__DTYPE_I32   ? 4
                                   : t->dtype == SG__DTYPE_I16 ? 2
                                                               : 1);
        json_t *shape = json_array();
        for (size_t k = 0; k < t->rank; k++)
            json_array_append_new(shape,
                                  json_integer((json_int_t)t->shape[k]));
        memcpy(values + end, file->bytes + t->offset, bytes);
        if (edit && strcmp(t->name, edit) == 0)
            values[end] ^= 1;
        json_object_set_new(header, t->name,
                            json_pack("{s:o, s:[I,I], s:s}", "shape", shape,
                                      "data_offsets", (json_int_t)end,
                                      (json_int_t)(end + bytes), "dtype",
                                      sg__dtype_name(t->dtype)));
        end += bytes;
        if (i == parsed.count / 2)
            json_object_set_new(header, "__metadata__", metadata);
    }
    char *text = json_dumps(header, JSON_INDENT(1) | JSON_ESCAPE_SLASH);
    assert_non_null(text);
    const size_t length = strlen(text);
    for (size_t i = 0; i < 8; i++)
        out.bytes[i] = (uint8_t)(length >> (8 * i) & 0xff);
    memcpy(out.bytes + 8, text, length);
    memcpy(out.bytes + 8 + length, values, end);
    out.size = 8 + length + end;
    free(text);
    free(values);
    json_decref(header);
    sg__safetensors_free(&parsed);
    return out;
}

static void assert_refused(const image *file, const char *text)
{
    sg_network *net;
    sg_error error = {""};
    assert_int_equal(sg__checkpoint_parse(file->bytes, file->size, "F", &net,
                                          &error),
                     SG_E_FORMAT);
    if (!strstr(error.text, text))
        fail_msg("'%s' does not say '%s'", error.text, text);
}

static void another_order_is_the_same_file(void **state)
{
    (void)state;
    image file = saved(), again = written_again(&file, NULL, NULL), third;
    sg_network *net;
    sg_error error = {""};
    if (sg__checkpoint_parse(again.bytes, again.size, "F", &net, &error) !=
        SG_OK)
        fail_msg("%s", error.text);
    assert_int_equal(sg__checkpoint_serialise(net, "F", &third.bytes,
                                              &third.size, NULL),
                     SG_OK);
    assert_int_equal(third.size, file.size);
    assert_memory_equal(third.bytes, file.bytes, file.size);
    sg_network_destroy(net);
    free(file.bytes);
    free(again.bytes);
    free(third.bytes);
}

static void write_file(const char *path, const image *file)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(file->bytes, 1, file->size, f), file->size);
    assert_int_equal(fclose(f), 0);
}

/* Only who says so gets other values; derived ones follow the masters. */
static void other_values_are_told_apart(void **state)
{
    (void)state;
    static const char *const edits[] = {"layer.0.weight_velocity",
                                        "layer.0.weight"};
    image file = saved();
    for (size_t i = 0; i < 2; i++) {
        image again = written_again(&file, edits[i], NULL);
        char path[] = "/tmp/spikegrad-resave-XXXXXX";
        sg_network *net;
        sg_error error = {""};
        uint64_t differs = 99;
        assert_refused(&again, "changed by another program");
        assert_refused(&again, "'spikegrad seal'");
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        write_file(path, &again);
        if (sg_network_load_edited(path, &net, &differs, &error) != SG_OK)
            fail_msg("%s", error.text);
        assert_int_equal(differs, i);
        sg_network_destroy(net);
        assert_int_equal(sg_network_load_memory_edited(again.bytes, again.size,
                                                       NULL, &net, &differs,
                                                       &error),
                         SG_OK);
        assert_int_equal(differs, i);
        assert_int_equal(sg_network_save(net, path, NULL), SG_OK);
        sg_network_destroy(net);
        assert_int_equal(sg_network_load(path, &net, NULL), SG_OK);
        sg_network_destroy(net);
        remove(path);
        free(again.bytes);
    }
    free(file.bytes);
}

static void other_files_are_named(void **state)
{
    (void)state;
    image file = saved();
    image bare = written_again(&file, NULL, "checksum");
    image foreign = written_again(&file, NULL, "format");
    assert_refused(&bare, "no checksum");
    assert_refused(&foreign, "a safetensors file of something else");
    memcpy(file.bytes, "PK\3\4", 4);
    assert_refused(&file, "a zip archive, as NumPy and PyTorch write");
    memcpy(file.bytes, "PKPK", 4);
    assert_refused(&file, "byte 0: header of");
    memcpy(file.bytes, "\x89HDF\r\n\x1a\n\0", 9);
    assert_refused(&file, "an HDF5 file, not a safetensors file");
    free(bare.bytes);
    free(foreign.bytes);
    free(file.bytes);
}

static void texts_are_held_against_values(void **state)
{
    (void)state;
    static const char text[] =
        " {\"a\\u00e9\\ud83d\\ude00\\n\" : [1,-20 , {}, [ ], \"\\/x\\\"\"] ,"
        "\"b\":{\"c\":true,\"d\":null,\"e\":1.5e3}}  ";
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    assert_true(sg__json_matches(value, text, strlen(text)));
    for (size_t i = 0; i < strlen(text); i++)
        assert_int_equal(sg__json_matches(value, text, i),
                         i + 2 >= strlen(text));
    json_object_set_new(value, "b", json_string("c"));
    assert_false(sg__json_matches(value, text, strlen(text)));
    json_decref(value);
    value = json_loads("{\"abc\":12}", 0, NULL);
    assert_false(sg__json_matches(value, "{\"abd\":12}", 10));
    assert_false(sg__json_matches(value, "{\"abcd\":12}", 11));
    assert_false(sg__json_matches(value, "{\"abc\":13}", 10));
    assert_false(sg__json_matches(value, "{\"abc\":12,\"d\":1}", 16));
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_order_is_the_same_file),
        cmocka_unit_test(other_values_are_told_apart),
        cmocka_unit_test(other_files_are_named),
        cmocka_unit_test(texts_are_held_against_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* skipped */
}

#endif
