/* Labelled images: files, built-in generated digits, or the caller's arrays.
 *
 * An image is height x width x channels bytes, channels last (HWC), and a
 * label 0..classes-1. How bytes become input spikes is the recipe's matter
 * (input levels), not the data's. */
#ifndef SPIKEGRAD_DATA_H
#define SPIKEGRAD_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "spikegrad/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A data set, or a view of one. */
typedef struct sg_data sg_data;

/* What a source is divided into. */
typedef enum sg_split { SG_SPLIT_TRAIN, SG_SPLIT_TEST } sg_split;

/* Images of a data set and what is known of it. size counts samples. */
typedef struct sg_data_info {
    const char *name; /* the specification it was opened with */
    uint32_t height, width, channels, classes;
    uint32_t size;
    uint32_t counts; /* 0: bytes are intensities. Else they are spike counts,
                        none above this: the input code counts takes them */
} sg_data_info;

/* An event of a sample: one input spike, and when it comes. Where recordings are
 * cut by the number of events (cut=Nev), or parts grow, times go on from the
 * beginning of the recording, or of its window. */
typedef struct sg_data_event {
    uint64_t time;   /* microseconds since the sample began */
    uint32_t neuron; /* (y * width + x) * channels + channel */
} sg_data_event;

/* An option of a specification, ",key=value" behind the path. */
typedef struct sg_data_option {
    const char *key, *value; /* value: what it is written as, "N" */
    const char *help;
} sg_data_option;

/* A kind of data source. */
typedef struct sg_data_format {
    const char *name;    /* "mnist" */
    const char *form;    /* of a specification: "mnist:DIR" */
    const char *help;    /* one line: what is read */
    const char *example; /* a whole specification */
    int takes_path;      /* 0: there are no files */
    const sg_data_option *option;
    size_t options;
} sg_data_format;

/* sg_data_get_format: kind i of data source, NULL beyond the last. */
SG_API const sg_data_format *sg_data_get_format(size_t i);

/* sg_data_limit_option, sg_data_names_option: options of all that take a
 * path. */
SG_API const sg_data_option *sg_data_limit_option(void);
SG_API const sg_data_option *sg_data_names_option(void);

/* sg_data_open: opens one split of a data source.
 *
 * spec  NAME, NAME:PATH or NAME:PATH,key=value,... as the forms of
 *       sg_data_get_format say: "glyphs:train=2000", "mnist:DIR"
 * Errors: SG_E_ARGUMENT unknown source or option; SG_E_MISSING the files of
 * the split are not there; SG_E_IO unreadable file; SG_E_FORMAT malformed
 * file, or one larger than the limit (detail names file and offset);
 * SG_E_MEMORY. */
SG_API sg_status sg_data_open(const char *spec, sg_split split, sg_data **out,
                              sg_error *error);

/* sg_data_open_in: the same; a path that is not absolute begins at folder,
 * which may be NULL: the current one. The name is spec, without folder. */
SG_API sg_status sg_data_open_in(const char *folder, const char *spec,
                                 sg_split split, sg_data **out,
                                 sg_error *error);

/* sg_data_open_file: the samples in one file, to be classified: a picture (PNG,
 * JPEG), an array of NumPy (.npy, of samples or of one), an IDX file of images,
 * or a recording of an event camera; all but recordings may be packed by gzip.
 * What it is its first bytes say, and of recordings their names.
 *
 * spec    of the data a network was trained on (sg_network_info), whose options
 *         hold for files of that kind: size=, layout=, polarity= and the like.
 *         NULL, or what names no source: none. Arrays are recordings if it is
 *         of recordings
 * like    height, width, channels and classes that the data have to have; the
 *         rest is not looked at
 * resize  not 0: pictures of any size, grey or colour, are made like that
 * Labels are all 0.
 * Errors: as sg_data_open; SG_E_FORMAT also for another shape, or if it is
 * none of these kinds; SG_E_RANGE if like is nothing that data can be. */
SG_API sg_status sg_data_open_file(const char *spec, const char *path,
                                   const sg_data_info *like, int resize,
                                   sg_data **out, sg_error *error);

/* Classes that data may have. */
#define SG_CLASSES_MAX 65535

