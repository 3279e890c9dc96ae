/* Run directories; see rundir.h. */
#include "cli/run/rundir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/cli.h"
#include "cli/base/input.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/run/lock.h"
#include "cli/run/log_read.h"

enum { RUNS_MAX = 100000 };

void rundir_close(rundir *run)
{
    if (run->stream)
        fclose(run->stream);
    if (run->locked)
        lock_release(run->lock);
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

/* What cannot be looked at counts as there: nothing is written over it. */
static bool exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 || !input_missing(errno);
}

/* Makes this process the only one that works in the directory, and removes
 * what killed ones have left of files they were writing. */
static int own(rundir *run)
{
    const char *const files[] = {run->recipe, run->metrics, run->checkpoint,
                                 run->best};
    int code = lock_take(run->path, &run->lock);
    run->locked = code == CLI_OK;
    for (size_t i = 0; run->locked && i < sizeof files / sizeof *files; i++)
        sg_replacement_clean(files[i]);
    return code;
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

int rundir_make(const char *path)
{
    int reason = make_directories(path);
    return reason ? cli_fail("%s: %s", path, strerror(reason)) : CLI_OK;
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

bool rundir_holds_run(const rundir *run)
{
    return exists(run->recipe) || exists(run->metrics) ||
           exists(run->checkpoint);
}

/* Whether what is there was to begin with the weights of a model, and ended
 * before they were saved: nobody can go on with it, and nothing is lost. */
static bool stillborn(const rundir *run)
{
    struct stat status;
    char why[sizeof(sg_error)];
    recipe_file file;
    if (exists(run->checkpoint) ||
        (stat(run->metrics, &status) == 0 && status.st_size > 0))
        return false;
    cli_capture(why, sizeof why);
    bool is = recipe_file_begin(&file) == CLI_OK &&
              recipe_file_read(run->recipe, &file) == CLI_OK && file.from[0];
    cli_capture(NULL, 0);
    recipe_file_end(&file);
    return is;
}

static int check_free(const rundir *run, const recipe_file *file)
{
    if (!rundir_holds_run(run) || (file->from[0] && stillborn(run)))
        return CLI_OK;
    return cli_fail("%s already holds a run: continue it with --resume "
                    "%s, or choose another --out",
                    run->path, run->path);
}

/* Makes the directory, unless it stands and holds no run, and fills it. */
static int settle(rundir *run, const recipe_file *file)
{
    int code = check_free(run, file);
    if (code != CLI_OK)
        return code;
    code = rundir_make(run->path);
    if (code == CLI_OK)
        code = own(run);
    if (code == CLI_OK)
        code = check_free(run, file); /* another one may have been faster */
    if (code == CLI_OK)
        code = recipe_file_write(run->recipe, file);
    return code == CLI_OK ? output_append(run->metrics, &run->stream) : code;
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

static int open_run(rundir *run, const char *path, recipe_file *file,
                    bool take)
{
    int code = rundir_name(run, path);
    if (code != CLI_OK)
        return code;
    if (!exists(run->recipe))
        code = cli_fail("%s holds no run to resume (no recipe.ini)", path);
    if (code == CLI_OK && take)
        code = own(run);
    if (code == CLI_OK)
        code = recipe_file_read(run->recipe, file);
    if (code != CLI_OK)
        rundir_close(run);
    return code;
}

int rundir_open(rundir *run, const char *path, recipe_file *file)
{
    return open_run(run, path, file, false);
}

int rundir_take(rundir *run, const char *path, recipe_file *file)
{
    return open_run(run, path, file, true);
}

bool rundir_has_checkpoint(const rundir *run)
{
    return exists(run->checkpoint);
}

/* Whether a line is to stay. */
static bool keeps(const log_line *line, uint32_t epoch, bool final)
{
    if (line->type == LOG_FINAL)
        return final;
    if (line->type == LOG_EPOCH)
        return line->epoch >= 1 && line->epoch <= epoch;
    return line->type != LOG_STOP && line->epoch <= epoch;
}

/* Writes the lines that stay to kept; *changed: there are others. */
static int select_lines(const rundir *run, uint32_t epoch, bool final,
                        FILE *kept, bool *kept_final, bool *changed)
{
    log_reader log;
    log_open(&log, run->metrics);
    while (log_next(&log)) {
        if (!keeps(&log.line, epoch, final)) {
            *changed = true;
            continue;
        }
        *kept_final |= log.line.type == LOG_FINAL;
        if (fputs(log.line.text, kept) == EOF)
            log_no_memory(&log);
    }
    *changed |= log.torn;
    return log_close(&log);
}

static int replace_metrics(const rundir *run, const char *text, size_t size)
{
    output out;
    int code = output_open(&out, run->metrics);
    if (code != CLI_OK)
        return code;
    fwrite(text, 1, size, out.stream); /* output_close tells of failures */
    return output_close(&out, CLI_OK);
}

int rundir_keep(rundir *run, uint32_t epoch, bool final, bool *kept_final)
{
    char *text = NULL;
    size_t size = 0;
    bool changed = false;

    *kept_final = false;
    FILE *kept = open_memstream(&text, &size);
    if (!kept)
        return cli_fail("%s: %s", run->metrics, strerror(errno));
    int code = select_lines(run, epoch, final, kept, kept_final, &changed);
    const bool whole = fflush(kept) == 0 && !ferror(kept);
    /* closing it may still want memory, and tells by the text alone */
    if ((fclose(kept) != 0 || !whole || !text) && code == CLI_OK)
        code = cli_fail("%s: out of memory", run->metrics);
    if (code == CLI_OK && changed)
        code = replace_metrics(run, text, size);
    free(text);
    return code == CLI_OK ? output_append(run->metrics, &run->stream) : code;
}

int rundir_log(rundir *run, json_t *line)
{
    int code = output_json(run->stream, run->metrics, line);
    if (code == CLI_OK && fsync(fileno(run->stream)) != 0)
        code = cli_fail("%s: %s", run->metrics, strerror(errno));
    return code;
}
