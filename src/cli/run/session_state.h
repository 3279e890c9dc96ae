/* The inside of a session, shared by its opening (session_open.c), its
 * training (session.c, epochs.c) and its end (conclude.c). */
#ifndef SPIKEGRAD_CLI_SESSION_STATE_H
#define SPIKEGRAD_CLI_SESSION_STATE_H

#include "cli/run/budget.h"
#include "cli/run/history.h"
#include "cli/run/rundir.h"
#include "cli/run/session.h"

struct session {
    run_options options;
    recipe_file file;
    sg_recipe *plain;     /* without what suits network and data, or NULL */
    sg_data *whole;       /* train split */
    sg_data *part, *held; /* its two parts if samples are held back */
    sg_data *test;
    sg_trainer *trainer;
    rundir run;
    history past; /* of a resumed run */
    budget time;
    bool longer;     /* or shorter: than it was when it stopped */
    bool replanned;  /* the same, by a limit of time, between two epochs */
    bool kept_final; /* the last test is logged */
};

/* session_training: the samples trained on. */
static inline const sg_data *session_training(const session *s)
{
    return s->part ? s->part : s->whole;
}

/* session_tested: the samples evaluated after each epoch, or NULL. */
static inline const sg_data *session_tested(const session *s)
{
    return s->held ? s->held : s->test;
}

/* session_place: which of the data that ranks share (team_share_run) one is;
 * NULL: those trained on. */
static inline unsigned session_place(const session *s, const sg_data *data)
{
    return data && data == s->held ? 1 : data && data == s->test ? 2 : 0;
}

/* session_wants_best: whether the model of the best epoch is to be chosen. */
bool session_wants_best(const session *s);

#endif
