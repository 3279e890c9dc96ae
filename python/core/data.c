/* Data sets: opened by their name, over arrays, and views of them. */
#include <stdlib.h>
#include <string.h>

#include "core.h"

PyObject *core_formats(PyObject *self, PyObject *args)
{
    (void)self;
    if (!PyArg_ParseTuple(args, ":formats"))
        return NULL;
    PyObject *list = PyList_New(0);
    const sg_data_format *f;
    for (size_t i = 0; list && (f = sg_data_get_format(i)); i++) {
        PyObject *options = PyList_New(0);
        for (size_t k = 0; options && k < f->options; k++) {
            const sg_data_option *o = &f->option[k];
            PyObject *pair = Py_BuildValue("sss", o->key, o->value, o->help);
            if (!pair || PyList_Append(options, pair) < 0)
                Py_CLEAR(options);
            Py_XDECREF(pair);
        }
        PyObject *row = options ? Py_BuildValue("ssssN", f->name, f->form,
                                                f->help, f->example, options)
                                : NULL;
        if (!row || PyList_Append(list, row) < 0)
            Py_CLEAR(list);
        Py_XDECREF(row);
    }
    return list;
}

static PyObject *made(sg_status status, const sg_error *error, sg_data *data,
                      PyObject *owner, PyObject *other)
{
    return status == SG_OK ? handle_new(DATA, data, owner, other)
                           : fail(status, error);
}

PyObject *core_data_open(PyObject *self, PyObject *args)
{
    const char *spec, *folder;
    int test;
    sg_data *data = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "ypz:data_open", &spec, &test, &folder))
        return NULL;
    Py_BEGIN_ALLOW_THREADS status =
        sg_data_open_in(folder, spec, test ? SG_SPLIT_TEST : SG_SPLIT_TRAIN,
                        &data, &error);
    Py_END_ALLOW_THREADS return made(status, &error, data, NULL, NULL);
}

/* Over arrays that are kept as long as the data. */
PyObject *core_data_over(PyObject *self, PyObject *args)
{
    PyObject *pixels, *labels;
    sg_data_info info = {.name = NULL};
    sg_data *data = NULL;
    sg_error error = SG_ERROR_INIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOzO&O&O&O&O&O&:data_over", &pixels, &labels,
                          &info.name, u32_in, &info.size, u32_in, &info.height,
                          u32_in, &info.width, u32_in, &info.channels, u32_in,
                          &info.classes, u32_in, &info.counts))
        return NULL;
    size_t n = info.size;
    const uint32_t factor[] = {info.height, info.width, info.channels};
    for (int i = 0; i < 3; i++) {
        if (factor[i] && n > (size_t)PY_SSIZE_T_MAX / factor[i])
            return PyErr_NoMemory();
        n *= factor[i];
    }
    const uint8_t *from = array_in(pixels, "u1", n);
    uint32_t label_bytes = 1;
    const void *class = from ? array_in(labels, "u1", info.size) : NULL;
    if (from && !class && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        label_bytes = 2;
        class = array_in(labels, "u2", info.size);
    }
    if (!class)
        return NULL;
    const sg_data_arrays arrays = {.size = sizeof arrays,
                                   .pixels = from,
                                   .labels = class,
                                   .label_bytes = label_bytes,
                                   .lent = 1};
    sg_status status = sg_data_create(&info, &arrays, &data, &error);
    return made(status, &error, data, pixels, labels);
}

PyObject *core_data_slice(PyObject *self, PyObject *args)
{
    PyObject *object;
    unsigned first, count;
    sg_data *view = NULL;
    sg_error error = SG_ERROR_INIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO&O&:data_slice", &object, u32_in, &first,
                          u32_in, &count))
        return NULL;
    const handle *h = handle_take(object, DATA);
    if (!h)
        return NULL;
    sg_status status = sg_data_slice(h->p, first, count, &view, &error);
    return made(status, &error, view, object, NULL);
}

