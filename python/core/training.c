/* Training runs. */
#include <stdlib.h>
#include <time.h>

#include "core.h"

static PyObject *made(sg_status status, const sg_error *error, sg_trainer *t,
                      PyObject *data)
{
    return status == SG_OK ? handle_new(TRAINER, t, data, NULL)
                           : fail(status, error);
}

static sg_trainer_options options_of(unsigned threads, const char *device)
{
    sg_trainer_options options = SG_TRAINER_OPTIONS_INIT;
    options.threads = threads;
    options.device = device;
    return options;
}

PyObject *core_trainer_create(PyObject *self, PyObject *args)
{
    PyObject *recipe, *data;
    const char *device;
    unsigned threads;
    sg_trainer *trainer = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOO&z:trainer_create", &recipe, &data, u32_in,
                          &threads, &device))
        return NULL;
    const handle *d = handle_take(data, DATA);
    handle *r = d ? handle_read(handle_take(recipe, RECIPE)) : NULL;
    if (!r)
        return NULL;
    const sg_trainer_options how = options_of(threads, device);
    Py_BEGIN_ALLOW_THREADS status =
        sg_trainer_create_with(r->p, d->p, &how, &trainer, &error);
    Py_END_ALLOW_THREADS handle_done(r);
    return made(status, &error, trainer, data);
}

/* The bytes of a checkpoint, and what errors call it. */
PyObject *core_trainer_resume(PyObject *self, PyObject *args)
{
    PyObject *data;
    const char *bytes, *name, *device;
    Py_ssize_t size;
    unsigned threads;
    sg_trainer *trainer = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "y#zOO&z:trainer_resume", &bytes, &size, &name,
                          &data, u32_in, &threads, &device))
        return NULL;
    const handle *d = handle_take(data, DATA);
    if (!d)
        return NULL;
    const sg_trainer_options how = options_of(threads, device);
    Py_BEGIN_ALLOW_THREADS status =
        sg_trainer_resume_memory_with(bytes, (size_t)size, name, d->p, &how,
                                      &trainer, &error);
    Py_END_ALLOW_THREADS return made(status, &error, trainer, data);
}

PyObject *core_trainer_from(PyObject *self, PyObject *args)
{
    PyObject *object, *data;
    const char *device;
    unsigned epoch, threads;
    sg_trainer *trainer = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO&OO&z:trainer_from", &object, u32_in,
                          &epoch, &data, u32_in, &threads, &device))
        return NULL;
    const handle *d = handle_take(data, DATA);
    handle *h = d ? handle_read(handle_take(object, NETWORK)) : NULL;
    if (!h)
        return NULL;
    const sg_network *net = network_of(h);
    const sg_trainer_options how = options_of(threads, device);
    Py_BEGIN_ALLOW_THREADS status =
        sg_trainer_create_from_with(net, epoch, d->p, &how, &trainer, &error);
    Py_END_ALLOW_THREADS handle_done(h);
    return made(status, &error, trainer, data);
}

/* A new run from the weights of a model. */
PyObject *core_trainer_adapt(PyObject *self, PyObject *args)
{
    PyObject *object, *recipe, *data;
    const char *device;
    unsigned threads;
    int new_readout;
    sg_trainer *trainer = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOpO&z:trainer_adapt", &object, &recipe,
                          &data, &new_readout, u32_in, &threads, &device))
        return NULL;
    const handle *d = handle_take(data, DATA);
    handle *h = d ? handle_read(handle_take(object, NETWORK)) : NULL;
    handle *r = h ? handle_read(handle_take(recipe, RECIPE)) : NULL;
    if (!r) {
        handle_done(h);
        return NULL;
    }
    const sg_network *net = network_of(h);
    const sg_trainer_options how = options_of(threads, device);
    Py_BEGIN_ALLOW_THREADS status =
        sg_trainer_adapt_with(net, r->p, d->p, new_readout, &how, &trainer,
                              &error);
    Py_END_ALLOW_THREADS handle_done(r);
    handle_done(h);
    return made(status, &error, trainer, data);
}

