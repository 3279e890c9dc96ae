/* FNV-1a over the contents of a graph. */
#include "nir/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Groups in groups in groups; a graph has three. */
enum { DEPTH_MAX = 8, NAME_SIZE = 256 };

static void add(uint64_t *hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++)
        *hash = (*hash ^ byte[i]) * UINT64_C(1099511628211);
}

/* As 8 bytes, the lowest first, on every machine. */
static void add_number(uint64_t *hash, uint64_t number)
{
    unsigned char byte[8];
    for (int i = 0; i < 8; i++)
        byte[i] = (unsigned char)(number >> 8 * i);
    add(hash, byte, sizeof byte);
}

static sg_status add_dataset(const sg__nir_file *file, hid_t place,
                             const char *name, uint64_t *hash, sg_error *error)
{
    sg__nir_texts texts = {0};
    sg__nir_array array = {0};
    if (sg__nir_read_texts(file, place, name, "/node", &texts, NULL) ==
        SG_OK) {
        for (size_t i = 0; i < texts.count; i++)
            add(hash, texts.text[i], strlen(texts.text[i]) + 1);
        sg__nir_texts_free(&texts);
        return SG_OK;
    }
    sg_status status =
        sg__nir_read_array(file, place, name, "/node", &array, error);
    if (status != SG_OK)
        return status;
    for (size_t i = 0; i < array.rank; i++)
        add_number(hash, array.shape[i]);
    for (size_t i = 0; i < array.length; i++) {
        uint64_t bits;
        double number = array.value[i] + 0.0; /* one zero, not two */
        memcpy(&bits, &number, sizeof bits);
        add_number(hash, bits);
    }
    sg__nir_array_free(&array);
    return SG_OK;
}

static sg_status add_group(const sg__nir_file *file, hid_t place, int depth,
                           uint64_t *hash, sg_error *error)
{
    H5G_info_t info;
    if (depth > DEPTH_MAX || H5Gget_info(place, &info) < 0)
        return sg__nir_fail(error, SG_E_FORMAT, "%s: /node cannot be read",
                            file->path);
    for (hsize_t i = 0; i < info.nlinks; i++) {
        char name[NAME_SIZE];
        sg_status status = SG_OK;
        if (H5Lget_name_by_idx(place, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                               sizeof name, H5P_DEFAULT) <= 0)
            return sg__nir_fail(error, SG_E_FORMAT, "%s: /node cannot be read",
                                file->path);
        if (depth == 0 && strcmp(name, SG__NIR_METADATA) == 0)
            continue;
        add(hash, name, strlen(name) + 1);
        hid_t inner = sg__nir_has(place, name)
                          ? H5Oopen(place, name, H5P_DEFAULT)
                          : H5I_INVALID_HID;
        if (inner >= 0 && H5Iget_type(inner) == H5I_GROUP)
            status = add_group(file, inner, depth + 1, hash, error);
        else
            status = add_dataset(file, place, name, hash, error);
        if (inner >= 0)
            H5Oclose(inner);
        if (status != SG_OK)
            return status;
    }
    return SG_OK;
}

sg_status sg__nir_digest(const sg__nir_file *file, uint64_t *out,
                         sg_error *error)
{
    hid_t top = H5I_INVALID_HID;
    sg_status status =
        sg__nir_group(file, file->id, "node", "the file", &top, error);
    *out = UINT64_C(14695981039346656037);
    if (status != SG_OK)
        return status;
    status = add_group(file, top, 0, out, error);
    H5Gclose(top);
    return status;
}
