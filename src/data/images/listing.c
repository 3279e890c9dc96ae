/* Walking folders of pictures; see listing.h. */
#include "data/images/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/images/picture.h"
#include "data/source.h"

enum { DEPTH_MAX = 4, SHOTS_MAX = 1 << 26, PATH_ROOM = 4096 };

static sg_status out_of_memory(const char *path, sg_error *error)
{
    return sg__fail(error, SG_E_MEMORY, "%s: out of memory", path);
}

void sg__shots_free(sg__shots *shots)
{
    for (size_t i = 0; i < shots->count; i++)
        free(shots->at[i].path);
    for (uint32_t k = 0; k < shots->classes; k++)
        free(shots->class[k]);
    free(shots->at);
    free(shots->class);
    *shots = (sg__shots){.at = NULL};
}

sg_status sg__shots_add(sg__shots *shots, const char *root, const char *path,
                        const sg__shot *facts, sg_error *error)
{
    bool other;
    const char *file = strrchr(path, '/');
    file = file ? file + 1 : path;
    if (file[0] == '.' || !*file)
        return SG_OK;
    if (!sg__picture_named(file, &other))
        return other ? sg__fail(error, SG_E_FORMAT,
                                "%.140s/%.140s: a picture of a kind that is "
                                "not read, expected PNG or JPEG",
                                root, path)
                     : SG_OK;
    if (shots->count == shots->room) {
        size_t room = shots->room ? 2 * shots->room : 1024;
        sg__shot *grown = room <= SHOTS_MAX
                              ? realloc(shots->at, room * sizeof *grown)
                              : NULL;
        if (!grown)
            return out_of_memory(root, error);
        shots->at = grown;
        shots->room = room;
    }
    sg__shot *s = &shots->at[shots->count];
    *s = *facts;
    s->path = sg__path_join(NULL, path, "");
    if (!s->path)
        return out_of_memory(root, error);
    s->file = s->path + (file - path);
    shots->count++;
    return SG_OK;
}

/* ---- folders ---- */

/* A folder that is being walked through, and those above it. */
typedef struct walk {
    const char *root;
    sg__shots *shots;
    char path[PATH_ROOM]; /* below the root */
    struct stat above[DEPTH_MAX + 1];
    sg_error *error;
} walk;

static sg_status walk_folder(walk *w, int fd, size_t length, int depth);

static sg_status unread(const char *folder, int reason, sg_error *error)
{
    return sg__fail(error, reason == ENOMEM ? SG_E_MEMORY : SG_E_IO,
                    "%.200s: %s", folder,
                    reason == ENOMEM ? "out of memory" : strerror(reason));
}

static sg_status open_folder(walk *w, int parent, const char *name,
                             size_t length, int depth)
{
    if (depth > DEPTH_MAX)
        return sg__fail(w->error, SG_E_FORMAT,
                        "%.140s/%.140s: folders are nested, expected "
                        "CLASS/FILE or SPLIT/CLASS/FILE",
                        w->root, w->path);
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return sg__fail(w->error, errno == ENOMEM ? SG_E_MEMORY : SG_E_IO,
                        "%.140s/%.100s: cannot open: %s", w->root, w->path,
                        strerror(errno));
    struct stat *own = &w->above[depth];
    if (fstat(fd, own) != 0) {
        close(fd);
        return sg__fail(w->error, SG_E_IO, "%.140s/%.100s: %s", w->root,
                        w->path, strerror(errno));
    }
    for (int i = 0; i < depth; i++)
        if (w->above[i].st_dev == own->st_dev &&
            w->above[i].st_ino == own->st_ino) {
            close(fd);
            return sg__fail(w->error, SG_E_FORMAT,
                            "%.140s/%.140s: a link back to a folder above it, "
                            "expected a folder of pictures",
                            w->root, w->path);
        }
    return walk_folder(w, fd, length, depth);
}

static sg_status visit(walk *w, int fd, const char *name, size_t length,
                       int depth)
{
    struct stat status;
    size_t n = strlen(name), at = length + (length > 0);
    if (at + n + 1 > sizeof w->path)
        return sg__fail(w->error, SG_E_FORMAT,
                        "%.140s/%.100s: a path of more than %d bytes", w->root,
                        name, PATH_ROOM);
    if (length)
        w->path[length] = '/';
    memcpy(w->path + at, name, n + 1);
    if (fstatat(fd, name, &status, 0) != 0) {
        bool dangling = errno == ENOENT || errno == ELOOP;
        return sg__fail(w->error, dangling ? SG_E_FORMAT : SG_E_IO,
                        "%.140s/%.100s: %s", w->root, w->path,
                        dangling ? "a link that leads nowhere"
                                 : strerror(errno));
    }
    if (S_ISDIR(status.st_mode))
        return open_folder(w, fd, name, at + n, depth + 1);
    if (!S_ISREG(status.st_mode)) {
        bool other;
        return sg__picture_named(name, &other)
                   ? sg__fail(w->error, SG_E_FORMAT,
                              "%.140s/%.140s: expected a regular file",
                              w->root, w->path)
                   : SG_OK;
    }
    const sg__shot facts = {
        .size = (uint64_t)status.st_size,
        .seconds = (int64_t)status.st_mtim.tv_sec,
        .nanoseconds = (int64_t)status.st_mtim.tv_nsec,
    };
    return sg__shots_add(w->shots, w->root, w->path, &facts, w->error);
}

