/* _core: what the Python package has of libspikegrad, one function for one of
 * the library's. It holds no logic of its own: that is in the package's
 * Python.
 *
 * Only the limited C API of CPython 3.9, and nothing of NumPy's: one binary is
 * for every later Python and any NumPy. Arrays cross by their
 * __array_interface__, which is read and checked here, so that no mistake in
 * Python can make the library read or write what is not there.
 *
 * Everything the library makes is a Handle: it is freed with the last
 * reference, holds what it looks at, and knows who is at it, since the GIL is
 * released while the library works. */
#ifndef SPIKEGRAD_PYTHON_CORE_H
#define SPIKEGRAD_PYTHON_CORE_H

#define Py_LIMITED_API 0x03090000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a handle is of. */
typedef enum thing {
    RECIPE,
    DATA,
    NETWORK,
    TRAINER,
    CLASSIFIER,
    PASS,
    SIMULATION,
    BUFFER, /* memory of C, for arrays over it */
    EVENTS, /* the same of sg_data_events */
    KINDS
} thing;

/* A thing of the library. */
typedef struct handle {
    PyObject_HEAD thing kind;
    void *p;
    PyObject *owner[2];  /* what it looks at; may be NULL */
    struct handle *root; /* whose guard it has: its own, or its owner's */
    uint64_t version;    /* of a root: changes that it has seen */
    uint64_t made_for; /* the version of what it looks at, when it was made */
    int readers;       /* calls that read it at the moment, of any thread */
    bool written;      /* one has it for itself */
} handle;

/* handle_new: takes p over. owners are kept; may be NULL. NULL without memory,
 * with an exception, and p is freed; a NETWORK with an owner that is a handle
 * is that trainer's, and is never freed here. */
PyObject *handle_new(thing kind, void *p, PyObject *owner, PyObject *other);

/* handle_take: the handle, if it is one of this kind; else NULL and an
 * exception. */
handle *handle_take(PyObject *object, thing kind);

/* handle_read, handle_write: the handle for a call that only reads it, or has
 * it for itself, until handle_done. Whoever would come in between gets
 * spikegrad.BusyError, and NULL here; NULL is legal, and gives NULL.
 * A network that belongs to a trainer is guarded with it. */
handle *handle_read(handle *h);
handle *handle_write(handle *h);
void handle_done(handle *h);

/* handle_fresh: false, with an exception, if what h looks at has changed since
 * it was made: an instrument has copies. */
bool handle_fresh(handle *h, const char *what);

/* network_of: the network of a handle that is being read or written.
 * outline_of: the same without its weights, which then need not be brought
 * from a device. */
const sg_network *network_of(const handle *h);
const sg_network *outline_of(const handle *h);

/* fail: raises the exception of a status; returns NULL. error may be NULL. */
PyObject *fail(sg_status status, const sg_error *error);
/* done: None, or the exception. */
PyObject *done(sg_status status, const sg_error *error);

/* array_in, array_out: where the elements of an array are, if it is C
 * contiguous, of a type ("u1", "i4", ...) and of at least n of them, and, to be
 * written, writable; else NULL and an exception. n may be 0. */
void *array_in(PyObject *array, const char *type, size_t n);
void *array_out(PyObject *array, const char *type, size_t n);

/* u32_in, u64_in: converters for "O&" of PyArg_ParseTuple, which by itself
 * takes what does not fit. */
int u32_in(PyObject *object, void *out);
int u64_in(PyObject *object, void *out);

/* metrics_tuple: samples, correct, loss_q20, the layers' activity as bytes. */
PyObject *metrics_tuple(const sg_metrics *metrics);

/* text_of: text of the library, which may be cut off anywhere. */
PyObject *text_of(const char *text);

/* names_of: a list of the names of classes that of gives for 0, 1 and so on up
 * to count; empty if it gives NULL for the first. */
PyObject *names_of(const char *(*of)(const void *, uint32_t), const void *what,
                   uint32_t count);

/* address_of: a pointer as an int; None for NULL. */
PyObject *address_of(const void *p);

/* Every function of the module, (self, args). */
#define CORE_FUNCTIONS(X)                                                     \
    X(set_exceptions)                                                         \
    X(about)                                                                  \
    X(formats)                                                                \
    X(file_replace)                                                           \
    X(recipe_new)                                                             \
    X(recipe_copy)                                                            \
    X(recipe_set)                                                             \
    X(recipe_get)                                                             \
    X(recipe_number)                                                          \
    X(recipe_options)                                                         \
    X(recipe_suggest)                                                         \
    X(data_open)                                                              \
    X(data_over)                                                              \
    X(data_slice)                                                             \
    X(data_select)                                                            \
    X(data_augment)                                                           \
    X(data_hold_back)                                                         \
    X(data_events)                                                            \
    X(data_info)                                                              \
    X(data_names)                                                             \
    X(devices)                                                                \
    X(data_hash)                                                              \
    X(data_labels)                                                            \
    X(data_address)                                                           \
    X(data_copy)                                                              \
    X(network_create)                                                         \
    X(network_load)                                                           \
    X(network_load_bytes)                                                     \
    X(network_save)                                                           \
    X(network_save_bytes)                                                     \
    X(network_info)                                                           \
    X(network_layer)                                                          \
    X(network_arrays)                                                         \
    X(network_read)                                                           \
    X(network_write)                                                          \
    X(network_version)                                                        \
    X(network_memory)                                                         \
    X(evaluate)                                                               \
    X(observe)                                                                \
    X(verify)                                                                 \
    X(classifier_new)                                                         \
    X(classifier_run)                                                         \
    X(classifier_counts)                                                      \
    X(pass_new)                                                               \
    X(pass_run)                                                               \
    X(pass_address)                                                           \
    X(pass_gradient)                                                          \
    X(trainer_create)                                                         \
    X(trainer_resume)                                                         \
    X(trainer_from)                                                           \
    X(trainer_adapt)                                                          \
    X(adapt_recipe)                                                           \
    X(trainer_steps)                                                          \
    X(trainer_network)                                                        \
    X(trainer_metrics)                                                        \
    X(trainer_save)                                                           \
    X(trainer_save_bytes)                                                     \
    X(trainer_plan)                                                           \
    X(trainer_set_epochs)                                                     \
    X(trainer_scale_rate)                                                     \
    X(trainer_about)                                                          \
    X(trainer_profile)                                                        \
    X(simulation_new)                                                         \
    X(simulation_present)                                                     \
    X(simulation_begin)                                                       \
    X(simulation_arrive)                                                      \
    X(simulation_start)                                                       \
    X(simulation_push)                                                        \
    X(simulation_learn)                                                       \
    X(simulation_address)                                                     \
    X(simulation_totals)                                                      \
    X(simulation_events)                                                      \
    X(report_page)

#define CORE_DECLARE(name)                                                    \
    PyObject *core_##name(PyObject *self, PyObject *args);
CORE_FUNCTIONS(CORE_DECLARE)
#undef CORE_DECLARE

#endif
