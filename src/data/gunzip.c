/* gzip from a source, by zlib; see gunzip.h. */
#include "data/gunzip.h"

#include <inttypes.h>
#include <stdlib.h>

#ifdef SPIKEGRAD_FILES
#include <zlib.h>

enum { BLOCK = 1 << 16 };

struct sg__gunzip {
    sg__source *packed;
    z_stream stream;
    bool begun, ended; /* a member of the file; all of them */
    uint8_t block[BLOCK];
};

/* More of what is packed, if there is any. */
static sg_status refill(sg__gunzip *g, sg_error *error)
{
    size_t got = 0;
    sg_status status =
        sg__source_read(g->packed, g->block, BLOCK, &got, error);
    g->stream.next_in = g->block;
    g->stream.avail_in = (uInt)got;
    return status;
}

static sg_status broken(const sg__gunzip *g, const sg__source *source,
                        int code, sg_error *error)
{
    if (code == Z_MEM_ERROR)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", source->name);
    return sg__fail(error, SG_E_FORMAT, "%s: byte %" PRIu64 ": %s",
                    source->name, source->offset,
                    code == Z_BUF_ERROR ? "gzip stream ends too soon"
                    : g->stream.msg     ? g->stream.msg
                                        : "broken gzip stream");
}

/* Some bytes; *got = 0 at the end. Members follow each other, as gzip has it. */
static sg_status pull(sg__source *source, uint8_t *to, size_t want,
                      size_t *got, sg_error *error)
{
    sg__gunzip *g = source->file;
    *got = 0;
    g->stream.next_out = to;
    g->stream.avail_out = (uInt)want;
    while (!g->ended && *got == 0) {
        if (g->stream.avail_in == 0) {
            sg_status status = refill(g, error);
            if (status)
                return status;
        }
        if (g->stream.avail_in == 0 && !g->begun) {
            g->ended = true;
            break;
        }
        const int code = inflate(&g->stream, Z_NO_FLUSH);
        *got = want - g->stream.avail_out;
        g->begun = code != Z_STREAM_END;
        if (code == Z_STREAM_END && inflateReset(&g->stream) == Z_OK)
            continue;
        if (code != Z_OK)
            return broken(g, source, code, error);
    }
    return SG_OK;
}

sg_status sg__gunzip_open(sg__source *packed, uint64_t limit, sg__gunzip **out,
                          sg__source *source, sg_error *error)
{
    sg__gunzip *g = calloc(1, sizeof *g);
    *out = NULL;
    if (!g || inflateInit2(&g->stream, MAX_WBITS + 16) != Z_OK) {
        free(g);
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", packed->name);
    }
    g->packed = packed;
    g->begun = true; /* an empty file is none of gzip's */
    sg__source_pulled(packed->name, pull, g, limit, 0, source);
    *out = g;
    return SG_OK;
}

void sg__gunzip_close(sg__gunzip *g)
{
    if (!g)
        return;
    inflateEnd(&g->stream);
    free(g);
}

#else

sg_status sg__gunzip_open(sg__source *packed, uint64_t limit, sg__gunzip **out,
                          sg__source *source, sg_error *error)
{
    (void)limit;
    (void)source;
    *out = NULL;
    return sg__fail(error, SG_E_UNSUPPORTED,
                    "%s: is compressed and this build has no zlib",
                    packed->name);
}

void sg__gunzip_close(sg__gunzip *g)
{
    (void)g;
}

#endif
