/* Pairs of IDX files; see idx_family.h. */
#include "data/idx_family.h"

#include <stdlib.h>
#include <string.h>

#include "data/idx_files.h"

enum { DIGITS_END = 9 };

/* The files of one split. */
typedef struct split_names {
    sg__names images, labels;
} split_names;

static void name_files(split_names *names, const char *stem)
{
    static const char *const images[] = {"-images-idx3-ubyte",
                                         "-images-idx4-ubyte",
                                         "-images.idx3-ubyte",
                                         "-images.idx4-ubyte", "-images.idx"};
    static const char *const labels[] = {
        "-labels-idx1-ubyte", "-labels-idx1-int", "-labels-idx2-int",
        "-labels.idx1-ubyte", "-labels.idx1-int", "-labels.idx2-int",
        "-labels.idx"};
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        sg__names_add(&names->images, "%s%s", stem, images[i]);
        sg__names_add(&names->images, "%s%s.gz", stem, images[i]);
    }
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        sg__names_add(&names->labels, "%s%s", stem, labels[i]);
        sg__names_add(&names->labels, "%s%s.gz", stem, labels[i]);
    }
}

static void name_split(const sg__idx_family *f, sg_split split,
                       split_names *names)
{
    names->images.count = names->labels.count = 0;
    for (size_t i = 0; i < SG__STEMS && f->stem[split][i]; i++)
        name_files(names, f->stem[split][i]);
}

/* The labels of a split; *path, in new memory, is the file's. */
static sg_status read_labels(const sg__request *request,
                             const sg__idx_family *f, const sg__names *names,
                             sg__idx *out, char **path, sg_error *error)
{
    sg__found found;
    *out = (sg__idx){.bytes = NULL};
    sg_status status = sg__found_open(request->path, &f->places, names,
                                      request->limit, &found, error);
    if (!status)
        status = sg__idx_read(&found.source, SG__IDX_LABELS, out, error);
    *path = found.path;
    found.path = NULL;
    sg__found_close(&found);
    return status;
}

typedef struct range {
    uint32_t low, high;
} range;

static void widen(range *r, const sg__idx *labels)
{
    for (uint32_t i = 0; i < labels->size[0]; i++) {
        uint32_t label = labels->labels[i];
        r->low = label < r->low ? label : r->low;
        r->high = label > r->high ? label : r->high;
    }
}

/* Both splits have the classes of the labels of both: those of the other one
 * count if they can be read. */
static void widen_other(const sg__request *request, const sg__idx_family *f,
                        range *r)
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
    free(labels.labels);
    free(path);
}

/* Labels from 1 to beyond the digits are counted from 1; where they need not
 * be digits, all that begin there. */
static sg_status make_rule(const sg__request *request, const sg__idx_family *f,
                           const sg__idx *labels, sg__idx_rule *rule,
                           sg_error *error)
{
    range r = {UINT32_MAX, 0};
    widen(&r, labels);
    widen_other(request, f, &r);
    const char *layout = sg__request_text(request, "layout");
    uint64_t classes,
        base = r.low == 1 && (f->counts_from_one || r.high > DIGITS_END);
    if (layout && strcmp(layout, "NHWC") != 0 && strcmp(layout, "NCHW") != 0)
        return sg__fail(error, SG_E_ARGUMENT,
                        "data \"%.120s\": layout=%.24s, expected NHWC or "
                        "NCHW",
                        request->spec, layout);
    sg_status status =
        sg__request_number(request, "base", 0, UINT16_MAX, &base, error);
    classes = r.high >= base ? r.high - base + 1 : 1;
    if (!status)
        status = sg__request_number(request, "classes", 2, SG_CLASSES_MAX,
                                    &classes, error);
    if (!status && classes > SG_CLASSES_MAX)
        status = sg__fail(error, SG_E_FORMAT,
                          "%s: labels up to %u, expected %d classes at most",
                          request->spec, (unsigned)r.high, SG_CLASSES_MAX);
    *rule = (sg__idx_rule){(uint32_t)base, (uint32_t)classes,
                           !layout                       ? SG__IDX_USUAL
                           : strcmp(layout, "NCHW") == 0 ? SG__IDX_NCHW
                                                         : SG__IDX_NHWC,
                           f->turned};
    return status;
}

static sg_status open_images(const sg__request *request,
                             const sg__idx_family *f, const sg__names *names,
                             const char *label_path, sg__idx *labels,
                             sg_data **out, sg_error *error)
{
    sg__found found = {.path = NULL};
    sg__idx_rule rule;
    sg_status status = make_rule(request, f, labels, &rule, error);
    if (!status)
        status = sg__found_open(request->path, &f->places, names,
                                request->limit, &found, error);
    if (!status)
        status = sg__idx_pair(&found.source, label_path, labels, rule,
                              request->spec, out, error);
    sg__found_close(&found);
    return status;
}

sg_status sg__idx_family_open(const sg__request *request,
                              const sg__idx_family *f, sg_data **out,
                              sg_error *error)
{
    split_names names;
    sg__idx labels = {.bytes = NULL};
    char *path = NULL;
    name_split(f, request->split, &names);
    /* images are looked for first, as they are what a folder is known by */
    sg__found found;
    sg_status status = sg__found_open(request->path, &f->places, &names.images,
                                      request->limit, &found, error);
    sg__found_close(&found);
    if (!status)
        status = read_labels(request, f, &names.labels, &labels, &path, error);
    if (!status)
        status =
            open_images(request, f, &names.images, path, &labels, out, error);
    free(labels.labels);
    free(path);
    return status;
}

bool sg__idx_family_has(const char *path, const sg__idx_family *f)
{
    split_names names;
    for (int split = 0; split < 2; split++) {
        name_split(f, (sg_split)split, &names);
        if (sg__found_is(path, &f->places, &names.images))
            return true;
    }
    return false;
}
