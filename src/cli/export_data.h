/* Samples as files: a PNG contact sheet, or a pair of IDX files. */
#ifndef SPIKEGRAD_CLI_EXPORT_H
#define SPIKEGRAD_CLI_EXPORT_H

#include <spikegrad/spikegrad.h>

/* export_png: all samples of data on a sheet, grey or RGB, each enlarged
 * scale times, with a line between them. CLI_OK or the exit code. */
int export_png(const sg_data *data, uint32_t scale, const char *path);

/* export_idx: PREFIX-images-idxD-ubyte (D = 3, or 4 with channels) and
 * PREFIX-labels-idx1-ubyte, or -int where there are more than 256 classes. */
int export_idx(const sg_data *data, const char *prefix);

#endif
