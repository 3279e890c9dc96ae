/* What stands in for libcuda.so.1: the functions that the library uses of it,
 * over kernels in plain C. They hold callers to what the real ones demand
 * (a current context, blocks that are large enough, a stream that is there),
 * and can be told to be old, small, or to fail:
 *
 *   FAKE_CUDA_VERSION  of the driver; 13000
 *   FAKE_CUDA_DEVICES  1
 *   FAKE_CUDA_ARCH     90
 *   FAKE_CUDA_ROOM     bytes of memory
 *   FAKE_CUDA_LOST     launches until the device is lost; never
 *   FAKE_CUDA_LAUNCHES a file that is written at the end: launches, and graphs
 *                      that were played */
#include <stdio.h>
#include <stdlib.h>

#include "plain_kernels.h"

typedef uint64_t pointer;

enum {
    OUT_OF_MEMORY = 2,
    INVALID_VALUE = 1,
    NO_DEVICE = 100,
    INVALID_CONTEXT = 201,
    INVALID_HANDLE = 400,
    LAUNCH_FAILED = 719,
    BLOCKS = 64
};

typedef struct call {
    int kernel;
    uint32_t x, y;
    uint8_t *memory;
    const uint8_t *images;
    sg__task task;
} call;

/* A graph, or what is being recorded as one. */
typedef struct graph {
    call *calls;
    size_t count;
} graph;

static const char magic[] = "cubin of the test";
static char context, stream_object;
static _Thread_local const void
    *current[8]; /* a stack; the first is foreign */
static _Thread_local int depth;
static struct {
    char *at;
    size_t bytes;
} block[BLOCKS];
static size_t taken;
static graph *recorded; /* NULL: launches are carried out */
static long launched, played;
static int lost;

static long long number(const char *name, long long other)
{
    const char *text = getenv(name);
    return text && *text ? atoll(text) : other;
}

static void report(void)
{
    if (depth != 0) /* the thread's own context must be back */
        abort();
    const char *path = getenv("FAKE_CUDA_LAUNCHES");
    FILE *file = path && *path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "launches %ld\nplayed %ld\n", launched, played);
    fclose(file);
}

static int ready(void)
{
    return lost                         ? LAUNCH_FAILED
           : current[depth] == &context ? 0
                                        : INVALID_CONTEXT;
}

/* Whether a range lies within one block. */
static int inside(pointer at, size_t bytes)
{
    for (int i = 0; i < BLOCKS; i++) {
        const pointer begin = (pointer)(uintptr_t)block[i].at;
        if (begin && at >= begin && at - begin <= block[i].bytes &&
            bytes <= block[i].bytes - (at - begin))
            return 1;
    }
    return 0;
}

int cuInit(unsigned flags);
int cuDriverGetVersion(int *version);
int cuDeviceGetCount(int *count);
int cuDeviceGet(int *device, int i);
int cuDeviceGetName(char *name, int size, int device);
int cuDeviceTotalMem_v2(size_t *bytes, int device);
int cuDeviceGetAttribute(int *value, int attribute, int device);
int cuDevicePrimaryCtxRetain(void **out, int device);
int cuDevicePrimaryCtxRelease_v2(int device);
int cuCtxPushCurrent_v2(void *wanted);
int cuCtxPopCurrent_v2(void **out);
int cuMemGetInfo_v2(size_t *room, size_t *total);
int cuMemAlloc_v2(pointer *out, size_t bytes);
int cuMemFree_v2(pointer at);
int cuMemcpyHtoDAsync_v2(pointer to, const void *from, size_t n, void *s);
int cuMemcpyDtoHAsync_v2(void *to, pointer from, size_t n, void *s);
int cuStreamCreate(void **out, unsigned flags);
int cuStreamDestroy_v2(void *s);
int cuStreamSynchronize(void *s);
int cuModuleLoadData(void **out, const void *code);
int cuModuleUnload(void *module);
int cuModuleGetFunction(void **out, void *module, const char *name);
int cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z,
                   unsigned tx, unsigned ty, unsigned tz, unsigned shared,
                   void *s, void **arguments, void **extra);
int cuGetErrorName(int code, const char **name);
int cuStreamBeginCapture_v2(void *s, int mode);
int cuStreamEndCapture(void *s, void **out);
int cuGraphInstantiateWithFlags(void **out, void *g, unsigned long long flags);
int cuGraphLaunch(void *exec, void *s);
int cuGraphExecDestroy(void *exec);
int cuGraphDestroy(void *g);

