/* The simulation of every spike, and verification. */
#include <stdlib.h>

#include "core.h"
#include "simulation.h"

typedef struct recorder {
    sg_simulation *sim;
    sg_spike *spike;
    size_t count, room, most;
    bool full; /* no room for more: they are not recorded */
} recorder;

void recorder_destroy(void *p)
{
    recorder *r = p;
    if (!r)
        return;
    sg_simulation_destroy(r->sim);
    free(r->spike);
    free(r);
}

static void record_spike(const sg_spike *spike, void *user)
{
    recorder *r = user;
    if (r->full)
        return;
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 4096;
        room = room < r->most ? room : r->most;
        sg_spike *more =
            room > r->room ? realloc(r->spike, room * sizeof *more) : NULL;
        if (!more) {
            r->full = true;
            return;
        }
        r->spike = more;
        r->room = room;
    }
    r->spike[r->count++] = *spike;
}

/* most: spikes that are recorded at most; 0: none are. sent: when they are
 * sent, not when they are emitted. */
PyObject *core_simulation_new(PyObject *self, PyObject *args)
{
    PyObject *object;
    int order, sent;
    unsigned long long seed, most;
    sg_error error = SG_ERROR_INIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "OiO&O&p:simulation_new", &object, &order,
                          u64_in, &seed, u64_in, &most, &sent))
        return NULL;
    handle *h = handle_read(handle_take(object, NETWORK));
    if (!h)
        return NULL;
    recorder *r = calloc(1, sizeof *r);
    sg_status status = SG_E_MEMORY;
    if (r)
        status = sg_simulation_create(network_of(h), (sg_order)order, seed,
                                      &r->sim, &error);
    if (status == SG_OK && most > 0) {
        r->most = (size_t)most;
        if (sent)
            sg_simulation_watch_sent(r->sim, record_spike, r);
        else
            sg_simulation_watch(r->sim, record_spike, r);
    }
    PyObject *out = NULL;
    if (status == SG_OK)
        out = handle_new(SIMULATION, r, object, NULL);
    else
        recorder_destroy(r);
    handle_done(h);
    return status == SG_OK ? out : fail(status, &error);
}

static handle *begin(PyObject *object)
{
    handle *h = handle_take(object, SIMULATION);
    if (!h || !handle_fresh(h, "simulation"))
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

static const uint8_t *image_in(const handle *h, PyObject *image)
{
    sg_network_info info;
    sg_network_get_info(outline_of((handle *)h->owner[0]), &info);
    return array_in(image, "u1",
                    (size_t)info.input.height * info.input.width *
                        info.input.channels);
}

/* step None: as in use; else as in training. */
PyObject *core_simulation_present(PyObject *self, PyObject *args)
{
    PyObject *object, *image, *step;
    unsigned sample;
    unsigned long long at = 0;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOO&:simulation_present", &object, &image,
                          &step, u32_in, &sample))
        return NULL;
    const bool training = step != Py_None;
    if (training &&
        (at = PyLong_AsUnsignedLongLong(step)) == (unsigned long long)-1 &&
        PyErr_Occurred())
        return NULL;
    handle *h = begin(object);
    if (!h)
        return NULL;
    const uint8_t *pixels = image_in(h, image);
    if (!pixels) {
        end(h);
        return NULL;
    }
    recorder *r = h->p;
    Py_BEGIN_ALLOW_THREADS status =
        training ? sg_simulation_present_training(r->sim, pixels, at, sample)
                 : sg_simulation_present(r->sim, pixels);
    Py_END_ALLOW_THREADS end(h);
    return done(status, NULL);
}

PyObject *core_simulation_begin(PyObject *self, PyObject *args)
{
    PyObject *object, *image;
    uint64_t spikes = 0;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO:simulation_begin", &object, &image))
        return NULL;
    handle *h = begin(object);
    if (!h)
        return NULL;
    const uint8_t *pixels = image_in(h, image);
    if (!pixels) {
        end(h);
        return NULL;
    }
    recorder *r = h->p;
    Py_BEGIN_ALLOW_THREADS status =
        sg_simulation_begin(r->sim, pixels, &spikes);
    Py_END_ALLOW_THREADS end(h);
    return status == SG_OK ? PyLong_FromUnsignedLongLong(spikes)
                           : fail(status, NULL);
}

