/* Drivers of CUDA and OpenCL that fail: every call of theirs, every function
 * that is looked for in them and every allocation fails once, while devices
 * are listed, measured, trained on and evaluated on. Then the library says so
 * in one line, or nothing is changed: never are there other bits than those of
 * the processor. Devices that lack what kernels need are refused by name.
 *
 * The drivers are those of ../device/, over kernels in plain C. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if !defined(SG_HAVE_DEVICES) || !defined(SPIKEGRAD_FILES)

int main(void)
{
    puts("skipped: this build knows no devices, or no checkpoints");
    return 77;
}

#else

#include "spikegrad/spikegrad.h"

/* Drivers have memory, whatever the library has. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
#define malloc __real_malloc
#define calloc __real_calloc
#define realloc __real_realloc
#include "../device/fake_opencl.h"

#include "../device/fake_cuda.c"
#include "../device/fake_nvrtc.c"
#undef malloc
#undef calloc
#undef realloc

/* ---- what fails ---- */

enum kind { NONE, MEMORY, CALLS };

static enum kind kind;
static long countdown; /* of that kind, until one fails */
static int cuda_code;  /* what a call of CUDA fails with */

static bool fails(enum kind of)
{
    return kind == of && countdown-- == 0;
}

static int fake_fails(void)
{
    return fails(CALLS);
}

void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails(MEMORY) ? NULL : __real_malloc(size);
}
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails(MEMORY) ? NULL : __real_calloc(count, size);
}
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    return fails(MEMORY) ? NULL : __real_realloc(old, size);
}

/* ---- CUDA, each call of which can fail ---- */

#define CUDA(X)                                                               \
    X(cuInit, (unsigned a), (a))                                              \
    X(cuDriverGetVersion, (int *a), (a))                                      \
    X(cuDeviceGetCount, (int *a), (a))                                        \
    X(cuDeviceGet, (int *a, int b), (a, b))                                   \
    X(cuDeviceGetName, (char *a, int b, int c), (a, b, c))                    \
    X(cuDeviceTotalMem_v2, (size_t * a, int b), (a, b))                       \
    X(cuDeviceGetAttribute, (int *a, int b, int c), (a, b, c))                \
    X(cuDevicePrimaryCtxRetain, (void **a, int b), (a, b))                    \
    X(cuDevicePrimaryCtxRelease_v2, (int a), (a))                             \
    X(cuCtxPushCurrent_v2, (void *a), (a))                                    \
    X(cuMemGetInfo_v2, (size_t * a, size_t * b), (a, b))                      \
    X(cuMemAlloc_v2, (pointer * a, size_t b), (a, b))                         \
    X(cuMemcpyHtoDAsync_v2, (pointer a, const void *b, size_t c, void *d),    \
      (a, b, c, d))                                                           \
    X(cuMemcpyDtoHAsync_v2, (void *a, pointer b, size_t c, void *d),          \
      (a, b, c, d))                                                           \
    X(cuStreamCreate, (void **a, unsigned b), (a, b))                         \
    X(cuStreamSynchronize, (void *a), (a))                                    \
    X(cuModuleLoadData, (void **a, const void *b), (a, b))                    \
    X(cuModuleGetFunction, (void **a, void *b, const char *c), (a, b, c))     \
    X(cuLaunchKernel,                                                         \
      (void *a, unsigned b, unsigned c, unsigned d, unsigned e, unsigned f,   \
       unsigned g, unsigned h, void *i, void **j, void **k),                  \
      (a, b, c, d, e, f, g, h, i, j, k))                                      \
    X(cuStreamBeginCapture_v2, (void *a, int b), (a, b))                      \
    X(cuGraphInstantiateWithFlags, (void **a, void *b, unsigned long long c), \
      (a, b, c))                                                              \
    X(cuGraphLaunch, (void *a, void *b), (a, b))                              \
    X(nvrtcCreateProgram,                                                     \
      (void **a, const char *b, const char *c, int d, const char *const *e,   \
       const char *const *f),                                                 \
      (a, b, c, d, e, f))                                                     \
    X(nvrtcCompileProgram, (void *a, int b, const char *const *c), (a, b, c)) \
    X(nvrtcGetCUBINSize, (void *a, size_t *b), (a, b))                        \
    X(nvrtcGetCUBIN, (void *a, char *b), (a, b))                              \
    X(nvrtcGetPTXSize, (void *a, size_t *b), (a, b))                          \
    X(nvrtcGetPTX, (void *a, char *b), (a, b))                                \
    X(nvrtcGetNumSupportedArchs, (int *a), (a))                               \
    X(nvrtcGetSupportedArchs, (int *a), (a))

