/* OpenCL, found at run time. The few functions that are used are declared
 * here, as the specification has them, so that nothing but the library of a
 * driver is needed, and that only by whom asks for it. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "device/device.h"
#include "device/source.h"

typedef int32_t cl_int;
typedef uint32_t cl_uint;
typedef uint64_t cl_bits;
typedef struct cl_object *cl_handle;

enum {
    CL_DEVICE_MAX_MEM_ALLOC_SIZE = 0x1010,
    CL_DEVICE_GLOBAL_MEM_SIZE = 0x101F,
    CL_DEVICE_LOCAL_MEM_SIZE = 0x1023,
    CL_DEVICE_MAX_WORK_GROUP_SIZE = 0x1004,
    CL_DEVICE_NAME = 0x102B,
    CL_DEVICE_EXTENSIONS = 0x1030,
    CL_DEVICE_ENDIAN_LITTLE = 0x1026,
    CL_PROGRAM_BUILD_LOG = 0x1183,
    CL_MEM_READ_WRITE = 1,
    CL_OUT_OF_DEVICE_MEMORY = -4, /* CL_MEM_OBJECT_ALLOCATION_FAILURE */
    CL_OUT_OF_RESOURCES = -5,
    CL_OUT_OF_HOST_MEMORY = -6,
    CL_INVALID_BUFFER_SIZE = -61
};

/* X(type, name, arguments): functions of the library. */
#define CALLS(X)                                                              \
    X(cl_int, GetPlatformIDs, (cl_uint, cl_handle *, cl_uint *))              \
    X(cl_int, GetDeviceIDs,                                                   \
      (cl_handle, cl_bits, cl_uint, cl_handle *, cl_uint *))                  \
    X(cl_int, GetDeviceInfo, (cl_handle, cl_uint, size_t, void *, size_t *))  \
    X(cl_handle, CreateContext,                                               \
      (const intptr_t *, cl_uint, const cl_handle *, void *, void *,          \
       cl_int *))                                                             \
    X(cl_int, ReleaseContext, (cl_handle))                                    \
    X(cl_handle, CreateCommandQueue,                                          \
      (cl_handle, cl_handle, cl_bits, cl_int *))                              \
    X(cl_int, ReleaseCommandQueue, (cl_handle))                               \
    X(cl_handle, CreateProgramWithSource,                                     \
      (cl_handle, cl_uint, const char **, const size_t *, cl_int *))          \
    X(cl_int, ReleaseProgram, (cl_handle))                                    \
    X(cl_int, BuildProgram,                                                   \
      (cl_handle, cl_uint, const cl_handle *, const char *, void *, void *))  \
    X(cl_int, GetProgramBuildInfo,                                            \
      (cl_handle, cl_handle, cl_uint, size_t, void *, size_t *))              \
    X(cl_handle, CreateKernel, (cl_handle, const char *, cl_int *))           \
    X(cl_int, ReleaseKernel, (cl_handle))                                     \
    X(cl_int, SetKernelArg, (cl_handle, cl_uint, size_t, const void *))       \
    X(cl_handle, CreateBuffer,                                                \
      (cl_handle, cl_bits, size_t, void *, cl_int *))                         \
    X(cl_int, ReleaseMemObject, (cl_handle))                                  \
    X(cl_int, EnqueueWriteBuffer,                                             \
      (cl_handle, cl_handle, cl_uint, size_t, size_t, const void *, cl_uint,  \
       const cl_handle *, cl_handle *))                                       \
    X(cl_int, EnqueueReadBuffer,                                              \
      (cl_handle, cl_handle, cl_uint, size_t, size_t, void *, cl_uint,        \
       const cl_handle *, cl_handle *))                                       \
    X(cl_int, EnqueueNDRangeKernel,                                           \
      (cl_handle, cl_handle, cl_uint, const size_t *, const size_t *,         \
       const size_t *, cl_uint, const cl_handle *, cl_handle *))              \
    X(cl_int, Finish, (cl_handle))

typedef struct library {
    void *handle;
#define MEMBER(type, name, arguments) type(*name) arguments;
    CALLS(MEMBER)
#undef MEMBER
} library;

