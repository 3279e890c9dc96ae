/* spikegrad eval: forward pass over a split, as accuracy, confusion matrix
 * and activity of the layers. */
#include <stddef.h>
#include <stdlib.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/base/metrics.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/base/team.h"
#include "cli/commands.h"
#include "cli/predictions.h"

struct options {
    model_images images;
    uint64_t limit, threads, top;
    const char *device, *predictions;
    bool json, flip, logits, vote;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag own_flags[] = {
    {"limit", ARG_NUMBER, FIELD(limit), "N", NULL,
     "only the first N (default: all)", 1, UINT32_MAX},
    {"flip", ARG_SWITCH, FIELD(flip), NULL, NULL,
     "show each image a second time, mirrored left to right, and add the "
     "logits of both",
     0, 0},
    {"top", ARG_NUMBER, FIELD(top), "K", NULL,
     "say too how often the class is among the K largest logits", 1,
     SG_CLASSES_MAX},
    {"vote", ARG_SWITCH, FIELD(vote), NULL, NULL,
     "say too how many recordings are recognised by the sums of the logits of "
     "their parts; --top and --predictions are of recordings then",
     0, 0},
    {"predictions", ARG_TEXT, FIELD(predictions), "FILE", NULL,
     "write index, label and predicted class of each sample, as CSV, or as "
     "int64 of NumPy if FILE ends in .npy",
     0, 0},
    {"logits", ARG_SWITCH, FIELD(logits), NULL, NULL,
     "and all logits, with --predictions", 0, 0},
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL,
     "one JSON line on stdout instead of tables", 0, 0},
};

static int eval(int argc, char **argv);

const arg_command command_eval = {
    .name = "eval",
    .summary = "accuracy, confusions and activity of a model",
    .usage = "MODEL [options]",
    .operands = "MODEL",
    .text =
        "Classifies a split, forward only: accuracy, confusion matrix, and "
        "for each layer its spikes, its share of active neurons and its "
        "synaptic operations beside the multiply-adds of the dense ANN. "
        "MODEL is a checkpoint or a run directory.",
    .group = {ARG_SHARED(model_flags, struct options, images),
              ARG_OWN(own_flags),
              ARG_SHARED(device_flag, struct options, device),
              ARG_SHARED(threads_flag, struct options, threads)},
    .operand_min = 1,
    .operand_max = 1,
    .run = eval,
};

/* Up to this many classes the whole matrix fits a screen; beyond, only the
 * commonest confusions are listed. */
enum { MATRIX_MAX = 20, WORST = 20 };

/* A matrix of more classes than this would take over 64 MiB. */
enum { CONFUSION_MAX = 4096 };

/* A class by its number, and its name if it has one. */
static void print_class(const model *m, uint32_t class)
{
    const char *name = model_class_name(m->net, m->data, class);
    if (name) {
        fputs("  ", stdout);
        clean_put(stdout, name, 40);
    }
}

static void print_matrix(const model *m, const uint32_t *confusion,
                         uint32_t classes)
{
    printf("%-6s", "true");
    for (uint32_t k = 0; k < classes; k++)
        printf(" %6u", k);
    puts("  right %");
    for (uint32_t t = 0; t < classes; t++) {
        const uint32_t *row = confusion + (size_t)t * classes;
        uint64_t sum = 0;
        printf("%-6u", t);
        for (uint32_t k = 0; k < classes; k++) {
            printf(" %6u", row[k]);
            sum += row[k];
        }
        if (sum)
            printf("  %7.2f", 100.0 * row[t] / (double)sum);
        else
            fputs("        -", stdout);
        print_class(m, t);
        putchar('\n');
    }
}

static void print_worst(const model *m, uint32_t *confusion, uint32_t classes)
{
    size_t cells = (size_t)classes * classes;
    puts("commonest confusions: true, taken for, times");
    for (uint32_t t = 0; t < classes; t++)
        confusion[(size_t)t * classes + t] = 0;
    for (int n = 0; n < WORST; n++) {
        size_t worst = 0;
        for (size_t i = 1; i < cells; i++) {
            if (confusion[i] > confusion[worst])
                worst = i;
        }
        if (confusion[worst] == 0)
            break;
        printf("%6zu %6zu %6u", worst / classes, worst % classes,
               confusion[worst]);
        print_class(m, (uint32_t)(worst / classes));
        if (model_class_name(m->net, m->data, 0))
            fputs(" for", stdout);
        print_class(m, (uint32_t)(worst % classes));
        putchar('\n');
        confusion[worst] = 0;
    }
}

/* Names of the classes, or NULL. */
static json_t *names_json(const model *m, uint32_t classes)
{
    json_t *names = json_array();
    for (uint32_t k = 0; names && k < classes; k++)
        json_array_append_new(names,
                              output_text(
                                  model_class_name(m->net, m->data, k)));
    return names;
}

