/* Rows of standardised weights, as the compiler makes them for any machine. */
#define SG__STANDARDISE(row) sg__##row##__ref
#include "kernels/portable/standardise.h"
