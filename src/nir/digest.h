/* A number that tells whether a graph is still the one that was written. */
#ifndef SG_NIR_DIGEST_H
#define SG_NIR_DIGEST_H

#include "nir/hdf5.h"

/* Where, below /node/metadata, a file of ours has the network, the digest of
 * its graph and a line for who looks. */
#define SG__NIR_METADATA "metadata"
#define SG__NIR_CHECKPOINT "spikegrad_checkpoint"
#define SG__NIR_DIGEST "spikegrad_graph"
#define SG__NIR_NOTE "spikegrad"

/* sg__nir_digest: FNV-1a, 64 bits, over all groups, names and values of the
 * file's /node but its metadata, by name. */
sg_status sg__nir_digest(const sg__nir_file *file, uint64_t *out,
                         sg_error *error);

#endif
