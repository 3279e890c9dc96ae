/* Byte streams over zlib, stdio or memory. zlib's gzread takes plain files as
 * they are, so with it there is one way to read both, but for files that begin
 * with the two bytes that it looks at and are none of gzip. A gzip checksum is
 * verified when the reader reaches the end, which every reader does. */
#include "data/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifdef SPIKEGRAD_FILES
#include <zlib.h>
#endif

#define CHUNK ((size_t)1 << 20)
#define HEADERS 4096 /* bytes that do not count as samples */

static sg_status open_failed(const char *path, sg_error *error)
{
    if (errno == 0 || errno == ENOMEM)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", path);
    if (errno == ENOENT || errno == ENOTDIR)
        return sg__fail(error, SG_E_MISSING, "%s: cannot open: %s", path,
                        strerror(errno));
    return sg__fail(error, SG_E_IO, "%s: cannot open: %s", path,
                    strerror(errno));
}

bool sg__gzip_is(const uint8_t *head, size_t size)
{
    return size > 2 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8;
}

static sg_status open_plain(const char *path, sg__source *out, sg_error *error)
{
    errno = 0;
    FILE *file = fopen(path, "rb");
    if (!file)
        return open_failed(path, error);
    out->file = file;
    out->plain = out->known = true;
    return SG_OK;
}

static bool begins_packed(FILE *file)
{
    uint8_t head[3];
    const size_t got = fread(head, 1, sizeof head, file);
    rewind(file);
    return sg__gzip_is(head, got);
}

/* Reads at most CHUNK bytes; *got = 0 at the end. */
static sg_status read_plain(sg__source *source, uint8_t *to, size_t want,
                            size_t *got, sg_error *error)
{
    FILE *file = source->file;
    *got = fread(to, 1, want, file);
    if (*got == want || !ferror(file))
        return SG_OK;
    return sg__fail(error, SG_E_IO, "%s: byte %" PRIu64 ": cannot read: %s",
                    source->name, source->offset + *got, strerror(errno));
}

#ifdef SPIKEGRAD_FILES

static sg_status open_file(const char *path, sg__source *out, sg_error *error)
{
    sg__source plain = *out;
    errno = 0;
    gzFile file = gzopen(path, "rb");
    if (!file)
        return open_failed(path, error);
    errno = 0;
    out->file = file;
    out->known = gzdirect(file) != 0;
    if (out->known)
        return SG_OK;
    sg_status status = open_plain(path, &plain, error);
    if (!status && begins_packed(plain.file)) {
        fclose(plain.file);
        return SG_OK;
    }
    gzclose(file);
    *out = plain;
    return status;
}

/* As read_plain. */
static sg_status read_file(sg__source *source, uint8_t *to, size_t want,
                           size_t *got, sg_error *error)
{
    if (source->plain)
        return read_plain(source, to, want, got, error);
    gzFile file = source->file;
    int n = gzread(file, to, (unsigned)want);
    int code = Z_OK;
    const char *text = gzerror(file, &code);
    if (code == Z_ERRNO)
        text = strerror(errno);
    *got = n > 0 ? (size_t)n : 0;
    if (n >= 0 && (code == Z_OK || code == Z_STREAM_END))
        return SG_OK;
    if (code == Z_MEM_ERROR)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", source->name);
    return sg__fail(error, code == Z_ERRNO ? SG_E_IO : SG_E_FORMAT,
                    "%s: byte %" PRIu64 ": cannot read: %s", source->name,
                    source->offset + *got,
                    code == Z_BUF_ERROR ? "gzip stream ends too soon" : text);
}

static void close_file(sg__source *source)
{
    if (source->plain)
        fclose(source->file);
    else
        gzclose((gzFile)source->file);
}

#else

static sg_status open_file(const char *path, sg__source *out, sg_error *error)
{
    sg_status status = open_plain(path, out, error);
    if (status || !begins_packed(out->file))
        return status;
    fclose(out->file);
    out->file = NULL;
    return sg__fail(error, SG_E_UNSUPPORTED,
                    "%s: is compressed and this build has no zlib; "
                    "unpack it with gunzip",
                    path);
}

static sg_status read_file(sg__source *source, uint8_t *to, size_t want,
                           size_t *got, sg_error *error)
{
    return read_plain(source, to, want, got, error);
}

static void close_file(sg__source *source)
{
    fclose(source->file);
}

#endif

/* SG_OK if path is a regular file; its size. Nothing else is opened: a device
 * has no end, and a pipe may never begin. */
