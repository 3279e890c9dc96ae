/* Looking for files; see folder.h. Only names are read, but for the beginning
 * of a file that is given in place of a folder. */
#include "data/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAME_SIZE = sizeof((sg__names *)0)->name[0],
    NAMES_MAX = sizeof((sg__names *)0)->name / NAME_SIZE,
    ENTRIES_MAX = 10000, /* of a folder that are looked at for signs */
    HEAD = 512
};

/* What is downloaded and not unpacked, or saved by other programs. */
static const sg__sign common[] = {
    {"*.tar.gz", "still packed: say its path, or unpack it"},
    {"*.tgz", "still packed: say its path, or unpack it"},
    {"*.tar", "still packed: say its path, or unpack it"},
    {"*.zip", "still packed: say its path, or unpack it"},
    {"*.pt", "a PyTorch file, which is not read"},
    {"*.pth", "a PyTorch file, which is not read"},
    {"*.parquet", "a Parquet file, which is not read"},
    {NULL, NULL},
};

void sg__names_add(sg__names *names, const char *format, ...)
{
    va_list list;
    if (names->count == NAMES_MAX)
        return;
    va_start(list, format);
    vsnprintf(names->name[names->count++], NAME_SIZE, format, list);
    va_end(list);
}

static bool begins(const uint8_t *head, size_t size, const char *text)
{
    size_t length = strlen(text);
    return size >= length && memcmp(head, text, length) == 0;
}

static bool holds(const uint8_t *head, size_t size, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(head + i, text, length) == 0)
            return true;
    return false;
}

static bool is_html(const uint8_t *head, size_t size)
{
    static const char *const tags[] = {"<!doctype html", "<html", "<head"};
    char text[HEAD];
    size_t n = 0;
    while (n < size && strchr(" \t\r\n\xef\xbb\xbf", head[n]) && head[n])
        n++;
    size = size - n < HEAD - 1 ? size - n : HEAD - 1;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = head[n + i];
        text[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c & 127);
    }
    text[size] = '\0';
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strncmp(text, tags[i], strlen(tags[i])) == 0)
            return true;
    return false;
}

bool sg__sniff_pytorch(const uint8_t *head, size_t size)
{
    return begins(head, size, "PK\x03\x04") && holds(head, size, "data.pkl");
}

const char *sg__sniff(const uint8_t *head, size_t size)
{
    if (is_html(head, size))
        return "an HTML page, as a failed download leaves";
    if (sg__sniff_pytorch(head, size))
        return "a PyTorch file";
    if (begins(head, size, "PK\x03\x04"))
        return "a zip archive";
    if (begins(head, size, "\x1f\x8b\x08"))
        return "compressed with gzip";
    if (size >= 262 && memcmp(head + 257, "ustar", 5) == 0)
        return "a tar archive";
    if (begins(head, size, "\x80\x02") || begins(head, size, "\x80\x03") ||
        begins(head, size, "\x80\x04"))
        return "a Python pickle";
    if (begins(head, size, "\x89HDF"))
        return "an HDF5 file";
    if (begins(head, size, "\x93NUMPY"))
        return "a NumPy array";
    if (begins(head, size, "\x89PNG") || begins(head, size, "\xff\xd8\xff"))
        return "a picture";
    return NULL;
}

const char *sg__sniff_source(sg__source *source, const uint8_t *head,
                             size_t size, char text[64])
{
    uint8_t bytes[HEAD] = {0};
    size_t got = 0;
    size = size < HEAD ? size : HEAD;
    if (size > 0)
        memcpy(bytes, head, size);
    (void)sg__source_read(source, bytes + size, HEAD - size, &got, NULL);
    const char *what = sg__sniff(bytes, size + got);
    snprintf(text, 64, "%s%s", what ? ": it is " : "", what ? what : "");
    return text;
}

/* Whether there is a regular file at path. SG_E_IO if that cannot be told, as
 * errno says: it may be there. What is not permitted is explained later. */
static sg_status look(const char *path, bool *found)
{
    struct stat status;
    errno = 0;
    *found = stat(path, &status) == 0 && S_ISREG(status.st_mode);
    if (*found || errno == 0 || errno == ENOENT || errno == ENOTDIR ||
        errno == ENAMETOOLONG || errno == ELOOP || errno == EACCES)
        return SG_OK;
    return SG_E_IO;
}

/* The file by this name in dir, or in a folder of that name, as some sites
 * pack them. SG_OK with *out NULL if there is none; errors as of look. */
