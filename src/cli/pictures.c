/* Samples as pictures in a folder for each class, by libpng; see arrays.h. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arrays.h"
#include "cli/base/clean.h"
#include "cli/base/cli.h"

enum { PATH_ROOM = 4096 };

/* Whether nothing is at path, or an empty folder. */
static bool is_free(const char *path)
{
    int entries = 0;
    errno = 0;
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT;
    while (entries < 3 && readdir(folder))
        entries++;
    closedir(folder);
    return entries < 3;
}

/* The folders of the classes that have samples. */
static int make_classes(const sg_data *data, const char *folder,
                        const char *split)
{
    char path[PATH_ROOM];
    bool *made = calloc(sg_data_get_info(data)->classes, sizeof *made);
    if (!made)
        return cli_fail("%s: out of memory", folder);
    snprintf(path, sizeof path, "%s/%s", folder, split);
    int code = export_folder(path);
    for (uint32_t i = 0; code == CLI_OK && i < sg_data_get_info(data)->size;
         i++) {
        unsigned label = sg_data_label(data, i);
        snprintf(path, sizeof path, "%s/%s/%u", folder, split, label);
        if (!made[label])
            code = export_folder(path);
        made[label] = true;
    }
    free(made);
    return code;
}

static int write_pictures(const sg_data *data, const char *folder,
                          const char *split)
{
    const sg_data_info *info = sg_data_get_info(data);
    char path[PATH_ROOM];
    int code = make_classes(data, folder, split);
    int digits = snprintf(NULL, 0, "%u", info->size);
    for (uint32_t i = 0; code == CLI_OK && i < info->size; i++) {
        png_image image = {
            .version = PNG_IMAGE_VERSION,
            .width = info->width,
            .height = info->height,
            .format = info->channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY,
        };
        snprintf(path, sizeof path, "%s/%s/%u/%0*u.png", folder, split,
                 (unsigned)sg_data_label(data, i), digits, i);
        if (!png_image_write_to_file(&image, path, 0, sg_data_pixels(data, i),
                                     0, NULL))
            code = cli_fail("%s: %s", path, image.message);
        png_image_free(&image);
    }
    return code;
}

/* Of a class without a picture there is no folder, and images: counts the
 * classes behind it from one less. */
static void tell_gap(const export_split *split, size_t splits)
{
    uint32_t gap = 0, last = 0;
    bool *shown = calloc(UINT16_MAX + 1, sizeof *shown);
    for (size_t s = 0; shown && s < splits; s++)
        for (uint32_t i = 0; i < sg_data_get_info(split[s].data)->size; i++) {
            const uint32_t label = sg_data_label(split[s].data, i);
            shown[label] = true;
            last = label > last ? label : last;
        }
    while (shown && gap < last && shown[gap])
        gap++;
    if (gap < last)
        clean_line(
            stderr,
            "spikegrad: --images: no sample is of class %" PRIu32
            ", which has no folder: images: counts those behind it from "
            "one less; --npz, --npy and --idx keep the labels",
            gap);
    free(shown);
}

int export_pictures(const export_split *split, size_t splits,
                    const char *folder)
{
    const uint32_t channels = sg_data_get_info(split[0].data)->channels;
    if (channels != 1 && channels != 3)
        return cli_usage("data",
                         "--images: images of %u channels are neither grey "
                         "nor RGB",
                         channels);
    if (strlen(folder) + 64 > PATH_ROOM || !is_free(folder))
        return cli_fail("%s: expected a new folder, or an empty one", folder);
    int code = export_folder(folder);
    for (size_t s = 0; s < splits && code == CLI_OK; s++)
        code = write_pictures(split[s].data, folder, split[s].name);
    if (code == CLI_OK)
        tell_gap(split, splits);
    return code;
}
