/* Networks and their arrays, evaluation, and one image at a time. */
#include <stdlib.h>

#include "core.h"

static PyObject *made(sg_status status, const sg_error *error, sg_network *net)
{
    return status == SG_OK ? handle_new(NETWORK, net, NULL, NULL)
                           : fail(status, error);
}

PyObject *core_network_create(PyObject *self, PyObject *args)
{
    PyObject *recipe, *data;
    sg_network *net = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO:network_create", &recipe, &data))
        return NULL;
    const handle *d = handle_take(data, DATA);
    handle *r = d ? handle_read(handle_take(recipe, RECIPE)) : NULL;
    if (!r)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status =
        sg_network_create(r->p, d->p, &net, &error);
    Py_END_ALLOW_THREADS handle_done(r);
    return made(status, &error, net);
}

/* From a file; with how many values it has otherwise, if it may be edited. */
PyObject *core_network_load(PyObject *self, PyObject *args)
{
    const char *path;
    int edited;
    uint64_t differs = 0;
    sg_network *net = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "yp:network_load", &path, &edited))
        return NULL;
    Py_BEGIN_ALLOW_THREADS status =
        edited ? sg_network_load_edited(path, &net, &differs, &error)
               : sg_network_load(path, &net, &error);
    Py_END_ALLOW_THREADS PyObject *h = made(status, &error, net);
    return h ? Py_BuildValue("NK", h, (unsigned long long)differs) : NULL;
}

PyObject *core_network_load_bytes(PyObject *self, PyObject *args)
{
    const char *bytes, *name;
    Py_ssize_t size;
    sg_network *net = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "y#z:network_load_bytes", &bytes, &size,
                          &name))
        return NULL;
    Py_BEGIN_ALLOW_THREADS status =
        sg_network_load_memory(bytes, (size_t)size, name, &net, &error);
    Py_END_ALLOW_THREADS return made(status, &error, net);
}

static handle *network_in(PyObject *object)
{
    return handle_read(handle_take(object, NETWORK));
}

PyObject *core_network_save(PyObject *self, PyObject *args)
{
    PyObject *object;
    const char *path;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "Oy:network_save", &object, &path))
        return NULL;
    handle *h = network_in(object);
    if (!h)
        return NULL;
    const sg_network *net = network_of(h);
    Py_BEGIN_ALLOW_THREADS status = sg_network_save(net, path, &error);
    Py_END_ALLOW_THREADS handle_done(h);
    return done(status, &error);
}

PyObject *core_network_save_bytes(PyObject *self, PyObject *args)
{
    PyObject *object;
    void *bytes = NULL;
    size_t size = 0;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:network_save_bytes", &object))
        return NULL;
    handle *h = network_in(object);
    if (!h)
        return NULL;
    const sg_network *net = network_of(h);
    Py_BEGIN_ALLOW_THREADS status =
        sg_network_save_memory(net, &bytes, &size, &error);
    Py_END_ALLOW_THREADS handle_done(h);
    if (status != SG_OK)
        return fail(status, &error);
    PyObject *out = PyBytes_FromStringAndSize(bytes, (Py_ssize_t)size);
    sg_free(bytes);
    return out;
}

static const char *class_name(const void *net, uint32_t label)
{
    return sg_network_class_name(net, label);
}

