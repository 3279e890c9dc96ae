/* The options of a recipe, by the rows of options.def. Fractions are read as
 * decimals into parts per million, exactly. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "augment/kind.h"
#include "base/random.h"
#include "base/status.h"
#include "network/decimal.h"
#include "network/rate_steps.h"
#include "network/recipe.h"

#define MILLION 1000000

/* Words of the list. */
enum { FIRST = 0, LATER = 1 };

static const char loss_words[] =
#define LOSS(word, id, function) "|" word
#include "network/losses.def"
#undef LOSS
    ;
#define LOSS_WORDS (loss_words + 1)
enum kind { TEXT, INT32, POWER2, PPM32, PPM64, CHOICE, SEED };

static const sg_recipe_option options[] = {
#define OPTION(name, field, kind, since, low, high, initial, placeholder,     \
               help)                                                          \
    {name, placeholder, initial, help},
#include "network/options.def"
#undef OPTION
};

static const struct field {
    size_t offset;
    int64_t low, high;
    enum kind kind;
    bool later; /* than the first checkpoints */
} fields[] = {
#define OPTION(name, field, kind, since, low, high, initial, placeholder,     \
               help)                                                          \
    {offsetof(sg_recipe, field), low, high, kind, since},
#include "network/options.def"
#undef OPTION
};

enum { OPTIONS = sizeof options / sizeof options[0] };

const sg_recipe_option *sg_recipe_options(size_t *count)
{
    if (count)
        *count = OPTIONS;
    return options;
}

/* OPTIONS if there is none. */
static size_t find(const char *name)
{
    size_t i = name ? 0 : OPTIONS;
    while (i < OPTIONS && strcmp(options[i].name, name) != 0)
        i++;
    return i;
}