PyObject *core_data_select(PyObject *self, PyObject *args)
{
    PyObject *object, *indices;
    unsigned count;
    sg_data *view = NULL;
    sg_error error = SG_ERROR_INIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOO&:data_select", &object, &indices, u32_in,
                          &count))
        return NULL;
    const handle *h = handle_take(object, DATA);
    const uint32_t *index = h ? array_in(indices, "u4", count) : NULL;
    if (!index)
        return NULL;
    sg_status status = sg_data_select(h->p, index, count, &view, &error);
    return made(status, &error, view, object, NULL);
}

PyObject *core_data_hold_back(PyObject *self, PyObject *args)
{
    PyObject *object;
    unsigned count;
    unsigned long long seed;
    sg_data *rest = NULL, *held = NULL;
    sg_error error = SG_ERROR_INIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO&O&:data_hold_back", &object, u32_in,
                          &count, u64_in, &seed))
        return NULL;
    const handle *h = handle_take(object, DATA);
    if (!h)
        return NULL;
    sg_status status =
        sg_data_hold_back(h->p, count, seed, &rest, &held, &error);
    if (status != SG_OK)
        return fail(status, &error);
    PyObject *a = handle_new(DATA, rest, object, NULL);
    PyObject *b = handle_new(DATA, held, object, NULL);
    if (a && b)
        return Py_BuildValue("NN", a, b);
    Py_XDECREF(a);
    Py_XDECREF(b);
    return NULL;
}

PyObject *core_data_augment(PyObject *self, PyObject *args)
{
    PyObject *object, *array;
    const char *augment;
    unsigned long long seed;
    unsigned epoch, first, count;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OsO&O&O&O&O:data_augment", &object, &augment,
                          u64_in, &seed, u32_in, &epoch, u32_in, &first,
                          u32_in, &count, &array))
        return NULL;
    const handle *h = handle_take(object, DATA);
    if (!h)
        return NULL;
    const sg_data_info *info = sg_data_get_info(h->p);
    uint8_t *to =
        array_out(array, "u1",
                  (size_t)info->height * info->width * info->channels * count);
    if (!to)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status =
        sg_data_augment(h->p, augment, seed, epoch, first, count, to, &error);
    Py_END_ALLOW_THREADS if (status != SG_OK) return fail(status, &error);
    Py_RETURN_NONE;
}

/* The data of the one argument; NULL and an exception. */
static const sg_data *data_in(PyObject *args)
{
    PyObject *object;
    if (!PyArg_ParseTuple(args, "O:data", &object))
        return NULL;
    const handle *h = handle_take(object, DATA);
    return h ? h->p : NULL;
}

static const char *class_name(const void *data, uint32_t label)
{
    return sg_data_class_name(data, label);
}

/* The names of the classes; the optional list, of bytes, is given to them
 * first. */
PyObject *core_data_names(PyObject *self, PyObject *args)
{
    PyObject *object, *given = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status = SG_OK;
    (void)self;
    if (!PyArg_ParseTuple(args, "O|O!:data_names", &object, &PyList_Type,
                          &given))
        return NULL;
    const handle *h = handle_take(object, DATA);
    if (!h)
        return NULL;
    const uint32_t classes = sg_data_get_info(h->p)->classes;
    if (given && PyList_Size(given) != (Py_ssize_t)classes) {
        error = (sg_error){"class_names: not one for each class"};
        return fail(SG_E_ARGUMENT, &error);
    }
    const char **names = given ? calloc(classes, sizeof *names) : NULL;
    if (given && !names)
        return PyErr_NoMemory();
    for (uint32_t k = 0; names && k < classes; k++) {
        char *name;
        PyObject *bytes = PyList_GetItem(given, (Py_ssize_t)k);
        if (PyBytes_AsStringAndSize(bytes, &name, NULL) < 0) {
            free(names);
            return NULL;
        }
        names[k] = name;
    }
    if (names)
        status = sg_data_name_classes(h->p, names, &error);
    free(names);
    return status == SG_OK ? names_of(class_name, h->p, classes)
                           : fail(status, &error);
}

