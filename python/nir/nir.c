/* _nir: networks from and to NIR files. A module of its own, because it needs
 * libhdf5, which is the system's: spikegrad does without it until somebody asks
 * for NIR.
 *
 * Networks cross as the bytes of checkpoints, so that this shares nothing with
 * _core. A failure is (status, text), an exception by the package's Python.
 * The GIL stays, since libhdf5 is not for two threads at once. */
#define Py_LIMITED_API 0x03090000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <spikegrad-nir.h>
#include <spikegrad/spikegrad.h>
#include <stdlib.h>
#include <string.h>

static PyObject *failed(sg_status status, const sg_error *error)
{
    const char *text = error->text[0] ? error->text : sg_status_text(status);
    return Py_BuildValue("iN", (int)status,
                         PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text),
                                              "backslashreplace"));
}

/* write(checkpoint, path): None, or a failure. */
static PyObject *nir_write(PyObject *self, PyObject *args)
{
    const char *bytes, *path;
    Py_ssize_t size;
    sg_network *net = NULL;
    sg_error error = SG_ERROR_INIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "y#y:write", &bytes, &size, &path))
        return NULL;
    sg_status status =
        sg_network_load_memory(bytes, (size_t)size, NULL, &net, &error);
    if (status == SG_OK)
        status = sg_nir_write(net, path, &error);
    sg_network_destroy(net);
    if (status != SG_OK)
        return failed(status, &error);
    Py_RETURN_NONE;
}

enum { GIVEN_MAX = 64 };

/* The options of a dict of texts; names go to name[], as many as *count. */
static sg_status take_options(PyObject *options, sg_recipe *recipe,
                              const char **name, size_t *count,
                              sg_error *error)
{
    size_t rows;
    const sg_recipe_option *option = sg_recipe_options(&rows);
    sg_status status = SG_OK;
    for (size_t i = 0; status == SG_OK && i < rows && i < GIVEN_MAX; i++) {
        PyObject *value = PyDict_GetItemString(options, option[i].name);
        PyObject *text = value ? PyUnicode_AsUTF8String(value) : NULL;
        if (value && !text) {
            PyErr_Clear();
            return SG_E_ARGUMENT;
        }
        if (!text)
            continue;
        name[(*count)++] = option[i].name;
        status = sg_recipe_set(recipe, option[i].name, PyBytes_AsString(text),
                               error);
        Py_DECREF(text);
    }
    return status;
}

static PyObject *checkpoint_of(const sg_network *net,
                               const sg_nir_result *result)
{
    void *bytes = NULL;
    size_t size = 0;
    sg_error error = SG_ERROR_INIT;
    sg_status status = sg_network_save_memory(net, &bytes, &size, &error);
    if (status != SG_OK)
        return failed(status, &error);
    PyObject *out =
        Py_BuildValue("y#iKKd", (const char *)bytes, (Py_ssize_t)size,
                      result->restored, (unsigned long long)result->weights,
                      (unsigned long long)result->clipped, result->error);
    sg_free(bytes);
    return out;
}

/* read(path, options, (h, w, c), steps, graph_only): checkpoint, restored,
 * weights, clipped, error; or a failure. */
static PyObject *nir_read(PyObject *self, PyObject *args)
{
    const char *path, *name[GIVEN_MAX];
    PyObject *given, *out;
    sg_nir_options how = {.size = sizeof how};
    sg_nir_result result = {0};
    sg_error error = SG_ERROR_INIT;
    sg_recipe *recipe = NULL;
    sg_network *net = NULL;
    size_t count = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "yO!(III)Ip:read", &path, &PyDict_Type, &given,
                          &how.input.height, &how.input.width,
                          &how.input.channels, &how.steps, &how.graph_only))
        return NULL;
    sg_status status = sg_recipe_create(&recipe);
    if (status == SG_OK)
        status = take_options(given, recipe, name, &count, &error);
    how.recipe = recipe;
    how.given = name;
    how.given_count = count;
    if (status == SG_OK)
        status = sg_nir_read(path, &how, &net, &result, &error);
    out =
        status == SG_OK ? checkpoint_of(net, &result) : failed(status, &error);
    sg_network_destroy(net);
    sg_recipe_destroy(recipe);
    return out;
}

static PyMethodDef methods[] = {{"read", nir_read, METH_VARARGS, NULL},
                                {"write", nir_write, METH_VARARGS, NULL},
                                {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    "_nir",
    "NIR files; use spikegrad.Network.from_nir and to_nir instead.",
    -1,
    methods,
    NULL,
    NULL,
    NULL,
    NULL};

PyMODINIT_FUNC PyInit__nir(void)
{
    return PyModule_Create(&definition);
}
