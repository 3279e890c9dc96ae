/* Files in one piece, and lines of JSON; see output.h. */
#include "cli/base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/memory.h"

char *output_path(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", directory, name);
    return path;
}

bool output_is_stdout(const char *path)
{
    return !path || strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

int output_open(output *out, const char *path)
{
    sg_error error = {""};

    *out = (output){stdout, path, NULL};
    if (output_is_stdout(path)) {
        out->path = "standard output";
        return CLI_OK;
    }
    sg_status status = sg_replacement_open(path, &out->file, &error);
    if (status != SG_OK)
        return cli_status(NULL, status, &error);
    /* a descriptor of its own, so that closing the stream leaves the other */
    int fd = dup(sg_replacement_descriptor(out->file));
    out->stream = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (out->stream)
        return CLI_OK;
    int code = cli_fail("%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    sg_replacement_destroy(out->file);
    return code;
}

/* Whether an errno is of a write; else it is of something before. */
static bool is_of_write(int reason)
{
    return reason == ENOSPC || reason == EFBIG || reason == EDQUOT ||
           reason == EIO || reason == EROFS || reason == EPIPE;
}

int output_failed(const output *out, const char *text)
{
    return cli_fail("%s: %s", out->path,
                    is_of_write(errno) ? strerror(errno) : text);
}

/* Writes out, and closes a file; 0 or the errno of what went wrong, now or
 * when a part of it was written. */
static int settle(output *out)
{
    const int before = is_of_write(errno) ? errno : EIO;
    errno = 0;
    int reason = 0;
    if (fflush(out->stream) != 0 || ferror(out->stream))
        reason = errno ? errno : before;
    if (out->stream == stdout)
        return reason;
    if (fclose(out->stream) != 0 && !reason)
        reason = errno;
    return reason;
}

int output_close(output *out, int code)
{
    sg_error error = {""};
    int reason = settle(out);
    if (code == CLI_OK && reason)
        code = cli_fail("%s: %s", out->path, strerror(reason));
    if (reason)
        clearerr(stdout); /* reported once is enough */
    if (code == CLI_OK && out->file) {
        sg_status status = sg_replacement_commit(out->file, &error);
        if (status != SG_OK)
            code = cli_status(NULL, status, &error);
    }
    sg_replacement_destroy(out->file);
    return code;
}

json_t *output_text(const char *text)
{
    char clean[4 * 1024];
    json_t *value = json_string(text);
    return value ? value : json_string(clean_copy(clean, sizeof clean, text));
}

int output_append(const char *path, FILE **out)
{
    struct stat status;
    *out = NULL;
    int fd = open(path,
                  O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
                      O_NONBLOCK,
                  0666);
    if (fd < 0)
        return cli_fail("%s: %s", path,
                        errno == ELOOP   ? "is a symbolic link"
                        : errno == ENXIO ? "not a regular file"
                                         : strerror(errno));
    int code = CLI_OK;
    /* each failure has its own errno */
    if (fstat(fd, &status) != 0)
        /* NOLINTNEXTLINE(bugprone-branch-clone) */
        code = cli_fail("%s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        code = cli_fail("%s: not a regular file", path);
    else if (!(*out = fdopen(fd, "a")))
        code = cli_fail("%s: %s", path, strerror(errno));
    if (!*out)
        close(fd);
    return code;
}

int output_json(FILE *stream, const char *path, json_t *value)
{
    /* in UTF-8 some controls are characters that JSON leaves as they are */
    size_t flags = isatty(fileno(stream)) == 1 ? JSON_ENSURE_ASCII : 0;
    /* first to memory: half a line would be taken for a torn one */
    char *text = value ? json_dumps(value, JSON_COMPACT | flags) : NULL;
    json_decref(value);
    if (memory_failed()) {
        free(text);
        return cli_fail("%s: out of memory", path);
    }
    if (!text)
        return cli_fail("%s: out of memory, or a name that is not UTF-8",
                        path);
    errno = 0;
    bool failed = fputs(text, stream) == EOF;
    failed |= fputc('\n', stream) == EOF;
    failed |= fflush(stream) != 0;
    int reason = errno ? errno : EIO;
    free(text);
    if (!failed)
        return CLI_OK;
    clearerr(stream);
    if (stream == stdout && cli_reader_left())
        return CLI_OK;
    return cli_fail("%s: %s", path, strerror(reason));
}
