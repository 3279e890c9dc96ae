/* Work in a child; see apart.h. */
#include "cli/base/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What goes through the pipe, before the bytes. */
typedef struct answer {
    sg_status status;
    sg_error error;
    size_t size;
} answer;

static bool put(int to, const void *bytes, size_t size)
{
    const char *next = bytes;
    while (size > 0) {
        ssize_t done = write(to, next, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        next += done;
        size -= (size_t)done;
    }
    return true;
}

static bool get(int from, void *bytes, size_t size)
{
    char *next = bytes;
    while (size > 0) {
        ssize_t done = read(from, next, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        next += done;
        size -= (size_t)done;
    }
    return true;
}

static void be_child(int to, unsigned seconds, apart_work work,
                     const void *given)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    const struct rlimit time = {seconds, seconds + 1}, core = {0, 0};
    answer told = {SG_OK, {""}, 0};
    void *bytes = NULL;
    (void)setrlimit(RLIMIT_CPU, &time);
    (void)setrlimit(RLIMIT_CORE, &core);
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        (void)signal(deadly[i], SIG_DFL);
    /* what another library prints as it fails is no answer */
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0)
        (void)dup2(nowhere, STDERR_FILENO);
    told.status = work(given, &bytes, &told.size, &told.error);
    if (told.status != SG_OK)
        told.size = 0;
    bool sent = put(to, &told, sizeof told) && put(to, bytes, told.size);
    _exit(sent ? 0 : 1);
}

static sg_status failed(sg_error *error, sg_status status, const char *subject,
                        const char *why)
{
    snprintf(error->text, sizeof error->text, "%.200s: %s", subject, why);
    return status;
}

/* What the child had to say; *complete tells if it came to the end of it. */
static sg_status receive(int from, const char *subject, void **bytes,
                         size_t *size, bool *complete, sg_error *error)
{
    answer told;
    *complete = get(from, &told, sizeof told);
    if (!*complete)
        return SG_OK;
    if (told.status != SG_OK) {
        *error = told.error;
        return told.status;
    }
    *size = told.size;
    *bytes = malloc(told.size + 1);
    if (!*bytes)
        return failed(error, SG_E_MEMORY, subject, "out of memory");
    *complete = get(from, *bytes, told.size);
    if (!*complete) {
        free(*bytes);
        *bytes = NULL;
    }
    return SG_OK;
}

/* Why a child said nothing: a file must not be blamed for what comes from
 * outside, as the system's hunt for memory does. */
static sg_status judge(const char *subject, pid_t child, int ended,
                       sg_error *error)
{
    if (child > 0 && WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL)
        return failed(error, SG_E_IO, subject,
                      "the process that was to read it was killed");
    if (child > 0 && WIFEXITED(ended))
        return failed(error, SG_E_IO, subject,
                      "the process that has read it cannot be heard");
    return failed(error, SG_E_FORMAT, subject,
                  "so damaged that it cannot be read");
}

sg_status apart_run(const char *subject, unsigned seconds, apart_work work,
                    const void *given, void **bytes, size_t *size,
                    sg_error *error)
{
    int ends[2], ended = 0;
    bool complete = true;
    *bytes = NULL;
    *size = 0;
    if (pipe(ends) != 0)
        return failed(error, SG_E_IO, subject, strerror(errno));
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        be_child(ends[1], seconds, work, given);
    }
    int why = errno;
    close(ends[1]);
    sg_status status =
        child < 0 ? failed(error, SG_E_IO, subject, strerror(why))
                  : receive(ends[0], subject, bytes, size, &complete, error);
    close(ends[0]);
    while (child > 0 && waitpid(child, &ended, 0) < 0 && errno == EINTR)
        ;
    return complete ? status : judge(subject, child, ended, error);
}