PyObject *core_network_info(PyObject *self, PyObject *args)
{
    PyObject *object, *recipe;
    sg_network_info i;
    sg_recipe *copy = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:network_info", &object))
        return NULL;
    handle *h = network_in(object);
    if (!h)
        return NULL;
    const sg_network *net = outline_of(h);
    sg_network_get_info(net, &i);
    sg_status status = sg_recipe_copy(i.recipe, &copy);
    if (status != SG_OK) {
        handle_done(h);
        return fail(status, NULL);
    }
    recipe = handle_new(RECIPE, copy, NULL, NULL);
    PyObject *names = recipe ? names_of(class_name, net, i.classes) : NULL;
    if (!names)
        Py_CLEAR(recipe);
    PyObject *out =
        recipe ? Py_BuildValue(
                     "{s:(III),s:I,s:n,s:K,s:K,s:K,s:K,s:I,s:I,s:N,s:I,s:K,"
                     "s:N,s:N}",
                     "input", i.input.height, i.input.width, i.input.channels,
                     "classes", i.classes, "layers", (Py_ssize_t)i.layers,
                     "neurons", (unsigned long long)i.neurons, "synapses",
                     (unsigned long long)i.synapses, "dense_macs",
                     (unsigned long long)i.dense_macs, "step",
                     (unsigned long long)i.step, "epoch", i.epoch, "epochs",
                     i.epochs, "data", text_of(i.data), "data_size",
                     i.data_size, "data_hash", (unsigned long long)i.data_hash,
                     "recipe", recipe, "class_names", names)
               : NULL;
    handle_done(h);
    return out;
}

PyObject *core_network_layer(PyObject *self, PyObject *args)
{
    PyObject *object;
    Py_ssize_t layer;
    sg_layer_info i;
    (void)self;
    if (!PyArg_ParseTuple(args, "On:network_layer", &object, &layer))
        return NULL;
    handle *h = network_in(object);
    if (!h)
        return NULL;
    sg_status status = sg_network_get_layer(outline_of(h), (size_t)layer, &i);
    handle_done(h);
    if (status != SG_OK)
        return fail(status, NULL);
    return Py_BuildValue(
        "{s:s,s:s,s:(III),s:(III),s:(II),s:(II),s:(II),s:K,s:K,s:K,s:i,s:i,"
        "s:i,s:i,s:i,s:L,s:L,s:K,s:K,s:i,s:i,s:i}",
        "kind", sg_layer_kind_name(i.kind), "name", i.name, "input_shape",
        i.in.height, i.in.width, i.in.channels, "output_shape", i.out.height,
        i.out.width, i.out.channels, "kernel", i.kernel.height, i.kernel.width,
        "stride", i.stride.height, i.stride.width, "padding", i.padding.height,
        i.padding.width, "neurons", (unsigned long long)i.neurons, "synapses",
        (unsigned long long)i.synapses, "dense_macs",
        (unsigned long long)i.dense_macs, "count_cap", (int)i.count_cap,
        "theta", (int)i.theta, "fraction_bits", (int)i.fraction_bits, "phi",
        (int)i.phi, "weight_limit", (int)i.weight_limit, "charge_bound",
        (long long)i.charge_bound, "error_bound", (long long)i.error_bound,
        "source", (unsigned long long)i.from, "skip",
        (unsigned long long)i.skip, "keep", (int)i.keep, "theta_in_use",
        (int)i.theta_in_use, "frozen", (int)i.frozen);
}

static PyObject *shape_of(const sg_array_info *info)
{
    PyObject *shape = PyTuple_New((Py_ssize_t)info->rank);
    for (size_t i = 0; shape && i < info->rank; i++)
        if (PyTuple_SetItem(shape, (Py_ssize_t)i,
                            PyLong_FromUnsignedLongLong(info->shape[i])) < 0)
            Py_CLEAR(shape);
    return shape;
}

static PyObject *array_row(const sg_network *net, size_t layer,
                           const char *name)
{
    sg_array_info info;
    sg_array_view view = {NULL, 32};
    if (sg_network_get_array(net, layer, name, &info, NULL) != SG_OK)
        return PyErr_NoMemory();
    (void)sg_network_view_array(net, layer, name, &view, NULL);
    return Py_BuildValue("sNiiiiN", name, shape_of(&info), (int)info.low,
                         (int)info.high, info.derived,
                         view.elements ? (int)view.bits : 32,
                         address_of(view.elements));
}

/* Name, shape, low, high, derived, bits, address of each; no address: it is
 * one number, to be read. */