PyObject *core_simulation_arrive(PyObject *self, PyObject *args)
{
    PyObject *object;
    unsigned long long spikes;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO&:simulation_arrive", &object, u64_in,
                          &spikes))
        return NULL;
    handle *h = begin(object);
    if (!h)
        return NULL;
    recorder *r = h->p;
    Py_BEGIN_ALLOW_THREADS status = sg_simulation_arrive(r->sim, spikes);
    Py_END_ALLOW_THREADS end(h);
    if (status == SG_E_ARGUMENT) {
        sg_error error = {"no image was begun"};
        return fail(status, &error);
    }
    return done(status, NULL);
}

PyObject *core_simulation_start(PyObject *self, PyObject *args)
{
    PyObject *object;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:simulation_start", &object))
        return NULL;
    handle *h = begin(object);
    if (!h)
        return NULL;
    recorder *r = h->p;
    Py_BEGIN_ALLOW_THREADS status = sg_simulation_start(r->sim);
    Py_END_ALLOW_THREADS end(h);
    return done(status, NULL);
}

/* Input spikes one after the other: arrays of neurons, times and signs. How
 * many arrived: without strict, those of a neuron that takes no more do not. */
PyObject *core_simulation_push(PyObject *self, PyObject *args)
{
    PyObject *object, *neurons, *times, *signs;
    uint32_t count, i = 0, arrived = 0;
    int strict;
    sg_status status = SG_OK;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOO&p:simulation_push", &object, &neurons,
                          &times, &signs, u32_in, &count, &strict))
        return NULL;
    const uint32_t *neuron = array_in(neurons, "u4", count);
    const uint64_t *time = neuron ? array_in(times, "u8", count) : NULL;
    const int8_t *sign = time ? array_in(signs, "i1", count) : NULL;
    handle *h = sign ? begin(object) : NULL;
    if (!h)
        return NULL;
    recorder *r = h->p;
    Py_BEGIN_ALLOW_THREADS for (; status == SG_OK && i < count; i++)
    {
        status = sg_simulation_push(r->sim, neuron[i], sign[i], time[i]);
        arrived += status == SG_OK;
        if (status == SG_E_RANGE && !strict)
            status = SG_OK;
    }
    Py_END_ALLOW_THREADS end(h);
    if (status == SG_OK)
        return PyLong_FromUnsignedLong(arrived);
    sg_error error = SG_ERROR_INIT;
    if (status == SG_E_ARGUMENT)
        PyOS_snprintf(error.text, sizeof error.text,
                      "spike %lu: the simulation was not started, or its sign "
                      "is neither +1 nor -1",
                      (unsigned long)i - 1);
    if (status == SG_E_RANGE)
        PyOS_snprintf(error.text, sizeof error.text,
                      "spike %lu: input neuron %lu is not there, has "
                      "input-levels spikes already, or none to take back",
                      (unsigned long)i - 1, (unsigned long)neuron[i - 1]);
    return fail(status, &error);
}

PyObject *core_simulation_learn(PyObject *self, PyObject *args)
{
    PyObject *object;
    unsigned label, sample;
    unsigned long long step;
    sg_status status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO&O&O&:simulation_learn", &object, u32_in,
                          &label, u64_in, &step, u32_in, &sample))
        return NULL;
    handle *h = begin(object);
    if (!h)
        return NULL;
    recorder *r = h->p;
    Py_BEGIN_ALLOW_THREADS status =
        sg_simulation_learn(r->sim, label, step, sample);
    Py_END_ALLOW_THREADS end(h);
    if (status == SG_E_ARGUMENT) {
        sg_error error = {"no image is at rest that was presented as in "
                          "training"};
        return fail(status, &error);
    }
    if (status == SG_E_RANGE) {
        sg_error error = {"the label is no class of the network"};
        return fail(status, &error);
    }
    return done(status, NULL);
}

/* Where something of a layer is, numbered from 1 as the library does, 0 the
 * image: 'c'ounts, 'p'otentials, 'e'rrors. */
PyObject *core_simulation_address(PyObject *self, PyObject *args)
{
    PyObject *object;
    int what;
    Py_ssize_t layer;
    const void *p = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "OCn:simulation_address", &object, &what,
                          &layer))
        return NULL;
    handle *h = begin(object);
    if (!h)
        return NULL;
    const recorder *r = h->p;
    if (what == 'c')
        p = sg_simulation_counts(r->sim, (size_t)layer);
    else if (what == 'p')
        p = sg_simulation_potentials(r->sim, (size_t)layer);
    else
        p = sg_simulation_errors(r->sim, (size_t)layer);
    end(h);
    return address_of(p);
}

