/* MNIST and the data sets that are distributed as it is, in pairs of IDX files
 * of images and labels. */
#include <stdio.h>
#include <string.h>

#include "data/idx_family.h"
#include "data/names.h"

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

static const sg__idx_family mnist = {
    .stem = {{"train", "qmnist-train"}, {"t10k", "test", "qmnist-test"}},
    .places = {mnist_below, mnist_signs},
};

static const sg__idx_family fashion = {
    .stem = {{"train"}, {"t10k", "test"}},
    .places = {fashion_below, NULL},
};

static sg_status open_mnist(const sg__request *request, sg_data **out,
                            sg_error *error)
{
    return sg__idx_family_open(request, &mnist, out, error);
}

/* Gives data that were opened their names; frees them if that fails. */
static sg_status named(sg_status status, const char *lines, sg_data **out,
                       sg_error *error)
{
    if (status == SG_OK)
        status = sg__data_name_known(*out, lines, error);
    if (status != SG_OK) {
        sg_data_destroy(*out);
        *out = NULL;
    }
    return status;
}

static sg_status open_fashion(const sg__request *request, sg_data **out,
                              sg_error *error)
{
    return named(sg__idx_family_open(request, &fashion, out, error),
                 "T-shirt/top\nTrouser\nPullover\nDress\nCoat\nSandal\n"
                 "Shirt\nSneaker\nBag\nAnkle boot\n",
                 out, error);
}

static bool is_mnist(const char *path)
{
    return sg__idx_family_has(path, &mnist);
}

static const sg_data_option options[] = {SG__IDX_OPTIONS};

const sg__reader sg__reader_mnist = {
    .format = {.name = "mnist",
               .form = "mnist:DIR",
               .help = "IDX files by MNIST's names, .gz or plain, grey or in "
                       "colour; also in a zip, tar or tar.gz",
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

#define DIGITS "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"
#define LARGE                                                                     \
    "A\nB\nC\nD\nE\nF\nG\nH\nI\nJ\nK\nL\nM\nN\nO\nP\nQ\nR\nS\nT\nU\nV\nW\nX\nY\n" \
    "Z\n"
#define SMALL                                                                     \
    "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\nq\nr\ns\nt\nu\nv\nw\nx\ny\n" \
    "z\n"

/* Of the classes of a set. Where large and small letters that look alike are
 * one class, it has the name of the large one; in letters all of them are. */
static const char *const names_of[] = {
    DIGITS LARGE "a\nb\nd\ne\nf\ng\nh\nn\nq\nr\nt\n",
    DIGITS LARGE SMALL,
    DIGITS LARGE "a\nb\nd\ne\nf\ng\nh\nn\nq\nr\nt\n",
    DIGITS,
    LARGE,
    DIGITS,
};

/* The file names of a set. */
typedef struct set_family {
    char train[32], test[32];
    sg__idx_family f;
} set_family;

static void name_set(set_family *set, const char *name)
{
    snprintf(set->train, sizeof set->train, "emnist-%.12s-train", name);
    snprintf(set->test, sizeof set->test, "emnist-%.12s-test", name);
    set->f = (sg__idx_family){.stem = {{set->train}, {set->test}},
                              .places = {emnist_below, NULL},
                              .turned = true};
}

/* The only set in the folder; NULL if there are none or several. */
static const char *only_set(const char *path)
{
    const char *found = NULL;
    for (size_t i = 0; i < SETS; i++) {
        set_family set;
        name_set(&set, sets[i]);
        if (!sg__idx_family_has(path, &set.f))
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
        if (sg__idx_family_has(path, &set.f))
            return true;
    }
    return false;
}

/* SETS if there is none of that name. */
static size_t find_set(const char *name)
{
    size_t i = 0;
    while (i < SETS && strcmp(name, sets[i]) != 0)
        i++;
    return i;
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
    const size_t which = name ? find_set(name) : SETS;
    if (name ? which == SETS : is_emnist(request->path))
        return sg__fail(error, SG_E_ARGUMENT,
                        "data \"%.120s\": set=%.24s, expected balanced, "
                        "byclass, bymerge, digits, letters or mnist",
                        request->spec, name ? name : "");
    name_set(&set, name ? name : "SET");
    sg_status status = sg__idx_family_open(request, &set.f, out, error);
    if (!status && (*out)->info.width == (*out)->info.height &&
        (*out)->info.channels == 1)
        transpose(*out);
    return which < SETS ? named(status, names_of[which], out, error) : status;
}

static const sg_data_option emnist_options[] = {
    {"set", "SET",
     "balanced, byclass, bymerge, digits, letters or mnist; needed where "
     "there are several"},
    SG__IDX_OPTIONS,
};

const sg__reader sg__reader_emnist = {
    .format = {.name = "emnist",
               .form = "emnist:DIR[,set=SET]",
               .help =
                   "EMNIST, IDX files by its names, also in gzip.zip as it "
                   "is distributed; images are turned upright",
               .example = "emnist:data/gzip.zip,set=letters",
               .takes_path = 1,
               .option = emnist_options,
               .options = sizeof emnist_options / sizeof emnist_options[0]},
    .open = open_emnist,
    .recognise = is_emnist,
};
