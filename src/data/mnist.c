/* MNIST and the data sets that are distributed as it is, in pairs of IDX files
 * of images and labels. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/folder.h"
#include "data/idx.h"
#include "data/reader.h"

enum { CLASSES_MAX = 256, DIGITS_END = 9, STEMS = 3 };

/* A family of files: "train" in front of -images-idx3-ubyte, say. */
typedef struct family {
    const char *stem[2][STEMS]; /* of the splits, up to a NULL */
    sg__places places;
} family;

/* The files of one split. */
typedef struct split_names {
    sg__names images, labels;
} split_names;

static void name_files(split_names *names, const char *stem)
{
    static const char *const marks[] = {"-", "."};
    static const char *const packed[] = {"", ".gz"};
    static const char *const images[] = {"idx3-ubyte", "idx4-ubyte"};
    static const char *const labels[] = {"idx1-ubyte", "idx1-int", "idx2-int"};
    for (size_t m = 0; m < 2; m++)
        for (size_t p = 0; p < 2; p++) {
            for (size_t i = 0; i < 2; i++)
                sg__names_add(&names->images, "%s-images%s%s%s", stem,
                              marks[m], images[i], packed[p]);
            for (size_t i = 0; i < 3; i++)
                sg__names_add(&names->labels, "%s-labels%s%s%s", stem,
                              marks[m], labels[i], packed[p]);
        }
}

static void name_split(const family *f, sg_split split, split_names *names)
{
    names->images.count = names->labels.count = 0;
    for (size_t i = 0; i < STEMS && f->stem[split][i]; i++)
        name_files(names, f->stem[split][i]);
}

/* The labels of a split; *path, in new memory, is the file's. */
static sg_status read_labels(const sg__request *request, const family *f,
                             const sg__names *names, sg__idx *out, char **path,
                             sg_error *error)
{
    sg__source source;
    *out = (sg__idx){.bytes = NULL};
    sg_status status =
        sg__folder_find(request->path, &f->places, names, path, error);
    if (!status)
        status = sg__source_open(*path, request->limit, &source, error);
    if (status)
        return status;
    status = sg__idx_read(&source, SG__IDX_LABELS, out, error);
    sg__source_close(&source);
    return status;
}

typedef struct range {
    uint32_t low, high;
} range;

static void widen(range *r, const sg__idx *labels)
{
    for (uint32_t i = 0; i < labels->size[0]; i++) {
        uint32_t label = labels->bytes[i];
        r->low = label < r->low ? label : r->low;
        r->high = label > r->high ? label : r->high;
    }
}

/* Both splits have the classes of the labels of both: those of the other one
 * count if they can be read. */
static void widen_other(const sg__request *request, const family *f, range *r)
{
    split_names names;
    sg__idx labels;
    char *path = NULL;
    name_split(f,
               request->split == SG_SPLIT_TRAIN ? SG_SPLIT_TEST
                                                : SG_SPLIT_TRAIN,
               &names);
    if (read_labels(request, f, &names.labels, &labels, &path, NULL) == SG_OK)
        widen(r, &labels);
    free(labels.bytes);
    free(path);
}

/* Labels from 1 to beyond the digits are counted from 1. */
static sg_status make_rule(const sg__request *request, const family *f,
                           const sg__idx *labels, sg__idx_rule *rule,
                           sg_error *error)
{
    range r = {UINT32_MAX, 0};
    widen(&r, labels);
    widen_other(request, f, &r);
    uint64_t base = r.low == 1 && r.high > DIGITS_END, classes;
    sg_status status =
        sg__request_number(request, "base", 0, 255, &base, error);
    classes = r.high >= base ? r.high - base + 1 : 1;
    if (!status)
        status = sg__request_number(request, "classes", 2, CLASSES_MAX,
                                    &classes, error);
    *rule = (sg__idx_rule){(uint32_t)base, (uint32_t)classes};
    return status;
}

static sg_status open_images(const sg__request *request, const family *f,
                             const sg__names *names, const char *label_path,
                             sg__idx *labels, sg_data **out, sg_error *error)
{
    sg__source source;
    sg__idx_rule rule;
    char *path = NULL;
    sg_status status = make_rule(request, f, labels, &rule, error);
    if (!status)
        status =
            sg__folder_find(request->path, &f->places, names, &path, error);
    if (!status)
        status = sg__source_open(path, request->limit, &source, error);
    if (!status) {
        status = sg__idx_pair(&source, label_path, labels, rule, request->spec,
                              out, error);
        sg__source_close(&source);
    }
    free(path);
    return status;
}

static sg_status open_family(const sg__request *request, const family *f,
                             sg_data **out, sg_error *error)
{
    split_names names;
    sg__idx labels = {.bytes = NULL};
    char *path = NULL;
    name_split(f, request->split, &names);
    /* images are looked for first, as they are what a folder is known by */
    sg_status status = sg__folder_find(request->path, &f->places,
                                       &names.images, &path, error);
    free(path);
    path = NULL;
    if (!status)
        status = read_labels(request, f, &names.labels, &labels, &path, error);
    if (!status)
        status =
            open_images(request, f, &names.images, path, &labels, out, error);
    free(labels.bytes);
    free(path);
    return status;
}

static bool has_family(const char *path, const family *f)
{
    split_names names;
    for (int split = 0; split < 2; split++) {
        name_split(f, (sg_split)split, &names);
        if (sg__folder_has(path, &f->places, &names.images))
            return true;
    }
    return false;
}

static const char *const mnist_below[] = {"",           "raw",   "MNIST/raw",
                                          "QMNIST/raw", "mnist", "MNIST",
                                          NULL};
