/* A network as a program for a microcontroller: C11, freestanding, the same
 * integers (docs/hardware.md). */
#ifndef SPIKEGRAD_EXPORT_H
#define SPIKEGRAD_EXPORT_H

#include "spikegrad/data.h"
#include "spikegrad/event.h"
#include "spikegrad/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The files of a program, in memory. */
typedef struct sg_program sg_program;

/* What is exported. Begin with SG_PROGRAM_OPTIONS_INIT. */
typedef struct sg_program_options {
    size_t size;      /* of this struct */
    int learn;        /* not 0: the program learns, as the network's recipe
                         says, which is that of a device: batch 1, momentum 0,
                         schedule constant */
    uint32_t samples; /* of the self-test */
    uint64_t ram;     /* bytes the state may have; 0: as many as it needs */
} sg_program_options;
#define SG_PROGRAM_OPTIONS_INIT                                               \
    {                                                                         \
        sizeof(sg_program_options), 0, 0, 0                                   \
    }

/* Bytes on the device, the code not included. */
typedef struct sg_program_info {
    size_t files;
    size_t ram;    /* the state, all that changes */
    size_t tables; /* const, in flash */
    size_t saved;  /* a saved state; 0 without learning */
} sg_program_info;

/* sg_program_create: the program of net.
 *
 * data  of the self-test, of net's shape; to learn, what net is to be trained
 *       on, whose first samples in the order of its first epoch are taken;
 *       NULL: no self-test
 * Errors: SG_E_UNSUPPORTED: what a device does not do; SG_E_BOUND: more than
 * options->ram, with the bytes that are missing; SG_E_ARGUMENT; SG_E_RANGE
 * (samples); SG_E_MEMORY. */
SG_API sg_status sg_program_create(const sg_network *net, const sg_data *data,
                                   const sg_program_options *options,
                                   sg_program **out, sg_error *error);

/* What vectors are written of. Begin with SG_VECTORS_OPTIONS_INIT. */
typedef struct sg_vectors_options {
    size_t size;      /* of this struct */
    int learn;        /* not 0: errors, gradients and what was learned too */
    uint32_t samples; /* presented, at least 1 */
    int npy;          /* arrays for NumPy instead of lines for $readmemh */
    sg_order order;   /* of delivery, on which the longest queue depends */
} sg_vectors_options;
#define SG_VECTORS_OPTIONS_INIT                                               \
    {                                                                         \
        sizeof(sg_vectors_options), 0, 1, 0, SG_ORDER_TURNS                   \
    }

/* sg_vectors_create: golden vectors for the simulation of a chip: every
 * integer of the event simulation for the first samples of data, or to learn
 * for the first ones in the order of the run's first epoch, each with the
 * weights that the ones before have left. docs/hardware.md has the files.
 * Errors: as sg_program_create; SG_E_FULL: more spikes under way in that order
 * than the simulation has room for. */
SG_API sg_status sg_vectors_create(const sg_network *net, const sg_data *data,
                                   const sg_vectors_options *options,
                                   sg_program **out, sg_error *error);

/* sg_program_get_info: all of out is written; with 0 if program is NULL. */
SG_API void sg_program_get_info(const sg_program *program,
                                sg_program_info *out);

/* sg_program_file: the i-th file: its path, relative to the program's folder,
 * and *size bytes, the same on every machine; NULL past the last. */
SG_API const void *sg_program_file(const sg_program *program, size_t i,
                                   const char **path, size_t *size);

/* sg_program_destroy: NULL is legal. */
SG_API void sg_program_destroy(sg_program *program);

/* sg_program_import: the network that a device has learned, from the network
 * its program was made of (twin.safetensors of the program) and a saved state.
 * Masters are the device's; the step is its number of samples, in the epochs
 * and batches of net's data where it has any.
 *
 * name  of the state, for errors
 * Errors: SG_E_FORMAT: no saved state, of another program, or damaged;
 * SG_E_RANGE: more samples than 100 000 epochs of the data have;
 * SG_E_UNSUPPORTED: net does not learn on a device; SG_E_MEMORY. */
SG_API sg_status sg_program_import(const sg_network *net, const void *bytes,
                                   size_t size, const char *name,
                                   sg_network **out, sg_error *error);

#ifdef __cplusplus
}
#endif

#endif
