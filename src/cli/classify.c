/* spikegrad classify: the classes of single files. A file that cannot be read
 * is named, and the others are classified all the same. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/commands.h"
#include "cli/predictions.h"
#include "report/text.h"

struct options {
    const char *data, *csv;
    uint64_t top;
    bool best, resize, vote, logits, json;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag own_flags[] = {
    {"data", ARG_TEXT, FIELD(data), "SPEC", NULL,
     "source whose options hold for the files (default: that of the model)", 0,
     0},
    {"best", ARG_SWITCH, FIELD(best), NULL, NULL, MODEL_BEST_HELP, 0, 0},
    {"resize", ARG_SWITCH, FIELD(resize), NULL, NULL,
     "make pictures of any size and colour like those of the model", 0, 0},
    {"vote", ARG_SWITCH, FIELD(vote), NULL, NULL,
     "one class a file: the logits of its samples are added", 0, 0},
    {"top", ARG_NUMBER, FIELD(top), "K", "1",
     "name the K classes with the largest logits", 1, SG_CLASSES_MAX},
    {"logits", ARG_SWITCH, FIELD(logits), NULL, NULL,
     "all logits too, with --csv or --json", 0, 0},
    {"csv", ARG_TEXT, FIELD(csv), "FILE", NULL,
     "write file, index and predicted class of each sample; - is stdout", 0,
     0},
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL,
     "JSON lines on stdout, one a sample", 0, 0},
};

static int classify(int argc, char **argv);

const arg_command command_classify = {
    .name = "classify",
    .summary = "classes of pictures, arrays, recordings",
    .usage = "MODEL FILE... [options]",
    .operands = "MODEL or FILE",
    .text = "Says what a model takes single files for: pictures (PNG, JPEG), "
            "arrays of NumPy (.npy), IDX files of images, recordings of "
            "events. They are read as the data that the model was trained "
            "on, whose options hold. A file that cannot be read is named, and "
            "the others are classified; the exit code is then that of the "
            "first such file. MODEL is a checkpoint or a run directory.",
    .group = {ARG_OWN(own_flags)},
    .operand_min = 2,
    .operand_max = SIZE_MAX,
    .run = classify,
};

/* What all files have in common. */
typedef struct job {
    const struct options *options;
    sg_network *net;
    sg_classifier *classifier;
    sg_network_info info;
    char *spec; /* NULL: none */
    int32_t *view;
    int64_t *logits; /* [classes] of a sample, or of a file */
    uint32_t *order; /* [classes]; the first `top` have the largest logits */
    uint32_t top;
    output csv; /* no stream: none wanted */
    bool names;
} job;

static const char *name_of(const job *j, uint32_t class)
{
    return sg_network_class_name(j->net, class);
}

/* Whether class a comes before b. */
static bool is_before(const job *j, uint32_t a, uint32_t b)
{
    return j->logits[a] > j->logits[b] ||
           (a < b && j->logits[a] == j->logits[b]);
}

/* The classes that are wanted to the front; ties in the order of the
 * classes. */
static void rank(job *j)
{
    for (uint32_t k = 0; k < j->info.classes; k++)
        j->order[k] = k;
    for (uint32_t n = 0; n < j->top; n++) {
        uint32_t best = n;
        for (uint32_t i = n + 1; i < j->info.classes; i++)
            best = is_before(j, j->order[i], j->order[best]) ? i : best;
        const uint32_t class = j->order[best];
        j->order[best] = j->order[n];
        j->order[n] = class;
    }
}

/* sample is -1 if the file has one only, or they vote. */
static void print_text(const job *j, const char *path, int64_t sample)
{
    clean_put(stdout, path, SIZE_MAX);
    if (sample >= 0)
        printf(" %lld", (long long)sample);
    putchar(':');
    for (uint32_t n = 0; n < j->top; n++) {
        const char *name = name_of(j, j->order[n]);
        printf("%s%u", n ? ", " : " ", j->order[n]);
        if (name) {
            putchar(' ');
            clean_put(stdout, name, SIZE_MAX);
        }
    }
    putchar('\n');
}

static void print_csv_head(const job *j)
{
    FILE *to = j->csv.stream;
    fputs("file,index,predicted", to);
    if (j->names)
        fputs(",predicted_name", to);
    for (uint32_t n = 1; n < j->top; n++)
        fprintf(to, ",next_%u", n);
    for (uint32_t k = 0; j->options->logits && k < j->info.classes; k++)
        fprintf(to, ",logit_%u", k);
    fputc('\n', to);
}

static void print_csv(const job *j, const char *path, int64_t sample)
{
    FILE *to = j->csv.stream;
    text_csv(to, path);
    fprintf(to, ",%lld,%u", (long long)(sample < 0 ? 0 : sample), j->order[0]);
    if (j->names) {
        fputc(',', to);
        text_csv(to, name_of(j, j->order[0]));
    }
    for (uint32_t n = 1; n < j->top; n++)
        fprintf(to, ",%u", j->order[n]);
    for (uint32_t k = 0; j->options->logits && k < j->info.classes; k++)
        fprintf(to, ",%lld", (long long)j->logits[k]);
    fputc('\n', to);
}

