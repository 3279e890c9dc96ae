/* Replacing a file so that a crash, a full disk or a signal leaves the old one
 * or the new one, whole, never a part: how checkpoints are saved, and what a
 * program can use for what it writes beside them.
 *
 *     sg_replacement *page;
 *     if (sg_replacement_open("page.html", &page, &error) == SG_OK) {
 *         write(sg_replacement_descriptor(page), text, size);
 *         sg_replacement_commit(page, &error);
 *     }
 *     sg_replacement_destroy(page);
 *
 * Until it is committed the file has a name in the same directory that nobody
 * can guess, .NAME.<16 hexadecimal digits>.tmp, created for this and never
 * opened if it is there already. */
#ifndef SPIKEGRAD_FILE_H
#define SPIKEGRAD_FILE_H

#include "spikegrad/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A file under way. */
typedef struct sg_replacement sg_replacement;

/* sg_replacement_open: an empty file to be written, in the directory of path.
 * It gets the permissions of the file that is there, or those of any new file.
 * A symbolic link at path is what will be replaced, not what it points to.
 * Errors: SG_E_IO, at once, if path is a directory, a device, a pipe or a link
 * to one, or if its directory cannot be written; SG_E_MEMORY; *out is NULL
 * then. */
SG_API sg_status sg_replacement_open(const char *path, sg_replacement **out,
                                     sg_error *error);

/* sg_replacement_descriptor: for writing; it belongs to the replacement.
 * -1 for NULL, or once it is committed. */
SG_API int sg_replacement_descriptor(const sg_replacement *replacement);

/* sg_replacement_commit: syncs what was written, renames it to path and syncs
 * the directory; once only. Errors: SG_E_IO with path and reason. What was
 * there stays then, except if only the sync of the directory failed: path is
 * the new file, whole, but a power cut may still bring the old one back. */
SG_API sg_status sg_replacement_commit(sg_replacement *replacement,
                                       sg_error *error);

/* sg_replacement_destroy: gives up what was not committed. */
SG_API void sg_replacement_destroy(sg_replacement *replacement);

/* sg_replacement_clean: removes what processes that were killed have left of
 * replacing path. Only for whoever knows that no other one is at it. */
SG_API void sg_replacement_clean(const char *path);

#ifdef __cplusplus
}
#endif

#endif
