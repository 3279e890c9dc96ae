/* A folder for the files of one fuzz process, gone at its end; in memory where
 * that is to be had, for files are synced. */
#ifndef SG_TESTS_FUZZ_FOLDER_H
#define SG_TESTS_FUZZ_FOLDER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDER_PATH = 64, FOLDER_FILES = 40 };

static char folder[FOLDER_PATH], folder_files[FOLDER_FILES][FOLDER_PATH + 32];
static size_t folder_count;

static void folder_remove(void)
{
    while (folder_count > 0)
        unlink(folder_files[--folder_count]);
    rmdir(folder);
}

/* The path of a file in it; name is constant. */
static const char *folder_file(const char *name)
{
    if (!*folder) {
        strcpy(folder, "/dev/shm/spikegrad-fuzz-XXXXXX");
        if (!mkdtemp(folder)) {
            strcpy(folder, "/tmp/spikegrad-fuzz-XXXXXX");
            if (!mkdtemp(folder))
                abort();
        }
        atexit(folder_remove);
    }
    if (folder_count == FOLDER_FILES)
        abort();
    char *path = folder_files[folder_count++];
    snprintf(path, sizeof folder_files[0], "%s/%s", folder, name);
    return path;
}

static void folder_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file || (size && fwrite(data, 1, size, file) != size) ||
        fclose(file) != 0)
        abort();
}

#endif
