/* The command as one of several ranks (spikegrad/ranks.h), where mpirun or srun
 * has started it: rank 0 is the command, the others serve it and say nothing.
 *
 * MPI is in a library of its own, which is looked for then, and only then:
 * beside the program, where it is installed, and where the system looks.
 * SPIKEGRAD_MPI names another one: "openmpi", "mpich", a file, or "none". */
#ifndef SPIKEGRAD_CLI_TEAM_H
#define SPIKEGRAD_CLI_TEAM_H

#include <spikegrad/spikegrad.h>

#include "cli/base/recipefile.h"

/* team_join: becomes a rank if there are others. *code is CLI_OK at rank 0 and
 * where there are none, and the command goes on. False: this process is done,
 * with *code; it has served, or could not. */
bool team_join(int *code);

/* team_leave: at the end of the command, with its exit code; the others end.
 * Returns code. */
int team_leave(int code);

/* team_ranks: those of rank 0; NULL if there are no others, or while each works
 * by itself. team_all: even then. team_apart: begins or ends that. */
sg_ranks *team_ranks(void);
sg_ranks *team_all(void);
void team_apart(bool apart);

/* team_threads: threads of a rank: those asked for, or a share of this host's
 * processors; as they are if there are no other ranks. */
uint64_t team_threads(uint64_t asked);

/* team_ignore_signals: at the others: rank 0 decides what a signal means. */
void team_ignore_signals(void);

/* team_share_run: has the others open what a run is of, and compares: the
 * samples trained on, those held back, and the test split, any of which may be
 * NULL but the first. Nothing happens without others. CLI_OK or the exit code,
 * reported. */
int team_share_run(const char *command, const recipe_file *file,
                   const sg_data *training, const sg_data *held,
                   const sg_data *test);

/* team_share_images: the same of the first samples, as many as part has, of the
 * split of data that word names and that was found in folder (""). */
int team_share_images(const char *command, const char *folder,
                      const char *word, const sg_data *part);

#endif
