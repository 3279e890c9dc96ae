/* Files that are either whole or not there, and JSON lines.
 *
 * A file is written under a name that nobody can guess, synced and renamed
 * (spikegrad/file.h); for a pipe there is standard output. */
#ifndef SPIKEGRAD_CLI_OUTPUT_H
#define SPIKEGRAD_CLI_OUTPUT_H

#include <jansson.h>
#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct output {
    FILE *stream;
    const char *path;     /* the caller's; must outlive the output */
    sg_replacement *file; /* NULL: stdout */
} output;

/* output_is_stdout: of path NULL, "-" or "/dev/stdout". What else is said goes
 * elsewhere then. */
bool output_is_stdout(const char *path);

/* output_open: such a path, or a file. CLI_OK or, reported, CLI_FAILED, e.g.
 * for a directory, a pipe or a device. */
int output_open(output *out, const char *path);

/* output_close: puts the file in place and returns code, or reports that it
 * could not be written. With code other than CLI_OK, or after a failed write,
 * the file is given up and what was there before stays. */
int output_close(output *out, int code);

/* output_failed: reports that what another library was to write failed, for the
 * system's reason if errno has one of a write, else with the text. CLI_FAILED. */
int output_failed(const output *out, const char *text);

/* output_append: a regular file, made if there is none, to be written at its
 * end. CLI_OK or, reported, CLI_FAILED. */
int output_append(const char *path, FILE **out);

/* output_json: value as one line, whole or not at all as far as memory goes;
 * takes the reference. CLI_OK, or CLI_FAILED after a report that names path.
 * value NULL: jansson could not make it. */
int output_json(FILE *stream, const char *path, json_t *value);

/* output_text: a text as a value for output_json: as it is, or cleaned if it is
 * not UTF-8, as names of files need not be. NULL if there is no memory. */
json_t *output_text(const char *text);

/* output_path: "directory/name" in new memory, or NULL. */
char *output_path(const char *directory, const char *name);

#endif
