/* Rows of standardised weights, as the compiler makes them for this table. */
#define SG__STANDARDISE(row) sg__##row##__avx2
#include "kernels/portable/standardise.h"
