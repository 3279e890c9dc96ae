/* Compiling; see nvrtc.h. The few functions that are used are declared here,
 * so that nothing of CUDA is needed to build the library. */
#include "device/nvrtc.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "device/source.h"

typedef int nvrtc_result; /* 0: success */
typedef struct nvrtc_object *nvrtc_program;

/* X(name, symbol, arguments): functions of libnvrtc. */
#define COMPILER(X)                                                           \
    X(create, nvrtcCreateProgram,                                             \
      (nvrtc_program *, const char *, const char *, int, const char *const *, \
       const char *const *))                                                  \
    X(destroy, nvrtcDestroyProgram, (nvrtc_program *))                        \
    X(compile, nvrtcCompileProgram,                                           \
      (nvrtc_program, int, const char *const *))                              \
    X(log_size, nvrtcGetProgramLogSize, (nvrtc_program, size_t *))            \
    X(log, nvrtcGetProgramLog, (nvrtc_program, char *))                       \
    X(cubin_size, nvrtcGetCUBINSize, (nvrtc_program, size_t *))               \
    X(cubin, nvrtcGetCUBIN, (nvrtc_program, char *))                          \
    X(ptx_size, nvrtcGetPTXSize, (nvrtc_program, size_t *))                   \
    X(ptx, nvrtcGetPTX, (nvrtc_program, char *))

/* Those of CUDA 11.2 and later: which architectures it knows. */
#define TARGETS(X)                                                            \
    X(targets, nvrtcGetNumSupportedArchs, (int *))                            \
    X(list_targets, nvrtcGetSupportedArchs, (int *))

typedef struct compiler {
    void *handle;
#define MEMBER(member, symbol, arguments) nvrtc_result(*member) arguments;
    COMPILER(MEMBER)
    TARGETS(MEMBER)
#undef MEMBER
} compiler;

static bool find_functions(compiler *library)
{
    bool all = true;
    /* a function's address comes as that of data; POSIX has it so */
#define FIND(member, symbol, arguments)                                       \
    *(void **)&library->member = dlsym(library->handle, #symbol);             \
    all &= library->member != NULL;
    COMPILER(FIND)
    const bool found = all;
    TARGETS(FIND)
#undef FIND
    if (!all)
        library->targets = library->list_targets = NULL;
    return found;
}

static void try_library(compiler *nvrtc, const char *name)
{
    if (!nvrtc->handle)
        nvrtc->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

/* The one of the driver's own version comes first: a driver may refuse what a
 * later compiler made. */
static bool open_compiler(compiler *nvrtc, int driver)
{
    static const char *const names[] = {
        "libnvrtc.so.13",
        "libnvrtc.so.12",
        "libnvrtc.so.11.2",
        "libnvrtc.so",
        "/usr/local/cuda/lib64/libnvrtc.so",
    };
    const char *given = getenv("SPIKEGRAD_NVRTC");
    char own[40];
    snprintf(own, sizeof own, "libnvrtc.so.%s%d", driver < 12000 ? "11." : "",
             driver < 12000 ? 2 : driver / 1000);
    memset(nvrtc, 0, sizeof *nvrtc);
    if (given && *given)
        try_library(nvrtc, given);
    try_library(nvrtc, own);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        try_library(nvrtc, names[i]);
    if (!nvrtc->handle)
        return false;
    if (find_functions(nvrtc))
        return true;
    dlclose(nvrtc->handle);
    return false;
}

/* *out: the card's architecture, or the latest before it that the compiler
 * knows. False: no memory. */
static bool choose_target(const compiler *nvrtc, int architecture, int *out)
{
    int count = 0, best = 0;
    *out = architecture;
    if (!nvrtc->targets || nvrtc->targets(&count) != 0 || count < 1)
        return true;
    int *list = calloc((size_t)count, sizeof *list);
    if (!list)
        return false;
    if (nvrtc->list_targets(list) == 0)
        for (int k = 0; k < count; k++)
            if (list[k] <= architecture && list[k] > best)
                best = list[k];
    free(list);
    if (best > 0)
        *out = best;
    return true;
}

/* The first lines of what the compiler said, as one. */
static sg_status refused(const compiler *nvrtc, nvrtc_program program,
                         unsigned i, sg_error *error)
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

static sg_status no_memory(unsigned i, sg_error *error)
{
    return sg__fail(error, SG_E_MEMORY, "device cuda:%u: out of memory", i);
}

static sg_status compile(const compiler *nvrtc, unsigned i, int architecture,
                         sg__code *out, sg_error *error)
{
    char target[40];
    nvrtc_program program = NULL;
    int base;
    if (!choose_target(nvrtc, architecture, &base))
        return no_memory(i, error);
    const bool whole = base == architecture;
    snprintf(target, sizeof target, "--gpu-architecture=%s_%d",
             whole ? "sm" : "compute", base);
    const char *const options[] = {target, "--std=c++17", "-default-device",
                                   "--disable-warnings"};
    if (nvrtc->create(&program, sg__device_source, "spikegrad.cu", 0, NULL,
                      NULL) != 0)
        return no_memory(i, error);
    sg_status status = SG_OK;
    if (nvrtc->compile(program, 4, options) != 0)
        status = refused(nvrtc, program, i, error);
    else if ((whole ? nvrtc->cubin_size : nvrtc->ptx_size)(program,
                                                           &out->size) != 0 ||
             (out->bytes = malloc(out->size)) == NULL ||
             (whole ? nvrtc->cubin : nvrtc->ptx)(program, out->bytes) != 0)
        status = no_memory(i, error);
    nvrtc->destroy(&program);
    return status;
}

sg_status sg__nvrtc_compile(unsigned i, int architecture, int driver,
                            sg__code *out, sg_error *error)
{
    compiler nvrtc;
    *out = (sg__code){0};
    if (!open_compiler(&nvrtc, driver))
        return sg__fail(error, SG_E_MISSING,
                        "device cuda:%u: no compiler for it: libnvrtc.so "
                        "cannot be opened (part of CUDA, and of PyTorch; "
                        "SPIKEGRAD_NVRTC may name it)",
                        i);
    const sg_status status = compile(&nvrtc, i, architecture, out, error);
    dlclose(nvrtc.handle);
    if (status != SG_OK) {
        free(out->bytes);
        *out = (sg__code){0};
    }
    return status;
}