/* Closes fd. */
static sg_status walk_folder(walk *w, int fd, size_t length, int depth)
{
    sg_status status = SG_OK;
    const struct dirent *entry;
    DIR *folder = fdopendir(fd);
    if (!folder) {
        status = unread(w->root, errno, w->error);
        close(fd);
        return status;
    }
    for (errno = 0; !status && (entry = readdir(folder)); errno = 0)
        if (entry->d_name[0] != '.')
            status = visit(w, fd, entry->d_name, length, depth);
    if (!status && errno != 0)
        status = sg__fail(w->error, SG_E_IO, "%.200s: cannot read: %s",
                          w->root, strerror(errno));
    closedir(folder);
    return status;
}

sg_status sg__shots_of_folder(const char *folder, sg__shots *out,
                              sg_error *error)
{
    *out = (sg__shots){.at = NULL};
    errno = 0;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return sg__fail(error,
                        errno == ENOENT   ? SG_E_MISSING
                        : errno == ENOMEM ? SG_E_MEMORY
                                          : SG_E_IO,
                        "%s: %s", folder,
                        errno == ENOENT ? "no such folder" : strerror(errno));
    walk *w = calloc(1, sizeof *w);
    if (!w || fstat(fd, &w->above[0]) != 0) {
        sg_status status = unread(folder, errno, error);
        close(fd);
        free(w);
        return status;
    }
    w->root = folder;
    w->shots = out;
    w->error = error;
    sg_status status = walk_folder(w, fd, 0, 0);
    free(w);
    if (status)
        sg__shots_free(out);
    return status;
}

/* ---- what the paths say ---- */

/* Folders of a path. */
static size_t depth_of(const char *path)
{
    size_t n = 0;
    for (; *path; path++)
        n += *path == '/';
    return n;
}

enum { NO_SPLIT, TRAIN, TEST, VALIDATION };

/* The split that the first folder of a path is called after. */
static int split_of(const char *path)
{
    static const struct {
        const char *name;
        int split;
    } names[] = {
        {"train", TRAIN},          {"training", TRAIN}, {"test", TEST},
        {"testing", TEST},         {"val", VALIDATION}, {"valid", VALIDATION},
        {"validation", VALIDATION}};
    size_t length = strcspn(path, "/");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == length &&
            strncasecmp(path, names[i].name, length) == 0)
            return names[i].split;
    return NO_SPLIT;
}

/* Bytes of the folders in front that do not count: as many as all have in
 * common, and leave a class and a file. */
static size_t common_part(const sg__shots *shots)
{
    const char *first = shots->at[0].path;
    size_t skip = 0;
    for (;;) {
        const char *rest = first + skip;
        size_t length = strcspn(rest, "/") + 1;
        if (depth_of(rest) < 2 || split_of(rest))
            return skip;
        for (size_t i = 1; i < shots->count; i++)
            if (strncmp(shots->at[i].path, first, skip + length) != 0)
                return skip;
        skip += length;
    }
}

static bool is_number(const char *text, size_t length)
{
    return length > 0 && length < 10 && strspn(text, "0123456789") >= length;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_number(const void *a, const void *b)
{
    long x = strtol(*(char *const *)a, NULL, 10);
    long y = strtol(*(char *const *)b, NULL, 10);
    return x != y ? (x < y ? -1 : 1) : by_text(a, b);
}

static bool is_class(const sg__shots *shots, uint32_t k, const char *name,
                     size_t length)
{
    return k < shots->classes && strncmp(shots->class[k], name, length) == 0 &&
           !shots->class[k][length];
}

/* The class by this name, of `length` bytes; classes if there is none. before:
 * that of the picture before, which most are of. */
static uint32_t find_class(const sg__shots *shots, const char *name,
                           size_t length, uint32_t before)
{
    uint32_t k = 0;
    if (is_class(shots, before, name, length))
        return before;
    while (k < shots->classes && !is_class(shots, k, name, length))
        k++;
    return k;
}

static sg_status add_class(sg__shots *shots, const char *root,
                           const char *name, size_t length, sg_error *error)
{
    if (shots->classes == SG__IMAGE_CLASSES_MAX)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: more than %d folders of pictures, expected one "
                        "for each class",
                        root, SG__IMAGE_CLASSES_MAX);
    if (!shots->class)
        shots->class = calloc(SG__IMAGE_CLASSES_MAX, sizeof *shots->class);
    char *copy = shots->class ? malloc(length + 1) : NULL;
    if (!copy)
        return out_of_memory(root, error);
    memcpy(copy, name, length);
    copy[length] = '\0';
    shots->class[shots->classes++] = copy;
    return SG_OK;
}

