/* Handles: who owns what, who is at it, and arrays that cross; see core.h. */
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "simulation.h"

static PyTypeObject *handle_type;
static PyObject *exceptions; /* [status] */

static const char *const names[KINDS] = {
    [RECIPE] = "recipe",         [DATA] = "data",
    [NETWORK] = "network",       [TRAINER] = "trainer",
    [CLASSIFIER] = "classifier", [PASS] = "pass",
    [SIMULATION] = "simulation", [BUFFER] = "buffer",
    [EVENTS] = "events"};

static void free_thing(thing kind, void *p, bool owned)
{
    switch (kind) {
    case RECIPE:
        sg_recipe_destroy(p);
        break;
    case DATA:
        sg_data_destroy(p);
        break;
    case NETWORK:
        if (owned)
            sg_network_destroy(p);
        break;
    case TRAINER:
        sg_trainer_destroy(p);
        break;
    case CLASSIFIER:
        sg_classifier_destroy(p);
        break;
    case PASS:
        sg_pass_destroy(p);
        break;
    case SIMULATION:
        recorder_destroy(p);
        break;
    case BUFFER:
        free(p);
        break;
    case EVENTS:
        sg_data_free_events(p);
        break;
    case KINDS:
        break;
    }
}

static void handle_free(PyObject *self)
{
    handle *h = (handle *)self;
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    free_thing(h->kind, h->p, h->root == h);
    Py_CLEAR(h->owner[0]);
    Py_CLEAR(h->owner[1]);
    release(self);
    Py_DECREF(type);
}

static PyObject *handle_show(PyObject *self)
{
    const handle *h = (const handle *)self;
    return PyUnicode_FromFormat("<spikegrad._core.Handle of a %s>",
                                names[h->kind]);
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)handle_free},
    {Py_tp_repr, (void *)handle_show},
    {Py_tp_doc, (void *)"A thing of libspikegrad."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "spikegrad._core.Handle",
    .basicsize = sizeof(handle),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};

/* Only the functions here make handles: the type has no constructor. */
static PyObject *no_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    (void)args;
    (void)kwargs;
    PyErr_SetString(PyExc_TypeError, "handles are made by spikegrad");
    return NULL;
}

int handle_init(PyObject *module);

int handle_init(PyObject *module)
{
    static PyType_Slot all[sizeof slots / sizeof *slots + 1];
    memcpy(all + 1, slots, sizeof slots);
    all[0] = (PyType_Slot){Py_tp_new, (void *)no_new};
    spec.slots = all;
    handle_type = (PyTypeObject *)PyType_FromSpec(&spec);
    if (!handle_type)
        return -1;
    Py_INCREF(handle_type);
    return PyModule_AddObject(module, "Handle", (PyObject *)handle_type);
}

PyObject *handle_new(thing kind, void *p, PyObject *owner, PyObject *other)
{
    allocfunc take = (allocfunc)PyType_GetSlot(handle_type, Py_tp_alloc);
    handle *h = (handle *)take(handle_type, 0);
    const bool of_handle = owner && Py_TYPE(owner) == handle_type;
    if (!h) { /* a trainer's network stays the trainer's */
        free_thing(kind, p, !of_handle);
        return NULL;
    }
    h->kind = kind;
    h->p = p;
    Py_XINCREF(owner);
    Py_XINCREF(other);
    h->owner[0] = owner;
    h->owner[1] = other;
    h->root = h;
    if (of_handle) {
        handle *of = (handle *)owner;
        if (kind == NETWORK)
            h->root = of->root;
        h->made_for = of->root->version;
    }
    return (PyObject *)h;
}

handle *handle_take(PyObject *object, thing kind)
{
    handle *h = (handle *)object;
    if (Py_TYPE(object) == handle_type && h->kind == kind)
        return h;
    PyErr_Format(PyExc_TypeError, "expected the handle of a %s", names[kind]);
    return NULL;
}

