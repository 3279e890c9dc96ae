/* Whole splits as files that other programs read, and that are sources again:
 * arrays of NumPy, folders of pictures. */
#ifndef SPIKEGRAD_CLI_ARRAYS_H
#define SPIKEGRAD_CLI_ARRAYS_H

#include <spikegrad/spikegrad.h>
#include <stddef.h>

/* A part of a split, "train" or "test". */
typedef struct export_split {
    const char *name;
    const sg_data *data;
} export_split;

/* export_npy: x_SPLIT.npy and y_SPLIT.npy in a folder, made if it is not there:
 * uint8, N,H,W or N,H,W,C, and N. */
int export_npy(const export_split *split, size_t splits, const char *folder);

/* export_npz: the same in one file, stored. */
int export_npz(const export_split *split, size_t splits, const char *path);

/* export_pictures: SPLIT/CLASS/NUMBER.png in a folder that is empty or not
 * there. Numbers go through all classes, so that images: finds the same order.
 */
int export_pictures(const export_split *split, size_t splits,
                    const char *folder);

/* export_folder: makes a folder, if it is not there. */
int export_folder(const char *path);

#endif