int cuInit(unsigned flags)
{
    return flags                                ? INVALID_VALUE
           : number("FAKE_CUDA_DEVICES", 1) < 1 ? NO_DEVICE
                                                : 0;
}

int cuDriverGetVersion(int *version)
{
    *version = (int)number("FAKE_CUDA_VERSION", 13000);
    return 0;
}

int cuDeviceGetCount(int *count)
{
    *count = (int)number("FAKE_CUDA_DEVICES", 1);
    return 0;
}

int cuDeviceGet(int *device, int i)
{
    *device = i;
    return i < number("FAKE_CUDA_DEVICES", 1) ? 0 : INVALID_VALUE;
}

int cuDeviceGetName(char *name, int size, int device)
{
    snprintf(name, (size_t)size, "no card %d", device);
    return 0;
}

static size_t all_room(void)
{
    return (size_t)number("FAKE_CUDA_ROOM", 1LL << 40);
}

int cuDeviceTotalMem_v2(size_t *bytes, int device)
{
    (void)device;
    *bytes = all_room();
    return 0;
}

int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    const int architecture = (int)number("FAKE_CUDA_ARCH", 90);
    (void)device;
    *value = attribute == 75   ? architecture / 10
             : attribute == 76 ? architecture % 10
                               : 0;
    return 0;
}

int cuDevicePrimaryCtxRetain(void **out, int device)
{
    (void)device;
    *out = &context;
    return 0;
}

int cuDevicePrimaryCtxRelease_v2(int device)
{
    (void)device;
    report();
    return 0;
}

int cuCtxPushCurrent_v2(void *wanted)
{
    if (wanted != &context || depth == 7)
        return INVALID_CONTEXT;
    current[++depth] = wanted;
    return 0;
}

int cuCtxPopCurrent_v2(void **out)
{
    if (depth == 0) /* that is not the library's */
        abort();
    *out = &context;
    depth--;
    return 0;
}

int cuMemGetInfo_v2(size_t *room, size_t *total)
{
    *total = all_room();
    *room = *total - taken;
    return ready();
}

/* What is not written must not matter. */
int cuMemAlloc_v2(pointer *out, size_t bytes)
{
    int code = ready(), i = 0;
    if (code)
        return code;
    if (bytes > all_room() - taken)
        return OUT_OF_MEMORY;
    while (i < BLOCKS && block[i].at)
        i++;
    if (i == BLOCKS ||
        (block[i].at = aligned_alloc(256, (bytes + 255) / 256 * 256)) == NULL)
        return OUT_OF_MEMORY;
    memset(block[i].at, 0x5a, bytes);
    block[i].bytes = bytes;
    taken += bytes;
    *out = (pointer)(uintptr_t)block[i].at;
    return 0;
}

int cuMemFree_v2(pointer at)
{
    for (int i = 0; i < BLOCKS; i++)
        if (block[i].at && (pointer)(uintptr_t)block[i].at == at) {
            taken -= block[i].bytes;
            free(block[i].at);
            block[i].at = NULL;
            return 0;
        }
    return INVALID_VALUE;
}

static int copy(pointer where, size_t n, void *s)
{
    const int code = ready();
    return code                            ? code
           : s != &stream_object           ? INVALID_HANDLE
           : recorded || !inside(where, n) ? INVALID_VALUE
                                           : 0;
}

int cuMemcpyHtoDAsync_v2(pointer to, const void *from, size_t n, void *s)
{
    const int code = copy(to, n, s);
    if (code == 0)
        memcpy((void *)(uintptr_t)to, from, n);
    return code;
}

int cuMemcpyDtoHAsync_v2(void *to, pointer from, size_t n, void *s)
{
    const int code = copy(from, n, s);
    if (code == 0)
        memcpy(to, (const void *)(uintptr_t)from, n);
    return code;
}

int cuStreamCreate(void **out, unsigned flags)
{
    *out = &stream_object;
    return flags > 1 ? INVALID_VALUE : ready();
}

int cuStreamDestroy_v2(void *s)
{
    return s == &stream_object ? 0 : INVALID_HANDLE;
}

int cuStreamSynchronize(void *s)
{
    return s != &stream_object ? INVALID_HANDLE : ready();
}