static handle *busy(const handle *h)
{
    sg_error error;
    PyOS_snprintf(error.text, sizeof error.text,
                  "this %s is at work: in another thread, or in the call that "
                  "has called this one",
                  names[h->kind]);
    PyObject *type = exceptions ? PyTuple_GetItem(exceptions, 0) : NULL;
    PyErr_SetString(type ? type : PyExc_RuntimeError, error.text);
    return NULL;
}

handle *handle_read(handle *h)
{
    if (!h)
        return NULL;
    if (h->root->written)
        return busy(h->root);
    h->root->readers++;
    return h;
}

handle *handle_write(handle *h)
{
    if (!h)
        return NULL;
    if (h->root->written || h->root->readers)
        return busy(h->root);
    h->root->written = true;
    h->root->version++;
    return h;
}

void handle_done(handle *h)
{
    if (!h)
        return;
    if (h->root->written)
        h->root->written = false;
    else
        h->root->readers--;
}

bool handle_fresh(handle *h, const char *what)
{
    const handle *of = (const handle *)h->owner[0];
    if (of->root->version == h->made_for)
        return true;
    PyErr_Format(PyExc_RuntimeError,
                 "the network has changed since this %s was made: make a new "
                 "one",
                 what);
    return false;
}

const sg_network *network_of(const handle *h)
{
    if (h->root == h)
        return h->p;
    return sg_trainer_network(h->root->p);
}

const sg_network *outline_of(const handle *h)
{
    if (h->root == h)
        return h->p;
    return sg_trainer_outline(h->root->p);
}

PyObject *core_set_exceptions(PyObject *self, PyObject *args)
{
    PyObject *types;
    (void)self;
    if (!PyArg_ParseTuple(args, "O!:set_exceptions", &PyTuple_Type, &types))
        return NULL;
    Py_INCREF(types);
    Py_XDECREF(exceptions);
    exceptions = types;
    Py_RETURN_NONE;
}

PyObject *text_of(const char *text)
{
    if (!text)
        Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text),
                                "backslashreplace");
}

PyObject *names_of(const char *(*of)(const void *, uint32_t), const void *what,
                   uint32_t count)
{
    PyObject *list = PyList_New(0);
    for (uint32_t k = 0; list && k < count && of(what, 0); k++) {
        PyObject *name = text_of(of(what, k));
        if (!name || PyList_Append(list, name) < 0)
            Py_CLEAR(list);
        Py_XDECREF(name);
    }
    return list;
}

PyObject *address_of(const void *p)
{
    if (!p)
        Py_RETURN_NONE;
    return PyLong_FromVoidPtr((void *)(uintptr_t)p);
}

PyObject *fail(sg_status status, const sg_error *error)
{
    const char *text =
        error && error->text[0] ? error->text : sg_status_text(status);
    PyObject *type = NULL;
    if (exceptions && (Py_ssize_t)status < PyTuple_Size(exceptions))
        type = PyTuple_GetItem(exceptions, (Py_ssize_t)status);
    PyObject *message = text_of(text);
    if (message)
        PyErr_SetObject(type ? type : PyExc_RuntimeError, message);
    Py_XDECREF(message);
    return NULL;
}

PyObject *done(sg_status status, const sg_error *error)
{
    if (status != SG_OK)
        return fail(status, error);
    Py_RETURN_NONE;
}

/* Elements of an array of this shape; -1 and an exception if it is none. */
static Py_ssize_t elements(PyObject *shape)
{
    Py_ssize_t n = 1, rank = PyTuple_Size(shape);
    for (Py_ssize_t i = 0; i < rank; i++) {
        Py_ssize_t size = PyLong_AsSsize_t(PyTuple_GetItem(shape, i));
        if (size < 0 || (size > 0 && n > PY_SSIZE_T_MAX / size)) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "array: bad shape");
            return -1;
        }
        n *= size;
    }
    return PyErr_Occurred() ? -1 : n;
}

/* "u1" of "|u1" or "<u1", in this machine's order of bytes. */
static bool same_type(PyObject *found, const char *wanted)
{
    static const uint16_t one = 1;
    const char order = *(const uint8_t *)&one ? '<' : '>';
    PyObject *bytes = PyUnicode_AsASCIIString(found);
    const char *text = bytes ? PyBytes_AsString(bytes) : NULL;
    bool same = text &&
                (text[0] == order || text[0] == '|' || text[0] == '=') &&
                strcmp(text + 1, wanted) == 0;
    PyErr_Clear();
    Py_XDECREF(bytes);
    return same;
}