/* Arrays that a data set is made of; what is 0 or NULL is not given. */
typedef struct sg_data_arrays {
    size_t size;           /* sizeof (sg_data_arrays) */
    const uint8_t *pixels; /* [size][height][width][channels] */
    const void *labels;    /* [size], each below classes: whole numbers of */
    uint32_t label_bytes;  /* 1, 2 or 4 bytes each; 0: 1 */
    int lent;              /* pixels are not copied: they have to outlive the
                              data, and what is made of it, and must not change
                              meanwhile */
    const char *const *class_names; /* [classes] */
} sg_data_arrays;

/* sg_data_create: a data set of the caller's arrays. Labels and names are
 * copied, and pixels unless they are lent.
 *
 * info  of all of them; classes 1..SG_CLASSES_MAX, of which a network needs 2;
 *       name is copied, and may be NULL
 * Errors: SG_E_ARGUMENT (a NULL, label_bytes); SG_E_RANGE (shape, size,
 * classes, a label, a name); SG_E_MEMORY. */
SG_API sg_status sg_data_create(const sg_data_info *info,
                                const sg_data_arrays *arrays, sg_data **out,
                                sg_error *error);

/* sg_data_from_arrays: a data set over copies of the caller's arrays, where a
 * label is a byte.
 *
 * info    as of sg_data_create
 * pixels  uint8[size][height][width][channels]
 * labels  uint8[size], each below classes
 * Errors: SG_E_ARGUMENT (a NULL); SG_E_RANGE (shape, size, classes, a label);
 * SG_E_MEMORY. */
SG_API sg_status sg_data_from_arrays(const sg_data_info *info,
                                     const uint8_t *pixels,
                                     const uint8_t *labels, sg_data **out,
                                     sg_error *error);

/* sg_data_over_arrays: the same over the pixels themselves, which are not
 * copied: they have to outlive the data, and what is made of it, and must not
 * change meanwhile. Errors: as sg_data_from_arrays. */
SG_API sg_status sg_data_over_arrays(const sg_data_info *info,
                                     const uint8_t *pixels,
                                     const uint8_t *labels, sg_data **out,
                                     sg_error *error);

/* Writes sample i and its label, which has to be below the classes; 0, or
 * anything else to stop. pixels is uint8[height][width][channels], all 0. */
typedef int (*sg_data_read_fn)(void *user, uint32_t i, uint8_t *pixels,
                               uint32_t *label);

/* sg_data_from_callback: a data set of the samples that read gives. It is
 * called once for each, in order and in the thread of the caller, before this
 * returns; user is handed on.
 *
 * info    as of sg_data_from_arrays
 * Errors: as sg_data_from_arrays; SG_E_STOPPED if read stops. */
SG_API sg_status sg_data_from_callback(const sg_data_info *info,
                                       sg_data_read_fn read, void *user,
                                       sg_data **out, sg_error *error);

/* sg_data_slice: a view of samples first..first+count-1 of data, which must
 * outlive the view. SG_E_RANGE if they are not all there. */
SG_API sg_status sg_data_slice(const sg_data *data, uint32_t first,
                               uint32_t count, sg_data **out, sg_error *error);

/* sg_data_select: a view of the samples indices[0..count-1] of data, in this
 * order, which may name one more than once; data must outlive the view, the
 * indices are copied. SG_E_RANGE if one is not there; SG_E_MEMORY. */
SG_API sg_status sg_data_select(const sg_data *data, const uint32_t *indices,
                                uint32_t count, sg_data **out,
                                sg_error *error);

/* sg_data_hold_back: divides data into count samples that are held back and
 * the rest, two views that keep the order of the samples.
 *
 * Of each class floor(count * samples of it / size) are held, and one more of
 * those with the largest remainders; which ones, the seed decides. A class
 * keeps a sample in the rest as long as there is another to hold. All of it in
 * integers: the same on every machine.
 *
 * count  below the number of samples
 * seed   below 2^56
 * Errors: SG_E_ARGUMENT (a NULL), SG_E_RANGE, SG_E_MEMORY. */
SG_API sg_status sg_data_hold_back(const sg_data *data, uint32_t count,
                                   uint64_t seed, sg_data **rest,
                                   sg_data **held, sg_error *error);

