/* CUDA by its driver, found at run time: it comes with the graphics card.
 * Kernels are compiled for the card that is there (nvrtc.h), so that nothing of
 * CUDA is needed to build the library and no list of cards grows old. The few
 * functions that are used are declared here.
 *
 * What a thread of the caller had as its context, it has again after each call:
 * another library may count on it. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "device/device.h"
#include "device/nvrtc.h"

typedef int cu_result; /* 0: success */
typedef uint64_t cu_pointer;
typedef struct cu_object *cu_handle;

enum {
    OLDEST = 11000,   /* CUDA 11.0: 1000 major + 10 minor */
    OLDEST_CARD = 60, /* sm_60 adds 64 bits atomically */
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CU_CAPTURE_THREAD = 1, /* other threads may go on using CUDA */
    CU_MAJOR = 75,         /* attributes of a device */
    CU_MINOR = 76
};

/* X(name, symbol, arguments): functions of libcuda.so.1. */
#define DRIVER(X)                                                             \
    X(init, cuInit, (unsigned))                                               \
    X(version, cuDriverGetVersion, (int *))                                   \
    X(count, cuDeviceGetCount, (int *))                                       \
    X(get, cuDeviceGet, (int *, int))                                         \
    X(name, cuDeviceGetName, (char *, int, int))                              \
    X(total, cuDeviceTotalMem_v2, (size_t *, int))                            \
    X(attribute, cuDeviceGetAttribute, (int *, int, int))                     \
    X(retain, cuDevicePrimaryCtxRetain, (cu_handle *, int))                   \
    X(release, cuDevicePrimaryCtxRelease_v2, (int))                           \
    X(push, cuCtxPushCurrent_v2, (cu_handle))                                 \
    X(pop, cuCtxPopCurrent_v2, (cu_handle *))                                 \
    X(room, cuMemGetInfo_v2, (size_t *, size_t *))                            \
    X(take, cuMemAlloc_v2, (cu_pointer *, size_t))                            \
    X(give, cuMemFree_v2, (cu_pointer))                                       \
    X(write, cuMemcpyHtoDAsync_v2,                                            \
      (cu_pointer, const void *, size_t, cu_handle))                          \
    X(read, cuMemcpyDtoHAsync_v2, (void *, cu_pointer, size_t, cu_handle))    \
    X(stream, cuStreamCreate, (cu_handle *, unsigned))                        \
    X(end_stream, cuStreamDestroy_v2, (cu_handle))                            \
    X(wait, cuStreamSynchronize, (cu_handle))                                 \
    X(load, cuModuleLoadData, (cu_handle *, const void *))                    \
    X(unload, cuModuleUnload, (cu_handle))                                    \
    X(function, cuModuleGetFunction, (cu_handle *, cu_handle, const char *))  \
    X(launch, cuLaunchKernel,                                                 \
      (cu_handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, \
       unsigned, cu_handle, void **, void **))                                \
    X(error_name, cuGetErrorName, (cu_result, const char **))

/* Those that a driver may lack (CUDA 11.0 to 11.3): then nothing is recorded. */
#define GRAPHS(X)                                                             \
    X(capture, cuStreamBeginCapture_v2, (cu_handle, int))                     \
    X(captured, cuStreamEndCapture, (cu_handle, cu_handle *))                 \
    X(instantiate, cuGraphInstantiateWithFlags,                               \
      (cu_handle *, cu_handle, unsigned long long))                           \
    X(play, cuGraphLaunch, (cu_handle, cu_handle))                            \
    X(end_instance, cuGraphExecDestroy, (cu_handle))                          \
    X(end_graph, cuGraphDestroy, (cu_handle))

typedef struct driver {
    void *handle;
#define MEMBER(member, symbol, arguments) cu_result(*member) arguments;
    DRIVER(MEMBER)
    GRAPHS(MEMBER)
#undef MEMBER
    bool records;       /* all of GRAPHS are there */
    int release_number; /* 1000 major + 10 minor */
} driver;

typedef struct cuda {
    sg__device base;
    driver cu;
    int device;
    cu_handle context, stream, module, function[SG__KERNEL_COUNT];
} cuda;

/* A function's address comes as that of data; POSIX has it so. */
#define FIND(member, symbol, arguments)                                       \
    *(void **)&library->member = dlsym(library->handle, #symbol);             \
    all &= library->member != NULL;

static bool find_driver(driver *library)
{
    bool all = true;
    DRIVER(FIND)
    const bool found = all;
    GRAPHS(FIND)
    library->records = all;
    return found;
}

/* Opens the driver and starts it. SG_E_MISSING, SG_E_UNSUPPORTED. */
static sg_status open_driver(driver *cu, sg_error *error)
{
    memset(cu, 0, sizeof *cu);
    cu->handle = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!cu->handle)
        return sg__fail(error, SG_E_MISSING,
                        "no driver of CUDA on this machine: libcuda.so.1 "
                        "cannot be opened");
    sg_status status = SG_OK;
    if (!find_driver(cu))
        status = sg__fail(error, SG_E_UNSUPPORTED,
                          "the driver of CUDA is too old: libcuda.so.1 lacks "
                          "functions of CUDA 11.0");
    else if (cu->version(&cu->release_number) != 0 ||
             cu->release_number < OLDEST)
        status = sg__fail(error, SG_E_UNSUPPORTED,
                          "the driver is one of CUDA %d.%d, expected 11.0 or "
                          "later",
                          cu->release_number / 1000,
                          cu->release_number % 1000 / 10);
    cu_result code = 0;
    if (status == SG_OK && (code = cu->init(0)) != 0) {
        const char *name = "unknown";
        cu->error_name(code, &name);
        status = sg__fail(error, SG_E_MISSING,
                          "the driver of CUDA finds no device (%s)", name);
    }
    if (status != SG_OK)
        dlclose(cu->handle);
    return status;
}

