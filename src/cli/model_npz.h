/* Whole models as arrays of NumPy in one file: an array for each tensor of the
 * checkpoint, by its name, and its metadata as JSON in an array of bytes. */
#ifndef SPIKEGRAD_CLI_MODEL_NPZ_H
#define SPIKEGRAD_CLI_MODEL_NPZ_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>

/* model_npz_is: whether there is a zip archive at path. */
bool model_npz_is(const char *path);

/* model_npz_write: CLI_OK, or after a report something else. */
int model_npz_write(const sg_network *net, const char *path);

/* model_npz_read: a network of such a file. Arrays may have been changed, and
 * may be of any whole type: forward weights and biases follow the masters, and
 * *differs is how many were others. CLI_OK, or after a report something else. */
int model_npz_read(const char *path, sg_network **out, uint64_t *differs);

#endif
