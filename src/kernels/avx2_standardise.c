/* Rows of standardised weights, as the compiler makes them for this table. */
#define SG__ROWS(row) sg_##row##__avx2
#include "kernels/standardise_rows.h"
