/* Rows of standardised weights, as the compiler makes them for any machine. */
#define SG__ROWS(row) sg_##row##__ref
#include "kernels/standardise_rows.h"
