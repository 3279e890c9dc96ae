/* idx: pairs of IDX files in a folder, whatever is in front of their names. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/idx_family.h"
#include "data/idx_files.h"
#include "data/single.h"

enum { STEM_SIZE = 44 }; /* with the rest of a name it fits sg__names */

static const char *const below[] = {"", "raw", NULL};
static const char *const mark = "-images";

/* What is in front of "-images" in the names of a folder. */
typedef struct stems {
    char found[2][STEM_SIZE]; /* of the splits: the first in the alphabet */
    uint32_t count[2];
    bool any;
} stems;

/* Which split a file is of, by its name; false if it does not say. */
static bool split_of(const char *stem, sg_split *split)
{
    const bool train = strstr(stem, "train") != NULL;
    const bool test = strstr(stem, "test") || strstr(stem, "t10k");
    *split = train ? SG_SPLIT_TRAIN : SG_SPLIT_TEST;
    return train != test;
}

static void note(const char *name, void *user)
{
    stems *s = user;
    char stem[STEM_SIZE];
    sg_split split;
    const char *end = strstr(name, mark);
    if (!end || (size_t)(end - name) >= sizeof stem ||
        !strstr(end + strlen(mark), "idx"))
        return;
    snprintf(stem, sizeof stem, "%.*s", (int)(end - name), name);
    s->any = true;
    if (!split_of(stem, &split) || strcmp(s->found[split], stem) == 0)
        return;
    s->count[split]++;
    if (s->count[split] == 1 || strcmp(stem, s->found[split]) < 0)
        strcpy(s->found[split], stem);
}

/* Stems of the first of the folders that has any, or of an archive. */
static sg_status find_stems(const char *path, uint64_t limit, stems *s,
                            sg_error *error)
{
    if (sg__archive_is(path))
        return sg__archive_names(path, limit, note, s, error);
    for (size_t i = 0; below[i] && !s->any; i++) {
        char *folder = sg__path_join(path, below[i], "");
        if (!folder)
            return sg__fail(error, SG_E_MEMORY, "%s: out of memory", path);
        DIR *dir = opendir(folder);
        const struct dirent *entry;
        while (dir && (entry = readdir(dir)))
            note(entry->d_name, s);
        if (dir)
            closedir(dir);
        free(folder);
    }
    return SG_OK;
}

/* The stem that an option gives, or the one that is there. */
static sg_status choose(const sg__request *request, const stems *s,
                        sg_split split, const char **out, sg_error *error)
{
    static const char *const names[] = {"train", "test"};
    const char *given = sg__request_text(request, names[split]);
    *out = given ? given : s->count[split] ? s->found[split] : names[split];
    if (given && strlen(given) >= STEM_SIZE)
        return sg__fail(error, SG_E_ARGUMENT,
                        "data \"%.120s\": %s=%.48s is too long", request->spec,
                        names[split], given);
    if (!given && s->count[split] > 1)
        return sg__fail(error, SG_E_ARGUMENT,
                        "%.200s: several files like %s-images-idx3-ubyte; say "
                        "%s=%s, or another",
                        request->path, *out, names[split], *out);
    return SG_OK;
}

static sg_status open_idx(const sg__request *request, sg_data **out,
                          sg_error *error)
{
    stems s = {{{0}}, {0}, false};
    sg__idx_family family = {.places = {below, NULL}, .counts_from_one = true};
    sg_status status = find_stems(request->path, request->limit, &s, error);
    for (int split = 0; split < 2 && !status; split++)
        status = choose(request, &s, (sg_split)split, &family.stem[split][0],
                        error);
    return status ? status : sg__idx_family_open(request, &family, out, error);
}

static bool is_idx(const char *path)
{
    stems s = {{{0}}, {0}, false};
    return find_stems(path, 0, &s, NULL) == SG_OK && s.any;
}

static bool is_images(const char *path, const uint8_t head[SG__FILE_HEAD])
{
    (void)path;
    return head[0] == 0 && head[1] == 0 && head[2] == 8 &&
           (head[3] == 3 || head[3] == 4);
}

/* Images alone. */
static sg_status open_images_file(const sg__file *file, sg_data **out,
                                  sg_error *error)
{
    const char *layout = sg__request_text(file->request, "layout");
    const sg__idx_layout axes = !layout                       ? SG__IDX_USUAL
                                : strcmp(layout, "NCHW") == 0 ? SG__IDX_NCHW
                                                              : SG__IDX_NHWC;
    sg__source source;
    sg_status status =
        sg__source_open(file->path, file->request->limit, &source, error);
    if (status)
        return status;
    status = sg__idx_images(&source, axes, file->like->classes, file->path,
                            out, error);
    sg__source_close(&source);
    return status ? status : sg__single_check(file, out, error);
}

static const sg_data_option options[] = {
    {"train", "STEM",
     "what is in front of -images of training files; without it the one that "
     "has train in it"},
    {"test", "STEM", "the same of test files: test or t10k"},
    SG__IDX_OPTIONS_BUT_BASE,
    {"base", "B",
     "the label of the first class: 1 if no label is 0 and one is 1, else 0"},
};

const sg__reader sg__reader_idx = {
    .format = {.name = "idx",
               .form = "idx:DIR",
               .help = "IDX files of any name and number of classes: "
                       "STEM-images-idx3-ubyte (idx4 in colour) and "
                       "STEM-labels-idx1-ubyte, .gz or plain; also in a zip, "
                       "tar or tar.gz",
               .example = "idx:data/letters,train=letters-train,"
                          "test=letters-test",
               .takes_path = 1,
               .option = options,
               .options = sizeof options / sizeof options[0]},
    .open = open_idx,
    .claims = is_images,
    .open_file = open_images_file,
    .recognise = is_idx,
};
