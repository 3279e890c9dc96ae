/* The safetensors container, strictly: u64 little-endian header length, a
 * JSON header {name: {dtype, shape, data_offsets}, "__metadata__": {..}}, then
 * the values, little-endian, without holes.
 *
 * Works on files that are whole in memory; values are read and written one
 * by one, byte by byte, so neither alignment nor the host's byte order
 * matters. What a tensor means is not known here. */
#ifndef SG_IO_SAFETENSORS_H
#define SG_IO_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct json_t; /* of jansson */

/* A header longer than this is refused: what JSON takes in memory is many
 * times its length. */
#define SG__SAFETENSORS_HEADER_MAX (UINT64_C(1) << 20)

/* The header starts after its length. */
#define SG__SAFETENSORS_HEADER 8

#define SG__TENSOR_RANK 8

/* The integer types of the format; floats have no place in a checkpoint. */
typedef enum sg__dtype {
    SG__DTYPE_I8,
    SG__DTYPE_U8,
    SG__DTYPE_I16,
    SG__DTYPE_I32,
    SG__DTYPE_I64
} sg__dtype;

typedef struct sg__tensor {
    const char *name;
    sg__dtype dtype;
    size_t rank;
    uint64_t shape[SG__TENSOR_RANK];
    size_t count;  /* values: the product of the shape */
    size_t offset; /* of the first value, from the start of the file */
    bool found;    /* by sg__safetensors_find: tells what nobody asked for */
} sg__tensor;

/* A parsed header. Names live as long as it does. */
typedef struct sg__safetensors {
    struct json_t *header;
    size_t count;
    sg__tensor *tensor; /* in the order of their values */
} sg__safetensors;

/* sg__dtype_name: "I16" and the like, as in the header. */
const char *sg__dtype_name(sg__dtype dtype);

/* sg__safetensors_header: the length of the header, which lies within the
 * file and the limit above; SG_E_FORMAT if it does not. name is for errors. */
sg_status sg__safetensors_header(const uint8_t *bytes, size_t size,
                                 const char *name, size_t *length,
                                 sg_error *error);

/* sg__safetensors_parse: reads and checks the header of a file. Of the bytes
 * it looks at the header only; size is that of the whole file.
 *
 * Afterwards all tensors lie within the file, back to back, cover its data
 * exactly, and have as many bytes as dtype and shape say; metadata values are
 * strings. Any legal JSON will do for a header, in any order of keys.
 * What is allocated is bounded by the header's length.
 * Errors: SG_E_FORMAT (detail names file and tensor or byte), SG_E_MEMORY;
 * then *out is empty and needs no freeing. */
sg_status sg__safetensors_parse(const uint8_t *bytes, size_t size,
                                const char *name, sg__safetensors *out,
                                sg_error *error);

/* sg__safetensors_find: a tensor by name, or NULL; marks it as found. */
const sg__tensor *sg__safetensors_find(sg__safetensors *file,
                                       const char *name);

/* sg__safetensors_metadata: a value of "__metadata__", or NULL. */
const char *sg__safetensors_metadata(const sg__safetensors *file,
                                     const char *key);

/* sg__safetensors_copy_metadata: all of it, in an object of the caller's; NULL
 * without memory. */
struct json_t *sg__safetensors_copy_metadata(const sg__safetensors *file);

void sg__safetensors_free(sg__safetensors *file);

/* sg__dtype_width: bytes of a value. */
size_t sg__dtype_width(sg__dtype dtype);

/* sg__safetensors_head: what comes before the values of a new file; arguments
 * and errors as below, *head_size bytes at *head of a file of *size. */
sg_status sg__safetensors_head(sg__tensor *tensors, size_t count,
                               struct json_t *metadata, uint8_t **head,
                               size_t *head_size, size_t *size);

/* sg__safetensors_create: a new file with room for the values.
 *
 * tensors   count of them; name, dtype, rank and shape are read, count and
 *           offset are set; values are laid out in the order given
 * metadata  object of strings; stays the caller's
 * *bytes    the file, values still zero (freed by the caller); *size bytes
 * The header is in a canonical form, so equal arguments give equal bytes, and
 * is padded so that values start at a multiple of 8.
 * Errors: SG_E_MEMORY, and nothing is allocated. */
sg_status sg__safetensors_create(sg__tensor *tensors, size_t count,
                                 struct json_t *metadata, uint8_t **bytes,
                                 size_t *size);

/* sg__tensor_get / sg__tensor_put: value i, i < count, of a tensor of the
 * file `bytes`. A value that is put must be in the range of the dtype. */
int64_t sg__tensor_get(const uint8_t *bytes, const sg__tensor *tensor,
                       size_t i);
void sg__tensor_put(uint8_t *bytes, const sg__tensor *tensor, size_t i,
                    int64_t value);

#endif
