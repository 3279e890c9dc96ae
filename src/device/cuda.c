/* CUDA by its driver and its run-time compiler, both found at run time: the
 * driver comes with the graphics card, the compiler (NVRTC) with CUDA or with
 * PyTorch. Kernels are compiled for the card that is there, so that nothing of
 * CUDA is needed to build the library and no list of cards grows old. The few
 * functions that are used are declared here. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "device/device.h"
#include "device/source.h"

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
    X(current, cuCtxSetCurrent, (cu_handle))                                  \
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

/* The same of libnvrtc. */
#define COMPILER(X)                                                           \
    X(create, nvrtcCreateProgram,                                             \
      (cu_handle *, const char *, const char *, int, const char *const *,     \
       const char *const *))                                                  \
    X(destroy, nvrtcDestroyProgram, (cu_handle *))                            \
    X(compile, nvrtcCompileProgram, (cu_handle, int, const char *const *))    \
    X(log_size, nvrtcGetProgramLogSize, (cu_handle, size_t *))                \
    X(log, nvrtcGetProgramLog, (cu_handle, char *))                           \
    X(size, nvrtcGetCUBINSize, (cu_handle, size_t *))                         \
    X(code, nvrtcGetCUBIN, (cu_handle, char *))

typedef struct driver {
    void *handle;
#define MEMBER(member, symbol, arguments) cu_result(*member) arguments;
    DRIVER(MEMBER)
    GRAPHS(MEMBER)
    bool records; /* all of GRAPHS are there */
} driver;

typedef struct compiler {
    void *handle;
    COMPILER(MEMBER)
#undef MEMBER
} compiler;

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

static bool find_compiler(compiler *library)
{
    bool all = true;
    COMPILER(FIND)
    return all;
}

