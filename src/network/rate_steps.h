/* The option rate-steps: epochs and shares of the learning rate, "30:0.1" or
 * "30:0.1,60:0.01", for the schedules step and list. */
#ifndef SG_NETWORK_RATE_STEPS_H
#define SG_NETWORK_RATE_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "network/recipe.h"

/* One item, both in millionths. */
typedef struct sg__rate_step {
    int64_t epoch, share;
} sg__rate_step;

/* sg__rate_steps_next: reads the item at *text, of a recipe that has been
 * checked, and goes on to the next; false past the last. */
bool sg__rate_steps_next(const char **text, sg__rate_step *out);

/* sg__rate_steps_check: SG_E_RANGE unless they can be read, epochs rise and
 * shares are 0..1; for the schedule step unless there is one, with an epoch
 * above 0 and a share of at most 0.999, so that it comes to 0 in some steps. */
sg_status sg__rate_steps_check(const sg_recipe *recipe, sg_error *error);

#endif
