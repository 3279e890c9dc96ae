/* The page about runs that `spikegrad report` writes, of what Python knows of
 * them; src/report/ draws it. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "report/page.h"

/* A text of a run's dict into room; "" if it is not there. */
static void take_text(PyObject *run, const char *key, char *room, size_t size)
{
    PyObject *value = PyDict_GetItemString(run, key);
    PyObject *bytes =
        value && PyUnicode_Check(value) ? PyUnicode_AsUTF8String(value) : NULL;
    snprintf(room, size, "%s", bytes ? PyBytes_AsString(bytes) : "");
    PyErr_Clear();
    Py_XDECREF(bytes);
}

/* samples, correct, loss, layers as bytes; false with an exception. */
static bool take_sums(const record *r, PyObject *tuple, record_sums *to)
{
    unsigned long long samples, correct, loss;
    const char *bytes;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(tuple, "O&O&O&y#", u64_in, &samples, u64_in,
                          &correct, u64_in, &loss, &bytes, &size))
        return false;
    if ((size_t)size != r->layers * sizeof(sg_layer_activity)) {
        PyErr_SetString(PyExc_ValueError,
                        "report: metrics of another number of layers");
        return false;
    }
    sg_metrics *m = calloc(1, sizeof *m);
    bool kept = false;
    if (m) {
        m->samples = samples;
        m->correct = correct;
        m->loss_q20 = loss;
        m->layers = r->layers;
        memcpy(m->layer, bytes, (size_t)size);
        kept = record_keep(r, m, to);
    }
    free(m);
    if (!kept)
        PyErr_NoMemory();
    return kept;
}

static bool take_layers(record *r, PyObject *list)
{
    Py_ssize_t n = list ? PyList_Size(list) : 0;
    if (n < 1 || n > SG_LAYERS_MAX) {
        PyErr_SetString(PyExc_ValueError, "report: a run without layers");
        return false;
    }
    for (Py_ssize_t l = 0; l < n; l++) {
        const char *name;
        unsigned long long neurons, macs;
        if (!PyArg_ParseTuple(PyList_GetItem(list, l), "sKK", &name, &neurons,
                              &macs))
            return false;
        snprintf(r->layer[l].name, sizeof r->layer[l].name, "%s", name);
        r->layer[l].neurons = neurons;
        r->layer[l].dense_macs = macs;
        r->dense |= macs > 0;
    }
    r->layers = (size_t)n;
    return true;
}

static bool take_epochs(record *r, PyObject *list)
{
    Py_ssize_t n = list ? PyList_Size(list) : 0;
    if (n < 1) {
        PyErr_SetString(PyExc_ValueError, "report: a run without an epoch");
        return false;
    }
    for (Py_ssize_t e = 0; e < n; e++) {
        PyObject *train, *test;
        if (!PyArg_ParseTuple(PyList_GetItem(list, e), "OO", &train, &test))
            return false;
        record_epoch *to = record_add_epoch(r);
        if (!to) {
            PyErr_NoMemory();
            return false;
        }
        r->epochs++;
        if (!take_sums(r, train, &to->train) ||
            (test != Py_None && !take_sums(r, test, &to->test)))
            return false;
    }
    return true;
}

/* low, width, number of each bin. */
static bool take_bins(PyObject *list, chart_bin **out, size_t *count)
{
    Py_ssize_t n = PyList_Size(list);
    double all = 0;
    if (n < 0)
        return false;
    *out = calloc((size_t)n + 1, sizeof **out);
    if (!*out) {
        PyErr_NoMemory();
        return false;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        int low, width;
        double number;
        if (!PyArg_ParseTuple(PyList_GetItem(list, i), "iid", &low, &width,
                              &number))
            return false;
        (*out)[i] = (chart_bin){low, width, number};
        all += number;
    }
    *count = (size_t)n;
    for (size_t i = 0; i < *count; i++)
        (*out)[i].share /= all;
    return true;
}

/* samples, and for each layer neurons, saturated, silent, errorless, bins of
 * counts, bins of errors. */
static bool take_sight(record *r, PyObject *sight)
{
    unsigned long long samples;
    PyObject *layers;
    if (!PyArg_ParseTuple(sight, "O&O!", u64_in, &samples, &PyList_Type,
                          &layers))
        return false;
    if ((size_t)PyList_Size(layers) != r->layers) {
        PyErr_SetString(PyExc_ValueError, "report: an observation of another "
                                          "number of layers");
        return false;
    }
    r->sight = calloc(r->layers, sizeof *r->sight);
    if (!r->sight) {
        PyErr_NoMemory();
        return false;
    }
    for (size_t l = 0; l < r->layers; l++) {
        unsigned long long neurons, saturated, silent, errorless;
        PyObject *counts, *errors;
        record_sight *to = &r->sight[l];
        if (!PyArg_ParseTuple(PyList_GetItem(layers, (Py_ssize_t)l),
                              "KKKKO!O!", &neurons, &saturated, &silent,
                              &errorless, &PyList_Type, &counts, &PyList_Type,
                              &errors))
            return false;
        to->neurons = neurons;
        to->saturated = saturated;
        to->silent = silent;
        to->errorless = errorless;
        if (!take_bins(counts, &to->counts, &to->count_bins) ||
            !take_bins(errors, &to->errors, &to->error_bins))
            return false;
    }
    r->observed = samples;
    r->observed_at = r->epochs;
    return true;
}