static unsigned count(sg_error *error)
{
    driver cu;
    int n = 0;
    if (open_driver(&cu, error) != SG_OK)
        return 0;
    if (cu.count(&n) != 0 || n < 1) {
        n = 0;
        sg__fail(error, SG_E_MISSING, "CUDA has no devices on this machine");
    }
    dlclose(cu.handle);
    return (unsigned)n;
}

static void describe(unsigned i, sg_device_info *info)
{
    driver cu;
    int device;
    size_t total = 0;
    if (open_driver(&cu, NULL) != SG_OK)
        return;
    if (cu.get(&device, (int)i) == 0) {
        cu.name(info->name, sizeof info->name - 1, device);
        cu.total(&total, device);
        info->memory = total;
    }
    dlclose(cu.handle);
}

/* The kernels for an architecture, loaded on the device; *result: what the
 * driver says. */
static sg_status load(cuda *d, unsigned i, int architecture, cu_result *result,
                      sg_error *error)
{
    sg__code code;
    const sg_status status =
        sg__nvrtc_compile(i, architecture, d->cu.release_number, &code, error);
    if (status == SG_OK && (*result = d->cu.load(&d->module, code.bytes)) != 0)
        d->module = NULL;
    free(code.bytes);
    return status;
}

static sg_status build(cuda *d, unsigned i, sg_error *error)
{
    static const char *const names[] = {
#define KERNEL(name) #name,
#include "device/kernels.def"
#undef KERNEL
    };
    int major = 0, minor = 0;
    d->cu.attribute(&major, CU_MAJOR, d->device);
    d->cu.attribute(&minor, CU_MINOR, d->device);
    const int architecture = 10 * major + minor;
    if (architecture < OLDEST_CARD)
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "device cuda:%u: of architecture %d.%d, expected 6.0 "
                        "or later",
                        i, major, minor);
    cu_result result = 0;
    sg_status status = load(d, i, architecture, &result, error);
    for (int k = 0; status == SG_OK && result == 0 && k < SG__KERNEL_COUNT;
         k++)
        result = d->cu.function(&d->function[k], d->module, names[k]);
    if (status == SG_OK && result != 0) {
        const char *name = "unknown";
        d->cu.error_name(result, &name);
        status = sg__fail(error, SG_E_UNSUPPORTED,
                          "device cuda:%u: the driver refuses the kernels "
                          "(%s); is it older than the compiler?",
                          i, name);
    }
    return status;
}

/* Remembers a failure and what was being done. */
static sg_status note(cuda *d, cu_result code, const char *what)
{
    const char *name = "unknown";
    if (code == 0 || d->base.failed != SG_OK)
        return d->base.failed;
    d->cu.error_name(code, &name);
    d->base.failed =
        code == CUDA_ERROR_OUT_OF_MEMORY ? SG_E_MEMORY : SG_E_DEVICE;
    return sg__fail(&d->base.error, d->base.failed,
                    "the CUDA device failed at %s (%s)", what, name);
}

/* Before a call of the driver, by whatever thread; leave after it. False: the
 * device has failed. */
static bool enter(cuda *d)
{
    return d->base.failed == SG_OK &&
           note(d, d->cu.push(d->context), "a call") == SG_OK;
}

static void pop(cuda *d)
{
    cu_handle popped;
    d->cu.pop(&popped);
}

/* What the calls since enter came to. */
static sg_status leave(cuda *d, cu_result code, const char *what)
{
    pop(d);
    return note(d, code, what);
}

/* For what has to be done on a device that has failed, too. */
static void drop(cuda *d, cu_result (*end)(cu_handle), cu_handle what)
{
    if (!what)
        return;
    const bool entered = d->cu.push(d->context) == 0;
    end(what);
    if (entered)
        pop(d);
}

static void close_device(sg__device *device)
{
    cuda *d = (cuda *)device;
    drop(d, d->cu.unload, d->module);
    drop(d, d->cu.end_stream, d->stream);
    if (d->context)
        d->cu.release(d->device);
    dlclose(d->cu.handle);
    free(d);
}

