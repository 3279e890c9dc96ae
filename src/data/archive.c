/* Archives; see archive.h. libarchive knows many more kinds: only these are
 * let in, so that what a file can set off is known. */
#include "data/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/folder.h"

#ifdef SPIKEGRAD_ARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

enum {
    HEAD = 512,
    BLOCK = 1 << 16,
    FILES_MAX = 1 << 24,
    NAME_MAX_BYTES = 4096,
};

bool sg__archive_is(const char *path)
{
    uint8_t head[HEAD];
    struct stat status;
    size_t got = 0;
    sg__source source;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    got = fread(head, 1, sizeof head, file);
    fclose(file);
    if (got > 4 && (memcmp(head, "PK\x03\x04", 4) == 0 ||
                    memcmp(head, "PK\x05\x06", 4) == 0))
        return !sg__sniff_pytorch(head, got);
    if (sg__gzip_is(head, got)) {
        if (sg__source_open(path, HEAD, &source, NULL) != SG_OK)
            return false;
        if (sg__source_read(&source, head, sizeof head, &got, NULL) != SG_OK)
            got = 0;
        sg__source_close(&source);
    }
    return got >= 262 && memcmp(head + 257, "ustar", 5) == 0;
}

sg_status sg__source_all(sg__source *source, uint8_t **bytes, size_t *size,
                         sg_error *error)
{
    size_t room = source->known && source->length < (uint64_t)1 << 20
                      ? (size_t)source->length + 1
                      : BLOCK;
    *bytes = NULL;
    *size = 0;
    for (;;) {
        size_t got = 0;
        uint8_t *grown = realloc(*bytes, room);
        sg_status status = grown ? sg__source_read(source, grown + *size,
                                                   room - *size, &got, error)
                                 : sg__fail(error, SG_E_MEMORY,
                                            "%s: out of memory", source->name);
        if (grown)
            *bytes = grown;
        *size += got;
        if (status) {
            free(*bytes);
            *bytes = NULL;
            return status;
        }
        if (*size < room)
            return SG_OK;
        room *= 2;
    }
}

#ifdef SPIKEGRAD_ARCHIVE

struct sg__archive {
    struct archive *of;
    struct archive_entry *entry;
    const char *name;
    uint64_t limit, delivered, passed;
    uint32_t files;
    int fd, reason; /* of the file, -1: none; why it could not be read */
    off_t size;     /* of the file */
    char text[NAME_MAX_BYTES];  /* path of the file at hand */
    char whole[NAME_MAX_BYTES]; /* with the archive's name */
    uint8_t block[BLOCK];
};

/* What an error of libarchive is: the system's, or of the file. */
static sg_status kind_of(const sg__archive *a, const char **reason)
{
    *reason = a->reason ? strerror(a->reason) : archive_error_string(a->of);
    if (!*reason)
        *reason = "broken";
    if (a->reason)
        return SG_E_IO;
    return archive_errno(a->of) == ENOMEM || strstr(*reason, "memory")
               ? SG_E_MEMORY
               : SG_E_FORMAT;
}

static sg_status failed(const sg__archive *a, const char *what,
                        sg_error *error)
{
    const char *reason;
    sg_status status = kind_of(a, &reason);
    if (status == SG_E_MEMORY)
        return sg__fail(error, status, "%s: out of memory", a->name);
    return sg__fail(error, status, "%.120s: byte %" PRId64 ": %s: %.80s",
                    a->name, (int64_t)archive_filter_bytes(a->of, -1), what,
                    reason);
}

static sg_status make(const char *name, uint64_t limit, sg__archive **out,
                      sg_error *error)
{
    *out = calloc(1, sizeof **out);
    if (*out)
        (*out)->of = archive_read_new();
    if (!*out || !(*out)->of) {
        free(*out);
        *out = NULL;
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", name);
    }
    (*out)->name = name;
    (*out)->fd = -1;
    (*out)->limit = limit;
    archive_read_support_filter_gzip((*out)->of);
    archive_read_support_format_tar((*out)->of);
    archive_read_support_format_zip((*out)->of);
    return SG_OK;
}

/* The file, for libarchive: what it makes of a read that fails is not told
 * from the end of the file, so that it is kept. */