enum { PLATFORMS = 16, DEVICES = 64, LOCAL_BYTES = 34 * 1024 };

typedef struct opencl {
    sg__device base;
    library cl;
    cl_handle device, context, queue, program, kernel[SG__KERNEL_COUNT];
    uint64_t memory;
} opencl;

/* Opens the library; false, and error says what is missing. */
static bool open_library(library *cl, sg_error *error)
{
    memset(cl, 0, sizeof *cl);
    cl->handle =
        dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!cl->handle)
        return sg__fail(error, SG_E_MISSING,
                        "no OpenCL on this machine: libOpenCL.so.1 cannot be "
                        "opened (Debian: ocl-icd-libopencl1 and a driver)") ==
               SG_OK;
    bool all = true;
    /* a function's address comes as that of data; POSIX has it so */
#define FIND(type, name, arguments)                                           \
    *(void **)&cl->name = dlsym(cl->handle, "cl" #name);                      \
    all &= cl->name != NULL;
    CALLS(FIND)
#undef FIND
    if (!all) {
        dlclose(cl->handle);
        sg__fail(error, SG_E_MISSING,
                 "libOpenCL.so.1 lacks functions of "
                 "OpenCL 1.1");
    }
    return all;
}

/* All devices of all platforms. */
static unsigned list(const library *cl, cl_handle device[DEVICES])
{
    cl_handle platform[PLATFORMS];
    cl_uint platforms = 0, count = 0;
    if (cl->GetPlatformIDs(PLATFORMS, platform, &platforms) != 0)
        return 0;
    platforms = platforms < PLATFORMS ? platforms : PLATFORMS;
    for (cl_uint p = 0; p < platforms; p++) {
        cl_uint more = 0, room = DEVICES - count;
        if (room == 0 || cl->GetDeviceIDs(platform[p], 0xFFFFFFFFu, room,
                                          device + count, &more) != 0)
            continue;
        count += more < room ? more : room;
    }
    return count;
}

static unsigned count(sg_error *error)
{
    library cl;
    cl_handle device[DEVICES];
    if (!open_library(&cl, error))
        return 0;
    const unsigned n = list(&cl, device);
    dlclose(cl.handle);
    if (n == 0)
        sg__fail(error, SG_E_MISSING, "OpenCL has no devices on this machine");
    return n;
}

static void describe(unsigned i, sg_device_info *info)
{
    library cl;
    cl_handle device[DEVICES];
    if (!open_library(&cl, NULL))
        return;
    if (i < list(&cl, device)) {
        cl.GetDeviceInfo(device[i], CL_DEVICE_NAME, sizeof info->name - 1,
                         info->name, NULL);
        cl.GetDeviceInfo(device[i], CL_DEVICE_GLOBAL_MEM_SIZE,
                         sizeof info->memory, &info->memory, NULL);
    }
    dlclose(cl.handle);
}

static void close_device(sg__device *device)
{
    opencl *d = (opencl *)device;
    if (d->queue)
        d->cl.Finish(d->queue);
    for (int k = 0; k < SG__KERNEL_COUNT; k++)
        if (d->kernel[k])
            d->cl.ReleaseKernel(d->kernel[k]);
    if (d->program)
        d->cl.ReleaseProgram(d->program);
    if (d->queue)
        d->cl.ReleaseCommandQueue(d->queue);
    if (d->context)
        d->cl.ReleaseContext(d->context);
    dlclose(d->cl.handle);
    free(d);
}