static sg_status find_name(const char *dir, const char *name, char **out)
{
    bool found = false;
    char *path = sg__path_join(dir, name, "");
    sg_status status = path ? look(path, &found) : SG_E_MEMORY;
    if (status == SG_OK && !found) {
        char *inner = sg__path_join(path, name, "");
        status = inner ? look(inner, &found) : SG_E_MEMORY;
        free(path);
        path = inner;
    }
    *out = status == SG_OK && found ? path : NULL;
    if (!*out)
        free(path);
    return status;
}

static sg_status search(const char *folder, const sg__places *places,
                        const sg__names *names, char **out)
{
    *out = NULL;
    for (size_t b = 0; places->below[b]; b++) {
        char *dir = sg__path_join(folder, places->below[b], "");
        if (!dir)
            return SG_E_MEMORY;
        sg_status status = SG_OK;
        for (size_t n = 0; !status && !*out && n < names->count; n++)
            status = find_name(dir, names->name[n], out);
        free(dir);
        if (status || *out)
            return status;
    }
    return SG_OK;
}

bool sg__folder_has(const char *folder, const sg__places *places,
                    const sg__names *names)
{
    char *path;
    bool found = search(folder, places, names, &path) == SG_OK && path;
    free(path);
    return found;
}

/* The meaning of the first sign that name is, or NULL. */
static const char *meaning_of(const sg__sign *sign, const char *name)
{
    for (; sign && sign->pattern; sign++)
        if (fnmatch(sign->pattern, name, 0) == 0)
            return sign->meaning;
    return NULL;
}

/* "; it holds NAME, ..." of the first entry that is a sign, or "". Signs of
 * the data set come before the common ones. */
static void read_signs(DIR *entries, const sg__sign *own, char *text,
                       size_t size)
{
    struct dirent *entry;
    bool found = false;
    text[0] = '\0';
    for (int n = 0; n < ENTRIES_MAX && (entry = readdir(entries)); n++) {
        const char *meaning = meaning_of(own, entry->d_name);
        bool better = meaning != NULL;
        if (!meaning && !found)
            meaning = meaning_of(common, entry->d_name);
        if (!meaning)
            continue;
        snprintf(text, size, "; it holds %.40s, %s", entry->d_name, meaning);
        found = true;
        if (better)
            return;
    }
}

/* Of a file in place of a folder. */
static sg_status explain_file(const char *path, const char *name,
                              sg_error *error)
{
    uint8_t head[HEAD];
    FILE *file = fopen(path, "rb");
    size_t got = file ? fread(head, 1, sizeof head, file) : 0;
    const char *what = sg__sniff(head, got);
    if (file)
        fclose(file);
    return sg__fail(error, SG_E_IO,
                    "%.160s: expected the folder that holds %s: it is %s",
                    path, name, what ? what : "a file");
}

/* Of a path at which no folder can be opened. */
static sg_status explain_path(const char *path, const char *name,
                              sg_error *error)
{
    struct stat status;
    int reason = errno;
    if (stat(path, &status) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return sg__fail(error, SG_E_MISSING, "%s: no such folder", path);
        return sg__fail(error, SG_E_IO, "%s: %s", path, strerror(errno));
    }
    if (S_ISREG(status.st_mode))
        return explain_file(path, name, error);
    if (reason == EACCES)
        return sg__fail(error, SG_E_IO,
                        "%s: cannot open: %s; it belongs to user %lu", path,
                        strerror(reason), (unsigned long)status.st_uid);
    return sg__fail(error, SG_E_IO, "%s: cannot open: %s", path,
                    strerror(reason));
}

static sg_status explain(const char *folder, const sg__places *places,
                         const char *name, sg_error *error)
{
    char signs[160];
    errno = 0;
    DIR *entries = opendir(folder);
    if (!entries)
        return errno == ENOMEM
                   ? sg__fail(error, SG_E_MEMORY, "%s: out of memory", folder)
                   : explain_path(folder, name, error);
    read_signs(entries, places->sign, signs, sizeof signs);
    closedir(entries);
    if (access(folder, X_OK) != 0)
        return sg__fail(error, SG_E_IO,
                        "%s: the files in it cannot be reached: %s", folder,
                        strerror(errno));
    return sg__fail(error, SG_E_MISSING, "%.120s: no file %s or %s.gz%s",
                    folder, name, name, signs);
}

sg_status sg__folder_find(const char *folder, const sg__places *places,
                          const sg__names *names, char **out, sg_error *error)
{
    sg_status status = search(folder, places, names, out);
    if (status == SG_E_IO)
        return sg__fail(error, status, "%s: %s", folder, strerror(errno));
    if (status)
        return sg__fail(error, status, "%s: out of memory", folder);
    return *out ? SG_OK : explain(folder, places, names->name[0], error);
}
