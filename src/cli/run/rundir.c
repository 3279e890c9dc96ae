/* Run directories; see rundir.h. */
#include "cli/run/rundir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/cli.h"
#include "cli/base/model.h"
#include "cli/base/output.h"

enum { RUNS_MAX = 100000 };

void rundir_close(rundir *run)
{
    if (run->stream)
        fclose(run->stream);
    free(run->path);
    free(run->recipe);
    free(run->metrics);
    free(run->checkpoint);
    free(run->best);
    *run = (rundir){0};
}

int rundir_name(rundir *run, const char *path)
{
    *run = (rundir){0};
    run->path = strdup(path);
    run->recipe = output_path(path, "recipe.ini");
    run->metrics = output_path(path, "metrics.jsonl");
    run->checkpoint = output_path(path, MODEL_FILE);
    run->best = output_path(path, MODEL_BEST_FILE);
    if (run->path && run->recipe && run->metrics && run->checkpoint &&
        run->best)
        return CLI_OK;
    rundir_close(run);
    return cli_fail("%s: out of memory", path);
}

static bool exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

/* mkdir -p; 0 or an errno. */
static int make_directories(const char *path)
{
    char *part = strdup(path);
    int reason = part ? 0 : ENOMEM;
    for (char *p = part; p && !reason; p++) {
        char here = *p;
        if (p == part || (here != '/' && here != '\0'))
            continue;
        *p = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            reason = errno;
        *p = here;
        if (here == '\0')
            break;
    }
    free(part);
    return reason;
}

/* Makes runs/SOURCE-N, the first N that is free, and names it in path. */
static int make_numbered(const char *data, char *path, size_t size)
{
    int reason = make_directories("runs");
    for (unsigned n = 1; n < RUNS_MAX && !reason; n++) {
        snprintf(path, size, "runs/%.*s-%u", (int)strcspn(data, ":/"), data,
                 n);
        if (mkdir(path, 0777) == 0)
            return CLI_OK;
        if (errno != EEXIST)
            reason = errno;
    }
    return cli_fail("runs: %s", strerror(reason ? reason : EEXIST));
}

static int open_metrics(rundir *run)
{
    run->stream = fopen(run->metrics, "a");
    return run->stream ? CLI_OK
                       : cli_fail("%s: %s", run->metrics, strerror(errno));
}

bool rundir_holds_run(const rundir *run)
{
    return exists(run->recipe) || exists(run->metrics) ||
           exists(run->checkpoint);
}

/* Fills a directory that stands and holds no run. */
static int settle(rundir *run, const recipe_file *file)
{
    if (rundir_holds_run(run))
        return cli_fail("%s already holds a run: continue it with --resume "
                        "%s, or choose another --out",
                        run->path, run->path);
    int reason = make_directories(run->path);
    if (reason)
        return cli_fail("%s: %s", run->path, strerror(reason));
    int code = recipe_file_write(run->recipe, file);
    return code == CLI_OK ? open_metrics(run) : code;
}

int rundir_create(rundir *run, const char *path, const recipe_file *file)
{
    char numbered[RECIPE_DATA + 32];
    int code;

    if (!path) {
        code = make_numbered(file->data, numbered, sizeof numbered);
        if (code != CLI_OK)
            return code;
        path = numbered;
    }
    if ((code = rundir_name(run, path)) != CLI_OK)
        return code;
    if ((code = settle(run, file)) != CLI_OK)
        rundir_close(run);
    return code;
}

int rundir_open(rundir *run, const char *path, recipe_file *file)
{
    int code = rundir_name(run, path);
    if (code != CLI_OK)
        return code;
    if (!exists(run->recipe))
        code = cli_fail("%s holds no run to resume (no recipe.ini)", path);
    else
        code = recipe_file_read(run->recipe, file);
    if (code != CLI_OK)
        rundir_close(run);
    return code;
}

bool rundir_has_checkpoint(const rundir *run)
{
    return exists(run->checkpoint);
}

/* Whether a line is to stay; false from the first that is torn on. */
static bool keep_line(const char *text, uint32_t epoch, bool final,
                      bool *kept_final)
{
    json_t *line = json_loads(text, 0, NULL);
    const char *type = json_string_value(json_object_get(line, "type"));
    json_int_t number = json_integer_value(json_object_get(line, "epoch"));
    bool keep = type && strchr(text, '\n');
    if (keep && strcmp(type, "final") == 0)
        keep = *kept_final = final;
    else if (keep)
        keep = strcmp(type, "stop") != 0 && number >= 1 &&
               number <= (json_int_t)epoch;
    json_decref(line);
    return keep;
}

int rundir_keep(rundir *run, uint32_t epoch, bool final, bool *kept_final)
{
    output out;
    char *text = NULL;
    size_t size = 0;

    *kept_final = false;
    FILE *old = fopen(run->metrics, "r");
    if (!old && errno != ENOENT)
        return cli_fail("%s: %s", run->metrics, strerror(errno));
    if (!old)
        return open_metrics(run);
    int code = output_open(&out, run->metrics);
    if (code == CLI_OK) {
        while (getline(&text, &size, old) > 0 &&
               keep_line(text, epoch, final, kept_final))
            fputs(text, out.stream);
        code = output_close(&out, code);
    }
    free(text);
    fclose(old);
    return code == CLI_OK ? open_metrics(run) : code;
}

int rundir_log(rundir *run, json_t *line)
{
    int code = output_json(run->stream, run->metrics, line);
    if (code == CLI_OK && fsync(fileno(run->stream)) != 0)
        code = cli_fail("%s: %s", run->metrics, strerror(errno));
    return code;
}
