/* Loaded before the command (LD_PRELOAD): fails or kills it at a chosen point.
 *
 *   SPIKEGRAD_FAULT=memory:N   the N-th allocation finds no memory
 *                   memory:N+  nor does any after it
 *                   calls:N    the N-th of the system calls that have to do
 *                              with files fails with EIO
 *                   kill:N     the process is killed before that call
 *   SPIKEGRAD_FAULT_COUNT=FILE how many there were is written there at the end
 *   SPIKEGRAD_FAULT_SITES=FILE and, a line each, the first N of each place in
 *                              the program that they come from: itself and
 *                              who called it, as offsets
 *
 * System calls are caught where the kernel sees them, because the C library
 * makes most of them itself: a seccomp filter turns each into a signal, whose
 * handler makes the call, or not. The filter lets pass what comes from the one
 * instruction that the handler uses. Where that is not known (not x86-64),
 * calls are not counted: the file says 0. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

enum kind { NONE, MEMORY, CALLS, KILL };

static enum kind kind;
static long target, sticky;
static long count; /* of this kind; atomic */
static int over;   /* the command is through; coverage may be written now */

/* ---- where in the program ---- */

enum { FRAMES = 40, CALLERS = 3, SITES = 1 << 16 };

static const char *sites_path;
static uintptr_t program_begin, program_end;
static struct site {
    long n;
    uintptr_t at[CALLERS];
} * site;
static size_t sites;
static int looking; /* a look allocates */

/* The program is the first of what is loaded. */
static int find_program(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size;
    (void)user;
    program_begin = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const uintptr_t end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr +
                              info->dlpi_phdr[i].p_memsz;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && end > program_end)
            program_end = end;
    }
    return 1;
}

static void note_site(long n)
{
    void *frame[FRAMES];
    struct site here = {n, {0}};
    size_t callers = 0;
    if (!site || looking || sites == SITES)
        return;
    looking = 1;
    const int frames = backtrace(frame, FRAMES);
    looking = 0;
    for (int i = 0; i < frames && callers < CALLERS; i++) {
        const uintptr_t at = (uintptr_t)frame[i];
        if (at >= program_begin && at < program_end)
            here.at[callers++] = at - program_begin;
    }
    for (size_t i = 0; i < sites; i++)
        if (memcmp(site[i].at, here.at, sizeof here.at) == 0)
            return;
    site[sites++] = here;
}

static void begin_sites(void)
{
    void *frame[1];
    sites_path = getenv("SPIKEGRAD_FAULT_SITES");
    if (!sites_path)
        return;
    dl_iterate_phdr(find_program, NULL);
    backtrace(frame, 1); /* loads what it needs */
    site = __libc_calloc(SITES, sizeof *site);
}

static void write_sites(void)
{
    FILE *file = sites_path ? fopen(sites_path, "w") : NULL;
    if (!file)
        return;
    for (size_t i = 0; i < sites; i++)
        fprintf(file, "%ld %lx:%lx:%lx\n", site[i].n, (long)site[i].at[0],
                (long)site[i].at[1], (long)site[i].at[2]);
    fclose(file);
}

/* Whether this one is to fail. */
static int strikes(void)
{
    if (over || looking)
        return 0;
    long n = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    note_site(n);
    return n == target || (sticky && target > 0 && n > target);
}

static int no_memory(void)
{
    if (kind != MEMORY || !strikes())
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return no_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return no_memory() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return no_memory() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return no_memory() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *memory = no_memory() ? NULL : __libc_memalign(alignment, size);
    if (!memory)
        return ENOMEM;
    *out = memory;
    return 0;
}

#ifdef __x86_64__

static const int caught[] = {
    SYS_read,      SYS_write,      SYS_open,      SYS_close,
    SYS_stat,      SYS_fstat,      SYS_lstat,     SYS_lseek,
    SYS_pread64,   SYS_pwrite64,   SYS_fcntl,     SYS_fsync,
    SYS_rename,    SYS_mkdir,      SYS_unlink,    SYS_fchmod,
    SYS_fchown,    SYS_getdents64, SYS_ftruncate, SYS_openat,
    SYS_mkdirat,   SYS_newfstatat, SYS_unlinkat,  SYS_renameat,
    SYS_renameat2, SYS_getrandom,  SYS_dup,
};