/* What kernels need of a device. */
static sg_status check(const opencl *d, unsigned i, sg_error *error)
{
    char extensions[8192] = "";
    size_t group = 0;
    uint64_t local = 0;
    cl_uint little = 0;
    d->cl.GetDeviceInfo(d->device, CL_DEVICE_EXTENSIONS, sizeof extensions - 1,
                        extensions, NULL);
    d->cl.GetDeviceInfo(d->device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof group,
                        &group, NULL);
    d->cl.GetDeviceInfo(d->device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local,
                        &local, NULL);
    d->cl.GetDeviceInfo(d->device, CL_DEVICE_ENDIAN_LITTLE, sizeof little,
                        &little, NULL);
    const uint16_t one = 1;
    if (!strstr(extensions, "cl_khr_int64_base_atomics"))
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "device opencl:%u: expected one that adds 64 bits "
                        "atomically (cl_khr_int64_base_atomics)",
                        i);
    if (group < SG__GROUP)
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "device opencl:%u: groups of %zu work items, expected "
                        "at least %d",
                        i, group, SG__GROUP);
    if (local < LOCAL_BYTES)
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "device opencl:%u: %llu bytes of local memory, "
                        "expected at least %d",
                        i, (unsigned long long)local, LOCAL_BYTES);
    if ((little != 0) != (*(const uint8_t *)&one == 1))
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "device opencl:%u: expected the byte order of the "
                        "host",
                        i);
    return SG_OK;
}

/* The first lines of what the compiler said, as one. */
static sg_status build_failed(const opencl *d, unsigned i, sg_error *error)
{
    char log[200] = "", *whole = NULL;
    size_t size = 0;
    d->cl.GetProgramBuildInfo(d->program, d->device, CL_PROGRAM_BUILD_LOG, 0,
                              NULL, &size);
    if (size > 0 && (whole = malloc(size + 1)) != NULL) {
        d->cl.GetProgramBuildInfo(d->program, d->device, CL_PROGRAM_BUILD_LOG,
                                  size, whole, NULL);
        whole[size] = '\0';
        snprintf(log, sizeof log, "%s", whole);
        for (char *c = log; *c; c++)
            *c = *c == '\n' ? ' ' : *c;
    }
    free(whole);
    return sg__fail(error, SG_E_UNSUPPORTED,
                    "device opencl:%u: its compiler refuses the kernels: %s",
                    i, log);
}

static sg_status build(opencl *d, unsigned i, sg_error *error)
{
    static const char *const names[] = {
#define KERNEL(name) #name,
#include "device/kernels.def"
#undef KERNEL
    };
    const char *source = sg__device_source;
    cl_int code = 0;
    d->context = d->cl.CreateContext(NULL, 1, &d->device, NULL, NULL, &code);
    if (d->context)
        d->queue = d->cl.CreateCommandQueue(d->context, d->device, 0, &code);
    if (d->queue)
        d->program =
            d->cl.CreateProgramWithSource(d->context, 1, &source, NULL, &code);
    if (!d->program)
        return sg__fail(error, SG_E_MISSING,
                        "device opencl:%u: cannot be opened (OpenCL error %d)",
                        i, (int)code);
    if (d->cl.BuildProgram(d->program, 1, &d->device, "-cl-std=CL1.2", NULL,
                           NULL) != 0)
        return build_failed(d, i, error);
    for (int k = 0; k < SG__KERNEL_COUNT; k++) {
        d->kernel[k] = d->cl.CreateKernel(d->program, names[k], &code);
        if (!d->kernel[k])
            return sg__fail(error, SG_E_UNSUPPORTED,
                            "device opencl:%u: kernel %s (OpenCL error %d)", i,
                            names[k], (int)code);
    }
    return SG_OK;
}

static sg_status open_device(unsigned i, sg__device **out, sg_error *error)
{
    cl_handle device[DEVICES];
    *out = NULL;
    opencl *d = calloc(1, sizeof *d);
    if (!d)
        return sg__fail(error, SG_E_MEMORY, "device: out of memory");
    d->base.kind = &sg__device_opencl;
    if (!open_library(&d->cl, error)) {
        free(d);
        return SG_E_MISSING;
    }
    sg_status status = SG_OK;
    if (i >= list(&d->cl, device))
        status =
            sg__fail(error, SG_E_MISSING, "device opencl:%u: not there", i);
    if (status == SG_OK) {
        d->device = device[i];
        status = check(d, i, error);
    }
    if (status == SG_OK)
        status = build(d, i, error);
    if (status != SG_OK) {
        close_device(&d->base);
        return status;
    }
    /* a workspace is one block, which may be no larger than that */
    d->cl.GetDeviceInfo(d->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE,
                        sizeof d->memory, &d->memory, NULL);
    *out = &d->base;
    return SG_OK;
}

