/* What every subcommand shares: exit codes, error lines, signals.
 *
 * Results go to stdout, everything else to stderr. An error is one line,
 * "spikegrad: <detail>", cleaned as clean.h has it, and the function that
 * reports it returns the exit code, so that callers can
 * `return cli_fail(...)`. The command sees only the
 * public headers of the library. */
#ifndef SPIKEGRAD_CLI_H
#define SPIKEGRAD_CLI_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdio.h>

enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,       /* input, output, memory, a run in the way */
    CLI_USAGE = 2,        /* flag, value, topology or bound */
    CLI_DATA = 3,         /* malformed data, recipe or checkpoint file */
    CLI_MISMATCH = 4,     /* the two engines differ */
    CLI_INTERRUPTED = 130 /* by a signal; the checkpoint is written */
};

/* cli_program: how the command was called, for lines that the user may copy;
 * cli_set_program is main's. */
void cli_set_program(const char *path);
const char *cli_program(void);

/* cli_fail: reports an input, output or memory failure. CLI_FAILED. */
int cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* cli_usage: reports a wrong command line and names the help of command
 * (NULL: of spikegrad itself). CLI_USAGE. */
int cli_usage(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* cli_status: reports what the library said; the exit code that belongs to
 * status. command as in cli_usage. */
int cli_status(const char *command, sg_status status, const sg_error *error);

/* cli_set_place: where this process is, for the lines of cli_fail and cli_status
 * that are no matter of usage; of several ranks, which one. */
void cli_set_place(const char *where);

/* cli_capture: until it is called with NULL, error lines go to text (cut to
 * size, without the name of the command) instead of stderr. */
void cli_capture(char *text, size_t size);

/* cli_finish: code, or CLI_FAILED if what went to stdout was not written. */
int cli_finish(int code);

/* cli_catch_signals: from here on a SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU
 * or, unless it is ignored, SIGHUP only makes cli_stopped true; the second one
 * of the first two ends the process with CLI_INTERRUPTED. */
void cli_catch_signals(void);
bool cli_stopped(void);

/* cli_outlive_readers: from here on a pipe on stdout or stderr whose reader
 * has gone becomes /dev/null instead of the end of the process; for stdout,
 * cli_reader_left is true then, and the write that met it fails with EPIPE. */
void cli_outlive_readers(void);
bool cli_reader_left(void);

/* cli_open_descriptors: makes 0 to 2 /dev/null where they are closed, so that
 * no file gets one of them and then what is meant for the terminal. */
void cli_open_descriptors(void);

/* cli_terminal: whether stream is a terminal that knows escape sequences.
 * cli_colour: whether it may have colours. */
bool cli_terminal(FILE *stream);
bool cli_colour(FILE *stream);

/* cli_print_wrapped: text on stdout and the end of the line, broken at spaces,
 * from the column on where the cursor is. */
void cli_print_wrapped(const char *text, size_t from);

/* cli_seconds: monotonic clock. */
double cli_seconds(void);

/* cli_threads: threads, or for 0 as many as the library would start. */
unsigned cli_threads(uint64_t threads);

/* cli_tell_threads: says it on stderr if fewer have started than wanted. */
void cli_tell_threads(unsigned wanted, unsigned started);

#endif