enum { CAUGHT = sizeof caught / sizeof caught[0] };

extern const char fault_pass[]; /* what follows the one instruction */

static __attribute__((noinline)) long make_call(long number, long a, long b,
                                                long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall\n"
                     ".globl fault_pass\n.hidden fault_pass\nfault_pass:"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                       "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static void on_call(int signal, siginfo_t *info, void *context)
{
    greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;
    long number = info->si_syscall;
    (void)signal;
    int strike = strikes();
    if (strike && kind == KILL)
        make_call(SYS_kill, make_call(SYS_getpid, 0, 0, 0, 0, 0, 0), SIGKILL,
                  0, 0, 0, 0);
    if (strike && number != SYS_close) { /* which closes all the same */
        reg[REG_RAX] = -EIO;
        return;
    }
    long result = make_call(number, reg[REG_RDI], reg[REG_RSI], reg[REG_RDX],
                            reg[REG_R10], reg[REG_R8], reg[REG_R9]);
    reg[REG_RAX] = strike ? -EIO : result;
}

static struct sock_filter load(size_t offset)
{
    return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                        (uint32_t)offset);
}

static struct sock_filter jump_if(uint64_t value, int yes, int no)
{
    return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                        (uint32_t)value, (uint8_t)yes,
                                        (uint8_t)no);
}

static int catch_calls(void)
{
    struct sock_filter filter[CAUGHT + 8];
    const uint64_t pass = (uint64_t)(uintptr_t)fault_pass;
    const size_t at = offsetof(struct seccomp_data, instruction_pointer);
    size_t n = 0;
    filter[n++] = load(at);
    filter[n++] = jump_if(pass & UINT32_MAX, 0, 2);
    filter[n++] = load(at + 4);
    filter[n++] = jump_if(pass >> 32, CAUGHT + 1, 0);
    filter[n++] = load(offsetof(struct seccomp_data, nr));
    for (int i = 0; i < CAUGHT; i++)
        filter[n++] = jump_if((uint64_t)caught[i], CAUGHT - i, 0);
    filter[n++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[n++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    struct sock_fprog program = {(unsigned short)n, filter};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_call;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    return sigaction(SIGSYS, &action, NULL) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

#else

static int catch_calls(void)
{
    return 1;
}

#endif

typedef int main_function(int argc, char **argv, char **environment);

static main_function *command;

static int main_of_command(int argc, char **argv, char **environment)
{
    int code = command(argc, argv, environment);
    over = 1;
    return code;
}

/* What the C library begins a program with. */
typedef int start_function(main_function *main, int argc, char **argv,
                           void (*init)(void), void (*fini)(void),
                           void (*rtld_fini)(void), void *stack_end);

start_function __libc_start_main;

int __libc_start_main(main_function *main, int argc, char **argv,
                      void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end)
{
    start_function *start;
    *(void **)&start = dlsym(RTLD_NEXT, "__libc_start_main");
    command = main;
    return start(main_of_command, argc, argv, init, fini, rtld_fini,
                 stack_end);
}

__attribute__((constructor)) static void begin(void)
{
    const char *wanted = getenv("SPIKEGRAD_FAULT");
    const char *colon = wanted ? strchr(wanted, ':') : NULL;
    if (!colon)
        return;
    char *end;
    target = strtol(colon + 1, &end, 10);
    sticky = *end == '+';
    begin_sites();
    switch (*wanted) {
    case 'm':
        kind = MEMORY;
        return;
    case 'k':
        kind = KILL;
        break;
    default:
        kind = CALLS;
    }
    if (!catch_calls())
        _exit(99);
}

__attribute__((destructor)) static void end(void)
{
    char text[32];
    const char *path = getenv("SPIKEGRAD_FAULT_COUNT");
    long n = count;
    kind = NONE;
    target = 0;
    write_sites();
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (fd < 0)
        return;
    int length = snprintf(text, sizeof text, "%ld\n", n);
    if (write(fd, text, (size_t)length) != length)
        _exit(99);
    close(fd);
}