/* The recipe of a model, for data. */
PyObject *core_adapt_recipe(PyObject *self, PyObject *args)
{
    PyObject *object, *data;
    sg_recipe *recipe = NULL;
    sg_error error = SG_ERROR_INIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO:adapt_recipe", &object, &data))
        return NULL;
    const handle *d = handle_take(data, DATA);
    handle *h = d ? handle_read(handle_take(object, NETWORK)) : NULL;
    if (!h)
        return NULL;
    sg_status status =
        sg_network_adapt_recipe(network_of(h), sg_data_get_info(d->p), &recipe,
                                &error);
    handle_done(h);
    return status == SG_OK ? handle_new(RECIPE, recipe, NULL, NULL)
                           : fail(status, &error);
}

/* What there is beside the processor: name, what its driver calls it, bytes. */
PyObject *core_devices(PyObject *self, PyObject *args)
{
    (void)self;
    if (!PyArg_ParseTuple(args, ":devices"))
        return NULL;
    PyObject *list = PyList_New(0);
    sg_device_info info;
    for (size_t i = 0; list && i < sg_device_count(); i++) {
        if (sg_device_get_info(i, &info) != SG_OK)
            continue;
        PyObject *row =
            Py_BuildValue("NNK", text_of(info.device), text_of(info.name),
                          (unsigned long long)info.memory);
        if (!row || PyList_Append(list, row) < 0)
            Py_CLEAR(list);
        Py_XDECREF(row);
    }
    return list;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint32_t epoch_of(const sg_trainer *trainer)
{
    sg_network_info info;
    sg_network_get_info(sg_trainer_outline(trainer), &info);
    return info.epoch;
}

/* What is known of a failure: what saving says of it. */
static void ask_why(const sg_trainer *trainer, sg_status status,
                    sg_error *error)
{
    void *bytes = NULL;
    size_t size = 0;
    if (status == SG_E_DEVICE &&
        sg_trainer_save_memory(trainer, &bytes, &size, error) == SG_OK)
        sg_free(bytes);
}

/* At most n steps, to the end of the epoch under way or until `seconds` are
 * over, whichever comes first: how many were taken, and the seconds. */
PyObject *core_trainer_steps(PyObject *self, PyObject *args)
{
    PyObject *object;
    unsigned long long n, taken = 0;
    double limit, spent = 0;
    sg_error error = SG_ERROR_INIT;
    sg_status status = SG_OK;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO&d:trainer_steps", &object, u64_in, &n,
                          &limit))
        return NULL;
    handle *h = handle_write(handle_take(object, TRAINER));
    if (!h)
        return NULL;
    Py_BEGIN_ALLOW_THREADS const double start = seconds_now();
    const uint32_t epoch = epoch_of(h->p);
    while (taken < n && spent < limit && epoch_of(h->p) == epoch) {
        status = sg_trainer_step(h->p);
        if (status != SG_OK)
            break;
        taken++;
        spent = seconds_now() - start;
    }
    ask_why(h->p, status, &error);
    Py_END_ALLOW_THREADS handle_done(h);
    if (status == SG_E_RANGE)
        error = (sg_error){"the run is complete: all its epochs are done"};
    return status == SG_OK ? Py_BuildValue("Kd", taken, spent)
                           : fail(status, &error);
}

/* Its network: guarded with the trainer, which it keeps. */
PyObject *core_trainer_network(PyObject *self, PyObject *args)
{
    PyObject *object;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:trainer_network", &object))
        return NULL;
    handle *h = handle_read(handle_take(object, TRAINER));
    if (!h)
        return NULL;
    const sg_network *net = sg_trainer_network(h->p);
    sg_error error = SG_ERROR_INIT;
    if (!net)
        ask_why(h->p, SG_E_DEVICE, &error);
    handle_done(h);
    if (!net)
        return fail(SG_E_DEVICE, &error);
    return handle_new(NETWORK, (void *)(uintptr_t)net, object, NULL);
}