/* The address in an array interface, if all of it is as wanted. */
static void *look(PyObject *interface, const char *type, size_t n, bool writes)
{
    PyObject *found = PyDict_GetItemString(interface, "typestr");
    PyObject *shape = PyDict_GetItemString(interface, "shape");
    PyObject *strides = PyDict_GetItemString(interface, "strides");
    PyObject *data = PyDict_GetItemString(interface, "data");
    if (!found || !shape || !PyTuple_Check(shape) || !data ||
        !PyTuple_Check(data) || PyTuple_Size(data) != 2) {
        PyErr_SetString(PyExc_TypeError, "array: no array of memory");
        return NULL;
    }
    if (!same_type(found, type)) {
        PyErr_Format(PyExc_TypeError, "array: type %S, expected %s", found,
                     type);
        return NULL;
    }
    if (strides && strides != Py_None) {
        PyErr_SetString(PyExc_ValueError, "array: expected a contiguous one");
        return NULL;
    }
    Py_ssize_t size = elements(shape);
    if (size < 0)
        return NULL;
    if ((size_t)size < n) {
        PyErr_Format(PyExc_ValueError, "array: %zd elements, expected %zu",
                     size, n);
        return NULL;
    }
    if (writes && PyObject_IsTrue(PyTuple_GetItem(data, 1)) != 0) {
        PyErr_SetString(PyExc_ValueError, "array: expected one to write to");
        return NULL;
    }
    void *p = PyLong_AsVoidPtr(PyTuple_GetItem(data, 0));
    if (!p && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "array: no memory");
    return p;
}

static void *array_at(PyObject *array, const char *type, size_t n, bool writes)
{
    PyObject *interface = PyObject_GetAttrString(array, "__array_interface__");
    if (!interface)
        return NULL;
    void *p = NULL;
    if (PyDict_Check(interface))
        p = look(interface, type, n, writes);
    else
        PyErr_SetString(PyExc_TypeError, "array: no array");
    Py_DECREF(interface);
    return p;
}

void *array_in(PyObject *array, const char *type, size_t n)
{
    return array_at(array, type, n, false);
}

void *array_out(PyObject *array, const char *type, size_t n)
{
    return array_at(array, type, n, true);
}

/* A whole number up to most; false with an exception. */
static bool whole_in(PyObject *object, uint64_t most, uint64_t *out)
{
    PyObject *number = PyNumber_Index(object);
    if (!number)
        return false;
    *out = PyLong_AsUnsignedLongLong(number);
    Py_DECREF(number);
    if (!PyErr_Occurred() && *out <= most)
        return true;
    PyErr_Clear();
    sg_error error;
    PyObject *text = PyObject_Str(object);
    PyObject *bytes = text ? PyUnicode_AsUTF8String(text) : NULL;
    PyOS_snprintf(error.text, sizeof error.text,
                  "%.60s, expected a whole number 0..%llu",
                  bytes ? PyBytes_AsString(bytes) : "?",
                  (unsigned long long)most);
    Py_XDECREF(bytes);
    Py_XDECREF(text);
    PyErr_Clear();
    fail(SG_E_RANGE, &error);
    return false;
}

int u32_in(PyObject *object, void *out)
{
    uint64_t number;
    if (!whole_in(object, UINT32_MAX, &number))
        return 0;
    *(uint32_t *)out = (uint32_t)number;
    return 1;
}

int u64_in(PyObject *object, void *out)
{
    return whole_in(object, UINT64_MAX, out);
}

PyObject *metrics_tuple(const sg_metrics *m)
{
    return Py_BuildValue("KKKy#", (unsigned long long)m->samples,
                         (unsigned long long)m->correct,
                         (unsigned long long)m->loss_q20,
                         (const char *)m->layer,
                         (Py_ssize_t)(m->layers * sizeof *m->layer));
}
