/* CIFAR in its binary form: records of one label byte (CIFAR-100: coarse and
 * fine) and 3072 bytes, three 32x32 planes, red, green, blue. */
#ifndef SG_DATA_CIFAR_H
#define SG_DATA_CIFAR_H

#include "data/data.h"

/* sg__cifar10_open: data_batch_1..5.bin or test_batch.bin of folder dir.
 * sg__cifar100_open: train.bin or test.bin, with the 100 fine labels.
 * Errors: SG_E_IO (missing or unreadable), SG_E_FORMAT (no whole number of
 * records, label out of range), SG_E_MEMORY. */
sg_status sg__cifar10_open(const char *spec, const char *dir, sg_split split,
                           sg_data **out, sg_error *error);
sg_status sg__cifar100_open(const char *spec, const char *dir, sg_split split,
                            sg_data **out, sg_error *error);

#endif
