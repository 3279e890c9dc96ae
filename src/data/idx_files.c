/* Files of folders and archives alike; see idx_files.h. An archive is gone
 * through twice: for the names, and up to the file. */
#include "data/idx_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The best of the names so far: the first in their order. */
typedef struct search {
    const sg__names *names;
    size_t best; /* names->count: none yet */
} search;

/* The name of a file of an archive without its folders; "" for what a Mac adds
 * beside every file. */
static const char *own_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (strncmp(path, "__MACOSX/", 9) == 0)
        return "";
    return slash ? slash + 1 : path;
}

static void compare(const char *name, void *user)
{
    search *s = user;
    for (size_t i = 0; i < s->best; i++)
        if (strcmp(name, s->names->name[i]) == 0)
            s->best = i;
}

sg_status sg__archive_names(const char *path, uint64_t limit, sg__name_fn fn,
                            void *user, sg_error *error)
{
    sg__archive *archive;
    const char *name = NULL;
    sg_status status = sg__archive_open(path, limit, &archive, error);
    if (status)
        return status;
    do {
        status = sg__archive_next(archive, &name, error);
        if (!status && name)
            fn(own_name(name), user);
    } while (!status && name);
    sg__archive_close(archive);
    return status;
}

static bool ends(const char *text, const char *with)
{
    const size_t a = strlen(text), b = strlen(with);
    return a >= b && strcmp(text + a - b, with) == 0;
}

/* Goes on to the file of that name; *out has its bytes. */
static sg_status go_to(sg__found *out, const char *archive, const char *name,
                       uint64_t limit, sg_error *error)
{
    const char *at = NULL;
    struct stat facts;
    sg_status status = sg__archive_open(archive, limit, &out->archive, error);
    do {
        if (!status)
            status = sg__archive_next(out->archive, &at, error);
    } while (!status && at && strcmp(own_name(at), name) != 0);
    if (status)
        return status;
    if (!at || stat(archive, &facts) != 0)
        return sg__fail(error, SG_E_FORMAT, "%s: has changed", archive);
    sg__archive_source(out->archive, &out->packed);
    out->path = sg__path_join(NULL, out->packed.name, "");
    if (!out->path)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", archive);
    if (!ends(name, ".gz")) {
        out->source = out->packed;
        return SG_OK;
    }
    return sg__gunzip_open(&out->packed,
                           limit ? limit
                                 : sg__packed_limit((uint64_t)facts.st_size),
                           &out->gunzip, &out->source, error);
}

static sg_status open_packed(const char *path, const sg__names *names,
                             uint64_t limit, sg__found *out, sg_error *error)
{
    search s = {names, names->count};
    sg_status status = sg__archive_names(path, limit, compare, &s, error);
    if (status)
        return status;
    if (s.best == names->count)
        return sg__fail(error, SG_E_MISSING, "%.200s: no file %s or %s in it",
                        path, names->name[0], names->name[1]);
    return go_to(out, path, names->name[s.best], limit, error);
}

sg_status sg__found_open(const char *path, const sg__places *places,
                         const sg__names *names, uint64_t limit,
                         sg__found *out, sg_error *error)
{
    memset(out, 0, sizeof *out);
    if (sg__archive_is(path))
        return open_packed(path, names, limit, out, error);
    sg_status status = sg__folder_find(path, places, names, &out->path, error);
    return status ? status
                  : sg__source_open(out->path, limit, &out->source, error);
}

void sg__found_close(sg__found *found)
{
    sg__gunzip_close(found->gunzip);
    if (found->archive)
        sg__archive_close(found->archive);
    else if (found->source.file)
        sg__source_close(&found->source);
    free(found->path);
    memset(found, 0, sizeof *found);
}

bool sg__found_is(const char *path, const sg__places *places,
                  const sg__names *names)
{
    search s = {names, names->count};
    if (!sg__archive_is(path))
        return sg__folder_has(path, places, names);
    return sg__archive_names(path, 0, compare, &s, NULL) == SG_OK &&
           s.best < names->count;
}
