/* Opening what most subcommands start from: a model, and data that fits it. */
#ifndef SPIKEGRAD_CLI_MODEL_H
#define SPIKEGRAD_CLI_MODEL_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/base/args.h"
#include "cli/base/recipefile.h"

/* Name of the checkpoint in a run directory. */
#define MODEL_FILE "checkpoint.safetensors"
/* Name of the one with the best validation accuracy. */
#define MODEL_BEST_FILE "best.safetensors"

/* model_load: path is a checkpoint or a run directory that holds one; best
 * asks for that of the best epoch, which only a run directory has. CLI_OK or
 * the exit code, reported. */
int model_load(const char *command, const char *path, bool best,
               sg_network **out);

/* model_spec: spec with the ~ of NAME:~/... as the home directory, which a
 * shell expands at the beginning of a word only; in new memory, or NULL. */
char *model_spec(const char *spec);

/* model_names_data: whether spec begins like one of a data set's, and is not
 * what a program calls its arrays. model_ask_data: says that of the model at
 * path, and that --data is wanted; the exit code. */
bool model_names_data(const char *spec);
int model_ask_data(const char *command, const char *path, const char *spec);

/* model_path: the path in spec, or NULL if its data have no files. */
const char *model_path(const char *spec);

/* model_split: opens the split of spec that word names, "train" or "test"; a
 * relative path begins at folder (NULL, "": here). CLI_OK or the exit code,
 * reported. */
int model_split(const char *command, const char *folder, const char *spec,
                const char *word, sg_data **out);

/* Which images a model is shown, and the flags that say so. */
typedef struct model_images {
    const char *data, *split;
    bool best;
} model_images;

#define MODEL_BEST_HELP                                                       \
    "of a run directory, the checkpoint with the best validation accuracy "   \
    "instead of the last one"

extern const arg_flag model_flags[3];

/* A network and images of its shape. */
typedef struct model {
    sg_network *net;
    sg_data *data;    /* the split */
    sg_data *part;    /* what of it is asked for */
    const char *path; /* of the network */
} model;

/* model_run: what the subcommands do that show images to a model. Parses the
 * command line into options, loads operand 0, opens images (a part of
 * options) or else those it was trained on, and calls run; with *limit > 0
 * (NULL: no limit) part is the first *limit samples at most. The exit code. */
int model_run(const arg_command *command, int argc, char **argv, void *options,
              const model_images *images, const uint64_t *limit,
              int (*run)(const void *options, const model *m));

/* model_share: has the other ranks, if there are any, open m's images. CLI_OK or
 * the exit code, reported. */
int model_share(const char *command, const model_images *images,
                const model *m);

/* model_folder: the folder in which the run of the model at path was begun, if
 * it was on the data spec; "": not known. */
void model_folder(const char *path, const char *spec, char *folder,
                  size_t size);

/* model_own_data: what a model at path was trained on, of which it has the name
 * (info->data): the data that its run names now, if they are the same images,
 * or those of that name; and the folder in which a relative path of them begins,
 * "" if that is not known. */
void model_own_data(const char *command, const char *path,
                    const sg_network_info *info, char data[RECIPE_DATA],
                    char folder[RECIPE_FOLDER]);

/* model_data: the split of what a model, loaded from path, is shown: of
 * images->data, or of what it was trained on, found where its run found them.
 * The second kind is named on stderr if it has files, and refused if its hash
 * is not the model's; the first kind is only spoken of then. CLI_OK or the
 * exit code, reported. */
int model_data(const char *command, const char *path, const sg_network *net,
               const model_images *images, sg_data **out);

/* model_class_name: of a class, as the model has it or else the data; NULL:
 * none. */
const char *model_class_name(const sg_network *net, const sg_data *data,
                             uint32_t label);

/* model_is_hidden: whether layer i of net has synapses and fires, i.e.
 * is one of the hidden layers that figures are averaged over. */
bool model_is_hidden(const sg_network *net, size_t i);

#endif
