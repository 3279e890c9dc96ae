/* CIFAR-10 and CIFAR-100 in their binary form: records of one label byte
 * (CIFAR-100: coarse and fine) and 3072 bytes, three 32x32 planes, red, green,
 * blue. Records are checked one by one and their colour planes interleaved;
 * memory grows with the records that are there. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/archive.h"
#include "data/data.h"
#include "data/folder.h"
#include "data/names.h"
#include "data/reader.h"
#include "data/source.h"

#define SIDE 32
#define PLANE (SIDE * SIDE)
#define PIXELS (3 * PLANE)
#define LABEL_BYTES_MAX 2
#define COARSE_CLASSES 20
#define FILES_MAX 5
#define RECORDS_STEP 10000 /* as many as a distributed file holds */

static const char names10[] =
    "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\n"
    "truck\n";

static const char names100[] =
    "apple\naquarium_fish\nbaby\nbear\nbeaver\nbed\nbee\nbeetle\n"
    "bicycle\nbottle\nbowl\nboy\nbridge\nbus\nbutterfly\ncamel\n"
    "can\ncastle\ncaterpillar\ncattle\nchair\nchimpanzee\nclock\n"
    "cloud\ncockroach\ncouch\ncrab\ncrocodile\ncup\ndinosaur\n"
    "dolphin\nelephant\nflatfish\nforest\nfox\ngirl\nhamster\n"
    "house\nkangaroo\nkeyboard\nlamp\nlawn_mower\nleopard\nlion\n"
    "lizard\nlobster\nman\nmaple_tree\nmotorcycle\nmountain\n"
    "mouse\nmushroom\noak_tree\norange\norchid\notter\npalm_tree\n"
    "pear\npickup_truck\npine_tree\nplain\nplate\npoppy\n"
    "porcupine\npossum\nrabbit\nraccoon\nray\nroad\nrocket\nrose\n"
    "sea\nseal\nshark\nshrew\nskunk\nskyscraper\nsnail\nsnake\n"
    "spider\nsquirrel\nstreetcar\nsunflower\nsweet_pepper\ntable\n"
    "tank\ntelephone\ntelevision\ntiger\ntractor\ntrain\ntrout\n"
    "tulip\nturtle\nwardrobe\nwhale\nwillow_tree\nwolf\nwoman\n"
    "worm\n";

/* What differs between the two data sets. The label that counts is the last
 * of label_bytes. */
typedef struct layout {
    size_t label_bytes;
    uint32_t classes;
    const char *names;                   /* of them, a line each */
    const char *files[2][FILES_MAX + 1]; /* of the splits, up to a NULL */
    sg__places places;
} layout;

typedef struct records {
    uint8_t *pixels;
    uint8_t *labels;
    uint32_t count, room;
} records;

/* Room for `more` records, or for the next ones if that is not known. */
static sg_status make_room(records *r, uint64_t more, const char *name,
                           sg_error *error)
{
    if (r->count + more <= r->room)
        return SG_OK;
    uint64_t room = r->count + (more > 1 ? more : RECORDS_STEP);
    uint8_t *pixels = realloc(r->pixels, (size_t)room * PIXELS);
    if (pixels)
        r->pixels = pixels;
    uint8_t *labels = realloc(r->labels, (size_t)room);
    if (labels)
        r->labels = labels;
    if (!pixels || !labels)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", name);
    r->room = (uint32_t)room;
    return SG_OK;
}

static void interleave(const uint8_t *planes, uint8_t *hwc)
{
    for (size_t i = 0; i < PLANE; i++) {
        for (size_t c = 0; c < 3; c++)
            hwc[3 * i + c] = planes[c * PLANE + i];
    }
}

static sg_status add_record(records *r, const layout *form,
                            const uint8_t *record, const sg__source *source,
                            sg_error *error)
{
    uint64_t start = source->offset - form->label_bytes - PIXELS;
    for (size_t i = 0; i < form->label_bytes; i++) {
        uint32_t limit =
            i + 1 == form->label_bytes ? form->classes : COARSE_CLASSES;
        if (record[i] >= limit)
            return sg__fail(error, SG_E_FORMAT,
                            "%s: byte %" PRIu64 ": label %u, expected 0..%u",
                            source->name, start + i, record[i], limit - 1);
    }
    sg_status status = make_room(r, 1, source->name, error);
    if (status)
        return status;
    r->labels[r->count] = record[form->label_bytes - 1];
    interleave(record + form->label_bytes,
               r->pixels + (size_t)r->count * PIXELS);
    r->count++;
    return SG_OK;
}