static la_ssize_t read_file(struct archive *of, void *self, const void **to)
{
    sg__archive *a = self;
    ssize_t n;
    do
        n = read(a->fd, a->block, sizeof a->block);
    while (n < 0 && errno == EINTR);
    *to = a->block;
    if (n >= 0)
        return n;
    a->reason = errno ? errno : EIO;
    archive_set_error(of, a->reason, "%s", strerror(a->reason));
    return ARCHIVE_FATAL;
}

static la_int64_t seek_file(struct archive *of, void *self, la_int64_t offset,
                            int whence)
{
    sg__archive *a = self;
    off_t at = lseek(a->fd, (off_t)offset, whence);
    if (at >= 0)
        return at;
    a->reason = errno ? errno : EIO;
    archive_set_error(of, a->reason, "%s", strerror(a->reason));
    return ARCHIVE_FATAL;
}

/* Not beyond the end, where the next read shows that the file is cut off. */
static la_int64_t skip_file(struct archive *of, void *self, la_int64_t bytes)
{
    const sg__archive *a = self;
    la_int64_t at = seek_file(of, self, 0, SEEK_CUR);
    if (at < 0)
        return ARCHIVE_FATAL;
    if (bytes > a->size - at)
        bytes = a->size > at ? a->size - at : 0;
    return seek_file(of, self, bytes, SEEK_CUR) < 0 ? ARCHIVE_FATAL : bytes;
}

static sg_status open_file(sg__archive *a, const char *path, sg_error *error)
{
    a->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (a->fd < 0)
        return sg__fail(error, errno == ENOMEM ? SG_E_MEMORY : SG_E_IO,
                        "%s: cannot open: %s", path, strerror(errno));
    struct stat facts;
    if (fstat(a->fd, &facts) != 0)
        return sg__fail(error, SG_E_IO, "%s: cannot read: %s", path,
                        strerror(errno));
    a->size = facts.st_size;
    archive_read_set_callback_data(a->of, a);
    archive_read_set_read_callback(a->of, read_file);
    archive_read_set_seek_callback(a->of, seek_file);
    archive_read_set_skip_callback(a->of, skip_file);
    return archive_read_open1(a->of) == ARCHIVE_OK
               ? SG_OK
               : failed(a, "expected a zip or tar archive", error);
}

sg_status sg__archive_open(const char *path, uint64_t limit, sg__archive **out,
                           sg_error *error)
{
    sg__source source;
    *out = NULL;
    /* says what is wrong with the file itself, and what may come of it */
    sg_status status = sg__source_open(path, limit, &source, error);
    if (status)
        return status;
    uint64_t most = limit ? limit : sg__packed_limit(source.length);
    sg__source_close(&source);
    status = make(path, most, out, error);
    if (status)
        return status;
    status = open_file(*out, path, error);
    if (status) {
        sg__archive_close(*out);
        *out = NULL;
    }
    return status;
}

sg_status sg__archive_memory(const char *name, const uint8_t *bytes,
                             size_t size, uint64_t limit, sg__archive **out,
                             sg_error *error)
{
    sg_status status = make(name, limit, out, error);
    if (!status &&
        archive_read_open_memory((*out)->of, bytes, size) != ARCHIVE_OK) {
        status = failed(*out, "expected a zip or tar archive", error);
        sg__archive_close(*out);
        *out = NULL;
    }
    return status;
}

static sg_status too_much(const sg__archive *a, const char *name, int64_t at,
                          sg_error *error)
{
    return sg__fail(error, SG_E_FORMAT,
                    "%.160s: byte %" PRId64 ": more than %" PRIu64
                    " bytes come out of the archive; ',limit=MIB' behind the "
                    "path takes more",
                    name, at, a->limit);
}

/* The path of the entry: as bytes, whatever the locale. */
static const char *path_of(struct archive_entry *entry)
{
    const char *path = archive_entry_pathname_utf8(entry);
    return path ? path : archive_entry_pathname(entry);
}

/* The last file was there, and all of it: a tar says so by blocks of zeros
 * behind it, without which it may be cut off between two files. */
static sg_status check_end(const sg__archive *a, sg_error *error)
{
    const bool tar = (archive_format(a->of) & ARCHIVE_FORMAT_BASE_MASK) ==
                     ARCHIVE_FORMAT_TAR;
    const int64_t at = archive_filter_bytes(a->of, 0);
    if (!tar || at > archive_read_header_position(a->of))
        return SG_OK;
    return sg__fail(error, SG_E_FORMAT,
                    "%.160s: byte %" PRId64 ": the archive ends, expected "
                    "another file or the two blocks of zeros at its end",
                    a->name, at);
}