PyObject *core_network_arrays(PyObject *self, PyObject *args)
{
    PyObject *object;
    Py_ssize_t layer;
    const char *name;
    (void)self;
    if (!PyArg_ParseTuple(args, "On:network_arrays", &object, &layer))
        return NULL;
    handle *h = network_in(object);
    if (!h)
        return NULL;
    const sg_network *net = network_of(h);
    PyObject *list = PyList_New(0);
    for (size_t i = 0;
         list && (name = sg_network_array_name(net, (size_t)layer, i)); i++) {
        PyObject *row = array_row(net, (size_t)layer, name);
        if (!row || PyList_Append(list, row) < 0)
            Py_CLEAR(list);
        Py_XDECREF(row);
    }
    handle_done(h);
    return list;
}

/* The values of an array of a layer are read from, or written to. */
static PyObject *move(PyObject *args, bool writes)
{
    PyObject *object, *array;
    Py_ssize_t layer, count;
    const char *name;
    sg_error error = SG_ERROR_INIT;
    if (!PyArg_ParseTuple(args, "OnsnO:array", &object, &layer, &name, &count,
                          &array))
        return NULL;
    int32_t *values = writes ? array_in(array, "i4", (size_t)count)
                             : array_out(array, "i4", (size_t)count);
    handle *h = handle_take(object, NETWORK);
    if (!values || !h)
        return NULL;
    if (writes && h->root != h) {
        PyErr_SetString(PyExc_TypeError,
                        "this network belongs to a trainer: change a copy() "
                        "of it, and train that");
        return NULL;
    }
    h = writes ? handle_write(h) : handle_read(h);
    if (!h)
        return NULL;
    sg_status status =
        writes ? sg_network_write_array(h->p, (size_t)layer, name, 0,
                                        (size_t)count, values, &error)
               : sg_network_read_array(network_of(h), (size_t)layer, name, 0,
                                       (size_t)count, values, &error);
    handle_done(h);
    return done(status, &error);
}

PyObject *core_network_read(PyObject *self, PyObject *args)
{
    (void)self;
    return move(args, false);
}

PyObject *core_network_write(PyObject *self, PyObject *args)
{
    (void)self;
    return move(args, true);
}

/* A number that is another one once the network has changed. */
PyObject *core_network_version(PyObject *self, PyObject *args)
{
    PyObject *object;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:network_version", &object))
        return NULL;
    const handle *h = handle_take(object, NETWORK);
    return h ? PyLong_FromUnsignedLongLong(h->root->version) : NULL;
}

PyObject *core_network_memory(PyObject *self, PyObject *args)
{
    PyObject *object;
    unsigned threads;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO&:network_memory", &object, u32_in,
                          &threads))
        return NULL;
    handle *h = network_in(object);
    if (!h)
        return NULL;
    size_t bytes = sg_network_training_memory(outline_of(h), threads);
    handle_done(h);
    return PyLong_FromSize_t(bytes);
}

/* A part of data; confusion None, or uint32[classes][classes], to be written. */
PyObject *core_evaluate(PyObject *self, PyObject *args)
{
    PyObject *object, *data, *table;
    unsigned first, count;
    int flip;
    sg_evaluate_options how = SG_EVALUATE_OPTIONS_INIT;
    sg_error error = SG_ERROR_INIT;
    sg_network_info info;
    sg_data *part = NULL;
    uint32_t *confusion = NULL;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOO&O&O&zpO:evaluate", &object, &data, u32_in,
                          &first, u32_in, &count, u32_in, &how.threads,
                          &how.device, &flip, &table))
        return NULL;
    how.flip = flip;
    const handle *d = handle_take(data, DATA);
    handle *h = d ? network_in(object) : NULL;
    if (!h)
        return NULL;
    const sg_network *net = network_of(h);
    sg_network_get_info(net, &info);
    if (table != Py_None)
        confusion =
            array_out(table, "u4", (size_t)info.classes * info.classes);
    sg_metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics || (table != Py_None && !confusion)) {
        handle_done(h);
        free(metrics);
        return metrics ? NULL : PyErr_NoMemory();
    }
    Py_BEGIN_ALLOW_THREADS status =
        sg_data_slice(d->p, first, count, &part, &error);
    if (status == SG_OK)
        status = sg_evaluate_with(net, part, &how, metrics, confusion, &error);
    sg_data_destroy(part);
    Py_END_ALLOW_THREADS handle_done(h);
    PyObject *out =
        status == SG_OK ? metrics_tuple(metrics) : fail(status, &error);
    free(metrics);
    return out;
}

