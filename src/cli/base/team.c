#include "cli/base/team.h"

#include <dlfcn.h>
#include <signal.h>
#include <spikegrad-mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/team_data.h"
#include "cli/base/team_work.h"

#ifndef SPIKEGRAD_LIBDIR_FROM_BIN
#define SPIKEGRAD_LIBDIR_FROM_BIN "../lib/spikegrad"
#endif

/* What the library for an MPI has. */
typedef struct library {
    sg_status (*open)(sg_mpi_lost lost, void *user, sg_exchange *out,
                      sg_error *error);
    uint32_t (*local)(const sg_exchange *exchange);
    void (*close)(sg_exchange *exchange);
} library;

/* The command is one rank, once. */
static struct team {
    library mpi;
    sg_exchange exchange;
    sg_ranks *ranks;
    bool apart;
} team;

/* The MPI that has started this process as one of several; NULL: none. */
static const char *launcher(void)
{
    const char *named = getenv("SPIKEGRAD_MPI");
    const char *open_mpi = getenv("OMPI_COMM_WORLD_SIZE");
    const char *pmi = getenv("PMI_SIZE");
    const char *found = open_mpi              ? "openmpi"
                        : pmi                 ? "mpich"
                        : getenv("PMIX_RANK") ? "openmpi"
                                              : NULL;
    if (named && strcmp(named, "none") == 0)
        return NULL;
    if ((open_mpi && strcmp(open_mpi, "1") == 0) ||
        (pmi && strcmp(pmi, "1") == 0))
        return NULL;
    return found && named && *named ? named : found;
}

/* The folder of the program, and with `way` another one from there. */
static void *load_beside(const char *way, const char *file)
{
    enum { PATH = 4096 };
    char folder[PATH], path[2 * PATH + 128];
    const ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (n <= 0)
        return NULL;
    folder[n] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    snprintf(path, sizeof path, "%s/%s%.80s", folder, way, file);
    return access(path, R_OK) == 0 ? dlopen(path, RTLD_NOW | RTLD_GLOBAL)
                                   : NULL;
}

static void *load(const char *name, char *file, size_t size)
{
    if (strchr(name, '/')) {
        snprintf(file, size, "%s", name);
        return dlopen(file, RTLD_NOW | RTLD_GLOBAL);
    }
    snprintf(file, size, "libspikegrad_mpi_%.40s.so", name);
    void *handle = load_beside("", file);
    if (!handle)
        handle = load_beside(SPIKEGRAD_LIBDIR_FROM_BIN "/", file);
    return handle ? handle : dlopen(file, RTLD_NOW | RTLD_GLOBAL);
}