static int print_json(const job *j, const char *path, int64_t sample)
{
    json_t *top = json_array(), *logits = NULL;
    for (uint32_t n = 0; top && n < j->top; n++) {
        const uint32_t k = j->order[n];
        json_t *one = json_pack("{s:I,s:I}", "class", (json_int_t)k, "logit",
                                (json_int_t)j->logits[k]);
        if (one && name_of(j, k))
            json_object_set_new(one, "name", output_text(name_of(j, k)));
        json_array_append_new(top, one);
    }
    if (j->options->logits)
        logits = json_array();
    for (uint32_t k = 0; logits && k < j->info.classes; k++)
        json_array_append_new(logits, json_integer(j->logits[k]));
    json_t *line = json_pack("{s:s,s:o,s:I,s:I,s:o}", "type", "class", "file",
                             output_text(path), "index",
                             (json_int_t)(sample < 0 ? 0 : sample),
                             "predicted", (json_int_t)j->order[0], "top", top);
    if (line && logits)
        json_object_set_new(line, "logits", logits);
    return output_json(stdout, "standard output", line);
}

static int print(job *j, const char *path, int64_t sample)
{
    rank(j);
    if (j->csv.stream)
        print_csv(j, path, sample);
    if (j->options->json)
        return print_json(j, path, sample);
    if (!j->csv.stream)
        print_text(j, path, sample);
    return CLI_OK;
}

static int classify_samples(job *j, const char *path, const sg_data *data)
{
    const uint32_t size = sg_data_get_info(data)->size;
    const bool vote = j->options->vote;
    int code = CLI_OK;
    for (uint32_t i = 0; code == CLI_OK && i < size; i++) {
        if (i == 0 || !vote)
            memset(j->logits, 0, j->info.classes * sizeof *j->logits);
        sg_status status =
            sg_classifier_run(j->classifier, sg_data_pixels(data, i), j->view,
                              NULL);
        if (status != SG_OK)
            return cli_status("classify", status, NULL);
        for (uint32_t k = 0; k < j->info.classes; k++)
            j->logits[k] += j->view[k];
        if (!vote || i + 1 == size)
            code = print(j, path, vote || size == 1 ? -1 : (int64_t)i);
    }
    return code;
}

static int classify_file(job *j, const char *path)
{
    sg_error error = {""};
    sg_data *data = NULL;
    const sg_data_info like = {.height = j->info.input.height,
                               .width = j->info.input.width,
                               .channels = j->info.input.channels,
                               .classes = j->info.classes};
    sg_status status = sg_data_open_file(j->spec, path, &like,
                                         j->options->resize, &data, &error);
    if (status != SG_OK)
        return cli_status("classify", status, &error);
    int code = classify_samples(j, path, data);
    sg_data_destroy(data);
    return code;
}

static int begin(job *j)
{
    const struct options *o = j->options;
    sg_error error = {""};
    sg_network_get_info(j->net, &j->info);
    j->names = name_of(j, 0) != NULL;
    j->top = o->top < j->info.classes ? (uint32_t)o->top : j->info.classes;
    const char *spec = o->data ? o->data : j->info.data;
    j->spec = spec ? model_spec(spec) : NULL;
    j->view = malloc(j->info.classes * sizeof *j->view);
    j->logits = malloc(j->info.classes * sizeof *j->logits);
    j->order = malloc(j->info.classes * sizeof *j->order);
    if ((spec && !j->spec) || !j->view || !j->logits || !j->order)
        return cli_fail("out of memory");
    if (o->data && !model_names_data(o->data))
        return cli_usage("classify", "--data: '%s' names no source", o->data);
    sg_status status = sg_classifier_create(j->net, &j->classifier, &error);
    if (status != SG_OK)
        return cli_status("classify", status, &error);
    int code = o->csv ? output_open(&j->csv, o->csv) : CLI_OK;
    if (code == CLI_OK && o->csv)
        print_csv_head(j);
    return code;
}

/* All files; what failed first says the exit code. A file of CSV is written
 * even then, with those that could be read. */
static int run_all(job *j, char *const *path, size_t count)
{
    int code = begin(j), first = CLI_OK;
    if (code != CLI_OK)
        return code;
    cli_catch_signals();
    for (size_t i = 0; i < count && !cli_stopped(); i++) {
        code = classify_file(j, path[i]);
        first = first == CLI_OK ? code : first;
    }
    if (cli_stopped())
        first = CLI_INTERRUPTED;
    code = j->csv.stream ? output_close(&j->csv, CLI_OK) : CLI_OK;
    return first == CLI_OK ? code : first;
}

static int classify(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    job j = {.options = &options};
    int code = args_parse(&command_classify, argc, argv, &options, &rest);
    if (code >= 0)
        return code;
    if (options.logits && !options.csv && !options.json)
        return cli_usage("classify", "--logits goes with --csv or --json");
    if (options.json && options.csv && output_is_stdout(options.csv))
        return cli_usage("classify", "--csv - and --json both want stdout");
    code = model_load("classify", rest.operand[0], options.best, &j.net);
    if (code == CLI_OK)
        code = run_all(&j, rest.operands + 1, rest.operand_count - 1);
    sg_classifier_destroy(j.classifier);
    sg_network_destroy(j.net);
    free(j.spec);
    free(j.view);
    free(j.logits);
    free(j.order);
    return code;
}