/* Histograms, as bytes: sg_layer_observation[layers]. */
PyObject *core_observe(PyObject *self, PyObject *args)
{
    PyObject *object, *data, *out = NULL;
    unsigned samples, threads;
    sg_error error = SG_ERROR_INIT;
    sg_network_info info;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOO&O&:observe", &object, &data, u32_in,
                          &samples, u32_in, &threads))
        return NULL;
    const handle *d = handle_take(data, DATA);
    handle *h = d ? network_in(object) : NULL;
    if (!h)
        return NULL;
    const sg_network *net = network_of(h);
    sg_network_get_info(net, &info);
    sg_layer_observation *seen = calloc(info.layers + 1, sizeof *seen);
    if (!seen) {
        handle_done(h);
        return PyErr_NoMemory();
    }
    Py_BEGIN_ALLOW_THREADS status =
        sg_observe(net, d->p, samples, threads, seen, &error);
    Py_END_ALLOW_THREADS handle_done(h);
    out = status == SG_OK
              ? PyBytes_FromStringAndSize((const char *)seen,
                                          (Py_ssize_t)(info.layers *
                                                       sizeof *seen))
              : fail(status, &error);
    free(seen);
    return out;
}

PyObject *core_classifier_new(PyObject *self, PyObject *args)
{
    PyObject *object;
    sg_classifier *classifier = NULL;
    sg_error error = SG_ERROR_INIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:classifier_new", &object))
        return NULL;
    handle *h = network_in(object);
    if (!h)
        return NULL;
    sg_status status =
        sg_classifier_create(network_of(h), &classifier, &error);
    PyObject *out = status == SG_OK
                        ? handle_new(CLASSIFIER, classifier, object, NULL)
                        : fail(status, &error);
    handle_done(h);
    return out;
}

/* Starts a call of an instrument: it alone, its network for reading. */
static handle *begin(handle *h, const char *what)
{
    if (!h || !handle_fresh(h, what))
        return NULL;
    handle *net = handle_read((handle *)h->owner[0]);
    if (net && !handle_write(h)) {
        handle_done(net);
        return NULL;
    }
    return net ? h : NULL;
}

static void end(handle *h)
{
    handle_done(h);
    handle_done((handle *)h->owner[0]);
}

/* The label of an image, uint8 of the input's size; its logits go into an
 * array of int32, or nowhere with None. The GIL stays: it takes microseconds,
 * and giving it back would take some of its own. */
PyObject *core_classifier_run(PyObject *self, PyObject *args)
{
    PyObject *object, *image, *array;
    int32_t *logits = NULL;
    uint32_t label = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOO:classifier_run", &object, &image, &array))
        return NULL;
    handle *h = handle_take(object, CLASSIFIER);
    if (!h)
        return NULL;
    sg_network_info info;
    /* the outline: nothing is fetched from a device before begin() */
    sg_network_get_info(outline_of((handle *)h->owner[0]), &info);
    const size_t inputs =
        (size_t)info.input.height * info.input.width * info.input.channels;
    const uint8_t *pixels = array_in(image, "u1", inputs);
    if (pixels && array != Py_None)
        logits = array_out(array, "i4", info.classes);
    if (!pixels || (array != Py_None && !logits) ||
        !(h = begin(h, "classifier")))
        return NULL;
    sg_status status = sg_classifier_run(h->p, pixels, logits, &label);
    end(h);
    return status == SG_OK ? PyLong_FromUnsignedLong(label)
                           : fail(status, NULL);
}

