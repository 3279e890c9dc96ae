/* Walking the folders of recordings; see listing.h. */
#include "data/events/listing.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { RECORDINGS_MAX = 1 << 24 };

/* The names in a folder. */
typedef struct names {
    char **at;
    size_t count, room;
} names;

static void free_names(names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->at[i]);
    free(n->at);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static sg_status out_of_memory(const char *path, sg_error *error)
{
    return sg__fail(error, SG_E_MEMORY, "%s: out of memory", path);
}

static bool add_name(names *n, const char *name)
{
    if (n->count == n->room) {
        size_t room = n->room ? 2 * n->room : 64;
        char **more = realloc(n->at, room * sizeof *more);
        if (!more)
            return false;
        n->at = more;
        n->room = room;
    }
    n->at[n->count] = sg__path_join(NULL, name, "");
    return n->at[n->count] && ++n->count;
}

static sg_status list_folder(const char *path, names *out, sg_error *error)
{
    *out = (names){NULL, 0, 0};
    errno = 0;
    DIR *folder = opendir(path);
    if (!folder) {
        if (errno == ENOMEM)
            return out_of_memory(path, error);
        return sg__fail(error,
                        errno == ENOENT || errno == ENOTDIR ? SG_E_MISSING
                                                            : SG_E_IO,
                        "%s: cannot open as a folder: %s", path,
                        strerror(errno));
    }
    sg_status status = SG_OK;
    const struct dirent *entry;
    for (errno = 0; !status && (entry = readdir(folder)); errno = 0)
        if (entry->d_name[0] != '.' && !add_name(out, entry->d_name))
            status = out_of_memory(path, error);
    if (!status && errno != 0)
        status = sg__fail(error, SG_E_IO, "%s: cannot read: %s", path,
                          strerror(errno));
    closedir(folder);
    if (out->count > 0)
        qsort(out->at, out->count, sizeof *out->at, by_text);
    if (status)
        free_names(out);
    return status;
}

/* Whether path is a folder; what cannot be looked at is none. */
static sg_status is_folder(const char *path, bool *folder, sg_error *error)
{
    struct stat status;
    errno = 0;
    *folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    if (*folder || errno == 0 || errno == ENOENT || errno == ENOTDIR ||
        errno == EACCES || errno == ELOOP)
        return SG_OK;
    if (errno == ENOMEM)
        return out_of_memory(path, error);
    return sg__fail(error, SG_E_IO, "%s: %s", path, strerror(errno));
}

/* The number of a class, new or known. */
static sg_status find_class(sg__listing *list, const char *path,
                            const char *name, uint32_t *number,
                            sg_error *error)
{
    for (*number = 0; *number < list->classes; ++*number)
        if (strcmp(list->class[*number], name) == 0)
            return SG_OK;
    if (list->classes == SG__CLASSES_MAX)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: more than %d folders with recordings, expected "
                        "one for each class",
                        path, SG__CLASSES_MAX);
    list->class[list->classes] = sg__path_join(NULL, name, "");
    if (!list->class[list->classes])
        return out_of_memory(path, error);
    list->classes++;
    return SG_OK;
}

static sg_status add_recording(sg__listing *list, const char *path,
                               const char *name, uint32_t class, bool test,
                               sg_error *error)
{
    if (list->count == list->room) {
        uint32_t room = list->room ? 2 * list->room : 256;
        sg__recording *more = room <= RECORDINGS_MAX
                                  ? realloc(list->at, room * sizeof *more)
                                  : NULL;
        if (!more)
            return out_of_memory(path, error);
        list->at = more;
        list->room = room;
    }
    char *whole = sg__path_join(path, name, "");
    if (!whole)
        return out_of_memory(path, error);
    list->at[list->count++] = (sg__recording){whole, class, test, 0};
    return SG_OK;
}

/* The recordings of a class: files of a known kind in its folder. */
static sg_status read_class(sg__listing *list, const char *path,
                            const char *name, bool test, sg_error *error)
{
    names files;
    uint32_t class = 0;
    bool known = false;
    sg_status status = list_folder(path, &files, error);
    if (status)
        return status;
    for (size_t i = 0; !status && i < files.count; i++) {
        if (sg__event_format_other(files.at[i]))
            status = sg__fail(error, SG_E_FORMAT,
                              "%.140s/%.140s: a recording of a kind that is "
                              "not read, expected .bin, .aedat 2.0 or 3.1, "
                              ".dat, .raw, .npy, .npz or .csv",
                              path, files.at[i]);
        if (status || !sg__event_format_of(files.at[i]))
            continue;
        if (!known)
            status = find_class(list, path, name, &class, error);
        known = true;
        if (!status)
            status =
                add_recording(list, path, files.at[i], class, test, error);
    }
    free_names(&files);
    return status;
}

/* Calls read for each folder in path. */
typedef sg_status (*read_fn)(sg__listing *list, const char *path,
                             const char *name, bool test, sg_error *error);

static sg_status each_folder(sg__listing *list, const char *path, bool test,
                             read_fn read, sg_error *error)
{
    names inside;
    sg_status status = list_folder(path, &inside, error);
    if (status)
        return status;
    for (size_t i = 0; !status && i < inside.count; i++) {
        bool folder = false;
        char *below = sg__path_join(path, inside.at[i], "");
        status = below ? is_folder(below, &folder, error)
                       : out_of_memory(path, error);
        if (!status && folder)
            status = read(list, below, inside.at[i], test, error);
        free(below);
    }
    free_names(&inside);
    return status;
}