static const char *const fashion_below[] = {
    "", "raw", "FashionMNIST/raw", "fashion-mnist", "FashionMNIST", NULL};
static const char *const emnist_below[] = {"", "raw", "EMNIST/raw", "gzip",
                                           NULL};

static const sg__sign mnist_signs[] = {
    {"emnist-*", "EMNIST: say emnist: instead"},
    {"FashionMNIST", "Fashion-MNIST: say fashion: instead"},
    {"mnist.npz", "which is not read: the IDX files are wanted"},
    {"mnist.pkl*", "which is not read: the IDX files are wanted"},
    {NULL, NULL},
};

static const family mnist = {
    {{"train", "qmnist-train"}, {"t10k", "test", "qmnist-test"}},
    {mnist_below, mnist_signs},
};

static const family fashion = {
    {{"train"}, {"t10k", "test"}},
    {fashion_below, NULL},
};

static sg_status open_mnist(const sg__request *request, sg_data **out,
                            sg_error *error)
{
    return open_family(request, &mnist, out, error);
}

static sg_status open_fashion(const sg__request *request, sg_data **out,
                              sg_error *error)
{
    return open_family(request, &fashion, out, error);
}

static bool is_mnist(const char *path)
{
    return has_family(path, &mnist);
}

#define LABEL_OPTIONS                                                              \
    {"classes", "N",                                                               \
     "classes, as many as the labels of both splits show if it is not given"},     \
    {                                                                              \
        "base", "B",                                                               \
            "the label of the first class: 1 if they go from 1 to above 9, else 0" \
    }

static const sg_data_option options[] = {LABEL_OPTIONS};

const sg__reader sg__reader_mnist = {
    .format = {.name = "mnist",
               .form = "mnist:DIR",
               .help = "IDX files by MNIST's names, .gz or plain, grey or in "
                       "colour",
               .example = "mnist:data/mnist",
               .takes_path = 1,
               .option = options,
               .options = sizeof options / sizeof options[0]},
    .open = open_mnist,
    .recognise = is_mnist,
};

const sg__reader sg__reader_fashion = {
    .format = {.name = "fashion",
               .form = "fashion:DIR",
               .help = "Fashion-MNIST, IDX files by the same names",
               .example = "fashion:data/FashionMNIST",
               .takes_path = 1,
               .option = options,
               .options = sizeof options / sizeof options[0]},
    .open = open_fashion,
};

/* ---- EMNIST: one of several sets, its images transposed ---- */

static const char *const sets[] = {"balanced", "byclass", "bymerge",
                                   "digits",   "letters", "mnist"};

enum { SETS = sizeof sets / sizeof sets[0] };

/* The file names of a set. */
typedef struct set_family {
    char train[32], test[32];
    family f;
} set_family;

static void name_set(set_family *set, const char *name)
{
    snprintf(set->train, sizeof set->train, "emnist-%.12s-train", name);
    snprintf(set->test, sizeof set->test, "emnist-%.12s-test", name);
    set->f = (family){{{set->train}, {set->test}}, {emnist_below, NULL}};
}

/* The only set in the folder; NULL if there are none or several. */
static const char *only_set(const char *path)
{
    const char *found = NULL;
    for (size_t i = 0; i < SETS; i++) {
        set_family set;
        name_set(&set, sets[i]);
        if (!has_family(path, &set.f))
            continue;
        if (found)
            return NULL;
        found = sets[i];
    }
    return found;
}

static bool is_emnist(const char *path)
{
    for (size_t i = 0; i < SETS; i++) {
        set_family set;
        name_set(&set, sets[i]);
        if (has_family(path, &set.f))
            return true;
    }
    return false;
}

static bool is_set(const char *name)
{
    for (size_t i = 0; i < SETS; i++)
        if (strcmp(name, sets[i]) == 0)
            return true;
    return false;
}

/* Swaps rows and columns of square images, in place. */
static void transpose(sg_data *data)
{
    const size_t side = data->info.width;
    for (uint32_t n = 0; n < data->info.size; n++) {
        uint8_t *p = data->own->pixels + n * data->own->sample_bytes;
        for (size_t y = 0; y < side; y++)
            for (size_t x = 0; x < y; x++) {
                uint8_t keep = p[y * side + x];
                p[y * side + x] = p[x * side + y];
                p[x * side + y] = keep;
            }
    }
}

static sg_status open_emnist(const sg__request *request, sg_data **out,
                             sg_error *error)
{
    set_family set;
    const char *name = sg__request_text(request, "set");
    if (!name)
        name = only_set(request->path);
    if (name ? !is_set(name) : is_emnist(request->path))
        return sg__fail(error, SG_E_ARGUMENT,
                        "data \"%.120s\": set=%.24s, expected balanced, "
                        "byclass, bymerge, digits, letters or mnist",
                        request->spec, name ? name : "");
    name_set(&set, name ? name : "SET");
    sg_status status = open_family(request, &set.f, out, error);
    if (!status && (*out)->info.width == (*out)->info.height &&
        (*out)->info.channels == 1)
        transpose(*out);
    return status;
}

static const sg_data_option emnist_options[] = {
    {"set", "SET",
     "balanced, byclass, bymerge, digits, letters or mnist; needed where "
     "there are several"},
    LABEL_OPTIONS,
};

const sg__reader sg__reader_emnist = {
    .format = {.name = "emnist",
               .form = "emnist:DIR[,set=SET]",
               .help = "EMNIST, IDX files by its names; images are turned "
                       "upright",
               .example = "emnist:data/EMNIST,set=letters",
               .takes_path = 1,
               .option = emnist_options,
               .options = sizeof emnist_options / sizeof emnist_options[0]},
    .open = open_emnist,
    .recognise = is_emnist,
};
