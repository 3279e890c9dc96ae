/* The little of HDF5 that NIR needs, with errors as lines that name file and
 * place: groups, texts, arrays of numbers. Nothing is believed that a file of
 * its size cannot hold. */
#ifndef SG_NIR_HDF5_H
#define SG_NIR_HDF5_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <spikegrad/status.h>

enum { SG__NIR_RANK = 4 };

/* Numbers of a dataset, first dimension outermost. rank 0: one number. */
typedef struct sg__nir_array {
    double *value; /* length; freed by sg__nir_array_free; NULL: not there */
    size_t length;
    size_t rank;
    size_t shape[SG__NIR_RANK];
} sg__nir_array;

void sg__nir_array_free(sg__nir_array *array);

/* A file that is open, for reading. */
typedef struct sg__nir_file {
    hid_t id;
    const char *path;
    uint64_t most; /* numbers that one dataset of it may have */
} sg__nir_file;

sg_status sg__nir_fail(sg_error *error, sg_status status, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));

/* What has failed HDF5, whose functions tell it as any other error. */
typedef struct sg__nir_ear {
    bool memory, system; /* an allocation, a system call */
} sg__nir_ear;

/* sg__nir_listen: HDF5 prints nothing from here on, and ear, which must
 * outlive the next sg__nir_judge, notes what fails it. */
void sg__nir_listen(sg__nir_ear *ear);

/* sg__nir_judge: status, or SG_E_MEMORY or SG_E_IO if that is behind it: an
 * object that is not there, or a file that is damaged, may only not have been
 * read. */
sg_status sg__nir_judge(const sg__nir_ear *ear, const char *path,
                        sg_status status, sg_error *error);

/* sg__nir_open: errors SG_E_IO, SG_E_FORMAT if it is not an HDF5 file. */
sg_status sg__nir_open(const char *path, sg__nir_file *out, sg_error *error);
void sg__nir_close(sg__nir_file *file);

/* sg__nir_has: whether there is an object of that name below place, by a link
 * within the file: those that lead out of it are not followed. */
bool sg__nir_has(hid_t place, const char *name);

/* sg__nir_group: the group of that name below place, to be closed with
 * H5Gclose. where names place in errors. */
sg_status sg__nir_group(const sg__nir_file *file, hid_t place,
                        const char *name, const char *where, hid_t *out,
                        sg_error *error);

/* Strings of a dataset, shaped as an array. */
typedef struct sg__nir_texts {
    char **text;
    size_t count;
    size_t rank;
    size_t shape[SG__NIR_RANK];
} sg__nir_texts;

sg_status sg__nir_read_texts(const sg__nir_file *file, hid_t place,
                             const char *name, const char *where,
                             sg__nir_texts *out, sg_error *error);
void sg__nir_texts_free(sg__nir_texts *texts);

/* sg__nir_read_array: a dataset of numbers. All of them have to be finite. */
sg_status sg__nir_read_array(const sg__nir_file *file, hid_t place,
                             const char *name, const char *where,
                             sg__nir_array *out, sg_error *error);

/* sg__nir_read_bytes: a dataset of bytes, *size of them at *out, to be freed;
 * SG_E_FORMAT if it is something else. */
sg_status sg__nir_read_bytes(const sg__nir_file *file, hid_t place,
                             const char *name, const char *where,
                             uint8_t **out, size_t *size, sg_error *error);

/* Writing: false if HDF5 failed, for want of memory or space. */
bool sg__nir_put_text(hid_t place, const char *name, const char *text);
bool sg__nir_put_floats(hid_t place, const char *name, size_t rank,
                        const size_t *shape, const float *value);
bool sg__nir_put_ints(hid_t place, const char *name, size_t rank,
                      const size_t *shape, const int64_t *value);
bool sg__nir_put_bytes(hid_t place, const char *name, const void *bytes,
                       size_t size);

#endif