static sg_status measure(const char *path, uint64_t *size, sg_error *error)
{
    struct stat status;
    errno = 0;
    if (stat(path, &status) != 0)
        return open_failed(path, error);
    if (S_ISDIR(status.st_mode))
        return sg__fail(error, SG_E_IO, "%s: cannot read: a folder", path);
    if (!S_ISREG(status.st_mode))
        return sg__fail(error, SG_E_IO, "%s: cannot read: no regular file",
                        path);
    *size = (uint64_t)status.st_size;
    return SG_OK;
}

uint64_t sg__packed_limit(uint64_t size)
{
    uint64_t limit = SG__PACKED_BYTES_MAX;
    if (size > SG__DATA_BYTES_MAX / SG__PACKED_RATIO_MAX)
        return SG__DATA_BYTES_MAX;
    return size * SG__PACKED_RATIO_MAX > limit ? size * SG__PACKED_RATIO_MAX
                                               : limit;
}

sg_status sg__source_open(const char *path, uint64_t limit, sg__source *out,
                          sg_error *error)
{
    uint64_t size = 0;
    *out = (sg__source){.name = path};
    sg_status status = measure(path, &size, error);
    if (!status)
        status = open_file(path, out, error);
    if (status)
        return status;
    out->length = size;
    out->limit = limit        ? limit
                 : out->known ? SG__DATA_BYTES_MAX
                              : sg__packed_limit(size);
    return SG_OK;
}

void sg__source_memory(const char *name, const uint8_t *bytes, size_t size,
                       sg__source *out)
{
    *out = (sg__source){.name = name,
                        .memory = bytes,
                        .limit = SG__DATA_BYTES_MAX,
                        .length = size};
}

void sg__source_pulled(const char *name, sg__pull_fn pull, void *file,
                       uint64_t limit, uint64_t length, sg__source *out)
{
    *out = (sg__source){.name = name,
                        .pull = pull,
                        .file = file,
                        .limit = limit,
                        .length = length,
                        .known = length > 0};
}

static sg_status too_much(const sg__source *source, uint64_t bytes,
                          const char *what, sg_error *error)
{
    return sg__fail(error, SG_E_FORMAT,
                    "%s: byte %" PRIu64 ": %" PRIu64 " bytes of %s, at most "
                    "%" PRIu64 " are read; ',limit=MIB' behind the path "
                    "takes more",
                    source->name, source->offset, bytes, what, source->limit);
}

sg_status sg__source_admit(const sg__source *source, uint64_t bytes,
                           const char *what, sg_error *error)
{
    if (bytes > source->limit)
        return too_much(source, bytes, what, error);
    if (source->known && bytes > source->length - source->offset)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte %" PRIu64 ": the file ends, expected "
                        "%" PRIu64 " more bytes of %s",
                        source->name, source->length,
                        bytes - (source->length - source->offset), what);
    return SG_OK;
}

sg_status sg__source_read(sg__source *source, uint8_t *to, size_t want,
                          size_t *got, sg_error *error)
{
    *got = 0;
    if (!source->file) {
        size_t left = (size_t)(source->length - source->offset);
        *got = want < left ? want : left;
        if (*got)
            memcpy(to, source->memory + source->offset, *got);
        source->offset += *got;
        return SG_OK;
    }
    while (*got < want) {
        size_t n = want - *got < CHUNK ? want - *got : CHUNK;
        if (source->offset > source->limit + HEADERS)
            return too_much(source, want - *got, "the file", error);
        size_t read = 0;
        sg_status status =
            source->pull ? source->pull(source, to + *got, n, &read, error)
                         : read_file(source, to + *got, n, &read, error);
        source->offset += read;
        *got += read;
        if (status)
            return status;
        if (read == 0)
            break;
    }
    return SG_OK;
}

sg_status sg__source_exact(sg__source *source, uint8_t *to, size_t want,
                           const char *what, sg_error *error)
{
    size_t got;
    sg_status status = sg__source_read(source, to, want, &got, error);
    if (status)
        return status;
    if (got < want)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte %" PRIu64 ": the file ends, expected %zu "
                        "more bytes of %s",
                        source->name, source->offset, want - got, what);
    return SG_OK;
}

void sg__source_close(sg__source *source)
{
    if (source->file && !source->pull)
        close_file(source);
    source->file = NULL;
}

char *sg__path_join(const char *dir, const char *prefix, const char *suffix)
{
    const bool below = dir && (*prefix || *suffix);
    dir = dir ? dir : "";
    size_t size = strlen(dir) + strlen(prefix) + strlen(suffix) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s%s%s%s", dir, below ? "/" : "", prefix,
                 suffix);
    return path;
}
