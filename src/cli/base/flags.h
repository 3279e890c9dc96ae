/* Flags that many subcommands have, each a table of one row; see args.h. */
#ifndef SPIKEGRAD_CLI_FLAGS_H
#define SPIKEGRAD_CLI_FLAGS_H

#include "cli/base/args.h"

extern const arg_flag threads_flag[1]; /* uint64_t; 0: one a processor */
extern const arg_flag device_flag[1];  /* const char *; NULL: cpu */
extern const arg_flag quiet_flag[1];   /* bool */

#endif
