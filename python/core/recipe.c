/* Recipes and what is known of their options. */
#include <stdlib.h>

#include "core.h"

PyObject *core_recipe_new(PyObject *self, PyObject *args)
{
    sg_recipe *recipe;
    (void)self;
    if (!PyArg_ParseTuple(args, ":recipe_new"))
        return NULL;
    sg_status status = sg_recipe_create(&recipe);
    return status == SG_OK ? handle_new(RECIPE, recipe, NULL, NULL)
                           : fail(status, NULL);
}

static handle *recipe_in(PyObject *object)
{
    return handle_read(handle_take(object, RECIPE));
}

PyObject *core_recipe_copy(PyObject *self, PyObject *args)
{
    PyObject *object;
    sg_recipe *copy = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:recipe_copy", &object))
        return NULL;
    handle *h = recipe_in(object);
    if (!h)
        return NULL;
    sg_status status = sg_recipe_copy(h->p, &copy);
    handle_done(h);
    return status == SG_OK ? handle_new(RECIPE, copy, NULL, NULL)
                           : fail(status, NULL);
}

PyObject *core_recipe_set(PyObject *self, PyObject *args)
{
    PyObject *object;
    const char *name, *value;
    sg_error error = SG_ERROR_INIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "Oss:recipe_set", &object, &name, &value))
        return NULL;
    handle *h = handle_write(handle_take(object, RECIPE));
    if (!h)
        return NULL;
    sg_status status = sg_recipe_set(h->p, name, value, &error);
    handle_done(h);
    return done(status, &error);
}

PyObject *core_recipe_get(PyObject *self, PyObject *args)
{
    PyObject *object, *text = NULL;
    const char *name;
    (void)self;
    if (!PyArg_ParseTuple(args, "Os:recipe_get", &object, &name))
        return NULL;
    handle *h = recipe_in(object);
    if (!h)
        return NULL;
    size_t size = sg_recipe_text_size(h->p, name);
    char *room = malloc(size ? size : 1);
    sg_status status = SG_E_MEMORY;
    if (room)
        status = sg_recipe_get(h->p, name, room, size);
    handle_done(h);
    text = status == SG_OK ? text_of(room) : fail(status, NULL);
    free(room);
    return text;
}

PyObject *core_recipe_number(PyObject *self, PyObject *args)
{
    PyObject *object;
    const char *name;
    int64_t number = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "Os:recipe_number", &object, &name))
        return NULL;
    handle *h = recipe_in(object);
    if (!h)
        return NULL;
    sg_status status = sg_recipe_number(h->p, name, &number);
    handle_done(h);
    return status == SG_OK ? PyLong_FromLongLong(number) : fail(status, NULL);
}

/* Name, placeholder, default, help, kind, low, high of each option. */
PyObject *core_recipe_options(PyObject *self, PyObject *args)
{
    static const char *const kinds[] = {
        [SG_OPTION_TEXT] = "text",     [SG_OPTION_WHOLE] = "whole",
        [SG_OPTION_POWER2] = "power2", [SG_OPTION_FRACTION] = "fraction",
        [SG_OPTION_CHOICE] = "choice", [SG_OPTION_SEED] = "seed"};
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    (void)self;
    if (!PyArg_ParseTuple(args, ":recipe_options"))
        return NULL;
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        sg_option_range range;
        (void)sg_recipe_range(option[i].name, &range);
        PyObject *row =
            Py_BuildValue("sssssLL", option[i].name, option[i].value,
                          option[i].initial, option[i].help, kinds[range.kind],
                          (long long)range.low, (long long)range.high);
        if (!row || PyList_Append(list, row) < 0)
            Py_CLEAR(list);
        Py_XDECREF(row);
    }
    return list;
}

/* The texts of a list as C strings, to be freed with the bytes they are in. */
static const char **texts_in(PyObject *list, PyObject **bytes)
{
    Py_ssize_t n = PyList_Size(list);
    const char **text = calloc((size_t)n + 1, sizeof *text);
    *bytes = PyList_New(0);
    for (Py_ssize_t i = 0; text && *bytes && i < n; i++) {
        PyObject *b = PyUnicode_AsUTF8String(PyList_GetItem(list, i));
        if (!b || PyList_Append(*bytes, b) < 0)
            Py_CLEAR(*bytes);
        else
            text[i] = PyBytes_AsString(b);
        Py_XDECREF(b);
    }
    if (text && *bytes)
        return text;
    free(text);
    Py_CLEAR(*bytes);
    if (!PyErr_Occurred())
        PyErr_NoMemory();
    return NULL;
}

PyObject *core_recipe_suggest(PyObject *self, PyObject *args)
{
    PyObject *object, *data, *list, *bytes;
    sg_error error = SG_ERROR_INIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOO!:recipe_suggest", &object, &data,
                          &PyList_Type, &list))
        return NULL;
    const handle *d = handle_take(data, DATA);
    const char **given = d ? texts_in(list, &bytes) : NULL;
    if (!given)
        return NULL;
    sg_status status = SG_OK;
    handle *h = handle_write(handle_take(object, RECIPE));
    if (h)
        status = sg_recipe_suggest(h->p, sg_data_get_info(d->p), given,
                                   (size_t)PyList_Size(list), &error);
    handle_done(h);
    free(given);
    Py_DECREF(bytes);
    return h ? done(status, &error) : NULL;
}