static int print_json(const model *m, const struct options *options,
                      const predictions *p, const sg_metrics *metrics,
                      const uint32_t *confusion, uint32_t classes)
{
    const sg_network *net = m->net;
    json_t *matrix = json_array();
    for (uint32_t t = 0; confusion && matrix && t < classes; t++) {
        json_t *row = json_array();
        for (uint32_t k = 0; row && k < classes; k++)
            json_array_append_new(row,
                                  json_integer(
                                      confusion[(size_t)t * classes + k]));
        json_array_append_new(matrix, row);
    }
    json_t *all =
        json_pack("{s:f,s:b,s:o,s:o}", "accuracy", metrics_accuracy(metrics),
                  "flip", (int)options->flip, "metrics",
                  metrics_json(net, metrics), "confusion", matrix);
    if (!confusion)
        json_object_del(all, "confusion");
    if (all && model_class_name(net, m->data, 0))
        json_object_set_new(all, "classes", names_json(m, classes));
    if (all && options->top)
        json_object_set_new(all, "top",
                            json_pack("{s:I,s:I}", "k",
                                      (json_int_t)options->top, "correct",
                                      (json_int_t)p->among));
    if (all && options->vote)
        json_object_set_new(all, "vote",
                            json_pack("{s:I,s:I}", "recordings",
                                      (json_int_t)p->voted, "correct",
                                      (json_int_t)p->right));
    return output_json(stdout, "standard output", all);
}

static double percent(uint64_t part, uint64_t all)
{
    return all ? 100.0 * (double)part / (double)all : 0.0;
}

static void print_tables(const model *m, const struct options *options,
                         const predictions *p, const sg_metrics *metrics,
                         uint32_t *confusion, uint32_t classes)
{
    figures f;
    const sg_network *net = m->net;
    const bool flip = options->flip;
    metrics_figures(net, metrics, &f);
    printf("accuracy %.2f %%, %llu of %llu; loss %.4f; %.3f spikes a hidden "
           "neuron; %.3f synaptic operations a multiply-add\n\n",
           f.accuracy, (unsigned long long)metrics->correct,
           (unsigned long long)metrics->samples, f.loss, f.spikes, f.forward);
    if (options->vote)
        printf("recordings %.2f %%, %llu of %llu, by the sums of their parts' "
               "logits\n\n",
               percent(p->right, p->voted), (unsigned long long)p->right,
               (unsigned long long)p->voted);
    if (options->top)
        printf("among the %llu largest: %.2f %%, %llu\n\n",
               (unsigned long long)options->top,
               percent(p->among, options->vote ? p->voted : metrics->samples),
               (unsigned long long)p->among);
    sg_metrics views = *metrics;
    if (flip) {
        puts("with mirror images; all of these are sums over both views, the "
             "table has\nmeans of them\n");
        views.samples *= 2;
    }
    metrics_layers(net, &views, false);
    putchar('\n');
    if (!confusion)
        printf("confusions of more than %d classes are not counted\n",
               CONFUSION_MAX);
    else if (classes <= MATRIX_MAX)
        print_matrix(m, confusion, classes);
    else
        print_worst(m, confusion, classes);
}

/* Flags of which one has no effect, or both want the same place. */
static int check(const struct options *o)
{
    if (o->logits && !o->predictions)
        return cli_usage("eval", "--logits goes with --predictions");
    if (o->predictions && output_is_stdout(o->predictions))
        return cli_usage("eval", "--predictions - and %s both want stdout",
                         o->json ? "--json" : "the tables");
    return CLI_OK;
}

static int evaluate(const void *given, const model *m)
{
    const struct options *options = given;
    const sg_network *net = m->net;
    const sg_data *data = m->part;
    sg_metrics metrics;
    sg_error error = {""};
    int code = check(options);
    if (code != CLI_OK)
        return code;
    uint32_t classes = sg_data_get_info(data)->classes;
    const bool counted = classes <= CONFUSION_MAX;
    uint32_t *confusion =
        counted ? calloc((size_t)classes * classes, sizeof *confusion) : NULL;
    if (counted && !confusion)
        return cli_fail("out of memory");
    code = model_share("eval", &options->images, m);
    if (code != CLI_OK) {
        free(confusion);
        return code;
    }
    const unsigned wanted = cli_threads(team_threads(options->threads));
    unsigned started = wanted;
    sg_evaluate_options how = {sizeof how, wanted,          options->flip,
                               &started,   options->device, team_ranks()};
    sg_status status =
        sg_evaluate_with(net, data, &how, &metrics, confusion, &error);
    cli_tell_threads(wanted, started);
    predictions p = {.path = options->predictions,
                     .logits = options->logits,
                     .flip = options->flip,
                     .vote = options->vote,
                     .threads = started,
                     .top = (uint32_t)options->top};
    if (status != SG_OK)
        code = cli_status("eval", status, &error);
    else if (options->top || options->predictions || options->vote)
        code = predictions_make("eval", net, data, &p);
    if (code == CLI_OK && options->json)
        code = print_json(m, options, &p, &metrics, confusion, classes);
    else if (code == CLI_OK)
        print_tables(m, options, &p, &metrics, confusion, classes);
    free(confusion);
    return code;
}

static int eval(int argc, char **argv)
{
    struct options options = {0};
    return model_run(&command_eval, argc, argv, &options, &options.images,
                     &options.limit, evaluate);
}