/* A folder train or test, of classes. */
static sg_status read_split(sg__listing *list, const char *path,
                            const char *name, bool test, sg_error *error)
{
    (void)test;
    bool is_test = strcasecmp(name, "test") == 0;
    if (!is_test && strcasecmp(name, "train") != 0)
        return SG_OK;
    list->divided = true;
    return each_folder(list, path, is_test, read_class, error);
}

static bool is_number(const char *text)
{
    size_t length = strspn(text, "0123456789");
    return length > 0 && length < 10 && !text[length];
}

/* Class names in order: numbers by their value if all are numbers. */
static void order_classes(sg__listing *list)
{
    bool numbers = true;
    uint32_t place[SG__CLASSES_MAX] = {0}, of[SG__CLASSES_MAX] = {0};
    char *name[SG__CLASSES_MAX];
    for (uint32_t k = 0; k < list->classes; k++)
        numbers = numbers && is_number(list->class[k]);
    for (uint32_t k = 0; k < list->classes; k++) {
        place[k] = 0;
        for (uint32_t other = 0; other < list->classes; other++) {
            const char *a = list->class[other], *b = list->class[k];
            long gap = numbers ? strtol(a, NULL, 10) - strtol(b, NULL, 10) : 0;
            if (gap == 0)
                gap = strcmp(a, b);
            place[k] += gap < 0;
        }
        of[place[k]] = k;
    }
    for (uint32_t k = 0; k < list->classes; k++)
        name[k] = list->class[of[k]];
    for (uint32_t k = 0; k < list->classes; k++)
        list->class[k] = name[k];
    for (uint32_t i = 0; i < list->count; i++)
        list->at[i].class = place[list->at[i].class];
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const sg__recording *)a)->path,
                  ((const sg__recording *)b)->path);
}

sg_status sg__listing_read(const char *path, sg__listing *out, sg_error *error)
{
    memset(out, 0, sizeof *out);
    sg_status status = each_folder(out, path, false, read_split, error);
    if (!status && !out->divided)
        status = each_folder(out, path, false, read_class, error);
    if (!status && out->count == 0)
        status = sg__fail(error, SG_E_MISSING,
                          "%s: no recordings, expected CLASS/FILE or "
                          "train/CLASS/FILE and test/CLASS/FILE",
                          path);
    if (status) {
        sg__listing_free(out);
        return status;
    }
    order_classes(out);
    qsort(out->at, out->count, sizeof *out->at, by_path);
    return SG_OK;
}

void sg__listing_free(sg__listing *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        free(list->at[i].path);
    for (uint32_t k = 0; k < list->classes; k++)
        free(list->class[k]);
    free(list->at);
    list->at = NULL;
    list->count = list->classes = 0;
}

static sg_status bad(const sg__request *request, const char *key,
                     const char *expected, sg_error *error)
{
    return sg__fail(error, SG_E_ARGUMENT,
                    "data \"%.100s\": %s=%.40s, expected %s", request->spec,
                    key, sg__request_text(request, key), expected);
}

/* The number at text, which `end` follows; 0 if it is none of 1..max. */
static uint32_t read_number(const char *text, const char *end, uint32_t max)
{
    char *stop;
    if (*text < '0' || *text > '9')
        return 0;
    unsigned long n = strtoul(text, &stop, 10);
    return strncmp(stop, end, strlen(end)) == 0 && (*end || !*stop) && n <= max
               ? (uint32_t)n
               : 0;
}

sg_status sg__listing_divide(sg__listing *list, const sg__request *request,
                             sg_error *error)
{
    const char *fold = sg__request_text(request, "fold");
    const char *test = sg__request_text(request, "test");
    if (fold && test)
        return bad(request, "test", "no fold= with it", error);
    if (fold) {
        uint32_t k = read_number(fold, "/", UINT16_MAX);
        const char *slash = strchr(fold, '/');
        uint32_t n = slash ? read_number(slash + 1, "", UINT16_MAX) : 0;
        if (k == 0 || n < 2 || k > n)
            return bad(request, "fold", "K/N, 1/N up to N/N, N at least 2",
                       error);
        for (uint32_t i = 0; i < list->count; i++)
            list->at[i].test = i % n == k - 1;
    }
    if (test) {
        uint32_t percent = read_number(test, "%", 99);
        if (percent == 0 || strchr(test, '%')[1])
            return bad(request, "test", "1% to 99%", error);
        for (uint64_t i = 0; i < list->count; i++)
            list->at[i].test = (i + 1) * percent / 100 > i * percent / 100;
    }
    return SG_OK;
}

static int by_rank(const void *a, const void *b)
{
    const sg__recording *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->class < y->class ? -1 : x->class > y->class;
}

sg_status sg__listing_select(sg__listing *list, const sg__request *request,
                             sg_error *error)
{
    uint32_t of_class[SG__CLASSES_MAX] = {0}, kept = 0;
    const bool test = request->split == SG_SPLIT_TEST;
    for (uint32_t i = 0; i < list->count; i++) {
        sg__recording *r = &list->at[i];
        if (r->test != test) {
            free(r->path);
            continue;
        }
        r->rank = of_class[r->class]++;
        list->at[kept++] = *r;
    }
    list->count = kept;
    if (kept == 0)
        return sg__fail(error, SG_E_MISSING,
                        "%s: no recordings %s; test=P%% or fold=K/N make "
                        "some of one folder",
                        request->path, test ? "to test on" : "to train on");
    qsort(list->at, list->count, sizeof *list->at, by_rank);
    return SG_OK;
}
