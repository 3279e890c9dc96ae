/* images: pictures in a folder for each class, or an archive of such folders.
 *
 * The first picture says what all are like; making.h says who does what. */
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "data/archive.h"
#include "data/images/making.h"
#include "data/reader.h"
#include "data/source.h"

/* ---- options ---- */

static sg_status bad_option(const sg__request *request, const char *key,
                            const char *expected, sg_error *error)
{
    return sg__fail(error, SG_E_ARGUMENT,
                    "data \"%.120s\": %s=%.40s, expected %s", request->spec,
                    key, sg__request_text(request, key), expected);
}

static sg_status read_options(sg__making *m, sg_error *error)
{
    const char *test = sg__request_text(m->request, "test");
    if (test) {
        char *end;
        const long n =
            *test >= '1' && *test <= '9' ? strtol(test, &end, 10) : 0;
        if (n < 1 || n > 99 || strcmp(end, "%") != 0)
            return bad_option(m->request, "test", "1% to 99%", error);
        m->percent = (uint32_t)n;
    }
    return sg__picture_form_read(m->request, &m->form, error);
}

/* ---- the listing ---- */

static sg_status make_listing(sg__making *m, sg_error *error)
{
    const bool test = m->request->split == SG_SPLIT_TEST;
    sg_status status =
        m->packed ? sg__images_list_archive(m, &m->shots, error)
                  : sg__shots_of_folder(m->request->path, &m->shots, error);
    if (!status)
        status =
            sg__shots_arrange(&m->shots, m->request->path, m->percent, error);
    if (status)
        return status;
    size_t train = 0;
    while (train < m->shots.count && !m->shots.at[train].test)
        train++;
    m->first = test ? train : 0;
    size_t count = test ? m->shots.count - train : train;
    if (count == 0)
        return sg__fail(error, SG_E_MISSING,
                        "%.200s: no pictures to %s on; a folder %s, or "
                        "',test=P%%' divides",
                        m->request->path, test ? "test" : "train",
                        test ? "test" : "train");
    if (count > UINT32_MAX)
        return sg__fail(error, SG_E_FORMAT, "%s: too many pictures",
                        m->request->path);
    m->album.info.size = (uint32_t)count;
    m->album.info.classes = m->shots.classes;
    m->album.class = m->shots.class;
    m->shots.class = NULL;
    m->shots.classes = 0;
    m->album.labels = malloc(count * sizeof *m->album.labels);
    if (!m->album.labels)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        m->request->path);
    for (size_t i = 0; i < count; i++)
        m->album.labels[i] = (uint16_t)m->shots.at[m->first + i].class;
    return SG_OK;
}

static sg_status read_pixels(sg__making *m, sg_error *error)
{
    sg__threads *threads;
    sg_status status = sg__threads_create(0, &threads);
    if (status)
        return sg__fail(error, status, "%s: out of memory", m->request->path);
    status = m->packed ? sg__images_read_archive(m, threads, error)
                       : sg__images_read_files(m, threads, error);
    sg__threads_destroy(threads);
    return status;
}

/* ---- the cache ---- */

/* The file of a split, in new memory; NULL in *out: there is to be none. */
static sg_status cache_path(const sg__request *r, char **out, sg_error *error)
{
    const char *given = sg__request_text(r, "cache");
    *out = NULL;
    if (!given || strcmp(given, "off") == 0)
        return SG_OK;
    if (!*given)
        return bad_option(r, "cache", "a file, or off", error);
    *out = sg__path_join(NULL, given,
                         r->split == SG_SPLIT_TRAIN ? ".train" : ".test");
    return *out ? SG_OK
                : sg__fail(error, SG_E_MEMORY, "%s: out of memory", r->path);
}