#define FALLIBLE(name, parameters, arguments)                                 \
    static int try_##name parameters                                          \
    {                                                                         \
        return fake_fails() ? cuda_code : name arguments;                     \
    }
CUDA(FALLIBLE)
#undef FALLIBLE

/* What ends a recording ends it, even if it fails. */
static int try_cuStreamEndCapture(void *s, void **out)
{
    const int code = cuStreamEndCapture(s, out);
    if (!fake_fails())
        return code;
    cuGraphDestroy(*out);
    *out = NULL;
    return cuda_code;
}

static const struct {
    const char *name;
    void (*function)(void);
} cuda_functions[] = {
#define NAME(name, parameters, arguments) {#name, (void (*)(void))try_##name},
    CUDA(NAME)
#undef NAME
#define PLAIN(name)                                                           \
    {                                                                         \
#name, (void (*)(void))name                                           \
    }
        {"cuStreamEndCapture", (void (*)(void))try_cuStreamEndCapture},
    PLAIN(cuCtxPopCurrent_v2),
    PLAIN(cuMemFree_v2),
    PLAIN(cuStreamDestroy_v2),
    PLAIN(cuModuleUnload),
    PLAIN(cuGetErrorName),
    PLAIN(cuGraphExecDestroy),
    PLAIN(cuGraphDestroy),
    PLAIN(nvrtcVersion),
    PLAIN(nvrtcDestroyProgram),
    PLAIN(nvrtcGetProgramLogSize),
    PLAIN(nvrtcGetProgramLog),
};

/* ---- the loader ---- */

static const char *absent = ""; /* a library, or a function, that is not */
static const char *first_nvrtc = ""; /* that was looked for, of a device */
static char nvrtc_name[40];
static char loaded_cuda, loaded_nvrtc, loaded_opencl;

void *__wrap_dlopen(const char *name, int how);
void *__wrap_dlopen(const char *name, int how)
{
    (void)how;
    if (strcmp(name, "libcuda.so.1") == 0)
        first_nvrtc = "";
    else if (!*first_nvrtc && strncmp(name, "libnvrtc", 8) == 0)
        snprintf(nvrtc_name, sizeof nvrtc_name, "%s", name),
            first_nvrtc = nvrtc_name;
    if (strcmp(name, absent) == 0 || fake_fails())
        return NULL;
    return strcmp(name, "libcuda.so.1") == 0     ? &loaded_cuda
           : strcmp(name, "libOpenCL.so.1") == 0 ? &loaded_opencl
           : strcmp(name, "libnvrtc.so.12") == 0 ? &loaded_nvrtc
           : strcmp(name, "of-the-test.so") == 0 ? &loaded_nvrtc
                                                 : NULL;
}

int __wrap_dlclose(void *library);
int __wrap_dlclose(void *library)
{
    assert_non_null(library);
    return 0;
}

/* Sanitizers look their functions up by it before any of those can be called. */
void *__real_dlsym(void *library, const char *name);
void *__wrap_dlsym(void *library, const char *name);
void *__wrap_dlsym(void *library, const char *name)
{
    if (library != &loaded_cuda && library != &loaded_nvrtc &&
        library != &loaded_opencl)
        return __real_dlsym(library, name);
    if (strcmp(name, absent) == 0 || fake_fails())
        return NULL;
    if (library == &loaded_opencl)
        return fake_opencl_find(name);
    for (size_t i = 0; i < sizeof cuda_functions / sizeof *cuda_functions; i++)
        if (strcmp(cuda_functions[i].name, name) == 0) {
            void *address;
            memcpy(&address, &cuda_functions[i].function, sizeof address);
            return address;
        }
    return NULL;
}

/* ---- what is tried ---- */