/* What is known before anything is read: whether it is a number of records,
 * and room for them. */
static sg_status begin_file(records *r, size_t bytes, sg__source *source,
                            sg_error *error)
{
    char text[64];
    if (!source->known || source->length == 0)
        return SG_OK;
    if (source->length % bytes != 0)
        return sg__fail(error, SG_E_FORMAT,
                        "%.160s: byte %" PRIu64 ": the file ends inside a "
                        "record, expected a multiple of %zu bytes%s",
                        source->name, source->length, bytes,
                        sg__sniff_source(source, NULL, 0, text));
    sg_status status =
        sg__source_admit(source, source->length, "records", error);
    return status ? status
                  : make_room(r, source->length / bytes, source->name, error);
}

static sg_status read_records(records *r, const layout *form,
                              sg__source *source, sg_error *error)
{
    uint8_t record[LABEL_BYTES_MAX + PIXELS];
    size_t bytes = form->label_bytes + PIXELS;
    uint32_t before = r->count;
    sg_status status = begin_file(r, bytes, source, error);
    if (status)
        return status;
    for (;;) {
        size_t got;
        status = sg__source_read(source, record, bytes, &got, error);
        if (!status && got == 0)
            break;
        if (!status && got < bytes)
            status = sg__fail(error, SG_E_FORMAT,
                              "%s: byte %" PRIu64 ": the file ends inside a "
                              "record, expected a multiple of %zu bytes",
                              source->name, source->offset, bytes);
        if (!status)
            status = add_record(r, form, record, source, error);
        if (status)
            return status;
    }
    if (r->count == before)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte 0: the file is empty, expected records of "
                        "%zu bytes",
                        source->name, bytes);
    return SG_OK;
}

static sg_status read_file(records *r, const layout *form,
                           const sg__request *request, const char *name,
                           sg_error *error)
{
    sg__names names = {.count = 0};
    sg__source source;
    char *path;
    sg__names_add(&names, "%s.bin", name);
    sg__names_add(&names, "%s.bin.gz", name);
    sg_status status =
        sg__folder_find(request->path, &form->places, &names, &path, error);
    if (status)
        return status;
    status = sg__source_open(path, request->limit, &source, error);
    if (!status) {
        status = read_records(r, form, &source, error);
        sg__source_close(&source);
    }
    free(path);
    return status;
}

/* Which of the files a path in an archive is; FILES_MAX if it is none. */
static size_t number_of(const char *const *files, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (size_t i = 0; files[i]; i++) {
        size_t length = strlen(files[i]);
        if (strncmp(name, files[i], length) == 0 &&
            strcmp(name + length, ".bin") == 0)
            return i;
    }
    return FILES_MAX;
}

/* The files of an archive, which are in any order. */
static sg_status read_parts(records part[FILES_MAX], const layout *form,
                            const sg__request *request, sg_error *error)
{
    sg__archive *archive;
    sg__source source;
    const char *name = NULL;
    sg_status status =
        sg__archive_open(request->path, request->limit, &archive, error);
    if (status)
        return status;
    do {
        status = sg__archive_next(archive, &name, error);
        size_t i = !status && name
                       ? number_of(form->files[request->split], name)
                       : FILES_MAX;
        if (i == FILES_MAX)
            continue;
        sg__archive_source(archive, &source);
        status = part[i].count ? sg__fail(error, SG_E_FORMAT,
                                          "%s: is there twice, expected once",
                                          source.name)
                               : read_records(&part[i], form, &source, error);
    } while (!status && name);
    sg__archive_close(archive);
    return status;
}

/* All files of an archive, in their order; each is freed once it is copied. */
static sg_status read_archive(records *r, const layout *form,
                              const sg__request *request, sg_error *error)
{
    const char *const *files = form->files[request->split];
    records part[FILES_MAX] = {{.pixels = NULL}};
    uint64_t count = 0;
    sg_status status = read_parts(part, form, request, error);
    for (size_t i = 0; !status && files[i]; i++) {
        count += part[i].count;
        if (part[i].count == 0)
            status = sg__fail(error, SG_E_MISSING, "%.200s: no file %s.bin",
                              request->path, files[i]);
    }
    if (!status)
        status = make_room(r, count, request->path, error);
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (!status && part[i].count && r->pixels && r->labels) {
            memcpy(r->pixels + (size_t)r->count * PIXELS, part[i].pixels,
                   (size_t)part[i].count * PIXELS);
            memcpy(r->labels + r->count, part[i].labels, part[i].count);
            r->count += part[i].count;
        }
        free(part[i].pixels);
        free(part[i].labels);
    }
    return status;
}