/* sg_data_augment: samples as training shows them in an epoch, in pixels: of
 * option input = plain what spike counts are made of, of the others the same
 * variant, though there it is counts that are moved (docs/semantics.md,
 * "Augmentation").
 *
 * augment       as the option of a recipe, "crop:4+flip"; thin drops of 255
 *               spikes what it would drop of a pixel's
 * seed          the recipe's, below 2^56
 * epoch         counted from 0
 * first, count  the samples, whose numbers key the draws: those of a view are
 *               those that a trainer gives them
 * pixels        uint8[count][height][width][channels]
 * Errors: SG_E_ARGUMENT (a NULL, augment); SG_E_RANGE; SG_E_IO (pixels that
 * cannot be read). */
SG_API sg_status sg_data_augment(const sg_data *data, const char *augment,
                                 uint64_t seed, uint32_t epoch, uint32_t first,
                                 uint32_t count, uint8_t *pixels,
                                 sg_error *error);

/* sg_data_get_info: what is known of it; NULL for NULL. Valid as long as data
 * is. */
SG_API const sg_data_info *sg_data_get_info(const sg_data *data);

/* sg_data_name_classes: gives the classes of data names, names[0..classes-1],
 * which are copied; before anybody else looks at the data. Views have the
 * names of what they are views of. Names that only count, "0", "1" and so on,
 * are none.
 * Errors: SG_E_ARGUMENT (a NULL, a view); SG_E_RANGE (a name that is empty,
 * holds control bytes or has more than 255 bytes; more than 2^17 bytes in
 * all); SG_E_MEMORY. */
SG_API sg_status sg_data_name_classes(sg_data *data, const char *const *names,
                                      sg_error *error);

/* sg_data_class_name: of a class, in UTF-8 if it is text at all; NULL if
 * classes have no names, or there is no such class. Valid as long as data
 * is. */
SG_API const char *sg_data_class_name(const sg_data *data, uint32_t label);

/* sg_data_pixels / sg_data_label: sample i, i < size. The pointer stays valid
 * as long as data does. Any number of threads may ask; generated samples are
 * drawn when they are first asked for. */
SG_API const uint8_t *sg_data_pixels(const sg_data *data, uint32_t i);
SG_API uint32_t sg_data_label(const sg_data *data, uint32_t i);

/* sg_data_events: the events of sample i in the order of their times, if it is
 * of recordings: of each neuron as many as sg_data_pixels counts. They are read
 * or generated anew with every call.
 *
 * events  set to sg_data_event[*count], for sg_data_free_events; NULL if
 *         there are none
 * Errors: SG_E_ARGUMENT (a NULL, or data that are no recordings); SG_E_RANGE
 * (i); as sg_data_open; SG_E_IO also if the file has changed since then, and its
 * samples have another shape. */
SG_API sg_status sg_data_events(const sg_data *data, uint32_t i,
                                sg_data_event **events, size_t *count,
                                sg_error *error);

/* sg_data_recording: which recording sample i is a part of, of those that are
 * cut into several; a number of its own for each other sample. Parts of one
 * follow one another in data as it is opened. UINT32_MAX for NULL, or no
 * sample. */
SG_API uint32_t sg_data_recording(const sg_data *data, uint32_t i);

/* sg_data_has_events: whether sg_data_events has any to give; 0 for NULL. */
SG_API int sg_data_has_events(const sg_data *data);

/* sg_data_free_events: frees what sg_data_events gave; NULL is legal. */
SG_API void sg_data_free_events(sg_data_event *events);

/* sg_data_hash: tells data apart that have shape and size in common; 0 only
 * for NULL.
 * FNV-1a of pixels and label of up to 1000 samples spread over data, floor(k *
 * size / min(size, 1000)) for k = 0, 1, ...; of more than 256 classes two bytes of the
 * label, the lower one first. */
SG_API uint64_t sg_data_hash(const sg_data *data);

/* sg_data_destroy: frees it; NULL is legal. What looks at it, views and
 * trainers, has to be gone. */
SG_API void sg_data_destroy(sg_data *data);

#ifdef __cplusplus
}
#endif

#endif