static sg_status adopt(sg__making *m, sg__map *map, size_t begin,
                       sg_data **out, sg_error *error)
{
    uint16_t *labels = m->album.labels;
    uint8_t *pixels = m->pixels;
    m->album.info.name = m->request->spec;
    m->album.labels = NULL;
    m->pixels = NULL;
    sg_status status =
        map ? sg__data_adopt_mapped(&m->album.info, map, begin, labels, out,
                                    error)
            : sg__data_adopt_wide(&m->album.info, pixels, labels, out, error);
    /* names that are none, of odd folders, are left out */
    if (status == SG_OK && m->album.class &&
        sg_data_name_classes(*out, (const char *const *)m->album.class,
                             NULL) == SG_E_MEMORY) {
        sg_data_destroy(*out);
        *out = NULL;
        status = sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                          m->request->path);
    }
    return status;
}

/* Makes the data, from the cache if it is of them. */
static sg_status make_cached(sg__making *m, const char *path, sg_data **out,
                             sg_error *error)
{
    sg__fingerprint fingerprint;
    sg__album kept = {.labels = NULL};
    sg__map map;
    size_t begin;
    bool found = false;
    sg_status status = m->packed ? SG_OK : make_listing(m, error);
    if (!status)
        status = sg__images_fingerprint(m, &fingerprint, error);
    if (!status)
        status = sg__cache_open(path, &fingerprint, &kept, &map, &begin,
                                &found, error);
    if (status)
        return status;
    if (found) {
        sg__album_free(&m->album);
        m->album = kept;
        return adopt(m, &map, begin, out, error);
    }
    if (m->packed)
        status = make_listing(m, error);
    if (!status)
        status = read_pixels(m, error);
    if (!status)
        status =
            sg__cache_write(path, &fingerprint, &m->album, m->pixels, error);
    return status ? status : adopt(m, NULL, 0, out, error);
}

static sg_status make_data(sg__making *m, sg_data **out, sg_error *error)
{
    char *cache = NULL;
    sg_status status = read_options(m, error);
    if (!status)
        status = cache_path(m->request, &cache, error);
    if (!status && cache) {
        status = make_cached(m, cache, out, error);
        free(cache);
        return status;
    }
    if (!status)
        status = make_listing(m, error);
    if (!status)
        status = read_pixels(m, error);
    return status ? status : adopt(m, NULL, 0, out, error);
}

static sg_status open_images(const sg__request *request, sg_data **out,
                             sg_error *error)
{
    sg__making *m = calloc(1, sizeof *m);
    if (!m)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        request->path);
    m->request = request;
    m->packed = sg__archive_is(request->path);
    sg_status status = make_data(m, out, error);
    sg__shots_free(&m->shots);
    sg__album_free(&m->album);
    free(m->pixels);
    free(m);
    return status;
}

static bool is_images(const char *path)
{
    sg__shots shots;
    if (sg__archive_is(path) || sg__shots_of_folder(path, &shots, NULL))
        return false;
    bool is = sg__shots_arrange(&shots, path, 0, NULL) == SG_OK;
    sg__shots_free(&shots);
    return is;
}

static const sg_data_option options[] = {
    {"size", "HxW",
     "resamples all to this size, by the mean over areas; needed where they "
     "differ"},
    {"channels", "1|3",
     "makes all grey or all coloured; needed where they differ"},
    {"test", "P%",
     "tests on so many of each class, spread evenly, where there is no folder "
     "test"},
    {"background", "black|white",
     "what is behind transparent pixels, black if it is not given"},
    {"cache", "FILE",
     "keeps what was decoded in FILE.train and FILE.test, which are mapped as "
     "long as names, sizes and times of the pictures stay; off: none, which "
     "is so if it is not given"},
};

const sg__reader sg__reader_images = {
    .format = {.name = "images",
               .form = "images:DIR",
               .help = "PNG and JPEG pictures in a folder for each class, "
                       "CLASS/FILE or train/CLASS/FILE and test/CLASS/FILE; "
                       "also in a zip, tar or tar.gz",
               .example = "images:data/cats-and-dogs,size=32x32,test=10%",
               .takes_path = 1,
               .option = options,
               .options = sizeof options / sizeof options[0]},
    .open = open_images,
    .claims = sg__picture_claims,
    .open_file = sg__picture_open,
    .recognise = is_images,
};