static sg_status read_folder(records *r, const layout *form,
                             const sg__request *request, sg_error *error)
{
    const char *const *files = form->files[request->split];
    sg_status status = SG_OK;
    for (size_t i = 0; !status && files[i]; i++)
        status = read_file(r, form, request, files[i], error);
    return status;
}

static sg_status open_files(const sg__request *request, const layout *form,
                            sg_data **out, sg_error *error)
{
    records r = {.pixels = NULL};
    sg_status status = sg__archive_is(request->path)
                           ? read_archive(&r, form, request, error)
                           : read_folder(&r, form, request, error);
    if (status) {
        free(r.pixels);
        free(r.labels);
        return status;
    }
    sg_data_info info = {
        .name = request->spec,
        .height = SIDE,
        .width = SIDE,
        .channels = 3,
        .classes = form->classes,
        .size = r.count,
    };
    status = sg__data_adopt(&info, r.pixels, r.labels, out, error);
    if (status)
        return status;
    status = sg__data_name_known(*out, form->names, error);
    if (status) {
        sg_data_destroy(*out);
        *out = NULL;
    }
    return status;
}

static bool has_files(const char *path, const layout *form)
{
    sg__names names = {.count = 0};
    sg__names_add(&names, "%s.bin", form->files[SG_SPLIT_TRAIN][0]);
    sg__names_add(&names, "%s.bin", form->files[SG_SPLIT_TEST][0]);
    return sg__folder_has(path, &form->places, &names);
}

static const char *const below10[] = {"", "cifar-10-batches-bin", NULL};
static const char *const below100[] = {"", "cifar-100-binary", NULL};

#define PYTHON(archive)                                                       \
    "CIFAR's Python version: the binary one is wanted, " archive

static const sg__sign signs10[] = {
    {"data_batch_1", PYTHON("cifar-10-binary.tar.gz")},
    {"cifar-10-batches-py", PYTHON("cifar-10-binary.tar.gz")},
    {"cifar-10-python.tar.gz", PYTHON("cifar-10-binary.tar.gz")},
    {"cifar-10-binary.tar.gz", "still packed: its path is read as well"},
    {NULL, NULL},
};

static const sg__sign signs100[] = {
    {"train", PYTHON("cifar-100-binary.tar.gz")},
    {"cifar-100-python*", PYTHON("cifar-100-binary.tar.gz")},
    {"cifar-100-binary.tar.gz", "still packed: its path is read as well"},
    {NULL, NULL},
};

static const layout layout10 = {
    .label_bytes = 1,
    .classes = 10,
    .names = names10,
    .files = {{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
               "data_batch_5"},
              {"test_batch"}},
    .places = {below10, signs10},
};

static const layout layout100 = {
    .label_bytes = 2,
    .classes = 100,
    .names = names100,
    .files = {{"train"}, {"test"}},
    .places = {below100, signs100},
};

static sg_status open_cifar10(const sg__request *request, sg_data **out,
                              sg_error *error)
{
    return open_files(request, &layout10, out, error);
}

static sg_status open_cifar100(const sg__request *request, sg_data **out,
                               sg_error *error)
{
    return open_files(request, &layout100, out, error);
}

static bool is_cifar10(const char *path)
{
    return has_files(path, &layout10);
}

static bool is_cifar100(const char *path)
{
    return has_files(path, &layout100);
}

const sg__reader sg__reader_cifar10 = {
    .format = {.name = "cifar10",
               .form = "cifar10:DIR",
               .help = "data_batch_1.bin to data_batch_5.bin and "
                       "test_batch.bin, the binary version, in a folder or "
                       "cifar-10-binary.tar.gz",
               .example = "cifar10:data/cifar-10-batches-bin",
               .takes_path = 1},
    .open = open_cifar10,
    .recognise = is_cifar10,
};

const sg__reader sg__reader_cifar100 = {
    .format = {.name = "cifar100",
               .form = "cifar100:DIR",
               .help = "train.bin and test.bin, the binary version; the 100 "
                       "fine labels; in a folder or cifar-100-binary.tar.gz",
               .example = "cifar100:data/cifar-100-binary",
               .takes_path = 1},
    .open = open_cifar100,
    .recognise = is_cifar100,
};
