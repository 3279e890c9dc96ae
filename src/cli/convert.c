/* spikegrad convert: networks from and to the files of other tools. */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/base/apart.h"
#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/base/metrics.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/commands.h"
#include "cli/model_npz.h"
#ifdef SPIKEGRAD_NIR
#include <spikegrad-nir.h>
#endif

struct options {
    model_images images;
    const char *nir, *npz, *out, *image;
    uint64_t steps, threads;
    bool graph_only;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag own_flags[] = {
    {"nir", ARG_TEXT, FIELD(nir), "FILE", NULL,
     "write MODEL as a NIR graph, the checkpoint within", 0, 0},
    {"npz", ARG_TEXT, FIELD(npz), "FILE", NULL,
     "write MODEL as arrays of NumPy, by the names of a checkpoint", 0, 0},
    {"out", ARG_TEXT, FIELD(out), "FILE", NULL,
     "make a checkpoint of the graph in GRAPH, or of the arrays in ARRAYS", 0,
     0},
    {"graph-only", ARG_SWITCH, FIELD(graph_only), NULL, NULL,
     "take the graph as it stands, although a checkpoint is in it", 0, 0},
    {"image", ARG_TEXT, FIELD(image), "HxWxC", NULL,
     "the image that a graph whose input is a list hears, channel by channel",
     0, 0},
    {"steps", ARG_NUMBER, FIELD(steps), "N", "1",
     "steps that a sample lasted in the other tool: a bias acts in each", 1,
     1000000},
};

static int convert(int argc, char **argv);

const arg_command command_convert = {
    .name = "convert",
    .summary = "models to NIR graphs or NumPy's arrays, and back",
    .usage = "MODEL --nir FILE\n"
             "MODEL --npz FILE\n"
             "GRAPH --out FILE [options]\n"
             "ARRAYS.npz --out FILE",
    .operands = "MODEL|GRAPH|ARRAYS",
    .text =
        "NIR is the exchange format of spiking networks (HDF5). A graph that "
        "was written by this command gives back the checkpoint to the bit; "
        "one of another tool, a chain of Conv2d, Linear, Affine, IF, pools "
        "and Flatten, becomes integer weights, and can be evaluated (--data) "
        "and trained further. The options of a recipe below are for such a "
        "graph; without them it gets 8 bit weights, neurons that fire at "
        "their threshold, and input that is spike counts. ARRAYS are what "
        "--npz writes: the whole checkpoint, which comes back to the bit; "
        "arrays may be changed in between, and forward weights then follow "
        "their masters.",
    .group = {ARG_OWN(own_flags),
              ARG_SHARED(model_flags, struct options, images),
              ARG_SHARED(threads_flag, struct options, threads)},
    .operand_min = 1,
    .operand_max = 1,
    .recipe = true,
    .run = convert,
};

/* Of flags that were given, the one that only a graph which becomes a model
 * takes; NULL for none. */
static const char *of_graphs(const struct options *options,
                             const arg_rest *rest)
{
    return options->image        ? "image"
           : options->steps != 1 ? "steps"
           : options->graph_only ? "graph-only"
                                 : rest->recipe_given;
}

static int tell_accuracy(const struct options *options, const sg_network *net)
{
    sg_data *data = NULL;
    sg_error error = {""};
    sg_metrics metrics;
    sg_evaluate_options how = SG_EVALUATE_OPTIONS_INIT;
    int code = model_split("convert", NULL, options->images.data,
                           options->images.split, &data);
    if (code != CLI_OK)
        return code;
    how.threads = (unsigned)options->threads;
    sg_status status =
        sg_evaluate_with(net, data, &how, &metrics, NULL, &error);
    sg_data_destroy(data);
    if (status != SG_OK)
        return cli_status("convert", status, &error);
    printf("accuracy %.2f %%, %" PRIu64 " of %" PRIu64 "\n",
           metrics_accuracy(&metrics), metrics.correct, metrics.samples);
    return CLI_OK;
}

static int write_arrays(const struct options *options, const char *from)
{
    sg_network *net = NULL;
    int code = model_load("convert", from, options->images.best, &net);
    if (code == CLI_OK)
        code = model_npz_write(net, options->npz);
    if (code == CLI_OK && !output_is_stdout(options->npz))
        clean_line(stdout, "%s: arrays of NumPy", options->npz);
    sg_network_destroy(net);
    return code;
}

static int take_arrays(const struct options *options, const char *from)
{
    sg_network *net = NULL;
    sg_error error = {""};
    uint64_t differs = 0;
    int code = model_npz_read(from, &net, &differs);
    if (code != CLI_OK)
        return code;
    sg_status status = sg_network_save(net, options->out, &error);
    if (status != SG_OK) {
        sg_network_destroy(net);
        return cli_status("convert", status, &error);
    }
    if (differs > 0)
        clean_line(stdout,
                   "%s: the model in %s; %" PRIu64
                   " forward weights and biases follow their masters",
                   options->out, from, differs);
    else
        clean_line(stdout, "%s: the model in %s", options->out, from);
    if (options->images.data)
        code = tell_accuracy(options, net);
    sg_network_destroy(net);
    return code;
}

#ifdef SPIKEGRAD_NIR

static int write_graph(const struct options *options, const char *from)
{
    sg_network *net = NULL;
    sg_error error = {""};
    int code = model_load("convert", from, options->images.best, &net);
    if (code != CLI_OK)
        return code;
    sg_status status = sg_nir_write(net, options->nir, &error);
    sg_network_destroy(net);
    if (status != SG_OK)
        return cli_status("convert", status, &error);
    clean_line(stdout, "%s: a NIR graph", options->nir);
    return CLI_OK;
}

/* "28x28x1", or NULL for none. */
static int read_shape(const char *text, sg_shape *out)
{
    enum { SIZE_MAX_HERE = 1 << 24 };
    unsigned long size[3] = {0};
    char *next = (char *)text;
    bool good = true;
    for (int i = 0; text && good && i < 3; i++) {
        good = *next >= '1' && *next <= '9';
        size[i] = good ? strtoul(next, &next, 10) : 0;
        good = good && size[i] <= SIZE_MAX_HERE &&
               *next++ == (i < 2 ? 'x' : '\0');
    }
    if (!good)
        return cli_usage("convert", "--image %s: expected HxWxC, as 28x28x1",
                         text);
    *out = (sg_shape){(uint32_t)size[0], (uint32_t)size[1], (uint32_t)size[2]};
    return CLI_OK;
}

/* Options of a recipe from those flags that were given. */
static int read_recipe(const arg_rest *rest, sg_nir_options *how,
                       sg_recipe *recipe, const char **given)
{
    sg_error error = {""};
    size_t count;
    const sg_recipe_option *table = sg_recipe_options(&count);
    for (size_t i = 0; i < count; i++) {
        if (!rest->recipe[i])
            continue;
        sg_status status =
            sg_recipe_set(recipe, table[i].name, rest->recipe[i], &error);
        if (status != SG_OK)
            return cli_status("convert", status, &error);
        given[how->given_count++] = table[i].name;
    }
    how->recipe = recipe;
    how->given = given;
    return CLI_OK;
}

static void tell_network(const struct options *options, const char *graph,
                         const sg_network *net, const sg_nir_result *result)
{
    char topology[SG_RECIPE_TEXT] = "";
    sg_network_info info;
    sg_network_get_info(net, &info);
    if (result->restored) {
        clean_line(stdout, "%s: the checkpoint in %s", options->out, graph);
        return;
    }
    sg_recipe_get(info.recipe, "net", topology, sizeof topology);
    clean_put(stdout, options->out, SIZE_MAX);
    printf(": %s for %ux%ux%u, %" PRIu64
           " numbers, the largest error %.4f thresholds",
           topology, info.input.height, info.input.width, info.input.channels,
           result->weights, result->error);
    if (result->clipped > 0)
        printf(", %" PRIu64 " biases cut", result->clipped);
    putchar('\n');
}

/* What reading a graph gives, as it comes from the process that reads. */
typedef struct reading {
    const char *graph;
    const sg_nir_options *how;
} reading;

/* The result, and then the checkpoint. */
static sg_status read_apart(const void *given, void **bytes, size_t *size,
                            sg_error *error)
{
    const reading *job = given;
    sg_network *net = NULL;
    sg_nir_result result;
    void *file = NULL;
    size_t length = 0;
    sg_status status = sg_nir_read(job->graph, job->how, &net, &result, error);
    if (status == SG_OK)
        status = sg_network_save_memory(net, &file, &length, error);
    if (status == SG_OK && !(*bytes = malloc(sizeof result + length)))
        status = SG_E_MEMORY;
    if (status == SG_OK) {
        *size = sizeof result + length;
        memcpy(*bytes, &result, sizeof result);
        memcpy((char *)*bytes + sizeof result, file, length);
    }
    sg_free(file);
    sg_network_destroy(net);
    return status;
}

/* libhdf5 does not survive every damaged file, nor does it end with each. */
static sg_status read_graph(const char *graph, const sg_nir_options *how,
                            sg_nir_result *result, sg_network **out,
                            sg_error *error)
{
    enum { SECONDS = 2, BYTES_A_SECOND = 1 << 20 };
    struct stat about;
    off_t more = stat(graph, &about) == 0 ? about.st_size / BYTES_A_SECOND : 0;
    const reading job = {graph, how};
    void *bytes = NULL;
    size_t size = 0;
    sg_status status =
        apart_run(graph, SECONDS + (unsigned)(more < 86400 ? more : 86400),
                  read_apart, &job, &bytes, &size, error);
    if (status != SG_OK)
        return status;
    memcpy(result, bytes, sizeof *result);
    status = sg_network_load_memory((char *)bytes + sizeof *result,
                                    size - sizeof *result, graph, out, error);
    free(bytes);
    return status;
}

static int make_model(const struct options *options, const char *graph,
                      const arg_rest *rest)
{
    sg_network *net = NULL;
    sg_recipe *recipe = NULL;
    sg_error error = {""};
    const char *given[ARG_RECIPE_MAX];
    sg_nir_result result = {0};
    sg_nir_options how = {.size = sizeof how,
                          .steps = (uint32_t)options->steps,
                          .graph_only = options->graph_only};
    int code = read_shape(options->image, &how.input);
    if (code == CLI_OK && sg_recipe_create(&recipe) != SG_OK)
        code = cli_fail("out of memory");
    if (code == CLI_OK)
        code = read_recipe(rest, &how, recipe, given);
    sg_status status = SG_OK;
    if (code == CLI_OK)
        status = read_graph(graph, &how, &result, &net, &error);
    if (code == CLI_OK && status == SG_OK)
        status = sg_network_save(net, options->out, &error);
    if (status != SG_OK)
        code = cli_status("convert", status, &error);
    if (code == CLI_OK)
        tell_network(options, graph, net, &result);
    if (code == CLI_OK && options->images.data)
        code = tell_accuracy(options, net);
    sg_network_destroy(net);
    sg_recipe_destroy(recipe);
    return code;
}

#else

static int write_graph(const struct options *options, const char *from)
{
    (void)from;
    return cli_fail("--nir %s: built without NIR files (libhdf5)",
                    options->nir);
}

static int make_model(const struct options *options, const char *graph,
                      const arg_rest *rest)
{
    (void)rest, (void)options;
    return cli_fail("%s: built without NIR files (libhdf5)", graph);
}

#endif

static int convert(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    int code = args_parse(&command_convert, argc, argv, &options, &rest);
    if (code >= 0)
        return code;
    if (!!options.nir + !!options.npz + !!options.out != 1)
        return cli_usage("convert", "expected --nir FILE to write a graph, "
                                    "--npz FILE to write arrays, or --out "
                                    "FILE to make a model of either");
    const bool arrays = options.out && model_npz_is(rest.operand[0]);
    const char *other = of_graphs(&options, &rest);
    if ((!options.out || arrays) && other)
        return cli_usage("convert", "--%s is for a graph that becomes a model",
                         other);
    if (!options.out && options.images.data)
        return cli_usage("convert", "--data is for a model that is made");
    if (!options.images.data &&
        (options.threads > 0 || strcmp(options.images.split, "test") != 0))
        return cli_usage("convert", "--%s goes with --data",
                         options.threads > 0 ? "threads" : "split");
    if (options.out && options.images.best)
        return cli_usage("convert", "--best: %s is not a run directory",
                         rest.operand[0]);
    if (arrays)
        return take_arrays(&options, rest.operand[0]);
    return options.nir   ? write_graph(&options, rest.operand[0])
           : options.npz ? write_arrays(&options, rest.operand[0])
                         : make_model(&options, rest.operand[0], &rest);
}