PyObject *core_data_info(PyObject *self, PyObject *args)
{
    const sg_data *data = data_in(args);
    (void)self;
    if (!data)
        return NULL;
    const sg_data_info *info = sg_data_get_info(data);
    return Py_BuildValue("NIIIIIIi", text_of(info->name), info->size,
                         info->height, info->width, info->channels,
                         info->classes, info->counts,
                         sg_data_has_events(data));
}

/* The events of a sample: a handle that has them, their address, how many. */
PyObject *core_data_events(PyObject *self, PyObject *args)
{
    PyObject *object;
    uint32_t i;
    sg_data_event *events = NULL;
    size_t count = 0;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO&:data_events", &object, u32_in, &i))
        return NULL;
    const handle *h = handle_take(object, DATA);
    if (!h)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status =
        sg_data_events(h->p, i, &events, &count, &error);
    Py_END_ALLOW_THREADS if (status != SG_OK) return fail(status, &error);
    PyObject *held = handle_new(EVENTS, events, NULL, NULL);
    return held ? Py_BuildValue("NNn", held, address_of(events),
                                (Py_ssize_t)count)
                : NULL;
}

PyObject *core_data_hash(PyObject *self, PyObject *args)
{
    const sg_data *data = data_in(args);
    uint64_t hash;
    (void)self;
    if (!data)
        return NULL;
    Py_BEGIN_ALLOW_THREADS hash = sg_data_hash(data);
    Py_END_ALLOW_THREADS return PyLong_FromUnsignedLongLong(hash);
}

PyObject *core_data_labels(PyObject *self, PyObject *args)
{
    PyObject *object, *array;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO:data_labels", &object, &array))
        return NULL;
    const handle *h = handle_take(object, DATA);
    if (!h)
        return NULL;
    const uint32_t size = sg_data_get_info(h->p)->size;
    uint16_t *labels = array_out(array, "u2", size);
    if (!labels)
        return NULL;
    for (uint32_t i = 0; i < size; i++)
        labels[i] = (uint16_t)sg_data_label(h->p, i);
    Py_RETURN_NONE;
}

static size_t sample_bytes(const sg_data *data)
{
    const sg_data_info *info = sg_data_get_info(data);
    return (size_t)info->height * info->width * info->channels;
}

/* Where all pixels are, if they are one array; else None. */
PyObject *core_data_address(PyObject *self, PyObject *args)
{
    const sg_data *data = data_in(args);
    const uint8_t *first = NULL;
    (void)self;
    if (!data)
        return NULL;
    const size_t bytes = sample_bytes(data);
    const uint32_t size = sg_data_get_info(data)->size;
    Py_BEGIN_ALLOW_THREADS first = sg_data_pixels(data, 0);
    for (uint32_t i = 1; first && i < size; i++)
        if ((uintptr_t)sg_data_pixels(data, i) != (uintptr_t)first + i * bytes)
            first = NULL;
    Py_END_ALLOW_THREADS return address_of(first);
}

PyObject *core_data_copy(PyObject *self, PyObject *args)
{
    PyObject *object, *array;
    unsigned first, count;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO&O&O:data_copy", &object, u32_in, &first,
                          u32_in, &count, &array))
        return NULL;
    const handle *h = handle_take(object, DATA);
    if (!h)
        return NULL;
    const uint32_t size = sg_data_get_info(h->p)->size;
    const size_t bytes = sample_bytes(h->p);
    if (first > size || count > size - first) {
        PyErr_SetString(PyExc_IndexError, "data: no such samples");
        return NULL;
    }
    uint8_t *to = array_out(array, "u1", bytes * count);
    if (!to)
        return NULL;
    Py_BEGIN_ALLOW_THREADS for (uint32_t i = 0; i < count; i++)
    {
        const uint8_t *from = sg_data_pixels(h->p, first + i);
        if (from)
            memcpy(to + i * bytes, from, bytes);
    }
    Py_END_ALLOW_THREADS Py_RETURN_NONE;
}
