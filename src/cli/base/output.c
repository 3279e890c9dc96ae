/* Writing by temporary file, sync and rename; see output.h. */
#include "cli/base/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"

char *output_path(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", directory, name);
    return path;
}

static char *temporary_name(const char *path)
{
    size_t size = strlen(path) + sizeof ".tmp";
    char *name = malloc(size);
    if (name)
        snprintf(name, size, "%s.tmp", path);
    return name;
}

int output_open(output *out, const char *path)
{
    struct stat status;

    *out = (output){stdout, path, NULL};
    if (!path || strcmp(path, "-") == 0) {
        out->path = "standard output";
        return CLI_OK;
    }
    if (stat(path, &status) != 0 || S_ISREG(status.st_mode)) {
        out->temporary = temporary_name(path);
        if (!out->temporary)
            return cli_fail("%s: out of memory", path);
    }
    out->stream = fopen(out->temporary ? out->temporary : path, "wb");
    if (!out->stream) {
        int code = cli_fail("%s: %s", path, strerror(errno));
        free(out->temporary);
        return code;
    }
    return CLI_OK;
}

/* Writes out and closes; 0 or the errno of what went wrong. */
static int settle(output *out)
{
    errno = 0;
    int reason = 0;
    if (fflush(out->stream) != 0 || ferror(out->stream))
        reason = errno ? errno : EIO;
    if (out->stream == stdout)
        return reason;
    if (!reason && out->temporary && fsync(fileno(out->stream)) != 0)
        reason = errno;
    if (fclose(out->stream) != 0 && !reason)
        reason = errno;
    return reason;
}

int output_close(output *out, int code)
{
    int reason = settle(out);
    if (code == CLI_OK && !reason && out->temporary &&
        rename(out->temporary, out->path) != 0)
        reason = errno;
    if (out->temporary && (code != CLI_OK || reason))
        unlink(out->temporary);
    if (code == CLI_OK && reason) {
        code = cli_fail("%s: %s", out->path, strerror(reason));
        clearerr(stdout); /* reported once is enough */
    }
    free(out->temporary);
    return code;
}

json_t *output_text(const char *text)
{
    char clean[4 * 1024];
    json_t *value = json_string(text);
    return value ? value : json_string(clean_copy(clean, sizeof clean, text));
}

int output_json(FILE *stream, const char *path, json_t *value)
{
    if (!value)
        return cli_fail("%s: out of memory, or a name that is not UTF-8",
                        path);
    errno = 0;
    /* in UTF-8 some controls are characters that JSON leaves as they are */
    size_t flags = isatty(fileno(stream)) == 1 ? JSON_ENSURE_ASCII : 0;
    int failed = json_dumpf(value, stream, JSON_COMPACT | flags) != 0;
    failed |= fputc('\n', stream) == EOF;
    failed |= fflush(stream) != 0;
    json_decref(value);
    if (!failed)
        return CLI_OK;
    int reason = errno ? errno : EIO;
    clearerr(stream);
    if (stream == stdout && cli_reader_left())
        return CLI_OK;
    return cli_fail("%s: %s", path, strerror(reason));
}
