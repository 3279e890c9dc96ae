/* Work of the program's own at other ranks (spikegrad/ranks.h). */
#ifndef SG_RANKS_WORK_H
#define SG_RANKS_WORK_H

#include "ranks/wire.h"

/* sg__work_do: at a rank that follows: the order, which has been read up to what
 * is behind its name, and its answer. SG_E_IO, SG_E_FORMAT, SG_E_MEMORY; what
 * goes wrong in work is told at rank 0. */
sg_status sg__work_do(sg__company *c, const sg_follow_options *how,
                      const sg_network *net, sg__wire *order);

/* sg__run_put, sg__run_get: where the run of a network is, which keys draws. */
void sg__run_put(sg__wire *wire, const sg_network *net);
void sg__run_get(sg__wire *wire, sg_network *net);

/* sg__work_end_all: at rank 0: waits for all that have some; frees what rank 0
 * has for it. */
void sg__work_end_all(sg__company *c);

#endif