PyObject *core_trainer_metrics(PyObject *self, PyObject *args)
{
    PyObject *object;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:trainer_metrics", &object))
        return NULL;
    handle *h = handle_read(handle_take(object, TRAINER));
    if (!h)
        return NULL;
    PyObject *out = metrics_tuple(sg_trainer_metrics(h->p));
    handle_done(h);
    return out;
}

PyObject *core_trainer_save(PyObject *self, PyObject *args)
{
    PyObject *object;
    const char *path;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "Oy:trainer_save", &object, &path))
        return NULL;
    handle *h = handle_read(handle_take(object, TRAINER));
    if (!h)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status = sg_trainer_save(h->p, path, &error);
    Py_END_ALLOW_THREADS handle_done(h);
    return done(status, &error);
}

PyObject *core_trainer_save_bytes(PyObject *self, PyObject *args)
{
    PyObject *object;
    void *bytes = NULL;
    size_t size = 0;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:trainer_save_bytes", &object))
        return NULL;
    handle *h = handle_read(handle_take(object, TRAINER));
    if (!h)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status =
        sg_trainer_save_memory(h->p, &bytes, &size, &error);
    Py_END_ALLOW_THREADS handle_done(h);
    if (status != SG_OK)
        return fail(status, &error);
    PyObject *out = PyBytes_FromStringAndSize(bytes, (Py_ssize_t)size);
    sg_free(bytes);
    return out;
}

/* What takes a trainer and one number. */
static PyObject *set(PyObject *args,
                     sg_status (*call)(sg_trainer *, uint32_t, sg_error *))
{
    PyObject *object;
    unsigned number;
    sg_error error = SG_ERROR_INIT;
    if (!PyArg_ParseTuple(args, "OO&:trainer", &object, u32_in, &number))
        return NULL;
    handle *h = handle_write(handle_take(object, TRAINER));
    if (!h)
        return NULL;
    sg_status status = call(h->p, number, &error);
    handle_done(h);
    return done(status, &error);
}

PyObject *core_trainer_plan(PyObject *self, PyObject *args)
{
    (void)self;
    return set(args, sg_trainer_plan);
}

PyObject *core_trainer_set_epochs(PyObject *self, PyObject *args)
{
    (void)self;
    return set(args, sg_trainer_set_epochs);
}

PyObject *core_trainer_scale_rate(PyObject *self, PyObject *args)
{
    (void)self;
    return set(args, sg_trainer_scale_rate);
}

/* Threads, bytes of memory, the rate in millionths. */
PyObject *core_trainer_about(PyObject *self, PyObject *args)
{
    PyObject *object;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:trainer_about", &object))
        return NULL;
    const handle *h = handle_take(object, TRAINER);
    if (!h)
        return NULL;
    return Py_BuildValue("INI", sg_trainer_threads(h->p),
                         PyLong_FromSize_t(sg_trainer_memory(h->p)),
                         sg_trainer_rate(h->p));
}

/* Starts ('+') or ends ('-') the measurement; else what it has: nanoseconds
 * of loading, sg_layer_cost[layers] as bytes. */
PyObject *core_trainer_profile(PyObject *self, PyObject *args)
{
    PyObject *object;
    int what;
    sg_network_info info;
    (void)self;
    if (!PyArg_ParseTuple(args, "OC:trainer_profile", &object, &what))
        return NULL;
    handle *h = handle_write(handle_take(object, TRAINER));
    if (!h)
        return NULL;
    if (what == '+' || what == '-') {
        sg_trainer_profile(h->p, what == '+');
        handle_done(h);
        Py_RETURN_NONE;
    }
    sg_network_get_info(sg_trainer_outline(h->p), &info);
    sg_layer_cost *cost = calloc(info.layers + 1, sizeof *cost);
    uint64_t loading = cost ? sg_trainer_get_profile(h->p, cost) : 0;
    handle_done(h);
    PyObject *out =
        cost ? Py_BuildValue("Ky#", (unsigned long long)loading,
                             (const char *)cost,
                             (Py_ssize_t)(info.layers * sizeof *cost))
             : PyErr_NoMemory();
    free(cost);
    return out;
}