PyObject *core_classifier_counts(PyObject *self, PyObject *args)
{
    PyObject *object;
    Py_ssize_t sender;
    (void)self;
    if (!PyArg_ParseTuple(args, "On:classifier_counts", &object, &sender))
        return NULL;
    handle *h = begin(handle_take(object, CLASSIFIER), "classifier");
    if (!h)
        return NULL;
    const uint8_t *counts = sg_classifier_counts(h->p, (size_t)sender);
    end(h);
    return address_of(counts);
}

PyObject *core_pass_new(PyObject *self, PyObject *args)
{
    PyObject *object;
    unsigned samples, threads;
    sg_pass *pass = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO&O&:pass_new", &object, u32_in, &samples,
                          u32_in, &threads))
        return NULL;
    handle *h = network_in(object);
    if (!h)
        return NULL;
    const sg_network *net = network_of(h);
    Py_BEGIN_ALLOW_THREADS status =
        sg_pass_create(net, samples, threads, &pass, &error);
    Py_END_ALLOW_THREADS PyObject *out =
        status == SG_OK ? handle_new(PASS, pass, object, NULL)
                        : fail(status, &error);
    handle_done(h);
    return out;
}

PyObject *core_pass_run(PyObject *self, PyObject *args)
{
    PyObject *object, *data;
    unsigned first, count;
    int learn;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOO&O&p:pass_run", &object, &data, u32_in,
                          &first, u32_in, &count, &learn))
        return NULL;
    const handle *d = handle_take(data, DATA);
    handle *h = d ? begin(handle_take(object, PASS), "pass") : NULL;
    if (!h)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status =
        sg_pass_run(h->p, d->p, first, count, learn, &error);
    Py_END_ALLOW_THREADS end(h);
    return done(status, &error);
}

/* Where something of the last pass is: 'l'ogits, 'c'ounts, 'e'rrors. */
PyObject *core_pass_address(PyObject *self, PyObject *args)
{
    PyObject *object;
    int what;
    Py_ssize_t layer;
    const void *p = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "OCn:pass_address", &object, &what, &layer))
        return NULL;
    handle *h = begin(handle_take(object, PASS), "pass");
    if (!h)
        return NULL;
    if (what == 'l')
        p = sg_pass_logits(h->p);
    else if (what == 'c')
        p = sg_pass_counts(h->p, (size_t)layer);
    else
        p = sg_pass_errors(h->p, (size_t)layer);
    end(h);
    return address_of(p);
}

PyObject *core_pass_gradient(PyObject *self, PyObject *args)
{
    PyObject *object, *weights, *biases;
    Py_ssize_t layer;
    sg_error error = SG_ERROR_INIT;
    sg_layer_info info;
    sg_array_info row;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OnOO:pass_gradient", &object, &layer,
                          &weights, &biases))
        return NULL;
    handle *h = begin(handle_take(object, PASS), "pass");
    if (!h)
        return NULL;
    const sg_network *net = network_of((handle *)h->owner[0]);
    int32_t *w = NULL, *b = NULL;
    status = sg_network_get_layer(net, (size_t)layer, &info);
    if (status == SG_OK)
        status =
            sg_network_get_array(net, (size_t)layer, "bias", &row, &error);
    if (status == SG_OK)
        w = array_out(weights, "i4", info.synapses);
    if (w)
        b = array_out(biases, "i4", row.length);
    if (b) {
        Py_BEGIN_ALLOW_THREADS status =
            sg_pass_gradient(h->p, (size_t)layer, w, b, &error);
        Py_END_ALLOW_THREADS
    }
    end(h);
    if (status == SG_OK && !b)
        return NULL;
    return done(status, &error);
}