/* The class folder in a path, behind `skip` bytes and a split. */
static const char *class_in(const sg__shots *shots, const sg__shot *s,
                            size_t skip, size_t *length)
{
    const char *name = s->path + skip;
    if (shots->divided)
        name += strcspn(name, "/") + 1;
    *length = strcspn(name, "/");
    return name;
}

/* Looks at all paths: are there splits, and is it the same everywhere? */
static sg_status find_splits(sg__shots *shots, const char *root, size_t skip,
                             sg_error *error)
{
    bool test = false;
    shots->divided = depth_of(shots->at[0].path + skip) == 2;
    for (size_t i = 0; i < shots->count; i++) {
        const char *path = shots->at[i].path + skip;
        int split = split_of(path);
        test = test || split == TEST;
        if (depth_of(path) != (shots->divided ? 2 : 1) ||
            (shots->divided && !split))
            return sg__fail(error, SG_E_FORMAT,
                            "%.140s/%.140s: expected %s, as %.60s", root,
                            shots->at[i].path,
                            shots->divided ? "train/CLASS/FILE or "
                                             "test/CLASS/FILE"
                                           : "CLASS/FILE",
                            "others are");
    }
    if (!shots->divided)
        return SG_OK;
    size_t kept = 0;
    for (size_t i = 0; i < shots->count; i++) {
        int split = split_of(shots->at[i].path + skip);
        if (split == VALIDATION && test) {
            free(shots->at[i].path);
            continue;
        }
        shots->at[kept] = shots->at[i];
        shots->at[kept++].test = split != TRAIN;
    }
    shots->count = kept;
    return SG_OK;
}

static sg_status find_classes(sg__shots *shots, const char *root, size_t skip,
                              sg_error *error)
{
    bool numbers = true;
    uint32_t class = 0;
    size_t length;
    for (size_t i = 0; i < shots->count; i++) {
        const char *name = class_in(shots, &shots->at[i], skip, &length);
        class = find_class(shots, name, length, class);
        if (class < shots->classes)
            continue;
        sg_status status = add_class(shots, root, name, length, error);
        if (status)
            return status;
        numbers = numbers && is_number(name, length);
    }
    qsort(shots->class, shots->classes, sizeof *shots->class,
          numbers ? by_number : by_text);
    for (size_t i = 0; i < shots->count; i++) {
        const char *name = class_in(shots, &shots->at[i], skip, &length);
        class = find_class(shots, name, length, class);
        shots->at[i].class = class;
    }
    return SG_OK;
}

static int by_place(const void *a, const void *b)
{
    const sg__shot *x = a, *y = b;
    if (x->test != y->test)
        return x->test ? 1 : -1;
    int order = strcmp(x->file, y->file);
    if (order == 0)
        order = (x->class > y->class) - (x->class < y->class);
    return order ? order : strcmp(x->path, y->path);
}

sg_status sg__shots_arrange(sg__shots *shots, const char *root,
                            uint32_t percent, sg_error *error)
{
    bool test = false;
    if (shots->count == 0)
        return sg__fail(error, SG_E_MISSING,
                        "%s: no pictures, expected CLASS/FILE.png or "
                        "train/CLASS/FILE.png and test/CLASS/FILE.png",
                        root);
    const size_t skip = common_part(shots);
    if (depth_of(shots->at[0].path + skip) < 1)
        return sg__fail(error, SG_E_FORMAT,
                        "%.140s/%.140s: a picture in no folder, expected "
                        "CLASS/FILE, a folder for each class",
                        root, shots->at[0].path);
    sg_status status = find_splits(shots, root, skip, error);
    if (!status)
        status = find_classes(shots, root, skip, error);
    if (status)
        return status;
    qsort(shots->at, shots->count, sizeof *shots->at, by_place);
    for (size_t i = 0; i < shots->count; i++)
        test = test || shots->at[i].test;
    if (percent && test)
        return sg__fail(error, SG_E_ARGUMENT,
                        "%.200s: has a folder for tests: test=%u%% is not "
                        "expected",
                        root, percent);
    if (percent == 0 || shots->classes == 0)
        return SG_OK;
    uint64_t *of_class = calloc(shots->classes, sizeof *of_class);
    if (!of_class)
        return out_of_memory(root, error);
    for (size_t i = 0; i < shots->count; i++) {
        uint64_t n = of_class[shots->at[i].class]++;
        shots->at[i].test = (n + 1) * percent / 100 > n * percent / 100;
    }
    free(of_class);
    qsort(shots->at, shots->count, sizeof *shots->at, by_place);
    return SG_OK;
}