/* Remembers a failure and what was being done. */
static sg_status note(opencl *d, cl_int code, const char *what)
{
    if (code == 0 || d->base.failed != SG_OK)
        return d->base.failed;
    d->base.failed =
        code == CL_OUT_OF_HOST_MEMORY || code == CL_OUT_OF_DEVICE_MEMORY
            ? SG_E_MEMORY
            : SG_E_DEVICE;
    return sg__fail(&d->base.error, d->base.failed,
                    "the OpenCL device failed at %s (OpenCL error %d)", what,
                    (int)code);
}

static sg_status take(sg__device *device, size_t bytes, sg__block *out)
{
    opencl *d = (opencl *)device;
    cl_int code = 0;
    *out = 0;
    if (d->base.failed != SG_OK)
        return d->base.failed;
    if (d->memory && bytes > d->memory)
        return SG_OK;
    cl_handle block = d->cl.CreateBuffer(d->context, CL_MEM_READ_WRITE,
                                         bytes ? bytes : 1, NULL, &code);
    if (block)
        *out = (sg__block)block;
    else if (code != CL_OUT_OF_DEVICE_MEMORY && code != CL_OUT_OF_RESOURCES &&
             code != CL_OUT_OF_HOST_MEMORY && code != CL_INVALID_BUFFER_SIZE)
        return note(d, code, "taking memory");
    return SG_OK;
}

static void give(sg__device *device, sg__block block)
{
    opencl *d = (opencl *)device;
    if (block)
        d->cl.ReleaseMemObject((cl_handle)block);
}

static uint64_t room(sg__device *device)
{
    return ((opencl *)device)->memory;
}

static sg_status write_block(sg__device *device, sg__block to, size_t at,
                             const void *from, size_t bytes)
{
    opencl *d = (opencl *)device;
    if (d->base.failed != SG_OK || bytes == 0)
        return d->base.failed;
    return note(d,
                d->cl.EnqueueWriteBuffer(d->queue, (cl_handle)to, 1, at, bytes,
                                         from, 0, NULL, NULL),
                "sending data");
}

static sg_status read_block(sg__device *device, void *to, sg__block from,
                            size_t at, size_t bytes)
{
    opencl *d = (opencl *)device;
    if (d->base.failed != SG_OK || bytes == 0)
        return d->base.failed;
    return note(d,
                d->cl.EnqueueReadBuffer(d->queue, (cl_handle)from, 1, at,
                                        bytes, to, 0, NULL, NULL),
                "fetching data");
}

static sg_status launch(sg__device *device, sg__kernel_id kernel,
                        sg__grid grid, sg__block memory, sg__block images,
                        const sg__task *task)
{
    opencl *d = (opencl *)device;
    cl_handle k = d->kernel[kernel];
    const cl_handle block[2] = {(cl_handle)memory, (cl_handle)images};
    const size_t global[2] = {(size_t)grid.x * SG__GROUP, grid.y};
    const size_t local[2] = {SG__GROUP, 1};
    if (d->base.failed != SG_OK)
        return d->base.failed;
    cl_int code = d->cl.SetKernelArg(k, 0, sizeof(void *), &block[0]);
    if (code == 0)
        code = d->cl.SetKernelArg(k, 1, sizeof(void *), &block[1]);
    if (code == 0)
        code = d->cl.SetKernelArg(k, 2, sizeof *task, task);
    if (code == 0)
        code = d->cl.EnqueueNDRangeKernel(d->queue, k, 2, NULL, global, local,
                                          0, NULL, NULL);
    return note(d, code, "a kernel");
}

static sg_status finish(sg__device *device)
{
    opencl *d = (opencl *)device;
    if (d->base.failed != SG_OK)
        return d->base.failed;
    return note(d, d->cl.Finish(d->queue), "waiting for it");
}

const sg__device_kind sg__device_opencl = {
    .name = "opencl",
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
};
