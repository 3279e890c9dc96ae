/* What stands in for libnvrtc: it takes the kernels and gives what
 * fake_cuda.c knows. FAKE_NVRTC_FAILS makes it refuse them. */
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
    int found = 0;
    for (int i = 0; i < count; i++)
        found |= strncmp(options[i], "--gpu-architecture=sm_", 22) == 0;
    return p != &program || !found || getenv("FAKE_NVRTC_FAILS");
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
    return p != &program;
}

int nvrtcGetCUBIN(void *p, char *code)
{
    memcpy(code, cubin, sizeof cubin);
    return p != &program;
}