static sg_status open_device(unsigned i, sg__device **out, sg_error *error)
{
    *out = NULL;
    cuda *d = calloc(1, sizeof *d);
    if (!d)
        return sg__fail(error, SG_E_MEMORY, "device: out of memory");
    d->base.kind = &sg__device_cuda;
    sg_status status = open_driver(&d->cu, error);
    if (status != SG_OK) {
        free(d);
        return status;
    }
    cu_result code = d->cu.get(&d->device, (int)i);
    if (code == 0)
        code = d->cu.retain(&d->context, d->device);
    const bool entered = code == 0 && (code = d->cu.push(d->context)) == 0;
    if (code == 0)
        code = d->cu.stream(&d->stream, 1);
    if (code != 0) {
        note(d, code, "opening it");
        status = sg__fail(error, SG_E_MISSING, "device cuda:%u: %s", i,
                          d->base.error.text);
    }
    if (status == SG_OK)
        status = build(d, i, error);
    if (entered)
        pop(d);
    if (status != SG_OK) {
        close_device(&d->base);
        return status;
    }
    *out = &d->base;
    return SG_OK;
}

static sg_status take(sg__device *device, size_t bytes, sg__block *out)
{
    cuda *d = (cuda *)device;
    cu_pointer block = 0;
    *out = 0;
    if (!enter(d))
        return d->base.failed;
    const cu_result code = d->cu.take(&block, bytes ? bytes : 1);
    if (code == 0)
        *out = (sg__block)block;
    return leave(d, code == CUDA_ERROR_OUT_OF_MEMORY ? 0 : code,
                 "taking memory");
}

static void give(sg__device *device, sg__block block)
{
    cuda *d = (cuda *)device;
    if (!block)
        return;
    const bool entered = d->cu.push(d->context) == 0;
    d->cu.give((cu_pointer)block);
    if (entered)
        pop(d);
}

static uint64_t room(sg__device *device)
{
    cuda *d = (cuda *)device;
    size_t free_bytes = 0, total = 0;
    if (enter(d)) {
        d->cu.room(&free_bytes, &total);
        pop(d);
    }
    return free_bytes;
}

/* Memory that is not pinned has been read when this returns. */
static sg_status write_block(sg__device *device, sg__block to, size_t at,
                             const void *from, size_t bytes)
{
    cuda *d = (cuda *)device;
    if (bytes == 0 || !enter(d))
        return d->base.failed;
    return leave(d, d->cu.write((cu_pointer)to + at, from, bytes, d->stream),
                 "sending data");
}

static sg_status read_block(sg__device *device, void *to, sg__block from,
                            size_t at, size_t bytes)
{
    cuda *d = (cuda *)device;
    if (bytes == 0 || !enter(d))
        return d->base.failed;
    cu_result code = d->cu.read(to, (cu_pointer)from + at, bytes, d->stream);
    if (code == 0)
        code = d->cu.wait(d->stream);
    return leave(d, code, "fetching data");
}

static sg_status launch(sg__device *device, sg__kernel_id kernel,
                        sg__grid grid, sg__block memory, sg__block images,
                        const sg__task *task)
{
    cuda *d = (cuda *)device;
    cu_pointer block[2] = {(cu_pointer)memory, (cu_pointer)images};
    sg__task copy = *task;
    void *arguments[] = {&block[0], &block[1], &copy};
    if (!enter(d))
        return d->base.failed;
    return leave(d,
                 d->cu.launch(d->function[kernel], grid.x, grid.y, 1,
                              SG__GROUP, 1, 1, 0, d->stream, arguments, NULL),
                 "a kernel");
}

static sg_status finish(sg__device *device)
{
    cuda *d = (cuda *)device;
    if (!enter(d))
        return d->base.failed;
    return leave(d, d->cu.wait(d->stream), "waiting for it");
}

static bool record(sg__device *device)
{
    cuda *d = (cuda *)device;
    if (!d->cu.records || !enter(d))
        return false;
    const bool began = d->cu.capture(d->stream, CU_CAPTURE_THREAD) == 0;
    pop(d);
    return began;
}

/* What goes wrong here is no loss: the launches are made one by one. */
static sg__tape recorded(sg__device *device)
{
    cuda *d = (cuda *)device;
    cu_handle graph = NULL, instance = NULL;
    const bool entered = d->cu.push(d->context) == 0;
    const bool whole = d->cu.captured(d->stream, &graph) == 0 && graph;
    if (whole && d->cu.instantiate(&instance, graph, 0) != 0)
        instance = NULL;
    if (graph)
        d->cu.end_graph(graph);
    if (entered)
        pop(d);
    return (sg__tape)instance;
}

static sg_status play(sg__device *device, sg__tape tape)
{
    cuda *d = (cuda *)device;
    if (!enter(d))
        return d->base.failed;
    return leave(d, d->cu.play((cu_handle)tape, d->stream), "its kernels");
}

static void erase(sg__device *device, sg__tape tape)
{
    cuda *d = (cuda *)device;
    drop(d, d->cu.end_instance, (cu_handle)tape);
}

const sg__device_kind sg__device_cuda = {
    .name = "cuda",
    .count = count,
    .describe = describe,
    .open = open_device,
    .close = close_device,
    .take = take,
    .give = give,
    .room = room,
    .write = write_block,
    .read = read_block,
    .launch = launch,
    .finish = finish,
    .record = record,
    .recorded = recorded,
    .play = play,
    .erase = erase,
};
