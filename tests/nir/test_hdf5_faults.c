/* Every call of HDF5 and every allocation of the library fails once, while a
 * graph is written and while it is read: a status and one line, or nothing
 * changes; the file is the old one or the new one. */
#include <hdf5.h>

#include "graph.h"

static long left; /* calls until one fails; below 0: none does */

static int fails(void)
{
    return left >= 0 && left-- == 0;
}

#define WRAP(type, real, name, parameters, arguments, failure)                \
    type real parameters;                                                     \
    type name parameters;                                                     \
    type name parameters                                                      \
    {                                                                         \
        return fails() ? (failure) : real arguments;                          \
    }

WRAP(void *, __real_malloc, __wrap_malloc, (size_t n), (n), NULL)
WRAP(void *, __real_calloc, __wrap_calloc, (size_t n, size_t m), (n, m), NULL)
WRAP(void *, __real_realloc, __wrap_realloc, (void *p, size_t n), (p, n), NULL)
WRAP(char *, __real_strdup, __wrap_strdup, (const char *s), (s), NULL)
WRAP(char *, __real_strndup, __wrap_strndup, (const char *s, size_t n), (s, n),
     NULL)
WRAP(hid_t, __real_H5Oopen, __wrap_H5Oopen, (hid_t a, const char *b, hid_t c),
     (a, b, c), -1)
WRAP(hid_t, __real_H5Gopen2, __wrap_H5Gopen2,
     (hid_t a, const char *b, hid_t c), (a, b, c), -1)
WRAP(hid_t, __real_H5Dopen2, __wrap_H5Dopen2,
     (hid_t a, const char *b, hid_t c), (a, b, c), -1)
WRAP(hid_t, __real_H5Fopen, __wrap_H5Fopen,
     (const char *a, unsigned b, hid_t c), (a, b, c), -1)
WRAP(hid_t, __real_H5Fcreate, __wrap_H5Fcreate,
     (const char *a, unsigned b, hid_t c, hid_t d), (a, b, c, d), -1)
WRAP(hid_t, __real_H5Gcreate2, __wrap_H5Gcreate2,
     (hid_t a, const char *b, hid_t c, hid_t d, hid_t e), (a, b, c, d, e), -1)
WRAP(hid_t, __real_H5Dcreate2, __wrap_H5Dcreate2,
     (hid_t a, const char *b, hid_t c, hid_t d, hid_t e, hid_t f, hid_t g),
     (a, b, c, d, e, f, g), -1)
WRAP(herr_t, __real_H5Dread, __wrap_H5Dread,
     (hid_t a, hid_t b, hid_t c, hid_t d, hid_t e, void *f),
     (a, b, c, d, e, f), -1)
WRAP(herr_t, __real_H5Dwrite, __wrap_H5Dwrite,
     (hid_t a, hid_t b, hid_t c, hid_t d, hid_t e, const void *f),
     (a, b, c, d, e, f), -1)
WRAP(hid_t, __real_H5Dget_space, __wrap_H5Dget_space, (hid_t a), (a), -1)
WRAP(hid_t, __real_H5Dget_type, __wrap_H5Dget_type, (hid_t a), (a), -1)
WRAP(hid_t, __real_H5Pcreate, __wrap_H5Pcreate, (hid_t a), (a), -1)
WRAP(hid_t, __real_H5Screate, __wrap_H5Screate, (H5S_class_t a), (a), -1)
WRAP(hid_t, __real_H5Screate_simple, __wrap_H5Screate_simple,
     (int a, const hsize_t *b, const hsize_t *c), (a, b, c), -1)
WRAP(hid_t, __real_H5Tcopy, __wrap_H5Tcopy, (hid_t a), (a), -1)
WRAP(herr_t, __real_H5Tset_size, __wrap_H5Tset_size, (hid_t a, size_t b),
     (a, b), -1)
WRAP(herr_t, __real_H5Tset_cset, __wrap_H5Tset_cset, (hid_t a, H5T_cset_t b),
     (a, b), -1)
WRAP(herr_t, __real_H5Pset_chunk, __wrap_H5Pset_chunk,
     (hid_t a, int b, const hsize_t *c), (a, b, c), -1)
WRAP(herr_t, __real_H5Pset_obj_track_times, __wrap_H5Pset_obj_track_times,
     (hid_t a, hbool_t b), (a, b), -1)
WRAP(herr_t, __real_H5Pset_fapl_core, __wrap_H5Pset_fapl_core,
     (hid_t a, size_t b, hbool_t c), (a, b, c), -1)
WRAP(herr_t, __real_H5Fflush, __wrap_H5Fflush, (hid_t a, H5F_scope_t b),
     (a, b), -1)
WRAP(ssize_t, __real_H5Fget_file_image, __wrap_H5Fget_file_image,
     (hid_t a, void *b, size_t c), (a, b, c), -1)
WRAP(herr_t, __real_H5Gget_info, __wrap_H5Gget_info, (hid_t a, H5G_info_t *b),
     (a, b), -1)
WRAP(ssize_t, __real_H5Lget_name_by_idx, __wrap_H5Lget_name_by_idx,
     (hid_t a, const char *b, H5_index_t c, H5_iter_order_t d, hsize_t e,
      char *f, size_t g, hid_t h),
     (a, b, c, d, e, f, g, h), -1)

/* A failure has a line of its own; the next call works. */
static void told(sg_status status, const sg_error *error)
{
    assert_int_not_equal(status, SG_OK);
    assert_int_not_equal(status, SG_E_ARGUMENT);
    assert_string_not_equal(error->text, "");
    assert_null(strchr(error->text, '\n'));
}

static void written_or_not(void **state)
{
    sg_network *net = network("3C5-P2-4C3p1-P2-16-10"), *back = NULL;
    long n = 0;
    for (int done = 0; !done; n++) {
        sg_error error = {""};
        unlink(graph);
        left = n;
        sg_status status = sg_nir_write(net, graph, &error);
        done = left >= 0; /* all calls were made, and none has failed */
        left = -1;
        if (status != SG_OK) {
            told(status, &error);
            assert_int_not_equal(access(graph, F_OK), 0);
            continue;
        }
        assert_int_equal(sg_nir_read(graph, NULL, &back, NULL, &error), SG_OK);
        same_network(net, back);
        sg_network_destroy(back);
    }
    assert_true(n > 100);
    sg_network_destroy(net);
    (void)state;
}

static void read_or_not(void **state)
{
    sg_network *net = network("3C5-P2-4C3p1-P2-16-10");
    long n = 0;
    assert_int_equal(sg_nir_write(net, graph, NULL), SG_OK);
    for (int only = 0; only < 2; only++) {
        sg_nir_options options = {.size = sizeof options, .graph_only = only};
        n = 0;
        for (int done = 0; !done; n++) {
            sg_network *back = NULL;
            sg_error error = {""};
            left = n;
            sg_status status =
                sg_nir_read(graph, &options, &back, NULL, &error);
            done = left >= 0;
            left = -1;
            if (status != SG_OK) {
                told(status, &error);
                assert_null(back);
            } else if (!only) {
                same_network(net, back);
            }
            sg_network_destroy(back);
        }
        assert_true(n > 100);
    }
    sg_network_destroy(net);
    (void)state;
}

static int set_up(void **state)
{
    left = -1;
    return make_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_or_not),
        cmocka_unit_test(read_or_not),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
