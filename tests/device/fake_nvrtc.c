/* What stands in for libnvrtc: it takes the kernels and gives what
 * fake_cuda.c knows, as a cubin for the architectures that it knows and as PTX
 * for those after them. FAKE_NVRTC_FAILS makes it refuse them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char cubin[] = "cubin of the test";
static char program;

int nvrtcCreateProgram(void **out, const char *text, const char *name,
                       int headers, const char *const *header,
                       const char *const *names);
int nvrtcDestroyProgram(void **p);
int nvrtcCompileProgram(void *p, int count, const char *const *options);
int nvrtcGetProgramLogSize(void *p, size_t *size);
int nvrtcGetProgramLog(void *p, char *log);
int nvrtcGetCUBINSize(void *p, size_t *size);
int nvrtcGetCUBIN(void *p, char *code);
int nvrtcGetPTXSize(void *p, size_t *size);
int nvrtcGetPTX(void *p, char *code);
int nvrtcGetNumSupportedArchs(int *count);
int nvrtcGetSupportedArchs(int *list);

int nvrtcVersion(int *major, int *minor);

static const int known[] = {90, 75}; /* in no order */
static int is_cubin;

static const char failure[] = "spikegrad.cu(1): error: refused\nby the test";

int nvrtcCreateProgram(void **out, const char *text, const char *name,
                       int headers, const char *const *header,
                       const char *const *names)
{
    (void)name;
    (void)header;
    (void)names;
    *out = &program;
    return headers || !strstr(text, "KERNEL(sg_forward)");
}

int nvrtcDestroyProgram(void **p)
{
    *p = NULL;
    return 0;
}

int nvrtcCompileProgram(void *p, int count, const char *const *options)
{
    int found = 0, architecture = 0;
    for (int i = 0; i < count; i++) {
        is_cubin =
            sscanf(options[i], "--gpu-architecture=sm_%d", &architecture) == 1;
        if (!is_cubin && sscanf(options[i], "--gpu-architecture=compute_%d",
                                &architecture) != 1)
            continue;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            found |= architecture == known[k];
        break;
    }
    return p != &program || !found || getenv("FAKE_NVRTC_FAILS");
}

/* FAKE_NVRTC_VERSION: 13 */
int nvrtcVersion(int *major, int *minor)
{
    const char *text = getenv("FAKE_NVRTC_VERSION");
    *major = text ? atoi(text) : 13;
    *minor = 0;
    return 0;
}

int nvrtcGetNumSupportedArchs(int *count)
{
    *count = sizeof known / sizeof *known;
    return 0;
}

int nvrtcGetSupportedArchs(int *list)
{
    memcpy(list, known, sizeof known);
    return 0;
}

int nvrtcGetProgramLogSize(void *p, size_t *size)
{
    *size = sizeof failure;
    return p != &program;
}

int nvrtcGetProgramLog(void *p, char *log)
{
    memcpy(log, failure, sizeof failure);
    return p != &program;
}

int nvrtcGetCUBINSize(void *p, size_t *size)
{
    *size = sizeof cubin;
    return p != &program || !is_cubin;
}

int nvrtcGetCUBIN(void *p, char *code)
{
    memcpy(code, cubin, sizeof cubin);
    return p != &program || !is_cubin;
}

int nvrtcGetPTXSize(void *p, size_t *size)
{
    *size = sizeof cubin;
    return p != &program || is_cubin;
}

int nvrtcGetPTX(void *p, char *code)
{
    memcpy(code, cubin, sizeof cubin);
    return p != &program || is_cubin;
}
