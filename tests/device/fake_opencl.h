/* An OpenCL that is not there: the functions that the library uses of it, over
 * kernels in plain C. They hold callers to what the real ones demand (handles
 * that are there, buffers that are large enough), and can be told what their
 * devices are like. Who includes this says when a call fails:
 *
 *   static int fake_fails(void);   asked at each call that can fail */
#ifndef TESTS_FAKE_OPENCL_H
#define TESTS_FAKE_OPENCL_H

#include <stdio.h>
#include <stdlib.h>

#include "plain_kernels.h"

static int fake_fails(void);

/* What devices are like. */
static struct fake_opencl {
    uint32_t platforms, devices; /* of each platform */
    const char *extensions;
    size_t group;
    uint64_t local, memory;
    uint32_t other_order; /* of bytes than the host's */
    const char *log;      /* what the compiler refuses kernels with */
    int32_t code;         /* of calls that fail */
    uint64_t room;        /* bytes that buffers may take */
} fake_opencl;

static const struct fake_opencl fake_usual = {
    .platforms = 1,
    .devices = 1,
    .extensions = "cl_khr_fp64 cl_khr_int64_base_atomics",
    .group = 256,
    .local = 64 << 10,
    .memory = 1 << 28,
    .code = -9999,
    .room = UINT64_MAX,
};

typedef enum fake_kind { CONTEXT, QUEUE, PROGRAM, FUNCTION, BUFFER } fake_kind;

typedef struct fake_object {
    fake_kind kind;
    int kernel;
    size_t bytes;
    uint8_t *at;
    const uint8_t *argument[2];
    sg__task task;
    int arguments;
} fake_object;

static long fake_objects; /* that there are */
static char fake_device;

static fake_object *fake_make(fake_kind kind, int32_t *code)
{
    fake_object *o = fake_fails() ? NULL : calloc(1, sizeof *o);
    *code = o ? 0 : fake_opencl.code;
    if (o) {
        o->kind = kind;
        fake_objects++;
    }
    return o;
}

static int32_t fake_release(fake_object *o)
{
    fake_objects--;
    free(o->at);
    free(o);
    return 0;
}

static int32_t fakeGetPlatformIDs(uint32_t room, void **out, uint32_t *count)
{
    if (fake_fails())
        return fake_opencl.code;
    for (uint32_t i = 0; i < room && i < fake_opencl.platforms; i++)
        out[i] = &fake_device;
    *count = fake_opencl.platforms;
    return 0;
}

static int32_t fakeGetDeviceIDs(void *platform, uint64_t kinds, uint32_t room,
                                void **out, uint32_t *count)
{
    (void)kinds;
    if (fake_fails() || platform != &fake_device || room == 0)
        return fake_opencl.code;
    for (uint32_t i = 0; i < room && i < fake_opencl.devices; i++)
        out[i] = &fake_device;
    *count = fake_opencl.devices;
    return 0;
}

static int32_t fakeGetDeviceInfo(void *device, uint32_t what, size_t size,
                                 void *out, size_t *got)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    const uint32_t little = (first == 1) != (fake_opencl.other_order != 0);
    const char *text = what == 0x102B ? "no card" : fake_opencl.extensions;
    const void *from = what == 0x101F || what == 0x1010
                           ? (const void *)&fake_opencl.memory
                       : what == 0x1023 ? (const void *)&fake_opencl.local
                       : what == 0x1004 ? (const void *)&fake_opencl.group
                       : what == 0x1026 ? (const void *)&little
                                        : text;
    const size_t bytes = from == text     ? strlen(text) + 1
                         : what == 0x1026 ? sizeof little
                         : what == 0x1004 ? sizeof(size_t)
                                          : sizeof(uint64_t);
    (void)got;
    if (fake_fails() || device != &fake_device || size < bytes)
        return fake_opencl.code;
    memcpy(out, from, bytes);
    return 0;
}

static void *fakeCreateContext(const intptr_t *properties, uint32_t count,
                               void *const *device, void *tell, void *user,
                               int32_t *code)
{
    (void)properties, (void)tell, (void)user;
    return count == 1 && device[0] == &fake_device ? fake_make(CONTEXT, code)
                                                   : NULL;
}

static void *fakeCreateCommandQueue(fake_object *context, void *device,
                                    uint64_t properties, int32_t *code)
{
    (void)device, (void)properties;
    return context->kind == CONTEXT ? fake_make(QUEUE, code) : NULL;
}

static void *fakeCreateProgramWithSource(fake_object *context, uint32_t count,
                                         const char **text,
                                         const size_t *lengths, int32_t *code)
{
    (void)lengths;
    return context->kind == CONTEXT && count == 1 &&
                   strstr(text[0], "KERNEL(sg_forward)")
               ? fake_make(PROGRAM, code)
               : NULL;
}

static int32_t fakeBuildProgram(fake_object *program, uint32_t count,
                                void *const *device, const char *options,
                                void *tell, void *user)
{
    (void)count, (void)device, (void)tell, (void)user;
    if (fake_fails() || program->kind != PROGRAM || fake_opencl.log)
        return fake_opencl.code;
    return strstr(options, "-cl-std=CL1.2") ? 0 : fake_opencl.code;
}

static int32_t fakeGetProgramBuildInfo(fake_object *program, void *device,
                                       uint32_t what, size_t size, void *out,
                                       size_t *got)
{
    const char *log = fake_opencl.log ? fake_opencl.log : "";
    (void)device;
    if (fake_fails() || program->kind != PROGRAM || what != 0x1183)
        return fake_opencl.code;
    if (out && size >= strlen(log))
        memcpy(out, log, strlen(log));
    if (got)
        *got = strlen(log);
    return 0;
}

