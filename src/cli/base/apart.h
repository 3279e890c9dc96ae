/* Work in a process of its own, for libraries that do not survive every file.
 *
 * The parent gets bytes, or a status and a line; a child that crashes, or takes
 * too long, is a line too. */
#ifndef SPIKEGRAD_CLI_APART_H
#define SPIKEGRAD_CLI_APART_H

#include <spikegrad/spikegrad.h>
#include <stddef.h>

/* What is done: gives *bytes, to be freed with sg_free, or an error. */
typedef sg_status (*apart_work)(const void *given, void **bytes, size_t *size,
                                sg_error *error);

/* apart_run: the result of work, done by a child that may use seconds of
 * processor time; *bytes is to be freed with free. subject names in an error
 * what the child could not take. Errors: those of work; SG_E_FORMAT if the
 * child died of it; SG_E_IO, SG_E_MEMORY. */
sg_status apart_run(const char *subject, unsigned seconds, apart_work work,
                    const void *given, void **bytes, size_t *size,
                    sg_error *error);

#endif