static sg_data *data;
static sg_recipe *recipe;

/* What a run comes to: its checkpoint, and an evaluation. */
typedef struct result {
    void *bytes;
    size_t size;
    sg_metrics metrics;
} result;

static void drop(result *r)
{
    sg_free(r->bytes);
    *r = (result){0};
}

/* Five steps, so that some are played from a recording, and an evaluation. */
static sg_status train(const char *device, result *out, sg_error *error)
{
    sg_trainer *trainer = NULL;
    sg_trainer_options how = SG_TRAINER_OPTIONS_INIT;
    sg_evaluate_options what = SG_EVALUATE_OPTIONS_INIT;
    how.threads = what.threads = 1;
    how.device = what.device = device;
    *out = (result){0};
    sg_status status =
        sg_trainer_create_with(recipe, data, &how, &trainer, error);
    assert_true((status == SG_OK) == (trainer != NULL));
    if (status == SG_OK)
        status = sg_trainer_run(trainer, NULL, NULL, error);
    if (status == SG_OK)
        status =
            sg_trainer_save_memory(trainer, &out->bytes, &out->size, error);
    if (status == SG_OK)
        status = sg_evaluate_with(sg_trainer_network(trainer), data, &what,
                                  &out->metrics, NULL, error);
    sg_trainer_destroy(trainer);
    return status;
}

static sg_status list(const char *device, result *out, sg_error *error)
{
    sg_device_info info;
    (void)out;
    for (size_t i = sg_device_count(); i-- > 0;) {
        const sg_status status = sg_device_get_info(i, &info);
        assert_true(status == SG_OK || status == SG_E_RANGE);
        assert_non_null(memchr(info.name, 0, sizeof info.name));
    }
    return sg_device_check(device, error);
}

static sg_status measure(const char *device, result *out, sg_error *error)
{
    sg_machine machine;
    (void)out;
    const sg_status status = sg_device_measure(device, &machine, error);
    assert_true(status != SG_OK ||
                (machine.multiply_adds > 0 && machine.bytes > 0));
    return status;
}

typedef sg_status work(const char *device, result *out, sg_error *error);

/* Every N of a kind from the first on, or fewer and fewer where a call takes
 * long; how many there are. */
static long every(enum kind of, work *does, const char *device,
                  const result *usual, long first)
{
    long n = first;
    for (bool unused = false; !unused; n += 1 + (first ? n - first : 0)) {
        sg_error error = {""};
        result now = {0};
        kind = of;
        countdown = n;
        const sg_status status = does(device, &now, &error);
        kind = NONE;
        unused = countdown >= 0;
        if (status == SG_OK) {
            assert_int_equal(now.size, usual->size);
            if (now.size > 0) {
                assert_memory_equal(now.bytes, usual->bytes, now.size);
                assert_int_equal(now.metrics.correct, usual->metrics.correct);
                assert_int_equal(now.metrics.loss_q20,
                                 usual->metrics.loss_q20);
            }
        } else {
            if (unused)
                fail_msg("%s: %s", device, error.text);
            if (status != SG_E_MEMORY &&
                (of != CALLS ||
                 (status != SG_E_DEVICE && status != SG_E_MISSING &&
                  status != SG_E_UNSUPPORTED)))
                fail_msg("%s, %ld: %s: %s", device, n, sg_status_text(status),
                         error.text);
            assert_true(error.text[0] || status == SG_E_MEMORY);
            assert_null(strchr(error.text, '\n'));
        }
        drop(&now);
        assert_int_equal(fake_objects, 0);
        assert_int_equal(taken, 0);
        assert_int_equal(depth, 0);
    }
    return n;
}

static void all_of(const char *device)
{
    result usual;
    assert_int_equal(train("cpu", &usual, NULL), SG_OK);
    assert_true(every(CALLS, train, device, &usual, 0) > 100);
    assert_true(every(MEMORY, train, device, &usual, 0) > 20);
    drop(&usual);
    const long opening = every(CALLS, list, device, &usual, 0);
    assert_true(opening > 40);
    assert_true(every(MEMORY, list, device, &usual, 0) > 1);
    fake_opencl.room = 1 << 20; /* of which more is tried first */
    setenv("FAKE_CUDA_ROOM", "1048576", 1);
    assert_true(every(CALLS, measure, device, &usual, opening / 2) >
                opening / 2);
    unsetenv("FAKE_CUDA_ROOM");
    fake_opencl.room = fake_usual.room;
}