static bool parse_integer(const char *text, uint64_t *out)
{
    char *end;
    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

/* Index of value among the words of "a|b|c", or -1. */
static int parse_choice(const char *words, const char *value)
{
    size_t length = strlen(value);
    for (int i = 0; length > 0; i++) {
        size_t word = strcspn(words, "|");
        if (word == length && strncmp(words, value, length) == 0)
            return i;
        if (words[word] == '\0')
            break;
        words += word + 1;
    }
    return -1;
}

static sg_status set_text(char *field, const struct field *f, const char *name,
                          const char *value, sg_error *error)
{
    if (strlen(value) >= (size_t)f->high)
        return sg__fail(error, SG_E_RANGE,
                        "%s: text is longer than %d characters", name,
                        (int)f->high - 1);
    for (const char *p = value; *p; p++)
        if (!isprint((unsigned char)*p))
            return sg__fail(error, SG_E_RANGE,
                            "%s: expected printable characters", name);
    memset(field, 0, (size_t)f->high);
    strcpy(field, value);
    return SG_OK;
}

static sg_status set_choice(int32_t *field, size_t i, const char *value,
                            sg_error *error)
{
    int word = parse_choice(options[i].value, value);
    if (word < 0)
        return sg__fail(error, SG_E_RANGE, "%s: '%.60s', expected %s",
                        options[i].name, value, options[i].value);
    *field = (int32_t)(fields[i].low + word * fields[i].high);
    return SG_OK;
}

static sg_status set_seed(uint64_t *field, const char *value, sg_error *error)
{
    uint64_t seed;
    if (!parse_integer(value, &seed) || seed >= SG__SEED_LIMIT)
        return sg__fail(error, SG_E_RANGE,
                        "seed: '%.60s', expected an integer below 2^56",
                        value);
    *field = seed;
    return SG_OK;
}

static sg_status set_number(void *field, size_t i, const char *value,
                            sg_error *error)
{
    const struct field *f = &fields[i];
    int64_t number = 0;
    char low[48], high[48];
    const bool whole = f->kind == INT32 || f->kind == POWER2;

    if (whole) {
        uint64_t wide;
        bool ok = parse_integer(value, &wide) && wide <= INT32_MAX;
        number = ok ? (int64_t)wide : -1;
        snprintf(low, sizeof low, "%" PRId64, f->low);
        snprintf(high, sizeof high, "%" PRId64, f->high);
    } else {
        if (!sg__parse_ppm(value, &number))
            number = -1;
        sg__print_ppm(f->low, low, sizeof low);
        sg__print_ppm(f->high, high, sizeof high);
    }
    if (f->kind == POWER2 && (number & (number - 1)))
        return sg__fail(error, SG_E_RANGE,
                        "%s: '%.60s', expected a power of two up to %s",
                        options[i].name, value, high);
    if (number < f->low || number > f->high)
        return sg__fail(error, SG_E_RANGE, "%s: '%.60s', expected %s..%s%s",
                        options[i].name, value, low, high,
                        whole ? "" : ", at most 6 decimals");
    if (f->kind == PPM64)
        *(int64_t *)field = number;
    else
        *(int32_t *)field = (int32_t)number;
    return SG_OK;
}

sg_status sg_recipe_set(sg_recipe *recipe, const char *name, const char *value,
                        sg_error *error)
{
    if (!recipe || !name || !value)
        return sg__fail(error, SG_E_ARGUMENT,
                        "recipe: a recipe, the name of an option and a value "
                        "are needed");
    size_t i = find(name);
    if (i == OPTIONS)
        return sg__fail(error, SG_E_ARGUMENT, "%.60s: no such option", name);

    void *field = (char *)recipe + fields[i].offset;
    switch (fields[i].kind) {
    case TEXT:
        return set_text(field, &fields[i], name, value, error);
    case CHOICE:
        return set_choice(field, i, value, error);
    case SEED:
        return set_seed(field, value, error);
    case INT32:
    case POWER2:
    case PPM32:
    case PPM64:
        break;
    }
    return set_number(field, i, value, error);
}

/* Words of "a|b|c". */
static int count_words(const char *words)
{
    int n = 1;
    for (; *words; words++)
        n += *words == '|';
    return n;
}

sg_status sg_recipe_range(const char *name, sg_option_range *out)
{
    size_t i = find(name);
    if (out)
        *out = (sg_option_range){SG_OPTION_TEXT, 0, 0};
    if (!out || i == OPTIONS)
        return SG_E_ARGUMENT;
    const struct field *f = &fields[i];
    *out = (sg_option_range){SG_OPTION_WHOLE, f->low, f->high};
    switch (f->kind) {
    case TEXT: /* high is the room it has, its end included */
        out->kind = SG_OPTION_TEXT;
        break;
    case POWER2:
        out->kind = SG_OPTION_POWER2;
        break;
    case PPM32:
    case PPM64:
        out->kind = SG_OPTION_FRACTION;
        break;
    case CHOICE:
        *out = (sg_option_range){SG_OPTION_CHOICE, 0,
                                 count_words(options[i].value) - 1};
        break;
    case SEED:
        *out = (sg_option_range){SG_OPTION_SEED, 0,
                                 (int64_t)(SG__SEED_LIMIT - 1)};
        break;
    case INT32:
        break;
    }
    return SG_OK;
}

/* Number in a field; 0 for texts, which are none. */
static int64_t number_of(const struct field *f, const void *field)
{
    switch (f->kind) {
    case TEXT:
        return 0;
    case SEED: /* below 2^56 */
        return (int64_t) * (const uint64_t *)field;
    case PPM64:
        return *(const int64_t *)field;
    case INT32:
    case POWER2:
    case PPM32:
    case CHOICE:
        break;
    }
    return *(const int32_t *)field;
}

/* The k-th of words separated by |, or NULL. */
static const char *word_of(const char *words, int64_t k)
{
    for (; words && k > 0; k--) {
        words = strchr(words, '|');
        words = words ? words + 1 : NULL;
    }
    return k < 0 ? NULL : words;
}

/* Whether option i has a value that sg_recipe_set could have given it. */
static bool in_range(const sg_recipe *recipe, size_t i)
{
    const struct field *f = &fields[i];
    const void *field = (const char *)recipe + f->offset;
    int64_t number = number_of(f, field);
    switch (f->kind) {
    case TEXT:
        return memchr(field, '\0', (size_t)f->high) != NULL;
    case SEED:
        return *(const uint64_t *)field < SG__SEED_LIMIT;
    case CHOICE: /* low + i * high */
        return (number - f->low) % f->high == 0 &&
               word_of(options[i].value, (number - f->low) / f->high);
    case POWER2:
        return number >= f->low && number <= f->high &&
               (number & (number - 1)) == 0;
    case INT32:
    case PPM32:
    case PPM64:
        break;
    }
    return number >= f->low && number <= f->high;
}

/* The text of option i in room of size bytes; its length, as snprintf. */
static int print(const sg_recipe *recipe, size_t i, char *text, size_t size)
{
    const struct field *f = &fields[i];
    const void *field = (const char *)recipe + f->offset;
    int64_t number = number_of(f, field);
    const char *word;
    char ppm[48];
    switch (f->kind) {
    case TEXT:
        return snprintf(text, size, "%s", (const char *)field);
    case CHOICE:
        word = word_of(options[i].value, (number - f->low) / f->high);
        return snprintf(text, size, "%.*s", (int)strcspn(word, "|"), word);
    case SEED:
        return snprintf(text, size, "%" PRIu64, *(const uint64_t *)field);
    case PPM32:
    case PPM64:
        sg__print_ppm(number, ppm, sizeof ppm);
        return snprintf(text, size, "%s", ppm);
    case INT32:
    case POWER2:
        break;
    }
    return snprintf(text, size, "%" PRId64, number);
}

size_t sg_recipe_text_size(const sg_recipe *recipe, const char *name)
{
    size_t i = find(name);
    if (!recipe || i == OPTIONS)
        return 0;
    return (size_t)print(recipe, i, NULL, 0) + 1;
}

sg_status sg_recipe_get(const sg_recipe *recipe, const char *name, char *text,
                        size_t size)
{
    size_t i = find(name);
    if (!recipe || !text || i == OPTIONS)
        return SG_E_ARGUMENT;
    return (size_t)print(recipe, i, text, size) < size ? SG_OK : SG_E_RANGE;
}

sg_status sg_recipe_number(const sg_recipe *recipe, const char *name,
                           int64_t *out)
{
    size_t i = find(name);
    if (!recipe || !out || i == OPTIONS || fields[i].kind == TEXT)
        return SG_E_ARGUMENT;
    const struct field *f = &fields[i];
    const void *field = (const char *)recipe + f->offset;
    *out = number_of(f, field);
    if (f->kind == CHOICE)
        *out = (*out - f->low) / f->high;
    return SG_OK;
}

void sg__recipe_init(sg_recipe *recipe)
{
    memset(recipe, 0, sizeof *recipe);
    for (size_t i = 0; i < OPTIONS; i++)
        (void)sg_recipe_set(recipe, options[i].name, options[i].initial, NULL);
}

sg_status sg_recipe_create(sg_recipe **out)
{
    if (!out)
        return SG_E_ARGUMENT;
    *out = malloc(sizeof **out);
    if (!*out)
        return SG_E_MEMORY;
    sg__recipe_init(*out);
    return SG_OK;
}

sg_status sg_recipe_copy(const sg_recipe *recipe, sg_recipe **out)
{
    if (out)
        *out = NULL;
    if (!recipe || !out)
        return SG_E_ARGUMENT;
    sg_recipe *copy = malloc(sizeof *copy);
    if (copy)
        *copy = *recipe;
    *out = copy;
    return copy ? SG_OK : SG_E_MEMORY;
}

void sg_recipe_destroy(sg_recipe *recipe)
{
    free(recipe);
}

sg_status sg__recipe_check(const sg_recipe *recipe, sg_error *error)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (!in_range(recipe, i))
            return sg__fail(error, SG_E_RANGE,
                            "%s: value out of range, expected %s",
                            options[i].name, options[i].value);
    return sg__rate_steps_check(recipe, error);
}

