/* Names of the classes of data from files. */
#ifndef SG_DATA_NAMES_H
#define SG_DATA_NAMES_H

#include "data/data.h"

/* sg__data_read_names: gives data the names that a text file has, a line for
 * each class in their order; empty lines at its end do not count. SG_E_FORMAT
 * unless there are as many as classes; errors of a source. */
sg_status sg__data_read_names(sg_data *data, const char *path,
                              sg_error *error);

#endif