static void *fakeCreateKernel(fake_object *program, const char *name,
                              int32_t *code)
{
    for (int k = 0; program->kind == PROGRAM && k < PLAIN_KERNELS; k++)
        if (strcmp(plain_names[k], name) == 0) {
            fake_object *o = fake_make(FUNCTION, code);
            if (o)
                o->kernel = k;
            return o;
        }
    *code = -46;
    return NULL;
}

static int32_t fakeSetKernelArg(fake_object *kernel, uint32_t i, size_t size,
                                const void *value)
{
    fake_object *buffer = NULL;
    if (fake_fails() || kernel->kind != FUNCTION)
        return fake_opencl.code;
    if (i == 2 && size == sizeof kernel->task) {
        memcpy(&kernel->task, value, size);
        return 0;
    }
    memcpy(&buffer, value, sizeof buffer);
    if (i > 1 || size != sizeof buffer || buffer->kind != BUFFER)
        return fake_opencl.code;
    kernel->argument[i] = buffer->at;
    return 0;
}

/* What is not written must not matter. */
static void *fakeCreateBuffer(fake_object *context, uint64_t how, size_t bytes,
                              void *host, int32_t *code)
{
    (void)how, (void)host;
    *code = -4;
    if (context->kind != CONTEXT || bytes == 0 || bytes > fake_opencl.room)
        return NULL;
    fake_object *o = fake_make(BUFFER, code);
    if (!o)
        return NULL;
    o->at = aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (!o->at) {
        fake_release(o);
        *code = -4;
        return NULL;
    }
    o->bytes = bytes;
    memset(o->at, 0x5a, bytes);
    return o;
}

static int fake_inside(const fake_object *queue, const fake_object *buffer,
                       size_t at, size_t bytes)
{
    return queue->kind == QUEUE && buffer->kind == BUFFER &&
           at <= buffer->bytes && bytes <= buffer->bytes - at;
}

static int32_t fakeEnqueueWriteBuffer(fake_object *queue, fake_object *to,
                                      uint32_t waits, size_t at, size_t bytes,
                                      const void *from, uint32_t events,
                                      void *const *event, void **done)
{
    (void)events, (void)event, (void)done;
    if (fake_fails() || !waits || !fake_inside(queue, to, at, bytes))
        return fake_opencl.code;
    memcpy(to->at + at, from, bytes);
    return 0;
}

static int32_t fakeEnqueueReadBuffer(fake_object *queue, fake_object *from,
                                     uint32_t waits, size_t at, size_t bytes,
                                     void *to, uint32_t events,
                                     void *const *event, void **done)
{
    (void)events, (void)event, (void)done;
    if (fake_fails() || !waits || !fake_inside(queue, from, at, bytes))
        return fake_opencl.code;
    memcpy(to, from->at + at, bytes);
    return 0;
}

static int32_t fakeEnqueueNDRangeKernel(fake_object *queue,
                                        fake_object *kernel, uint32_t dims,
                                        const size_t *offset,
                                        const size_t *global,
                                        const size_t *local, uint32_t events,
                                        void *const *event, void **done)
{
    (void)offset, (void)events, (void)event, (void)done;
    if (fake_fails() || queue->kind != QUEUE || kernel->kind != FUNCTION ||
        dims != 2 || local[0] != SG__GROUP || local[1] != 1 ||
        global[0] % local[0] != 0)
        return fake_opencl.code;
    plain_run(kernel->kernel, (uint32_t)(global[0] / local[0]),
              (uint32_t)global[1], (uint8_t *)kernel->argument[0],
              kernel->argument[1], &kernel->task);
    return 0;
}

static int32_t fakeFinish(fake_object *queue)
{
    return fake_fails() || queue->kind != QUEUE ? fake_opencl.code : 0;
}

#define FAKE(name)                                                            \
    {                                                                         \
        "cl" #name, (void (*)(void))fake##name                                \
    }
#define FAKE_RELEASE(name)                                                    \
    {                                                                         \
        "clRelease" #name, (void (*)(void))fake_release                       \
    }

static const struct {
    const char *name;
    void (*function)(void);
} fake_functions[] = {
    FAKE(GetPlatformIDs),
    FAKE(GetDeviceIDs),
    FAKE(GetDeviceInfo),
    FAKE(CreateContext),
    FAKE(CreateCommandQueue),
    FAKE(CreateProgramWithSource),
    FAKE(BuildProgram),
    FAKE(GetProgramBuildInfo),
    FAKE(CreateKernel),
    FAKE(SetKernelArg),
    FAKE(CreateBuffer),
    FAKE(EnqueueWriteBuffer),
    FAKE(EnqueueReadBuffer),
    FAKE(EnqueueNDRangeKernel),
    FAKE(Finish),
    FAKE_RELEASE(Context),
    FAKE_RELEASE(CommandQueue),
    FAKE_RELEASE(Program),
    FAKE_RELEASE(Kernel),
    FAKE_RELEASE(MemObject),
};

/* The address of a function, as dlsym gives it. */
static void *fake_opencl_find(const char *name)
{
    for (size_t i = 0; i < sizeof fake_functions / sizeof *fake_functions; i++)
        if (strcmp(fake_functions[i].name, name) == 0) {
            void *address;
            memcpy(&address, &fake_functions[i].function, sizeof address);
            return address;
        }
    return NULL;
}

#endif
