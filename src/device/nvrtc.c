/* Compiling; see nvrtc.h. The few functions that are used are declared here,
 * so that nothing of CUDA is needed to build the library. */
#include "device/nvrtc.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "device/kept.h"
#include "device/source.h"

typedef int nvrtc_result; /* 0: success */
typedef struct nvrtc_object *nvrtc_program;

/* X(name, symbol, arguments): functions of libnvrtc. */
#define COMPILER(X)                                                           \
    X(version, nvrtcVersion, (int *, int *))                                  \
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

/* *out: the card's architecture, or the latest before it that the compiler
 * knows; 0: it knows none. SG_E_MEMORY. */
static sg_status choose_target(const compiler *nvrtc, int architecture,
                               int *out)
{
    int count = 0;
    *out = architecture;
    if (!nvrtc->targets || nvrtc->targets(&count) != 0 || count < 1)
        return SG_OK; /* it will say */
    int *list = calloc((size_t)count, sizeof *list);
    if (!list)
        return SG_E_MEMORY;
    if (nvrtc->list_targets(list) == 0) {
        *out = 0;
        for (int k = 0; k < count; k++)
            if (list[k] <= architecture && list[k] > *out)
                *out = list[k];
    }
    free(list);
    return SG_OK;
}

/* Opens a library if it is there and can compile for the architecture; what
 * compiles is then *target. */
static sg_status try_library(compiler *nvrtc, const char *name,
                             int architecture, int *target)
{
    memset(nvrtc, 0, sizeof *nvrtc);
    nvrtc->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!nvrtc->handle)
        return SG_E_MISSING;
    const sg_status status = find_functions(nvrtc)
                                 ? choose_target(nvrtc, architecture, target)
                                 : SG_E_MISSING;
    if (status == SG_OK && *target > 0)
        return SG_OK;
    dlclose(nvrtc->handle);
    nvrtc->handle = NULL;
    return status == SG_OK ? SG_E_UNSUPPORTED : status;
}

/* The one of the driver's own major version comes first: a driver may refuse
 * what a later compiler made. SG_E_MISSING; SG_E_UNSUPPORTED: none knows the
 * architecture; SG_E_MEMORY. */
static sg_status open_compiler(compiler *nvrtc, int architecture, int driver,
                               int *target)
{
    const char *given = getenv("SPIKEGRAD_NVRTC");
    char own[40];
    snprintf(own, sizeof own, "libnvrtc.so.%s%d", driver < 12000 ? "11." : "",
             driver < 12000 ? 2 : driver / 1000);
    const char *const names[] = {
        given && *given ? given : own,
        own,
        "libnvrtc.so.13",
        "libnvrtc.so.12",
        "libnvrtc.so.11.2",
        "libnvrtc.so",
        "/usr/local/cuda/lib64/libnvrtc.so",
    };
    sg_status worst = SG_E_MISSING;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const sg_status status =
            try_library(nvrtc, names[i], architecture, target);
        if (status == SG_OK || status == SG_E_MEMORY)
            return status;
        if (status == SG_E_UNSUPPORTED)
            worst = status;
    }
    return worst;
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

/* All that decides the code, to be freed; NULL: no memory. */
static char *make_key(const compiler *nvrtc, const char *const *options,
                      int count)
{
    int major = 0, minor = 0, at = 0;
    const size_t room = strlen(sg__device_source) + 256;
    char *key = malloc(room);
    if (!key)
        return NULL;
    nvrtc->version(&major, &minor);
    at += snprintf(key, room, "NVRTC %d.%d", major, minor);
    for (int k = 0; k < count; k++)
        at += snprintf(key + at, room - (size_t)at, " %s", options[k]);
    snprintf(key + at, room - (size_t)at, "\n%s", sg__device_source);
    return key;
}

/* A cubin, or (whole false) PTX. */
static sg_status compile(const compiler *nvrtc, unsigned i,
                         const char *const *options, int count, bool whole,
                         sg__code *out, sg_error *error)
{
    nvrtc_program program = NULL;
    if (nvrtc->create(&program, sg__device_source, "spikegrad.cu", 0, NULL,
                      NULL) != 0)
        return no_memory(i, error);
    sg_status status = SG_OK;
    if (nvrtc->compile(program, count, options) != 0)
        status = refused(nvrtc, program, i, error);
    else if ((whole ? nvrtc->cubin_size : nvrtc->ptx_size)(program,
                                                           &out->size) != 0 ||
             (out->bytes = malloc(out->size)) == NULL ||
             (whole ? nvrtc->cubin : nvrtc->ptx)(program, out->bytes) != 0)
        status = no_memory(i, error);
    nvrtc->destroy(&program);
    return status;
}

/* The same, or what was kept of it. */
static sg_status make(const compiler *nvrtc, unsigned i, int target,
                      bool whole, sg__code *out, sg_error *error)
{
    char name[24], option[48];
    snprintf(name, sizeof name, "%s_%d", whole ? "sm" : "compute", target);
    snprintf(option, sizeof option, "--gpu-architecture=%s", name);
    const char *const options[] = {option, "--std=c++17", "-default-device",
                                   "--disable-warnings"};
    const int count = sizeof options / sizeof *options;
    char *key = make_key(nvrtc, options, count);
    if (!key)
        return no_memory(i, error);
    sg_status status = SG_OK;
    *out = sg__kept_read(name, key);
    if (!out->bytes) {
        status = compile(nvrtc, i, options, count, whole, out, error);
        if (status == SG_OK)
            sg__kept_write(name, key, out);
    }
    free(key);
    return status;
}

sg_status sg__nvrtc_compile(unsigned i, int architecture, int driver,
                            sg__code *out, sg_error *error)
{
    compiler nvrtc;
    int target = 0;
    *out = (sg__code){0};
    sg_status status = open_compiler(&nvrtc, architecture, driver, &target);
    if (status == SG_E_MISSING)
        return sg__fail(error, status,
                        "device cuda:%u: no compiler for it: libnvrtc.so "
                        "cannot be opened (part of CUDA, and of PyTorch; "
                        "SPIKEGRAD_NVRTC may name it)",
                        i);
    if (status == SG_E_UNSUPPORTED)
        return sg__fail(
            error, status,
            "device cuda:%u: no compiler for it: each libnvrtc.so "
            "that can be opened is of CUDA too late for "
            "architecture %d.%d (SPIKEGRAD_NVRTC may name another)",
            i, architecture / 10, architecture % 10);
    if (status != SG_OK)
        return no_memory(i, error);
    status = make(&nvrtc, i, target, target == architecture, out, error);
    dlclose(nvrtc.handle);
    if (status != SG_OK) {
        free(out->bytes);
        *out = (sg__code){0};
    }
    return status;
}