/* One threshold, "0.5", "2" or "1/8", as its logarithm. */
static bool parse_power(const char *text, size_t length, int *bits)
{
    char word[16];
    int64_t ppm;
    if (length == 0 || length >= sizeof word)
        return false;
    memcpy(word, text, length);
    word[length] = '\0';

    bool inverse = strncmp(word, "1/", 2) == 0;
    if (!sg__parse_ppm(inverse ? word + 2 : word, &ppm))
        return false;
    for (int b = -6; b <= 6; b++) {
        int64_t power =
            b >= 0 ? (int64_t)MILLION << b : (int64_t)MILLION >> -b;
        if (ppm == power) {
            *bits = inverse ? -b : b;
            return true;
        }
    }
    return false;
}

bool sg__recipe_phi_auto(const sg_recipe *recipe, int *share_bits)
{
    static const char word[] = "auto:";
    size_t length = strlen(word);
    return strncmp(recipe->phi, word, length) == 0 &&
           parse_power(recipe->phi + length, strlen(recipe->phi + length),
                       share_bits);
}

bool sg__recipe_phi_kept(const sg_recipe *recipe)
{
    return strcmp(recipe->phi, "kept") == 0;
}

bool sg__recipe_phi_state(const sg_recipe *recipe)
{
    int share;
    return sg__recipe_phi_kept(recipe) || sg__recipe_phi_auto(recipe, &share);
}

sg_status sg__recipe_phi_bits(const sg_recipe *recipe, size_t n, int *bits,
                              sg_error *error)
{
    const char *p = recipe->phi;
    size_t found = 0;
    if (sg__recipe_phi_state(recipe)) {
        for (size_t i = 0; i < n; i++)
            bits[i] = 0;
        return SG_OK;
    }
    for (;;) {
        size_t length = strcspn(p, ",");
        int value;
        if (!parse_power(p, length, &value))
            return sg__fail(error, SG_E_RANGE,
                            "phi: '%.*s', expected a power of two "
                            "from 1/64 to 64, auto: and one, or kept",
                            (int)(length < 60 ? length : 60), p);
        if (found < n)
            bits[found] = value;
        found++;
        if (p[length] == '\0')
            break;
        p += length + 1;
    }
    if (found == 1)
        for (size_t i = 1; i < n; i++)
            bits[i] = bits[0];
    else if (found != n)
        return sg__fail(error, SG_E_RANGE,
                        "phi: %zu values, expected 1 or %zu, one for each "
                        "hidden layer with weights",
                        found, n);
    return SG_OK;
}

bool sg__recipe_is_later(size_t option)
{
    return fields[option].later;
}
