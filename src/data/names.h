/* Names of the classes of data from files. */
#ifndef SG_DATA_NAMES_H
#define SG_DATA_NAMES_H

#include "data/data.h"

/* sg__data_read_names: gives data the names that a text file has, a line for
 * each class in their order; empty lines at its end do not count. SG_E_FORMAT
 * unless there are as many as classes; errors of a source. */
sg_status sg__data_read_names(sg_data *data, const char *path,
                              sg_error *error);

/* sg__data_name_known: the names that a well-known set has, a line each; not if
 * data has another number of classes, as a subset may. SG_E_MEMORY. */
sg_status sg__data_name_known(sg_data *data, const char *lines,
                              sg_error *error);

#endif
