/* What ranks read, as rank 0 tells the others: lines of text, key=value. */
#ifndef SPIKEGRAD_CLI_TEAM_DATA_H
#define SPIKEGRAD_CLI_TEAM_DATA_H

#include <spikegrad/spikegrad.h>

#include "cli/base/recipefile.h"

/* Data that have been opened. */
typedef struct team_data {
    sg_data *whole, *part, *held, *test;
} team_data;

/* team_data_run, team_data_images: the text for what team_share_run and
 * team_share_images are about; NULL if there is no memory. */
char *team_data_run(const recipe_file *file);
char *team_data_images(const char *folder, const char *spec, const char *word,
                       uint32_t count);

/* team_data_open: what text says; user is a team_data, as a sg_follow_options
 * has it. team_data_close: frees it. */
sg_status team_data_open(void *user, const char *text,
                         const sg_data *data[SG_RANKS_DATA_MAX],
                         sg_error *error);
void team_data_close(team_data *data);

#endif
