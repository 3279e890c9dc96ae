/* Output of a sweep; see sweep_table.h. */
#include "cli/sweep/sweep_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/output.h"

int sweep_rows_create(sweep_rows *rows, const grid *g, const char *out)
{
    char name[GRID_NAME];
    *rows = (sweep_rows){g, 0, calloc(g->runs, sizeof *rows->row)};
    if (!rows->row)
        return cli_fail("out of memory");
    rows->count = g->runs;
    for (size_t i = 0; i < g->runs; i++) {
        grid_name(g, i, name);
        rows->row[i].path = output_path(out, name);
        if (!rows->row[i].path)
            return cli_fail("out of memory");
    }
    return CLI_OK;
}

void sweep_rows_destroy(sweep_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->row[i].path);
    free(rows->row);
    *rows = (sweep_rows){0};
}

/* Width of the column of an axis. */
static int width(const grid_axis *axis)
{
    size_t most = strlen(axis->name);
    for (size_t i = 0; i < axis->count; i++) {
        size_t length = strlen(axis->value[i]);
        most = length > most ? length : most;
    }
    return (int)most;
}

static void print_accuracy(double accuracy)
{
    if (accuracy < 0.0)
        printf(" %6s", "-");
    else
        printf(" %6.2f", accuracy);
}

static void print_row(const sweep_rows *rows, size_t i)
{
    const grid *g = rows->grid;
    const run_result *r = &rows->row[i].result;
    for (size_t a = 0; a < g->axes; a++)
        printf("%-*s ", width(&g->axis[a]), grid_value(g, i, a));
    if (r->epochs == 0) {
        clean_line(stdout, "%s%s%s", results_state(r),
                   r->reason[0] ? ": " : "", r->reason);
        return;
    }
    printf("%6u", r->epochs);
    print_accuracy(r->validation);
    print_accuracy(r->test);
    clean_line(stdout, " %7.3f %6.3f %7.4f %7.1f %s%s%s", r->forward,
               r->in_use, r->backward, r->seconds, results_state(r),
               r->reason[0] ? ": " : "", r->reason);
}

void sweep_print(const sweep_rows *rows)
{
    const grid *g = rows->grid;
    for (size_t a = 0; a < g->axes; a++)
        printf("%-*s ", width(&g->axis[a]), g->axis[a].name);
    puts("epochs  val % test % fwd/ANN in use bwd/ANN  time s state");
    for (size_t i = 0; i < rows->count; i++)
        print_row(rows, i);
}

static json_t *row_json(const sweep_rows *rows, size_t i)
{
    const grid *g = rows->grid;
    json_t *options = json_object();
    for (size_t a = 0; options && a < g->axes; a++)
        json_object_set_new(options, g->axis[a].name,
                            json_string(grid_value(g, i, a)));
    return results_json(&rows->row[i].result, rows->row[i].path, options);
}

json_t *sweep_json(const sweep_rows *rows)
{
    json_t *runs = json_array();
    for (size_t i = 0; runs && i < rows->count; i++) {
        if (json_array_append_new(runs, row_json(rows, i)) != 0) {
            json_decref(runs);
            return NULL;
        }
    }
    return json_pack("{s:s,s:o}", "type", "sweep", "runs", runs);
}

int sweep_write(const sweep_rows *rows, const char *out)
{
    struct stat status;
    output file;
    if (stat(out, &status) != 0)
        return CLI_OK;
    char *path = output_path(out, "sweep.json");
    if (!path)
        return cli_fail("%s: out of memory", out);
    int code = output_open(&file, path);
    if (code == CLI_OK)
        code = output_close(&file,
                            output_json(file.stream, path, sweep_json(rows)));
    free(path);
    return code;
}
