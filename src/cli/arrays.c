/* Arrays of NumPy by hand, in zip archives by libarchive; see arrays.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifdef SPIKEGRAD_ARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

#include "cli/arrays.h"
#include "cli/base/cli.h"
#include "cli/base/output.h"

enum {
    HEAD = 128,
    ALIGN = 64,
    PATH_ROOM = 4096,
    CHANNELS_FEW = 4 /* rows or channels that npy: takes for channels */
};

/* The head of an array of that type: version 1.0, its items aligned. */
static size_t make_head(char head[HEAD], const char *type,
                        const uint32_t *size, int dims)
{
    char shape[64];
    int n = 0;
    for (int d = 0; d < dims; d++)
        n += snprintf(shape + n, sizeof shape - (size_t)n, "%s%u",
                      d ? ", " : "", size[d]);
    memset(head, ' ', HEAD);
    memcpy(head, "\x93NUMPY\x01\x00", 8);
    n = 10 + snprintf(head + 10, HEAD - 10,
                      "{'descr': '%s', 'fortran_order': False, 'shape': "
                      "(%s%s), }",
                      type, shape, dims == 1 ? "," : "");
    size_t length = ((size_t)n + 1 + ALIGN - 1) / ALIGN * ALIGN;
    head[n] = ' ';
    head[length - 1] = '\n';
    head[8] = (char)(length - 10);
    head[9] = 0;
    return length;
}

/* Whether labels are numbers of two bytes. */
static bool is_wide(const sg_data *data)
{
    return sg_data_get_info(data)->classes > 256;
}

static size_t head_of(const sg_data *data, bool images, char head[HEAD])
{
    const sg_data_info *i = sg_data_get_info(data);
    const uint32_t size[] = {i->size, i->height, i->width, i->channels};
    return make_head(head, !images && is_wide(data) ? "<u2" : "|u1", size,
                     !images           ? 1
                     : i->channels > 1 ? 4
                                       : 3);
}

/* Bytes of sample i, or its label. */
static size_t item_of(const sg_data *data, bool images, uint32_t i,
                      uint8_t label[2], const uint8_t **bytes)
{
    const sg_data_info *info = sg_data_get_info(data);
    const uint32_t value = sg_data_label(data, i);
    label[0] = (uint8_t)value;
    label[1] = (uint8_t)(value >> 8);
    *bytes = images ? sg_data_pixels(data, i) : label;
    return images ? (size_t)info->height * info->width * info->channels
                  : 1 + (size_t)is_wide(data);
}

static int write_array(const sg_data *data, bool images, const char *path)
{
    output out;
    char head[HEAD] = "";
    int code = output_open(&out, path);
    if (code != CLI_OK)
        return code;
    fwrite(head, 1, head_of(data, images, head), out.stream);
    for (uint32_t i = 0; i < sg_data_get_info(data)->size; i++) {
        uint8_t label[2];
        const uint8_t *bytes;
        size_t n = item_of(data, images, i, label, &bytes);
        fwrite(bytes, 1, n, out.stream);
    }
    return output_close(&out, CLI_OK);
}

int export_folder(const char *path)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return cli_fail("%s: cannot make the folder: %s", path,
                        strerror(errno));
    return CLI_OK;
}

/* Few rows and many channels npy: and npz: take for planes of channels. */
static int check_axes(const export_split *split, const char *flag)
{
    const sg_data_info *i = sg_data_get_info(split->data);
    return i->height > CHANNELS_FEW || i->channels <= CHANNELS_FEW
               ? CLI_OK
               : cli_usage("data export",
                           "%s: samples of %ux%ux%u, whose rows npy: and npz: "
                           "would take for channels: --idx PREFIX writes what "
                           "idx:DIR,layout=NHWC reads",
                           flag, i->height, i->width, i->channels);
}

int export_npy(const export_split *split, size_t splits, const char *folder)
{
    char path[PATH_ROOM];
    int code = check_axes(split, "--npy");
    if (code == CLI_OK)
        code = export_folder(folder);
    for (size_t s = 0; s < splits; s++)
        for (int images = 1; images >= 0 && code == CLI_OK; images--) {
            int n = snprintf(path, sizeof path, "%s/%c_%s.npy", folder,
                             images ? 'x' : 'y', split[s].name);
            code = n > 0 && (size_t)n < sizeof path
                       ? write_array(split[s].data, images, path)
                       : cli_fail("%s: the path is too long", folder);
        }
    return code;
}

#ifdef SPIKEGRAD_ARCHIVE

static int zip_failed(struct archive *zip, const output *out)
{
    const char *text = archive_error_string(zip);
    errno = archive_errno(zip);
    return output_failed(out, text ? text : "cannot write");
}

/* An array as a file of the archive, of no time, so that the same data are the
 * same bytes. */
static int add_array(struct archive *zip, const export_split *split,
                     bool images, const output *out)
{
    char head[HEAD], name[32];
    const uint32_t count = sg_data_get_info(split->data)->size;
    const uint8_t *bytes;
    uint8_t label[2];
    size_t begin = head_of(split->data, images, head);
    size_t each = item_of(split->data, images, 0, label, &bytes);
    struct archive_entry *entry = archive_entry_new();
    if (!entry)
        return cli_fail("%s: out of memory", out->path);
    snprintf(name, sizeof name, "%c_%.16s.npy", images ? 'x' : 'y',
             split->name);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, 315532800, 0); /* 1980, the first of zip */
    archive_entry_set_size(entry, (int64_t)(begin + (uint64_t)each * count));
    int code = archive_write_header(zip, entry) == ARCHIVE_OK &&
                       archive_write_data(zip, head, begin) == (ssize_t)begin
                   ? CLI_OK
                   : zip_failed(zip, out);
    for (uint32_t i = 0; code == CLI_OK && i < count; i++) {
        (void)item_of(split->data, images, i, label, &bytes);
        if (archive_write_data(zip, bytes, each) != (ssize_t)each)
            code = zip_failed(zip, out);
    }
    archive_entry_free(entry);
    return code;
}

int export_npz(const export_split *split, size_t splits, const char *path)
{
    output out;
    int code = check_axes(split, "--npz");
    if (code == CLI_OK)
        code = output_open(&out, path);
    if (code != CLI_OK)
        return code;
    struct archive *zip = archive_write_new();
    if (!zip)
        return output_close(&out, cli_fail("%s: out of memory", path));
    if (archive_write_set_format_zip(zip) != ARCHIVE_OK ||
        archive_write_zip_set_compression_store(zip) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(zip, 1) != ARCHIVE_OK ||
        archive_write_open_FILE(zip, out.stream) != ARCHIVE_OK)
        code = zip_failed(zip, &out);
    for (size_t s = 0; s < splits; s++)
        for (int images = 1; images >= 0 && code == CLI_OK; images--)
            code = add_array(zip, &split[s], images, &out);
    if (code == CLI_OK && archive_write_close(zip) != ARCHIVE_OK)
        code = zip_failed(zip, &out);
    archive_write_free(zip);
    return output_close(&out, code);
}

#else

int export_npz(const export_split *split, size_t splits, const char *path)
{
    (void)split;
    (void)splits;
    return cli_fail("%s: this build has no libarchive to write it; --npy DIR "
                    "writes the same arrays",
                    path);
}

#endif
