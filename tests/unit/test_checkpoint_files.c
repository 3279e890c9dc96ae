/* Checkpoints as files: saving, loading and what the disk has against it. */
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

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/checkpoint.h"

static int make_folder(void **state)
{
    char folder[] = "/tmp/spikegrad-test-XXXXXX";
    if (!mkdtemp(folder))
        return -1;
    *state = strdup(folder);
    return *state ? 0 : -1;
}

static int remove_folder(void **state)
{
    int failed = rmdir(*state); /* fails if a test left something */
    free(*state);
    return failed;
}

static void join(char path[128], const char *folder, const char *name)
{
    snprintf(path, 128, "%s/%s", folder, name);
}

/* Saved, loaded and saved again, net is the file that it is in memory. */
static void assert_saves(const char *folder, sg_network *net)
{
    char path[128];
    join(path, folder, "m.safetensors");
    sg_network *back;
    assert_non_null(net);
    uint8_t *expected, *bytes;
    size_t expected_size, size;
    assert_int_equal(sg__checkpoint_serialise(net, "test", &expected,
                                              &expected_size, NULL),
                     SG_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sg_network_save(net, path, NULL), SG_OK);
        bytes = sample_file(path, &size);
        assert_non_null(bytes);
        assert_int_equal(size, expected_size);
        assert_memory_equal(bytes, expected, size);
        free(bytes);
        assert_int_equal(sg_network_load(path, &back, NULL), SG_OK);
        sg_network_destroy(net);
        net = back;
    }
    sg_network_destroy(net);
    free(expected);
    unlink(path);
}

static void test_save_load_save(void **state)
{
    assert_saves(*state, sample_network("16"));
}

/* More than the buffer of a file that is being written or read. */
static void test_save_large(void **state)
{
    sg_recipe recipe;
    sg_network *net = NULL;
    sg__recipe_init(&recipe);
    assert_int_equal(sg_recipe_set(&recipe, "net", "4000-83-2", NULL), SG_OK);
    assert_int_equal(sg_recipe_set(&recipe, "standardise", "off", NULL),
                     SG_OK);
    assert_int_equal(sg_recipe_set(&recipe, "phi", "0.5", NULL), SG_OK);
    assert_int_equal(sg__network_plan(&recipe, (sg_shape){6, 6, 1}, 2, &net,
                                      NULL),
                     SG_OK);
    assert_int_equal(sample_state(net), SG_OK);
    sg__network_refresh(net);
    assert_saves(*state, net);
}

static void assert_save_fails(const char *path, const char *reason)
{
    sg_network *net = sample_network("8");
    assert_non_null(net);
    sg_error error = {""};
    assert_int_equal(sg_network_save(net, path, &error), SG_E_IO);
    assert_non_null(strstr(error.text, path));
    assert_non_null(strstr(error.text, reason));
    sg_network_destroy(net);
}

static void test_save_errors(void **state)
{
    char path[128];
    join(path, *state, "none/m");
    assert_save_fails(path, "No such file");
    assert_save_fails("/dev/null/m", "Not a directory");
    join(path, *state, "m");
    assert_int_equal(mkdir(path, 0777), 0);
    assert_save_fails(path, "s a directory");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* not waited for */
    assert_save_fails(path, "not a regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_save_fails(path, "not a regular file");
    assert_int_equal(unlink(path), 0);
    if (geteuid() != 0) { /* root may write anywhere */
        assert_int_equal(chmod(*state, 0555), 0);
        assert_save_fails(path, "Permission denied");
        assert_int_equal(chmod(*state, 0755), 0);
    }
}

static void assert_load_fails(const char *path, sg_status expected,
                              const char *reason)
{
    sg_network *net;
    sg_error error = {""};
    assert_int_equal(sg_network_load(path, &net, &error), expected);
    assert_null(net);
    assert_non_null(strstr(error.text, path));
    assert_non_null(strstr(error.text, reason));
}

static void test_load_errors(void **state)
{
    char path[128];
    join(path, *state, "m");
    assert_load_fails(path, SG_E_IO, "No such file");
    assert_load_fails(*state, SG_E_IO, "not a regular file");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_load_fails(path, SG_E_IO, "not a regular file");
    assert_int_equal(unlink(path), 0);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_load_fails(path, SG_E_FORMAT, "0 bytes long");
    if (ftruncate(fd, (off_t)1 << 34) == 0) /* without using the disk */
        assert_load_fails(path, SG_E_FORMAT, "expected at most");
    close(fd);
    assert_int_equal(unlink(path), 0);
}

/* Another program reads the same numbers out of the file. */
static void test_independent_reader(void **state)
{
    char path[128], command[512], line[256], expected[256];
    if (system("python3 -c pass 2>/dev/null") != 0)
        skip();
    join(path, *state, "m");
    sg_network *net = sample_network("8");
    assert_non_null(net);
    assert_int_equal(sg_network_save(net, path, NULL), SG_OK);
    const sg__layer *layer = &net->layer[0];
    snprintf(command, sizeof command,
             "python3 '" SG_TESTS_DIR "/../tools/read_safetensors.py' "
             "--values '%s'",
             path);
    FILE *output = popen(command, "r");
    assert_non_null(output);
    int seen = 0, keys = 0;
    while (fgets(line, sizeof line, output)) {
        snprintf(expected, sizeof expected,
                 "layer.0.bias_master I32 2: %d %d\n",
                 (int)layer->bias_master[0], (int)layer->bias_master[1]);
        seen += strcmp(line, expected) == 0;
        snprintf(expected, sizeof expected,
                 "layer.0.weight I8 2x3x3x1: %d %d %d ",
                 sg__layer_weight(layer, 0), sg__layer_weight(layer, 1),
                 sg__layer_weight(layer, 2));
        seen += strncmp(line, expected, strlen(expected)) == 0;
        keys += strncmp(line, "step = 19\n", 10) == 0;
    }
    assert_int_equal(pclose(output), 0);
    assert_int_equal(seen, 2);
    assert_int_equal(keys, 1);
    sg_network_destroy(net);
    unlink(path);
}

#define IN_FOLDER(test)                                                       \
    cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_save_load_save),     IN_FOLDER(test_save_large),
        IN_FOLDER(test_save_errors),        IN_FOLDER(test_load_errors),
        IN_FOLDER(test_independent_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else /* no files */

static void test_unsupported(void **state)
{
    (void)state;
    sg_network *net = sample_network("8"), *back;
    assert_non_null(net);
    assert_int_equal(sg_network_save(net, "x", NULL), SG_E_UNSUPPORTED);
    assert_int_equal(sg_network_load("x", &back, NULL), SG_E_UNSUPPORTED);
    assert_null(back);
    sg_network_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_unsupported)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
