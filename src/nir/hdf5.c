/* Groups, texts and numbers of an HDF5 file. */
#include "nir/hdf5.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A text of NIR is a name or a word. */
enum { TEXT_MAX = 4096, TEXTS_MAX = 1 << 16 };

/* Deflate makes at most 1032 bytes of one; what a dataset leaves out is filled
 * in, but nobody needs more of that than this. */
enum { INFLATE_MAX = 1032, FILL_MAX = 1 << 16 };

sg_status sg__nir_fail(sg_error *error, sg_status status, const char *format,
                       ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
    }
    return status;
}

void sg__nir_array_free(sg__nir_array *array)
{
    free(array->value);
    *array = (sg__nir_array){0};
}

static herr_t note(unsigned depth, const H5E_error2_t *met, void *user)
{
    sg__nir_ear *ear = user;
    (void)depth;
    if (met->min_num == H5E_NOSPACE || met->min_num == H5E_CANTALLOC)
        ear->memory = true;
    /* so end the lines of its drivers for system calls that fail */
    if (met->desc && strstr(met->desc, "errno = "))
        ear->system = true;
    return 0;
}

static herr_t on_error(hid_t stack, void *user)
{
    return H5Ewalk2(stack, H5E_WALK_UPWARD, note, user);
}

void sg__nir_listen(sg__nir_ear *ear)
{
    *ear = (sg__nir_ear){H5open() < 0, false};
    H5Eset_auto2(H5E_DEFAULT, on_error, ear);
}

sg_status sg__nir_judge(const sg__nir_ear *ear, const char *path,
                        sg_status status, sg_error *error)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (status != SG_OK && status != SG_E_FORMAT)
        return status;
    if (ear->system)
        return sg__nir_fail(error, SG_E_IO, "%s: %s", path, strerror(EIO));
    if (ear->memory)
        return sg__nir_fail(error, SG_E_MEMORY, "%s: out of memory", path);
    return status;
}