static PyObject *totals_dict(const sg_event_totals *t)
{
    return Py_BuildValue("{s:K,s:K,s:K,s:K,s:K,s:K,s:K}", "forward_spikes",
                         (unsigned long long)t->forward_spikes,
                         "backward_spikes",
                         (unsigned long long)t->backward_spikes, "forward_ops",
                         (unsigned long long)t->forward_ops, "backward_ops",
                         (unsigned long long)t->backward_ops, "gradient_ops",
                         (unsigned long long)t->gradient_ops, "taken_back",
                         (unsigned long long)t->taken_back, "longest_queue",
                         (unsigned long long)t->longest_queue);
}

PyObject *core_simulation_totals(PyObject *self, PyObject *args)
{
    PyObject *object;
    sg_event_totals totals;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:simulation_totals", &object))
        return NULL;
    handle *h = begin(object);
    if (!h)
        return NULL;
    sg_simulation_totals(((const recorder *)h->p)->sim, &totals);
    end(h);
    return totals_dict(&totals);
}

/* What was recorded since the last call: a buffer that has it, its address,
 * how many, and whether that is all. */
PyObject *core_simulation_events(PyObject *self, PyObject *args)
{
    PyObject *object;
    (void)self;
    if (!PyArg_ParseTuple(args, "O:simulation_events", &object))
        return NULL;
    handle *h = begin(object);
    if (!h)
        return NULL;
    recorder *r = h->p;
    sg_spike *spikes = r->spike ? r->spike : malloc(sizeof *spikes);
    const size_t count = r->count;
    const bool all = !r->full;
    r->spike = NULL;
    r->count = r->room = 0;
    r->full = false;
    end(h);
    if (!spikes)
        return PyErr_NoMemory();
    PyObject *buffer = handle_new(BUFFER, spikes, NULL, NULL);
    return buffer ? Py_BuildValue("NNnO", buffer, address_of(spikes),
                                  (Py_ssize_t)count, all ? Py_True : Py_False)
                  : NULL;
}

/* Calls Python from the library, which runs without the GIL. */
typedef struct teller {
    PyObject *call; /* of (done, total); None: only looks for signals */
    PyThreadState *state;
    bool failed;
} teller;

static int tell(uint32_t done, uint32_t total, void *user)
{
    teller *t = user;
    PyEval_RestoreThread(t->state);
    t->failed = PyErr_CheckSignals() < 0;
    if (!t->failed && t->call != Py_None) {
        PyObject *answer = PyObject_CallFunction(t->call, "II", done, total);
        t->failed = !answer;
        Py_XDECREF(answer);
    }
    t->state = PyEval_SaveThread();
    return t->failed;
}

static PyObject *verification(sg_status status, const sg_verification *v)
{
    return Py_BuildValue("{s:O,s:K,s:K,s:N,s:z,s:K,s:n,s:K,s:L,s:L}", "equal",
                         status == SG_OK ? Py_True : Py_False, "samples",
                         (unsigned long long)v->samples, "compared",
                         (unsigned long long)v->compared, "events",
                         totals_dict(&v->events), "quantity", v->quantity,
                         "sample", (unsigned long long)v->sample, "layer",
                         (Py_ssize_t)v->layer, "element",
                         (unsigned long long)v->index, "event_value",
                         (long long)v->event_value, "ann_value",
                         (long long)v->ann_value);
}

PyObject *core_verify(PyObject *self, PyObject *args)
{
    PyObject *object, *data, *call;
    unsigned long long seed;
    int order;
    sg_verify_options how = SG_VERIFY_OPTIONS_INIT;
    sg_verification found = {0};
    sg_error error = SG_ERROR_INIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOO&iO&O&zO:verify", &object, &data, u32_in,
                          &how.samples, &order, u64_in, &seed, u32_in,
                          &how.threads, &how.device, &call))
        return NULL;
    const handle *d = handle_take(data, DATA);
    handle *h = d ? handle_read(handle_take(object, NETWORK)) : NULL;
    if (!h)
        return NULL;
    const sg_network *net = network_of(h);
    teller t = {call, NULL, false};
    how.order = (sg_order)order;
    how.seed = seed;
    how.progress = tell;
    how.user = &t;
    t.state = PyEval_SaveThread();
    sg_status status = sg_verify_with(net, d->p, &how, &found, &error);
    PyEval_RestoreThread(t.state);
    handle_done(h);
    if (t.failed)
        return NULL;
    return status == SG_OK || status == SG_E_MISMATCH
               ? verification(status, &found)
               : fail(status, &error);
}