/* Opens the driver and starts it. SG_E_MISSING, SG_E_UNSUPPORTED. */
static sg_status open_driver(driver *cu, sg_error *error)
{
    int version = 0;
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
    else if (cu->version(&version) != 0 || version < OLDEST)
        status = sg__fail(error, SG_E_UNSUPPORTED,
                          "the driver is one of CUDA %d.%d, expected 11.0 or "
                          "later",
                          version / 1000, version % 1000 / 10);
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

static bool open_compiler(compiler *nvrtc)
{
    static const char *const names[] = {
        "libnvrtc.so.13",
        "libnvrtc.so.12",
        "libnvrtc.so.11.2",
        "libnvrtc.so",
        "/usr/local/cuda/lib64/libnvrtc.so",
    };
    const char *given = getenv("SPIKEGRAD_NVRTC");
    memset(nvrtc, 0, sizeof *nvrtc);
    if (given && *given)
        nvrtc->handle = dlopen(given, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    for (size_t i = 0; !nvrtc->handle && i < sizeof names / sizeof *names; i++)
        nvrtc->handle =
            dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!nvrtc->handle)
        return false;
    if (find_compiler(nvrtc))
        return true;
    dlclose(nvrtc->handle);
    return false;
}

/* The first lines of what the compiler said, as one. */
static sg_status refused(const compiler *nvrtc, cu_handle program, unsigned i,
                         sg_error *error)
{
    char text[200] = "", *log = NULL;
    size_t size = 0;
    nvrtc->log_size(program, &size);
    if (size > 0 && (log = malloc(size + 1)) != NULL) {
        nvrtc->log(program, log);
        log[size] = '\0';
        snprintf(text, sizeof text, "%s", log);
        for (char *c = text; *c; c++)
            *c = *c == '\n' ? ' ' : *c;
    }
    free(log);
    return sg__fail(error, SG_E_UNSUPPORTED,
                    "device cuda:%u: its compiler refuses the kernels: %s", i,
                    text);
}

/* The kernels for a card of this architecture; *code is to be freed. */
static sg_status compile(const compiler *nvrtc, unsigned i, int architecture,
                         char **code, sg_error *error)
{
    char target[40];
    cu_handle program = NULL;
    size_t size = 0;
    snprintf(target, sizeof target, "--gpu-architecture=sm_%d", architecture);
    const char *const options[] = {target, "--std=c++17", "-default-device",
                                   "--disable-warnings"};
    *code = NULL;
    if (nvrtc->create(&program, sg__device_source, "spikegrad.cu", 0, NULL,
                      NULL) != 0)
        return sg__fail(error, SG_E_MEMORY, "device cuda:%u: out of memory",
                        i);
    sg_status status = SG_OK;
    if (nvrtc->compile(program, 4, options) != 0)
        status = refused(nvrtc, program, i, error);
    else if (nvrtc->size(program, &size) != 0 ||
             (*code = malloc(size)) == NULL ||
             nvrtc->code(program, *code) != 0)
        status =
            sg__fail(error, SG_E_MEMORY, "device cuda:%u: out of memory", i);
    nvrtc->destroy(&program);
    return status;
}

/* The kernels for an architecture, loaded on the device. */
static sg_status load(cuda *d, unsigned i, int architecture, cu_result *result,
                      sg_error *error)
{
    compiler nvrtc;
    char *code;
    if (!open_compiler(&nvrtc))
        return sg__fail(error, SG_E_MISSING,
                        "device cuda:%u: no compiler for it: libnvrtc.so "
                        "cannot be opened (part of CUDA, and of PyTorch; "
                        "SPIKEGRAD_NVRTC may name it)",
                        i);
    const sg_status status = compile(&nvrtc, i, architecture, &code, error);
    dlclose(nvrtc.handle);
    if (status == SG_OK)
        *result = d->cu.load(&d->module, code);
    free(code);
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

/* Before each call: it may come from another thread than the last. */
static bool ready(cuda *d)
{
    return d->base.failed == SG_OK &&
           note(d, d->cu.current(d->context), "a call") == SG_OK;
}

static void close_device(sg__device *device)
{
    cuda *d = (cuda *)device;
    if (d->context) {
        d->cu.current(d->context);
        if (d->module)
            d->cu.unload(d->module);
        if (d->stream)
            d->cu.end_stream(d->stream);
        d->cu.release(d->device);
    }
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
    if (code == 0)
        code = d->cu.current(d->context);
    if (code == 0)
        code = d->cu.stream(&d->stream, 1);
    if (code != 0) {
        note(d, code, "opening it");
        status = sg__fail(error, SG_E_MISSING, "device cuda:%u: %s", i,
                          d->base.error.text);
    }
    if (status == SG_OK)
        status = build(d, i, error);
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
    if (!ready(d))
        return d->base.failed;
    const cu_result code = d->cu.take(&block, bytes ? bytes : 1);
    if (code == CUDA_ERROR_OUT_OF_MEMORY)
        return SG_OK;
    *out = (sg__block)block;
    return note(d, code, "taking memory");
}

static void give(sg__device *device, sg__block block)
{
    cuda *d = (cuda *)device;
    d->cu.current(d->context);
    if (block)
        d->cu.give((cu_pointer)block);
}

static uint64_t room(sg__device *device)
{
    cuda *d = (cuda *)device;
    size_t free_bytes = 0, total = 0;
    if (ready(d))
        d->cu.room(&free_bytes, &total);
    return free_bytes;
}

/* Memory that is not pinned has been read when this returns. */
static sg_status write_block(sg__device *device, sg__block to, size_t at,
                             const void *from, size_t bytes)
{
    cuda *d = (cuda *)device;
    if (!ready(d) || bytes == 0)
        return d->base.failed;
    return note(d, d->cu.write((cu_pointer)to + at, from, bytes, d->stream),
                "sending data");
}

static sg_status read_block(sg__device *device, void *to, sg__block from,
                            size_t at, size_t bytes)
{
    cuda *d = (cuda *)device;
    if (!ready(d) || bytes == 0)
        return d->base.failed;
    cu_result code = d->cu.read(to, (cu_pointer)from + at, bytes, d->stream);
    if (code == 0)
        code = d->cu.wait(d->stream);
    return note(d, code, "fetching data");
}

static sg_status launch(sg__device *device, sg__kernel_id kernel,
                        sg__grid grid, sg__block memory, sg__block images,
                        const sg__task *task)
{
    cuda *d = (cuda *)device;
    cu_pointer block[2] = {(cu_pointer)memory, (cu_pointer)images};
    sg__task copy = *task;
    void *arguments[] = {&block[0], &block[1], &copy};
    if (!ready(d))
        return d->base.failed;
    return note(d,
                d->cu.launch(d->function[kernel], grid.x, grid.y, 1, SG__GROUP,
                             1, 1, 0, d->stream, arguments, NULL),
                "a kernel");
}

static sg_status finish(sg__device *device)
{
    cuda *d = (cuda *)device;
    if (!ready(d))
        return d->base.failed;
    return note(d, d->cu.wait(d->stream), "waiting for it");
}

static bool record(sg__device *device)
{
    cuda *d = (cuda *)device;
    return ready(d) && d->cu.records &&
           d->cu.capture(d->stream, CU_CAPTURE_THREAD) == 0;
}

/* What goes wrong here is no loss: the launches are made one by one. */
static sg__tape recorded(sg__device *device)
{
    cuda *d = (cuda *)device;
    cu_handle graph = NULL, instance = NULL;
    if (d->cu.captured(d->stream, &graph) != 0 || !graph)
        return 0;
    if (d->cu.instantiate(&instance, graph, 0) != 0)
        instance = NULL;
    d->cu.end_graph(graph);
    return (sg__tape)instance;
}

static sg_status play(sg__device *device, sg__tape tape)
{
    cuda *d = (cuda *)device;
    if (!ready(d))
        return d->base.failed;
    return note(d, d->cu.play((cu_handle)tape, d->stream), "its kernels");
}

static void erase(sg__device *device, sg__tape tape)
{
    cuda *d = (cuda *)device;
    d->cu.current(d->context);
    d->cu.end_instance((cu_handle)tape);
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