sg_status sg__nir_open(const char *path, sg__nir_file *out, sg_error *error)
{
    struct stat status;
    *out = (sg__nir_file){.id = H5I_INVALID_HID, .path = path};
    if (stat(path, &status) != 0)
        return sg__nir_fail(error, SG_E_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return sg__nir_fail(error, SG_E_IO, "%s: not a regular file", path);
    if (access(path, R_OK) != 0)
        return sg__nir_fail(error, SG_E_IO, "%s: %s", path, strerror(errno));
    if (H5Fis_hdf5(path) <= 0)
        return sg__nir_fail(error, SG_E_FORMAT,
                            "%s: not an HDF5 file, which NIR files are", path);
    out->id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (out->id < 0)
        return sg__nir_fail(error, SG_E_FORMAT, "%s: a damaged HDF5 file",
                            path);
    out->most = (uint64_t)status.st_size * INFLATE_MAX + FILL_MAX;
    return SG_OK;
}

void sg__nir_close(sg__nir_file *file)
{
    if (file->id >= 0)
        H5Fclose(file->id);
    file->id = H5I_INVALID_HID;
}

bool sg__nir_has(hid_t place, const char *name)
{
    H5L_info_t info;
    return H5Lexists(place, name, H5P_DEFAULT) > 0 &&
           H5Lget_info(place, name, &info, H5P_DEFAULT) >= 0 &&
           info.type == H5L_TYPE_HARD;
}

static sg_status missing(const sg__nir_file *file, const char *where,
                         const char *name, sg_error *error)
{
    return sg__nir_fail(error, SG_E_FORMAT, "%s: %s has no '%.60s'",
                        file->path, where, name);
}

sg_status sg__nir_group(const sg__nir_file *file, hid_t place,
                        const char *name, const char *where, hid_t *out,
                        sg_error *error)
{
    *out = H5I_INVALID_HID;
    if (!sg__nir_has(place, name))
        return missing(file, where, name, error);
    *out = H5Gopen2(place, name, H5P_DEFAULT);
    if (*out < 0)
        return sg__nir_fail(error, SG_E_FORMAT,
                            "%s: %s: '%.60s' is not a group", file->path,
                            where, name);
    return SG_OK;
}

/* A dataset that is open. */
typedef struct dataset {
    hid_t id, type, space;
    H5T_class_t kind;
    size_t length, rank;
    size_t shape[SG__NIR_RANK];
} dataset;

static void close_dataset(dataset *set)
{
    if (set->space >= 0)
        H5Sclose(set->space);
    if (set->type >= 0)
        H5Tclose(set->type);
    if (set->id >= 0)
        H5Dclose(set->id);
}

static sg_status measure(const sg__nir_file *file, const char *where,
                         const char *name, dataset *set, sg_error *error)
{
    hsize_t size[H5S_MAX_RANK];
    int rank = set->space < 0 ? -1 : H5Sget_simple_extent_ndims(set->space);
    if (rank < 0 || rank > SG__NIR_RANK || set->type < 0 ||
        H5Sget_simple_extent_type(set->space) == H5S_NULL ||
        H5Sget_simple_extent_dims(set->space, size, NULL) < 0)
        return sg__nir_fail(error, SG_E_FORMAT,
                            "%s: %s: '%.60s' has %d dimensions, expected 0 to "
                            "%d",
                            file->path, where, name, rank, SG__NIR_RANK);
    set->rank = (size_t)rank;
    uint64_t length = 1;
    for (size_t i = 0; i < set->rank; i++) {
        if (size[i] > 0 && length > file->most / size[i])
            return sg__nir_fail(error, SG_E_FORMAT,
                                "%s: %s: '%.60s' is larger than the file can "
                                "hold",
                                file->path, where, name);
        length *= size[i];
        set->shape[i] = (size_t)size[i];
    }
    set->length = (size_t)length;
    set->kind = H5Tget_class(set->type);
    return SG_OK;
}

static sg_status open_dataset(const sg__nir_file *file, hid_t place,
                              const char *name, const char *where,
                              dataset *set, sg_error *error)
{
    *set = (dataset){.id = H5I_INVALID_HID,
                     .type = H5I_INVALID_HID,
                     .space = H5I_INVALID_HID};
    if (!sg__nir_has(place, name))
        return missing(file, where, name, error);
    set->id = H5Dopen2(place, name, H5P_DEFAULT);
    if (set->id < 0)
        return sg__nir_fail(error, SG_E_FORMAT,
                            "%s: %s: '%.60s' is not a dataset", file->path,
                            where, name);
    set->type = H5Dget_type(set->id);
    set->space = H5Dget_space(set->id);
    sg_status status = measure(file, where, name, set, error);
    if (status != SG_OK)
        close_dataset(set);
    return status;
}

static sg_status unreadable(const sg__nir_file *file, const char *where,
                            const char *name, sg_error *error)
{
    return sg__nir_fail(error, SG_E_FORMAT, "%s: %s: '%.60s' cannot be read",
                        file->path, where, name);
}

void sg__nir_texts_free(sg__nir_texts *texts)
{
    for (size_t i = 0; texts->text && i < texts->count; i++)
        free(texts->text[i]);
    free(texts->text);
    *texts = (sg__nir_texts){0};
}

/* The texts of any length that HDF5 allocated, copied and given back. */
static sg_status take_variable(const dataset *set, sg__nir_texts *out)
{
    sg_status status = SG_E_FORMAT;
    char **raw = calloc(set->length + 1, sizeof *raw);
    hid_t type = H5Tcopy(H5T_C_S1);
    if (!raw)
        status = SG_E_MEMORY;
    else if (type >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0 &&
             H5Tset_cset(type, H5Tget_cset(set->type)) >= 0 &&
             H5Dread(set->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw) >= 0) {
        status = SG_OK;
        for (size_t i = 0; i < set->length && status == SG_OK; i++) {
            size_t size = raw[i] ? strlen(raw[i]) : 0;
            if (size > TEXT_MAX)
                status = SG_E_FORMAT;
            else if (!(out->text[i] = strndup(raw[i] ? raw[i] : "", size)))
                status = SG_E_MEMORY;
        }
        H5Dvlen_reclaim(type, set->space, H5P_DEFAULT, raw);
    }
    if (type >= 0)
        H5Tclose(type);
    free(raw);
    return status;
}

static sg_status take_fixed(const dataset *set, sg__nir_texts *out)
{
    size_t width = H5Tget_size(set->type);
    if (width == 0 || width > TEXT_MAX)
        return SG_E_FORMAT;
    char *raw = calloc(set->length * width + 1, 1); /* all end with a 0 */
    sg_status status = raw ? SG_OK : SG_E_MEMORY;
    if (raw &&
        H5Dread(set->id, set->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw) < 0)
        status = SG_E_FORMAT;
    for (size_t i = 0; status == SG_OK && i < set->length; i++) {
        size_t size = strnlen(raw + i * width, width);
        while (H5Tget_strpad(set->type) == H5T_STR_SPACEPAD && size > 0 &&
               raw[i * width + size - 1] == ' ')
            size--;
        if (!(out->text[i] = strndup(raw + i * width, size)))
            status = SG_E_MEMORY;
    }
    free(raw);
    return status;
}

sg_status sg__nir_read_texts(const sg__nir_file *file, hid_t place,
                             const char *name, const char *where,
                             sg__nir_texts *out, sg_error *error)
{
    dataset set;
    *out = (sg__nir_texts){0};
    sg_status status = open_dataset(file, place, name, where, &set, error);
    if (status != SG_OK)
        return status;
    if (set.kind != H5T_STRING || set.length > TEXTS_MAX) {
        close_dataset(&set);
        return sg__nir_fail(error, SG_E_FORMAT,
                            "%s: %s: '%.60s' is not text, or too much of it",
                            file->path, where, name);
    }
    out->text = calloc(set.length + 1, sizeof *out->text);
    out->count = set.length;
    out->rank = set.rank;
    memcpy(out->shape, set.shape, sizeof out->shape);
    if (!out->text)
        status = SG_E_MEMORY;
    else
        status = H5Tis_variable_str(set.type) > 0 ? take_variable(&set, out)
                                                  : take_fixed(&set, out);
    close_dataset(&set);
    if (status != SG_OK)
        sg__nir_texts_free(out);
    if (status == SG_E_MEMORY)
        return sg__nir_fail(error, status, "%s: out of memory", file->path);
    return status ? unreadable(file, where, name, error) : SG_OK;
}

sg_status sg__nir_read_array(const sg__nir_file *file, hid_t place,
                             const char *name, const char *where,
                             sg__nir_array *out, sg_error *error)
{
    dataset set;
    *out = (sg__nir_array){0};
    sg_status status = open_dataset(file, place, name, where, &set, error);
    if (status != SG_OK)
        return status;
    bool number = set.kind == H5T_INTEGER || set.kind == H5T_FLOAT;
    bool read = false;
    if (number) {
        out->length = set.length;
        out->rank = set.rank;
        memcpy(out->shape, set.shape, sizeof out->shape);
        out->value = malloc(set.length * sizeof *out->value + 1);
        read = out->value && H5Dread(set.id, H5T_NATIVE_DOUBLE, H5S_ALL,
                                     H5S_ALL, H5P_DEFAULT, out->value) >= 0;
    }
    close_dataset(&set);
    if (!number)
        return sg__nir_fail(error, SG_E_FORMAT,
                            "%s: %s: '%.60s' is not an array of numbers",
                            file->path, where, name);
    if (!out->value)
        return sg__nir_fail(error, SG_E_MEMORY, "%s: out of memory",
                            file->path);
    for (size_t i = 0; read && i < out->length; i++)
        if (!isfinite(out->value[i])) {
            sg__nir_array_free(out);
            return sg__nir_fail(error, SG_E_FORMAT,
                                "%s: %s: '%.60s' has a number that is not "
                                "finite, at %zu",
                                file->path, where, name, i);
        }
    if (read)
        return SG_OK;
    sg__nir_array_free(out);
    return unreadable(file, where, name, error);
}

sg_status sg__nir_read_bytes(const sg__nir_file *file, hid_t place,
                             const char *name, const char *where,
                             uint8_t **out, size_t *size, sg_error *error)
{
    dataset set;
    *out = NULL;
    sg_status status = open_dataset(file, place, name, where, &set, error);
    if (status != SG_OK)
        return status;
    *size = set.length;
    bool bytes = set.kind == H5T_INTEGER && set.rank == 1;
    bool read = false;
    if (bytes) {
        *out = malloc(set.length + 1);
        read = *out && H5Dread(set.id, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL,
                               H5P_DEFAULT, *out) >= 0;
    }
    close_dataset(&set);
    if (read)
        return SG_OK;
    if (bytes && !*out)
        return sg__nir_fail(error, SG_E_MEMORY, "%s: out of memory",
                            file->path);
    free(*out);
    *out = NULL;
    return unreadable(file, where, name, error);
}

/* How arrays are stored: without the time of day, so that the same network is
 * the same file; large ones deflated where libhdf5 can. */
static hid_t storage(size_t rank, const hsize_t *size)
{
    enum { SMALL = 4096, CHUNK = 1 << 18 };
    hsize_t chunk[SG__NIR_RANK], total = 1;
    for (size_t i = rank; i-- > 0; total *= chunk[i])
        chunk[i] = total * size[i] <= CHUNK ? size[i]
                   : total < CHUNK          ? CHUNK / total
                                            : 1;
    hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
    bool good = plan >= 0 && H5Pset_obj_track_times(plan, false) >= 0;
    if (good && rank > 0 && total >= SMALL &&
        H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0)
        good = H5Pset_chunk(plan, (int)rank, chunk) >= 0 &&
               H5Pset_shuffle(plan) >= 0 && H5Pset_deflate(plan, 6) >= 0;
    if (good || plan < 0)
        return plan;
    H5Pclose(plan);
    return H5I_INVALID_HID;
}

static bool put(hid_t place, const char *name, size_t rank,
                const size_t *shape, hid_t stored, hid_t given,
                const void *value)
{
    hsize_t size[SG__NIR_RANK];
    for (size_t i = 0; i < rank; i++)
        size[i] = shape[i];
    hid_t space =
        rank ? H5Screate_simple((int)rank, size, NULL) : H5Screate(H5S_SCALAR);
    hid_t plan = storage(rank, size), set = H5I_INVALID_HID;
    if (space >= 0 && plan >= 0)
        set = H5Dcreate2(place, name, stored, space, H5P_DEFAULT, plan,
                         H5P_DEFAULT);
    bool good = set >= 0 && H5Dwrite(set, given, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                     value) >= 0;
    if (set >= 0)
        good = H5Dclose(set) >= 0 && good;
    if (plan >= 0)
        H5Pclose(plan);
    if (space >= 0)
        H5Sclose(space);
    return good;
}

bool sg__nir_put_text(hid_t place, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    bool good = type >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0 &&
                H5Tset_cset(type, H5T_CSET_UTF8) >= 0 &&
                put(place, name, 0, NULL, type, type, &text);
    if (type >= 0)
        H5Tclose(type);
    return good;
}

bool sg__nir_put_floats(hid_t place, const char *name, size_t rank,
                        const size_t *shape, const float *value)
{
    return put(place, name, rank, shape, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT,
               value);
}

bool sg__nir_put_ints(hid_t place, const char *name, size_t rank,
                      const size_t *shape, const int64_t *value)
{
    return put(place, name, rank, shape, H5T_STD_I64LE, H5T_NATIVE_INT64,
               value);
}

bool sg__nir_put_bytes(hid_t place, const char *name, const void *bytes,
                       size_t size)
{
    return put(place, name, 1, &size, H5T_STD_U8LE, H5T_NATIVE_UINT8, bytes);
}
