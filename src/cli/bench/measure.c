/* Rounds of training and inference; see measure.h. */
#include "cli/bench/measure.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/base/cli.h"
#include "cli/base/recipefile.h"
#include "cli/base/team.h"

static int failed(const measurement *m, sg_status status,
                  const sg_error *error)
{
    return status == SG_OK ? CLI_OK : cli_status(m->command, status, error);
}

static void add_phase(sg_phase_cost *to, const sg_phase_cost *from)
{
    to->nanoseconds += from->nanoseconds;
    to->ops += from->ops;
    to->dense_ops += from->dense_ops;
    to->bytes += from->bytes;
}

/* Adds what the trainer has measured of itself. */
static void collect(measurement *m)
{
    sg_layer_cost cost[SG_LAYERS_MAX];
    sg_network_info info;
    measure_profile *p = &m->profile;
    sg_network_get_info(sg_trainer_outline(m->trainer), &info);
    p->load_ns += sg_trainer_get_profile(m->trainer, cost);
    for (size_t l = 0; l < info.layers; l++) {
        add_phase(&p->cost[l].forward, &cost[l].forward);
        add_phase(&p->cost[l].fire, &cost[l].fire);
        add_phase(&p->cost[l].propagate, &cost[l].propagate);
        add_phase(&p->cost[l].gradient, &cost[l].gradient);
        add_phase(&p->cost[l].update, &cost[l].update);
        add_phase(&p->cost[l].count, &cost[l].count);
    }
}

/* The last epoch once more, from the weights at its end. */
static int go_on(measurement *m, bool profiles)
{
    sg_error error = {""};
    sg_network_info info;
    sg_network *net;
    if (profiles)
        collect(m);
    sg_status status = sg_trainer_release(&m->trainer, &net, &error);
    if (status != SG_OK)
        return failed(m, status, &error);
    sg_network_get_info(net, &info);
    status = sg_trainer_create_taking(
        &net, (uint32_t)recipe_number(info.recipe, "epochs") - 1, m->data,
        &(sg_trainer_options){sizeof(sg_trainer_options), m->threads,
                              m->device, team_ranks()},
        &m->trainer, &error);
    if (status != SG_OK)
        return failed(m, status, &error);
    sg_trainer_profile(m->trainer, profiles);
    return CLI_OK;
}

/* Trains for that many seconds or steps, whichever is later, at least one
 * step. */
static int train(measurement *m, double seconds, uint64_t steps, bool profiles,
                 uint64_t *samples, double *spent)
{
    *samples = 0;
    *spent = 0;
    for (uint64_t step = 0; step == 0 || step < steps || *spent < seconds;) {
        uint64_t before = sg_trainer_metrics(m->trainer)->samples;
        double start = cli_seconds();
        sg_status status = sg_trainer_step(m->trainer);
        *spent += cli_seconds() - start;
        if (cli_stopped())
            return CLI_INTERRUPTED;
        if (status == SG_E_RANGE) {
            int code = go_on(m, profiles);
            if (code != CLI_OK)
                return code;
            continue;
        }
        if (status != SG_OK)
            return failed(m, status, NULL);
        uint64_t after = sg_trainer_metrics(m->trainer)->samples;
        *samples += after > before ? after - before : after; /* new epoch */
        step++;
    }
    return CLI_OK;
}

/* The first images side by side, as a program has them that classifies many. */
static int gather(measurement *m)
{
    enum { ROOM = 1 << 24 };
    const sg_data_info *info = sg_data_get_info(m->data);
    const size_t each = (size_t)info->height * info->width * info->channels;
    const size_t fit = ROOM / each > 0 ? ROOM / each : 1;
    m->images = info->size < fit ? info->size : (uint32_t)fit;
    m->pixels = malloc(m->images * each);
    m->labels = malloc(m->images * sizeof *m->labels);
    if (!m->pixels || !m->labels)
        return failed(m, SG_E_MEMORY, NULL);
    for (uint32_t i = 0; i < m->images; i++)
        memcpy(m->pixels + i * each, sg_data_pixels(m->data, i), each);
    return CLI_OK;
}

/* On a device: with what evaluation counts. */
static sg_status evaluate(const measurement *m, uint32_t count,
                          sg_error *error)
{
    sg_data *part = NULL;
    sg_metrics metrics;
    sg_status status = sg_data_slice(m->data, 0, count, &part, error);
    const sg_evaluate_options how = {sizeof how, m->threads, 0,
                                     NULL,       m->device,  NULL};
    if (status == SG_OK)
        status = sg_evaluate_with(sg_trainer_network(m->trainer), part, &how,
                                  &metrics, NULL, error);
    sg_data_destroy(part);
    return status;
}