sg_status sg__archive_next(sg__archive *a, const char **name, sg_error *error)
{
    *name = NULL;
    for (;;) {
        int code = archive_read_next_header(a->of, &a->entry);
        if (code == ARCHIVE_EOF)
            return check_end(a, error);
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            return failed(a, "expected a file", error);
        /* what is passed over in a compressed tar is unpacked all the same */
        int64_t size = archive_entry_size(a->entry);
        a->passed += size > 0 ? (uint64_t)size : 0;
        if (archive_filter_count(a->of) > 1 && a->passed > a->limit)
            return too_much(a, a->name, archive_filter_bytes(a->of, -1),
                            error);
        if (++a->files > FILES_MAX)
            return sg__fail(error, SG_E_FORMAT,
                            "%s: more than %d files, expected fewer", a->name,
                            FILES_MAX);
        const char *path = path_of(a->entry);
        if (archive_entry_filetype(a->entry) != AE_IFREG || !path ||
            archive_entry_hardlink(a->entry))
            continue;
        if (archive_entry_is_encrypted(a->entry))
            return sg__fail(error, SG_E_FORMAT,
                            "%.120s: %.160s is encrypted, which is not read",
                            a->name, path);
        if (strlen(path) >= sizeof a->text)
            return sg__fail(error, SG_E_FORMAT,
                            "%.160s: a file name of %zu bytes, expected fewer "
                            "than %zu",
                            a->name, strlen(path), sizeof a->text);
        while (strncmp(path, "./", 2) == 0)
            path += 2;
        snprintf(a->text, sizeof a->text, "%s", path);
        snprintf(a->whole, sizeof a->whole, "%.2000s: %.2000s", a->name,
                 a->text);
        *name = a->text;
        return SG_OK;
    }
}

static sg_status pull(sg__source *source, uint8_t *to, size_t want,
                      size_t *got, sg_error *error)
{
    sg__archive *a = source->file;
    ssize_t n = archive_read_data(a->of, to, want);
    *got = n > 0 ? (size_t)n : 0;
    if (n < 0) {
        const char *reason;
        sg_status status = kind_of(a, &reason);
        return sg__fail(error, status,
                        "%.200s: byte %" PRIu64 ": cannot unpack: %.80s",
                        source->name, source->offset, reason);
    }
    a->delivered += *got;
    return a->delivered > a->limit
               ? too_much(a, source->name, (int64_t)source->offset, error)
               : SG_OK;
}

void sg__archive_source(sg__archive *a, sg__source *out)
{
    /* the size that the archive gives is not believed: it is not yet there */
    sg__source_pulled(a->whole, pull, a, a->limit, 0, out);
}

void sg__archive_close(sg__archive *a)
{
    if (!a)
        return;
    archive_read_free(a->of);
    if (a->fd >= 0)
        close(a->fd);
    free(a);
}

#else

static sg_status unsupported(const char *name, sg__archive **out,
                             sg_error *error)
{
    *out = NULL;
    return sg__fail(error, SG_E_UNSUPPORTED,
                    "%s: an archive, and this build has no libarchive; unpack "
                    "it",
                    name);
}

sg_status sg__archive_open(const char *path, uint64_t limit, sg__archive **out,
                           sg_error *error)
{
    (void)limit;
    return unsupported(path, out, error);
}

sg_status sg__archive_memory(const char *name, const uint8_t *bytes,
                             size_t size, uint64_t limit, sg__archive **out,
                             sg_error *error)
{
    (void)bytes;
    (void)size;
    (void)limit;
    return unsupported(name, out, error);
}

sg_status sg__archive_next(sg__archive *archive, const char **name,
                           sg_error *error)
{
    (void)archive;
    *name = NULL;
    return sg__fail(error, SG_E_UNSUPPORTED, "no libarchive");
}

void sg__archive_source(sg__archive *archive, sg__source *out)
{
    (void)archive;
    sg__source_memory("", NULL, 0, out);
}

void sg__archive_close(sg__archive *archive)
{
    (void)archive;
}

#endif