static void calls_of_cuda_fail(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        cuda_code = i ? OUT_OF_MEMORY : LAUNCH_FAILED;
        setenv("FAKE_CUDA_ARCH", i ? "120" : "90", 1); /* PTX, a cubin */
        all_of("cuda");
    }
    const result none = {0};
    setenv("SPIKEGRAD_KERNEL_CACHE", ".", 1);
    assert_true(every(MEMORY, list, "cuda", &none, 0) > 1);
    assert_true(every(CALLS, list, "cuda", &none, 0) > 40);
    assert_int_equal(remove("./spikegrad-compute_90.kernels"), 0);
    unsetenv("SPIKEGRAD_KERNEL_CACHE");
    unsetenv("FAKE_CUDA_ARCH");
}

static void calls_of_opencl_fail(void **state)
{
    static const int codes[] = {-9999, -4};
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        fake_opencl.code = codes[i];
        all_of("opencl");
    }
    fake_opencl = fake_usual;
}

/* refused: a device cannot be opened, with these words. */
static void refused(const char *device, const char *words)
{
    sg_error error = {""};
    const sg_status status = sg_device_check(device, &error);
    assert_true(status == SG_E_MISSING || status == SG_E_UNSUPPORTED);
    if (!strstr(error.text, words))
        fail_msg("'%s', expected '%s'", error.text, words);
    assert_null(strchr(error.text, '\n'));
    assert_int_equal(fake_objects, 0);
}

static void small_devices_are_refused(void **state)
{
    (void)state;
    fake_opencl.platforms = 0;
    refused("opencl", "device opencl: OpenCL has no devices on this machine");
    fake_opencl = fake_usual;
    refused("opencl:1", "expected a number below 1, there is one device");
    fake_opencl.devices = 3;
    refused("opencl:3", "expected a number below 3, there are no more");
    fake_opencl.extensions = "cl_khr_fp64";
    refused("opencl:2", "device opencl:2: expected one that adds 64 bits");
    fake_opencl = fake_usual;
    fake_opencl.group = 64;
    refused("opencl", "groups of 64 work items, expected at least");
    fake_opencl = fake_usual;
    fake_opencl.local = 16384;
    refused("opencl", "16384 bytes of local memory, expected at least");
    fake_opencl = fake_usual;
    fake_opencl.other_order = 1;
    refused("opencl", "expected the byte order of the host");
    fake_opencl = fake_usual;
    fake_opencl.log = "line 1: error: refused\nby the test";
    refused("opencl", "its compiler refuses the kernels: line 1: error: "
                      "refused by the test");
    fake_opencl.log = "";
    refused("opencl", "its compiler refuses the kernels: ");
    fake_opencl = fake_usual;
}

/* More platforms and devices than anybody has: as many as are looked at. */
static void many_devices_are_some(void **state)
{
    sg_device_info info;
    (void)state;
    absent = "libcuda.so.1";
    fake_opencl.platforms = 30;
    fake_opencl.devices = 5;
    assert_int_equal(sg_device_count(), 64);
    assert_int_equal(sg_device_get_info(63, &info), SG_OK);
    assert_string_equal(info.device, "opencl:63");
    assert_string_equal(info.name, "no card");
    assert_int_equal(info.memory, fake_usual.memory);
    assert_int_equal(sg_device_get_info(64, &info), SG_E_RANGE);
    fake_opencl.devices = 0;
    assert_int_equal(sg_device_count(), 0);
    fake_opencl = fake_usual;
    absent = "";
}