/* An address as the function that it is of; C has no conversion for that. */
static bool find(void *handle, const char *name, void *function)
{
    void *address = dlsym(handle, name);
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

/* A rank is gone: so is the run. Its launcher ends the others. */
static void on_lost(void *user, const char *line, int tells)
{
    (void)user;
    if (tells) {
        clean_line(stderr,
                   "spikegrad: %s: the run ends; its directory goes on with "
                   "--resume",
                   line);
        sleep(1); /* the others hear of it, and do not miss this one */
    } else {
        sleep(2); /* who tells shall do so before all are ended */
    }
    _exit(CLI_FAILED);
}

static int open_library(const char *name)
{
    char file[4096];
    sg_error error = {""};
    void *handle = load(name, file, sizeof file);
    if (!handle)
        return cli_fail("started as one of several processes, but without "
                        "the library to work with the others: %s; "
                        "SPIKEGRAD_MPI=none makes each one work alone",
                        dlerror());
    if (!find(handle, "sg_mpi_open", &team.mpi.open) ||
        !find(handle, "sg_mpi_local", &team.mpi.local) ||
        !find(handle, "sg_mpi_close", &team.mpi.close))
        return cli_fail("%s: no library of SpikeGrad's", file);
    const sg_status status =
        team.mpi.open(on_lost, NULL, &team.exchange, &error);
    return status == SG_OK
               ? CLI_OK
               : cli_fail("%s: %s", file,
                          error.text[0] ? error.text : sg_status_text(status));
}

/* Rank 0 decides what a signal means. */
void team_ignore_signals(void)
{
    static const int numbers[] = {SIGINT,  SIGTERM, SIGUSR1,
                                  SIGUSR2, SIGXCPU, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        signal(numbers[i], SIG_IGN);
}

static int serve(void)
{
    sg_error error = {""};
    team_data data = {NULL, NULL, NULL, NULL};
    sg_follow_options how = SG_FOLLOW_OPTIONS_INIT;
    how.open = team_data_open;
    how.work = team_work_do;
    how.user = &data;
    team_ignore_signals();
    const sg_status status = sg_ranks_follow(&team.exchange, &how, &error);
    if (status != SG_OK) {
        const char *host =
            team.exchange.host(team.exchange.context, team.exchange.rank);
        clean_line(stderr, "spikegrad: rank %u (%s): %s",
                   (unsigned)team.exchange.rank, host, error.text);
        _exit(CLI_FAILED); /* the launcher ends the others */
    }
    team_data_close(&data);
    team.mpi.close(&team.exchange);
    return CLI_OK;
}

bool team_join(int *code)
{
    sg_error error = {""};
    const char *name = launcher();
    *code = CLI_OK;
    if (!name)
        return true;
    *code = open_library(name);
    if (*code != CLI_OK)
        return false;
    if (team.exchange.ranks < 2)
        return true;
    if (team.exchange.rank > 0) {
        *code = serve();
        return false;
    }
    const sg_status status =
        sg_ranks_create(&team.exchange, &team.ranks, &error);
    if (status == SG_OK) {
        char where[96];
        snprintf(where, sizeof where, "rank 0 (%.64s)",
                 team.exchange.host(team.exchange.context, 0));
        cli_set_place(where);
        return true;
    }
    *code = cli_fail("%s", error.text);
    team.mpi.close(&team.exchange);
    return false;
}

int team_leave(int code)
{
    sg_ranks_destroy(team.ranks);
    team.ranks = NULL;
    if (team.mpi.close)
        team.mpi.close(&team.exchange);
    if (team.exchange.context) { /* it has failed */
        fflush(NULL);
        _exit(code == CLI_OK ? CLI_FAILED : code);
    }
    return code;
}

sg_ranks *team_ranks(void)
{
    return team.apart ? NULL : team.ranks;
}

sg_ranks *team_all(void)
{
    return team.ranks;
}

void team_apart(bool apart)
{
    team.apart = apart;
}

uint64_t team_threads(uint64_t asked)
{
    if (asked || !team.ranks)
        return asked;
    const unsigned share = cli_threads(0) / team.mpi.local(&team.exchange);
    return share > 0 ? share : 1;
}

static int share(const char *command, char *text, const sg_data *const *data,
                 size_t count)
{
    sg_error error = {""};
    if (!text)
        return cli_fail("out of memory");
    const sg_status status =
        sg_ranks_share(team.ranks, text, data, count, &error);
    free(text);
    return status == SG_OK ? CLI_OK : cli_status(command, status, &error);
}

int team_share_run(const char *command, const recipe_file *file,
                   const sg_data *training, const sg_data *held,
                   const sg_data *test)
{
    const sg_data *const data[] = {training, held, test};
    return team_ranks() ? share(command, team_data_run(file), data, 3)
                        : CLI_OK;
}

int team_share_images(const char *command, const char *folder,
                      const char *word, const sg_data *part)
{
    const sg_data *const data[] = {part};
    const sg_data_info *info = sg_data_get_info(part);
    return team_ranks()
               ? share(command,
                       team_data_images(folder, info->name, word, info->size),
                       data, 1)
               : CLI_OK;
}
