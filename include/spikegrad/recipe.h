/* The recipe: everything that decides what a training run computes.
 *
 * Two runs with equal recipe and equal data end with the same bits, whatever
 * the machine, compiler, thread count or interruptions. Fractions are kept as
 * integers (parts per million, powers of two) so that no rounding of a
 * floating-point parser can reach a weight. */
#ifndef SPIKEGRAD_RECIPE_H
#define SPIKEGRAD_RECIPE_H

#include <stddef.h>
#include <stdint.h>

#include "spikegrad/data.h"
#include "spikegrad/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that the text of any option takes in this version, its end included.
 * sg_recipe_text_size tells how many one takes. */
#define SG_RECIPE_TEXT 6144

/* A set of options, each with a value. Options are read and written by name,
 * so that a new one changes nothing for a program that does not know it. */
typedef struct sg_recipe sg_recipe;

/* What is known of one recipe option; drives flags, INI files, checkpoints
 * and help from one table. */
typedef struct sg_recipe_option {
    const char *name;    /* "weight-bits" */
    const char *value;   /* placeholder: "8|16" */
    const char *initial; /* default as text */
    const char *help;    /* one line */
} sg_recipe_option;

/* What the value of an option is. */
typedef enum sg_option_kind {
    SG_OPTION_TEXT,     /* of low..high - 1 printable characters */
    SG_OPTION_WHOLE,    /* a whole number low..high */
    SG_OPTION_POWER2,   /* one that is a power of two */
    SG_OPTION_FRACTION, /* a decimal; low and high in millionths of it */
    SG_OPTION_CHOICE,   /* a word of the placeholder, which are low..high */
    SG_OPTION_SEED      /* a whole number low..high, 64 bits wide */
} sg_option_kind;

/* What values an option takes. */
typedef struct sg_option_range {
    sg_option_kind kind;
    int64_t low, high;
} sg_option_range;

/* sg_recipe_create: the defaults, a recipe for MNIST that trains in seconds.
 * Errors: SG_E_ARGUMENT (NULL), SG_E_MEMORY. */
SG_API sg_status sg_recipe_create(sg_recipe **out);

/* sg_recipe_copy: a recipe of the same values, independent of the first.
 * Errors: SG_E_ARGUMENT (a NULL), SG_E_MEMORY. */
SG_API sg_status sg_recipe_copy(const sg_recipe *recipe, sg_recipe **out);

/* sg_recipe_destroy: frees it; NULL is legal. Not for those that
 * sg_network_get_info shows, which are the network's. */
SG_API void sg_recipe_destroy(sg_recipe *recipe);

/* sg_recipe_set: sets one option from text. net, phi, augment, freeze,
 * class-weights and rate-steps are taken as they are, and read when a network
 * or a trainer is made of them.
 * Errors: SG_E_ARGUMENT: no such option, or a NULL; SG_E_RANGE: bad value, the
 * detail says what was expected. Then recipe is unchanged. */
SG_API sg_status sg_recipe_set(sg_recipe *recipe, const char *name,
                               const char *value, sg_error *error);

/* sg_recipe_text_size: bytes that the text of option name takes, its end
 * included; 0 if there is no such option, or for a NULL. */
SG_API size_t sg_recipe_text_size(const sg_recipe *recipe, const char *name);

/* sg_recipe_get: writes option name as text that sg_recipe_set takes back
 * unchanged.
 * text  char[size]; always terminated, unless size is 0
 * Errors: SG_E_ARGUMENT: no such option, or a NULL; SG_E_RANGE: size is less
 * than sg_recipe_text_size, and the text is cut off. */
SG_API sg_status sg_recipe_get(const sg_recipe *recipe, const char *name,
                               char *text, size_t size);

/* sg_recipe_number: option name as an integer: as it is for whole numbers, in
 * millionths where a fraction is allowed, and for a choice the place of its
 * word in the placeholder, from 0.
 * Errors: SG_E_ARGUMENT: no such option, one that is a text, or a NULL. */
SG_API sg_status sg_recipe_number(const sg_recipe *recipe, const char *name,
                                  int64_t *out);

/* sg_recipe_suggest: sets the options that decide whether a network learns to
 * values that suit recipe's net and the data, and net itself if it is not
 * given: learning rates, standardisation and error thresholds by depth, input
 * and augmentation by the kind of image, batches and epochs by how many there
 * are, balance and the last layer's rate by the number of classes. A net that
 * cannot be built is left for sg_network_create to refuse.
 *
 * info   of the data; height, width, channels, classes and size are read, the
 *        last as far as it is known: 0 is any
 * given  [count] names of options that are left as they are; NULL entries are
 *        passed over
 * Errors: SG_E_ARGUMENT (a NULL), SG_E_MEMORY. */
SG_API sg_status sg_recipe_suggest(sg_recipe *recipe, const sg_data_info *info,
                                   const char *const *given, size_t count,
                                   sg_error *error);

/* sg_recipe_options: the table of options; *count receives its length, unless
 * count is NULL. */
SG_API const sg_recipe_option *sg_recipe_options(size_t *count);

/* sg_recipe_range: what values the option called name takes; all of out is
 * written. Errors: SG_E_ARGUMENT: no such option, or a NULL. */
SG_API sg_status sg_recipe_range(const char *name, sg_option_range *out);

#ifdef __cplusplus
}
#endif

#endif