/* Memory that is not known, or that only seems to be there. */
static void memory_is_as_it_is(void **state)
{
    sg_error error = {""};
    result usual, now;
    (void)state;
    assert_int_equal(train("cpu", &usual, NULL), SG_OK);
    fake_opencl.memory = 0;
    assert_int_equal(train("opencl", &now, NULL), SG_OK);
    assert_memory_equal(now.bytes, usual.bytes, usual.size);
    drop(&now);
    fake_opencl.memory = 1000;
    assert_int_equal(train("opencl", &now, &error), SG_E_MEMORY);
    assert_non_null(strstr(error.text, "MiB are free"));
    fake_opencl = fake_usual;
    fake_opencl.room = 1000;
    assert_int_equal(train("opencl", &now, &error), SG_E_MEMORY);
    assert_non_null(strstr(error.text, "MiB are free"));
    fake_opencl = fake_usual;
    drop(&usual);
}

/* Libraries and functions that are not there. */
static void drivers_lack_something(void **state)
{
    result usual, now;
    (void)state;
    assert_int_equal(train("cpu", &usual, NULL), SG_OK);
    absent = "libcuda.so.1";
    refused("cuda", "no driver of CUDA on this machine");
    absent = "cuLaunchKernel";
    refused("cuda", "the driver of CUDA is too old");
    absent = "libnvrtc.so.12";
    refused("cuda", "device cuda:0: no compiler for it");
    assert_string_equal(first_nvrtc, "libnvrtc.so.13");
    setenv("FAKE_CUDA_VERSION", "11040", 1); /* its own first */
    refused("cuda", "device cuda:0: no compiler for it");
    assert_string_equal(first_nvrtc, "libnvrtc.so.11.2");
    unsetenv("FAKE_CUDA_VERSION");
    setenv("SPIKEGRAD_NVRTC", "of-the-test.so", 1);
    assert_int_equal(sg_device_check("cuda", NULL), SG_OK);
    setenv("SPIKEGRAD_NVRTC", "", 1);
    absent = "nvrtcGetCUBIN";
    refused("cuda", "device cuda:0: no compiler for it");
    unsetenv("SPIKEGRAD_NVRTC");
    absent = "libOpenCL.so.1";
    refused("opencl", "no OpenCL on this machine");
    absent = "clCreateBuffer";
    refused("opencl", "libOpenCL.so.1 lacks functions of OpenCL 1.1");
    setenv("FAKE_CUDA_ARCH", "61", 1);
    absent = "";
    refused("cuda", "too late for architecture 6.1");
    unsetenv("FAKE_CUDA_ARCH");
    absent = "nvrtcGetSupportedArchs"; /* then the card's is tried */
    assert_int_equal(sg_device_check("cuda", NULL), SG_OK);
    setenv("FAKE_CUDA_ARCH", "120", 1);
    refused("cuda", "its compiler refuses the kernels");
    absent = "";
    assert_int_equal(sg_device_check("cuda", NULL), SG_OK);
    unsetenv("FAKE_CUDA_ARCH");
    absent = "cuGraphLaunch"; /* nothing is recorded */
    const long before = played;
    assert_int_equal(train("cuda", &now, NULL), SG_OK);
    assert_memory_equal(now.bytes, usual.bytes, usual.size);
    assert_int_equal(played, before);
    drop(&now);
    absent = "";
    assert_int_equal(train("cuda", &now, NULL), SG_OK);
    assert_true(played > before);
    drop(&now);
    drop(&usual);
}

static int set_up(void **state)
{
    (void)state;
    unsetenv("SPIKEGRAD_NVRTC");
    unsetenv("SPIKEGRAD_KERNEL_CACHE");
    fake_opencl = fake_usual;
    return sg_data_open("glyphs:train=20,test=10", SG_SPLIT_TRAIN, &data,
                        NULL) != SG_OK ||
           sg_recipe_create(&recipe) != SG_OK ||
           sg_recipe_set(recipe, "net", "4C5s2-P2-10", NULL) != SG_OK ||
           sg_recipe_set(recipe, "batch", "4", NULL) != SG_OK ||
           sg_recipe_set(recipe, "epochs", "1", NULL) != SG_OK;
}

static int tear_down(void **state)
{
    (void)state;
    sg_recipe_destroy(recipe);
    sg_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_cuda_fail),
        cmocka_unit_test(calls_of_opencl_fail),
        cmocka_unit_test(small_devices_are_refused),
        cmocka_unit_test(many_devices_are_some),
        cmocka_unit_test(memory_is_as_it_is),
        cmocka_unit_test(drivers_lack_something),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#endif