int cuModuleLoadData(void **out, const void *code)
{
    *out = &stream_object;
    return memcmp(code, magic, sizeof magic) == 0 ? ready() : 200;
}

int cuModuleUnload(void *module)
{
    return module ? 0 : INVALID_HANDLE;
}

int cuModuleGetFunction(void **out, void *module, const char *name)
{
    (void)module;
    for (size_t k = 0; k < PLAIN_KERNELS; k++)
        if (strcmp(plain_names[k], name) == 0) {
            *out = (void *)(k + 1);
            return ready();
        }
    return 500;
}

static int carry_out(const call *c)
{
    if (number("FAKE_CUDA_LOST", -1) == launched)
        lost = 1;
    if (lost)
        return LAUNCH_FAILED;
    launched++;
    plain_run(c->kernel, c->x, c->y, c->memory, c->images, &c->task);
    return 0;
}

int cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z,
                   unsigned tx, unsigned ty, unsigned tz, unsigned shared,
                   void *s, void **arguments, void **extra)
{
    const size_t k = (size_t)(uintptr_t)function;
    call c = {.kernel = (int)k - 1, .x = x, .y = y};
    const int code = ready();
    if (code)
        return code;
    if (k < 1 || k > PLAIN_KERNELS || s != &stream_object)
        return INVALID_HANDLE;
    if (x < 1 || y < 1 || y > 65535 || z != 1 || tx != SG__GROUP || ty != 1 ||
        tz != 1 || shared || extra)
        return INVALID_VALUE;
    c.memory = (uint8_t *)(uintptr_t) * (pointer *)arguments[0];
    c.images = (const uint8_t *)(uintptr_t) * (pointer *)arguments[1];
    memcpy(&c.task, arguments[2], sizeof c.task);
    if (!recorded)
        return carry_out(&c);
    call *more =
        realloc(recorded->calls, (recorded->count + 1) * sizeof *more);
    if (!more)
        return OUT_OF_MEMORY;
    recorded->calls = more;
    recorded->calls[recorded->count++] = c;
    return 0;
}

int cuGetErrorName(int code, const char **name)
{
    *name = code == OUT_OF_MEMORY     ? "CUDA_ERROR_OUT_OF_MEMORY"
            : code == LAUNCH_FAILED   ? "CUDA_ERROR_LAUNCH_FAILED"
            : code == INVALID_CONTEXT ? "CUDA_ERROR_INVALID_CONTEXT"
            : code == NO_DEVICE       ? "CUDA_ERROR_NO_DEVICE"
                                      : "CUDA_ERROR_INVALID_VALUE";
    return 0;
}

int cuStreamBeginCapture_v2(void *s, int mode)
{
    const int code = ready();
    if (code || s != &stream_object || recorded || mode < 0 || mode > 2)
        return code ? code : INVALID_HANDLE;
    recorded = calloc(1, sizeof *recorded);
    return recorded ? 0 : OUT_OF_MEMORY;
}

int cuStreamEndCapture(void *s, void **out)
{
    if (s != &stream_object || !recorded)
        return INVALID_HANDLE;
    *out = recorded;
    recorded = NULL;
    return ready();
}

/* The graph is destroyed before what is made of it. */
int cuGraphInstantiateWithFlags(void **out, void *g, unsigned long long flags)
{
    const graph *from = g;
    graph *to = calloc(1, sizeof *to);
    if (!to || flags)
        return INVALID_VALUE;
    to->count = from->count;
    to->calls = malloc(from->count * sizeof *to->calls);
    if (!to->calls)
        return OUT_OF_MEMORY;
    for (size_t i = 0; i < from->count; i++) /* of none there may be none */
        to->calls[i] = from->calls[i];
    *out = to;
    return ready();
}

int cuGraphLaunch(void *exec, void *s)
{
    const graph *g = exec;
    int code = s == &stream_object ? ready() : INVALID_HANDLE;
    for (size_t i = 0; code == 0 && i < g->count; i++)
        code = carry_out(&g->calls[i]);
    played += code == 0;
    return code;
}

int cuGraphExecDestroy(void *exec)
{
    return cuGraphDestroy(exec);
}

int cuGraphDestroy(void *g)
{
    graph *of = g;
    free(of->calls);
    free(of);
    return 0;
}
