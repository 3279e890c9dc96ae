#include "cli/base/team_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/team.h"

static const team_task *known;

void team_work_know(const team_task *tasks)
{
    known = tasks;
}

/* ---- who gives it ---- */

static int failed(const char *command, sg_status status, const sg_error *error)
{
    if (status != SG_E_STOPPED)
        return cli_status(command, status, error);
    cli_fail("interrupted");
    return CLI_INTERRUPTED;
}

/* The order as text with its end, and the network behind it. */
static sg_status pack(const json_t *order, const void *net, size_t net_bytes,
                      char **out, size_t *bytes)
{
    char *text = order ? json_dumps(order, JSON_COMPACT) : NULL;
    const size_t length = text ? strlen(text) + 1 : 0;
    *out = text ? malloc(length + net_bytes) : NULL;
    if (*out) {
        memcpy(*out, text, length);
        if (net_bytes)
            memcpy(*out + length, net, net_bytes);
        *bytes = length + net_bytes;
    }
    free(text);
    return *out ? SG_OK : SG_E_MEMORY;
}

static sg_status begin(uint32_t rank, const json_t *order,
                       const sg_network *of, const void *net, size_t net_bytes,
                       sg_error *error)
{
    char *work;
    size_t bytes;
    sg_status status = pack(order, net, net_bytes, &work, &bytes);
    if (status == SG_OK)
        status = sg_ranks_begin(team_all(), rank, of, work, bytes, error);
    free(work);
    return status;
}

int team_give(const char *command, uint32_t rank, const char *task,
              json_t *order)
{
    sg_error error = {""};
    sg_status status =
        order && json_object_set_new(order, "task", json_string(task)) == 0
            ? SG_OK
            : SG_E_MEMORY;
    if (status == SG_OK)
        status = begin(rank, order, NULL, NULL, 0, &error);
    json_decref(order);
    return status == SG_OK ? CLI_OK : failed(command, status, &error);
}

int team_take(const char *command, uint32_t rank, bool waits, bool *done,
              json_t **answer)
{
    sg_error error = {""};
    void *text = NULL;
    size_t bytes = 0;
    int over = 0;
    *answer = NULL;
    const sg_status status =
        sg_ranks_end(team_all(), rank, waits, &over, &text, &bytes, &error);
    *done = over != 0;
    if (status != SG_OK)
        return failed(command, status, &error);
    if (over)
        *answer = text ? json_loadb(text, bytes, 0, NULL) : NULL;
    sg_free(text);
    return !over || *answer
               ? CLI_OK
               : cli_fail("rank %u: no sense in its answer", (unsigned)rank);
}

static team_part part_of(uint32_t count, uint32_t unit, uint32_t rank)
{
    const uint32_t ranks = sg_ranks_count(team_all());
    const uint64_t units = ((uint64_t)count + unit - 1) / unit;
    const uint64_t first = units * rank / ranks * unit;
    uint64_t end = units * (rank + 1) / ranks * unit;
    end = end < count ? end : count;
    return (team_part){(uint32_t)first,
                       (uint32_t)(end > first ? end - first : 0)};
}

/* Parts of the last division. */
static team_part parts[SG_RANKS_MAX];

int team_divide(const char *command, const char *task, json_t *order,
                const sg_network *net, bool copies, uint32_t count,
                uint32_t unit, team_part *own)
{
    void *bytes = NULL;
    size_t size = 0;
    sg_error error = {""};
    const uint32_t ranks = sg_ranks_count(team_all());
    sg_status status =
        order && json_object_set_new(order, "task", json_string(task)) == 0
            ? SG_OK
            : SG_E_MEMORY;
    if (status == SG_OK && copies)
        status = sg_network_save_memory(net, &bytes, &size, &error);
    *own = part_of(count, unit, 0);
    for (uint32_t r = 1; status == SG_OK && r < ranks; r++) {
        parts[r] = part_of(count, unit, r);
        if (parts[r].count == 0)
            continue;
        json_object_set_new(order, "first", json_integer(parts[r].first));
        json_object_set_new(order, "count", json_integer(parts[r].count));
        status = begin(r, order, copies ? NULL : net, bytes, size, &error);
    }
    sg_free(bytes);
    json_decref(order);
    return status == SG_OK ? CLI_OK : failed(command, status, &error);
}

int team_gather(const char *command, uint32_t rank, json_t **answer)
{
    bool done;
    *answer = NULL;
    return parts[rank].count > 0
               ? team_take(command, rank, true, &done, answer)
               : CLI_OK;
}

static sg_status sum_divided(const team_sum *sum, json_t *order,
                             const sg_network *net, uint32_t count,
                             sg_error *error, int *code)
{
    team_part own;
    sg_status status = SG_OK;
    *code = team_divide("train", sum->task, order, net, false, count, 1, &own);
    if (*code == CLI_OK)
        status = sum->own(sum->user, own, error);
    for (uint32_t r = 1; *code == CLI_OK && status == SG_OK &&
                         r < sg_ranks_count(team_ranks());
         r++) {
        json_t *answer;
        *code = team_gather("train", r, &answer);
        if (answer && !sum->add(sum->user, answer)) {
            status = SG_E_MEMORY;
            snprintf(error->text, sizeof error->text,
                     "rank %u: no memory for what it has seen", (unsigned)r);
        }
        json_decref(answer);
    }
    return status;
}

sg_status team_sum_run(const team_sum *sum, json_t *order,
                       const sg_network *net, uint32_t count, sg_error *error)
{
    char problem[SG_ERROR_TEXT] = "";
    int code;
    if (!team_ranks()) {
        json_decref(order);
        return sum->own(sum->user, (team_part){0, count}, error);
    }
    cli_capture(problem, sizeof problem);
    const sg_status status = sum_divided(sum, order, net, count, error, &code);
    cli_capture(NULL, 0);
    if (code == CLI_OK)
        return status;
    snprintf(error->text, sizeof error->text, "%s", problem);
    return code == CLI_INTERRUPTED ? SG_E_STOPPED : SG_E_IO;
}

/* ---- who does it ---- */

uint64_t team_number(const json_t *order, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(order, key));
}

team_part team_part_of(const json_t *order)
{
    return (team_part){(uint32_t)team_number(order, "first"),
                       (uint32_t)team_number(order, "count")};
}

static const team_task *find(const json_t *order)
{
    const char *name = json_string_value(json_object_get(order, "task"));
    for (const team_task *t = known; name && t && t->name; t++)
        if (strcmp(t->name, name) == 0)
            return t;
    return NULL;
}

sg_status team_work_do(void *user, const sg_network *net, const void *work,
                       size_t bytes, const sg_data *const *data, void **result,
                       size_t *result_bytes, sg_error *error)
{
    const char *text = work;
    const size_t length = strnlen(text, bytes);
    json_t *order = json_loadb(text, length, 0, NULL), *answer = NULL;
    const team_task *task = find(order);
    sg_network *copy = NULL;
    sg_status status = task ? SG_OK : SG_E_FORMAT;
    (void)user;
    if (status == SG_OK && length + 1 < bytes)
        status = sg_network_load_memory(text + length + 1, bytes - length - 1,
                                        NULL, &copy, error);
    if (status == SG_OK) {
        cli_catch_signals();
        answer = task->run(order, copy ? copy : net, data, &status, error);
        team_ignore_signals();
    }
    if (status == SG_OK)
        *result = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
    *result_bytes = *result ? strlen(*result) : 0;
    if (status == SG_OK && !*result)
        status = SG_E_MEMORY;
    json_decref(answer);
    json_decref(order);
    sg_network_destroy(copy);
    return status;
}
