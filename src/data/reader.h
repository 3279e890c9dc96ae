/* What a reader of a data set is. A new one is a file beside this one, which
 * defines sg__reader_NAME, and a line of the list: how it is named in help,
 * errors, pages and completions follows from that. */
#ifndef SG_DATA_READER_H
#define SG_DATA_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "spikegrad/data.h"

/* X(NAME): the readers, in the order in which they are listed. */
#define SG__READER_LIST(X)                                                    \
    X(glyphs)                                                                 \
    X(glyph_events)                                                           \
    X(mnist)                                                                  \
    X(fashion)                                                                \
    X(emnist)                                                                 \
    X(idx)                                                                    \
    X(cifar10)                                                                \
    X(cifar100)                                                               \
    X(npy)                                                                    \
    X(npz)                                                                    \
    X(images)                                                                 \
    X(events)

enum { SG__OPTIONS_MAX = 16 };

/* What is asked of a reader, "name:path,key=value,...". */
typedef struct sg__request {
    const char *spec; /* as it was given, which names the data set */
    const char *path; /* of a folder or file as it is opened; NULL: none */
    const char *form; /* of the reader, for errors */
    sg_split split;
    uint64_t limit; /* bytes of a file that may be read; 0: not given */
    size_t options;
    struct {
        const char *key, *value;
    } option[SG__OPTIONS_MAX];
} sg__request;

enum { SG__FILE_HEAD = 8 };

/* One file that is asked for, to be classified. */
typedef struct sg__file {
    const sg__request *request; /* options, if they are this reader's */
    const char *path;
    const sg_data_info *like; /* height, width, channels, classes wanted */
    bool resize;              /* pictures are made like that */
} sg__file;

/* A reader.
 *
 * open       opens a split. SG_E_MISSING if it is not there, else as
 *            sg_data_open; the keys of the request are among the format's
 * recognise  whether path, an existing folder or file, looks like this: for
 *            hints only; NULL if nothing does
 * claims     whether a file of this name that begins with these bytes,
 *            unpacked, is one that open_file opens; NULL: none is
 * open_file  opens one file of samples. As sg_data_open_file */
typedef struct sg__reader {
    sg_data_format format;
    sg_status (*open)(const sg__request *request, sg_data **out,
                      sg_error *error);
    bool (*recognise)(const char *path);
    bool (*claims)(const char *path, const uint8_t head[SG__FILE_HEAD]);
    sg_status (*open_file)(const sg__file *file, sg_data **out,
                           sg_error *error);
} sg__reader;

#define SG__READER_DECLARE(name) extern const sg__reader sg__reader_##name;
SG__READER_LIST(SG__READER_DECLARE)
#undef SG__READER_DECLARE

/* sg__request_text: the value of an option, the last one given, or NULL. */
const char *sg__request_text(const sg__request *request, const char *key);

/* sg__request_number: sets *value, which is left alone if the option is not
 * given. SG_E_ARGUMENT unless it is a decimal number in low..high. */
sg_status sg__request_number(const sg__request *request, const char *key,
                             uint64_t low, uint64_t high, uint64_t *value,
                             sg_error *error);

#endif
