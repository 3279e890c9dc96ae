/* The module: its functions, and the layout of structs that become arrays. */
#include "core.h"

int handle_init(PyObject *module);

/* Where a member is, and how wide. */
#define MEMBER(type, member)                                                  \
#member, (Py_ssize_t)offsetof(type, member),                              \
        (Py_ssize_t)sizeof(((type *)0)->member)

PyObject *core_about(PyObject *self, PyObject *args)
{
    (void)self;
    if (!PyArg_ParseTuple(args, ":about"))
        return NULL;
    PyObject *tables = PyList_New(0);
    const char *name;
    for (size_t i = 0; tables && (name = sg_kernel_table_name(i)); i++) {
        PyObject *text = PyUnicode_FromString(name);
        if (!text || PyList_Append(tables, text) < 0)
            Py_CLEAR(tables);
        Py_XDECREF(text);
    }
    if (!tables)
        return NULL;
    return Py_BuildValue(
        "{s:s,s:i,s:s,s:N,s:n,s:[(snn)(snn)(snn)(snn)(snn)(snn)],s:n,s:[(snn)(snn)],s:n,s:n}",
        "version", sg_version(), "version_number", sg_version_number(),
        "kernels", sg_kernel_table(), "tables", tables, "spike_size",
        (Py_ssize_t)sizeof(sg_spike), "spike", MEMBER(sg_spike, time),
        MEMBER(sg_spike, layer), MEMBER(sg_spike, neuron),
        MEMBER(sg_spike, sign), MEMBER(sg_spike, phase),
        MEMBER(sg_spike, input_time), "event_size",
        (Py_ssize_t)sizeof(sg_data_event), "event",
        MEMBER(sg_data_event, time), MEMBER(sg_data_event, neuron),
        "activity_size", (Py_ssize_t)sizeof(sg_layer_activity),
        "observation_size", (Py_ssize_t)sizeof(sg_layer_observation));
}

#define CORE_METHOD(name) {#name, core_##name, METH_VARARGS, NULL},
static PyMethodDef methods[] = {
    CORE_FUNCTIONS(CORE_METHOD){NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    "_core",
    "libspikegrad, one function for one of its own; use spikegrad instead.",
    -1,
    methods,
    NULL,
    NULL,
    NULL,
    NULL};

PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module && handle_init(module) < 0)
        Py_CLEAR(module);
    return module;
}