static bool truth(PyObject *run, const char *key)
{
    PyObject *value = PyDict_GetItemString(run, key);
    return value && PyObject_IsTrue(value) == 1;
}

static double number(PyObject *run, const char *key)
{
    PyObject *value = PyDict_GetItemString(run, key);
    double found = value ? PyFloat_AsDouble(value) : 0.0;
    PyErr_Clear();
    return found;
}

/* A tuple that a run may have; false only with an exception. */
static bool take_optional(record *r, PyObject *run, const char *key,
                          record_sums *to, bool *there)
{
    PyObject *value = PyDict_GetItemString(run, key);
    *there = value && value != Py_None;
    return !*there || take_sums(r, value, to);
}

/* All of a run; path points to room for its name. */
static bool take_run(record *r, PyObject *run, char path[256])
{
    PyObject *recipe = PyDict_GetItemString(run, "recipe");
    PyObject *sight = PyDict_GetItemString(run, "sight");
    handle *h = recipe ? handle_read(handle_take(recipe, RECIPE)) : NULL;
    if (!h) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "report: a run without recipe");
        return false;
    }
    sg_status status = sg_recipe_copy(h->p, &r->recipe);
    handle_done(h);
    if (status != SG_OK)
        return fail(status, NULL);
    take_text(run, "name", path, 256);
    r->path = path;
    take_text(run, "net", r->net, sizeof r->net);
    take_text(run, "data", r->data, sizeof r->data);
    r->seconds = number(run, "seconds");
    r->planned = (size_t)number(run, "planned");
    r->held = truth(run, "held");
    r->observed_held = r->held;
    if (!take_layers(r, PyDict_GetItemString(run, "layers")) ||
        !take_epochs(r, PyDict_GetItemString(run, "epochs")))
        return false;
    return take_optional(r, run, "final", &r->final, &r->tested) &&
           take_optional(r, run, "final_flip", &r->final_flip, &r->flipped) &&
           (!sight || sight == Py_None || take_sight(r, sight));
}

/* As page_write, with the decimal points of C whatever the program's locale:
 * they are for the browser. */
static bool write_in_c(page *p)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain)
        return false;
    locale_t before = uselocale(plain);
    bool written = page_write(p);
    uselocale(before);
    freelocale(plain);
    return written;
}

static PyObject *draw(const record *runs, size_t n)
{
    /* 45 nm, in picojoules: Horowitz, ISSCC 2014; as `spikegrad report` */
    page p = {.run = runs,
              .runs = n,
              .energy = {.add32 = 0.1,
                         .mul8 = 0.2,
                         .float_add32 = 0.9,
                         .float_mul32 = 3.7,
                         .float_add16 = 0.4,
                         .float_mul16 = 1.1}};
    char *text = NULL;
    size_t size = 0;
    p.out = open_memstream(&text, &size);
    if (!p.out)
        return PyErr_NoMemory();
    bool written = write_in_c(&p);
    written = fclose(p.out) == 0 && written;
    PyObject *out = written ? PyUnicode_DecodeUTF8(text, (Py_ssize_t)size,
                                                   "backslashreplace")
                            : PyErr_NoMemory();
    free(text);
    return out;
}

/* The page of a list of runs, as text. */
PyObject *core_report_page(PyObject *self, PyObject *args)
{
    PyObject *list, *out = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "O!:report_page", &PyList_Type, &list))
        return NULL;
    const Py_ssize_t n = PyList_Size(list);
    if (n < 1 || n > PAGE_RUNS)
        return PyErr_Format(PyExc_ValueError,
                            "report: %zd runs, expected 1..%d", n, PAGE_RUNS);
    record *runs = calloc((size_t)n, sizeof *runs);
    char(*paths)[256] = calloc((size_t)n, sizeof *paths);
    bool taken = runs && paths;
    if (!taken)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; taken && i < n; i++)
        taken = take_run(&runs[i], PyList_GetItem(list, i), paths[i]);
    if (taken)
        out = draw(runs, (size_t)n);
    for (Py_ssize_t i = 0; runs && i < n; i++)
        record_free(&runs[i]);
    free(runs);
    free(paths);
    return out;
}