/* Classifies the first count samples once. */
static int classify(const measurement *m, uint32_t count, double *spent)
{
    sg_error error = {""};
    const double start = cli_seconds();
    const sg_status status =
        m->device ? evaluate(m, count, &error)
                  : sg_predict(sg_trainer_network(m->trainer), m->pixels,
                               count, m->threads, NULL, m->labels, &error);
    *spent = cli_seconds() - start;
    if (status == SG_OK && cli_stopped())
        return CLI_INTERRUPTED;
    return failed(m, status, &error);
}

/* How many samples one call of classify should have: those it does in the
 * seconds of a measurement, if there are as many. */
static int size_inference(const measurement *m, uint32_t *count)
{
    uint32_t size = m->device ? sg_data_get_info(m->data)->size : m->images;
    double spent = 0;
    int code = CLI_OK;
    for (uint32_t n = 64; code == CLI_OK; n *= 8) {
        *count = n < size ? n : size;
        code = classify(m, *count, &spent);
        if (*count == size || spent * 8 > m->seconds)
            break;
    }
    double wanted = spent > 0 ? *count * (m->seconds / spent) : size;
    *count = wanted > size ? size : wanted < 1 ? 1 : (uint32_t)wanted;
    return code;
}

/* Calls until one more would lead further past the time than it is short. */
static int infer(const measurement *m, uint32_t count, double *rate)
{
    double spent = 0, last = 0;
    uint64_t samples = 0;
    do {
        int code = classify(m, count, &last);
        if (code != CLI_OK)
            return code;
        spent += last;
        samples += count;
    } while (spent + last / 2 < m->seconds);
    *rate = (double)samples / spent;
    return CLI_OK;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void summarise(measure_rates *rates, size_t n)
{
    double sorted[MEASURE_ROUNDS_MAX];
    memcpy(sorted, rates->round, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, ascending);
    rates->lowest = sorted[0];
    rates->highest = sorted[n - 1];
    rates->median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

/* The best of two moments, so that a busy one does not lower the roof. */
static int measure_machine(measurement *m, size_t bytes, sg_machine *best)
{
    sg_machine now;
    for (int i = 0; i < 2; i++) {
        sg_status status = sg_machine_measure(m->threads, bytes, &now);
        if (status != SG_OK)
            return failed(m, status, NULL);
        if (now.multiply_adds > best->multiply_adds)
            best->multiply_adds = now.multiply_adds;
        if (now.bytes > best->bytes)
            best->bytes = now.bytes;
    }
    return cli_stopped() ? CLI_INTERRUPTED : CLI_OK;
}

static int measure_limits(measurement *m)
{
    measure_profile *p = &m->profile;
    sg_network_info info;
    sg_error error = {""};
    sg_network_get_info(sg_trainer_outline(m->trainer), &info);
    size_t each = 8 + (recipe_number(info.recipe, "weight-bits") ? 2 : 1);
    p->state_bytes = (size_t)info.synapses * each;
    if (m->device) {
        sg_status status = sg_device_measure(m->device, &p->near, &error);
        p->state = p->near;
        return failed(m, status, &error);
    }
    int code = measure_machine(m, 0, &p->near);
    return code == CLI_OK ? measure_machine(m, p->state_bytes, &p->state)
                          : code;
}

static uint64_t peak_memory(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (uint64_t)usage.ru_maxrss * 1024;
}

static int profile(measurement *m)
{
    sg_trainer_profile(m->trainer, 1);
    int code = train(m, m->seconds, 1, true, &m->profile.samples,
                     &m->profile.seconds);
    if (code == CLI_OK)
        collect(m);
    sg_trainer_profile(m->trainer, 0);
    return code;
}

static int measure_rounds(measurement *m)
{
    uint64_t samples;
    uint32_t count;
    double spent;
    int code = gather(m);
    if (code == CLI_OK && m->warm > 0)
        code = train(m, 0, m->warm, false, &samples, &spent);
    if (code == CLI_OK)
        code = size_inference(m, &count);
    for (uint64_t i = 0; code == CLI_OK && i < m->rounds; i++) {
        code = train(m, m->seconds, 1, false, &samples, &spent);
        if (code != CLI_OK)
            break;
        m->train.round[i] = (double)samples / spent;
        code = infer(m, count, &m->infer.round[i]);
    }
    return code;
}

int measure_run(measurement *m)
{
    int code = measure_rounds(m);
    free(m->pixels);
    free(m->labels);
    m->pixels = NULL;
    m->labels = NULL;
    if (code == CLI_OK && m->layers)
        code = profile(m);
    m->peak_bytes = peak_memory(); /* without the arrays that come now */
    if (code == CLI_OK && m->layers)
        code = measure_limits(m);
    if (code != CLI_OK)
        return code;
    summarise(&m->train, (size_t)m->rounds);
    summarise(&m->infer, (size_t)m->rounds);
    return CLI_OK;
}

int measure_steps(measurement *m, uint64_t steps)
{
    uint64_t samples;
    double spent;
    return train(m, 0, steps, false, &samples, &spent);
}
