#include "cli/base/flags.h"

const arg_flag threads_flag[1] = {
    {"threads", ARG_NUMBER, 0, "N", NULL,
     "worker threads; they change no result (default: one a processor)", 1,
     256},
};

const arg_flag device_flag[1] = {
    {"device", ARG_TEXT, 0, "DEVICE", NULL,
     "where it is computed: cpu, cuda[:N], opencl[:N], or auto; changes no "
     "result (default: cpu; the others are experimental)",
     0, 0},
};

const arg_flag quiet_flag[1] = {
    {"quiet", ARG_SWITCH, 0, NULL, NULL,
     "neither progress nor notes on stderr", 0, 0},
};
