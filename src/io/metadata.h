/* The metadata of a checkpoint: everything of a network but its tensors, as
 * strings, one key each. docs/checkpoint-format.md lists the keys.
 *
 * The recipe is stored by walking the table of its options, so an option
 * cannot be forgotten here. */
#ifndef SG_IO_METADATA_H
#define SG_IO_METADATA_H

#include "io/safetensors.h"
#include "network/network.h"

/* Sixteen zeros stand where the checksum of the file goes. */
#define SG__CHECKSUM_KEY "checksum"
#define SG__CHECKSUM_BLANK "0000000000000000"
#define SG__CHECKSUM_DIGITS 16

/* What metadata says; the fields are those of sg_network. */
typedef struct sg__saved {
    sg_recipe recipe;
    sg_shape input;
    uint32_t classes;
    size_t thresholds; /* synaptic layers */
    int theta_bits[SG_LAYERS_MAX];
    size_t row_norms, phis; /* hidden layers, or 0: not needed */
    int row_norm[SG_LAYERS_MAX];
    int phi_bits[SG_LAYERS_MAX];
    char data[SG__DATA_NAME];
    const char *class_names;   /* as the file has them; NULL: none */
    const char *class_weights; /* likewise */
    uint32_t weight_mean;
    uint32_t data_size;
    uint64_t data_hash;
    sg__run run;
} sg__saved;

/* sg__metadata_write: an object of strings (of jansson, freed by the caller
 * with json_decref), the checksum blank; NULL if there is no memory. */
struct json_t *sg__metadata_write(const sg_network *net);

/* sg__metadata_read: the metadata of a parsed file.
 *
 * Unknown keys are passed over. Afterwards every value is in its range, and
 * step, epoch and batch agree with each other; that recipe, input and
 * thresholds make a network is left to sg__network_plan.
 * Errors: SG_E_FORMAT, the detail names file and key. */
sg_status sg__metadata_read(const sg__safetensors *file, const char *name,
                            sg__saved *out, sg_error *error);

/* sg__saved_check: SG_E_FORMAT unless there is a value for every layer that
 * needs one, of `synaptic` in all. */
sg_status sg__saved_check(const sg__saved *saved, size_t synaptic,
                          const char *name, sg_error *error);

/* sg__saved_apply: gives a network of that recipe, with its firing thresholds,
 * the error thresholds and row norms that were found on data, and the names and
 * weights of classes. The file the metadata are from has to be there. SG_E_RANGE,
 * SG_E_MEMORY. */
sg_status sg__saved_apply(const sg__saved *saved, sg_network *net,
                          sg_error *error);

#endif
