/* Text files line by line, so that the end of a file, a failed read and a
 * failed allocation are three things. */
#ifndef SPIKEGRAD_CLI_INPUT_H
#define SPIKEGRAD_CLI_INPUT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* Bytes of the longest line that is taken: many times what the command
 * writes. */
enum { INPUT_LINE_MAX = 4 << 20 };

typedef struct input {
    const char *path; /* the caller's; must outlive the input */
    FILE *stream;
    char *text; /* the line last read, with its end */
    size_t size;
    ssize_t length;
    unsigned number; /* of that line, from 1 */
    bool absent;     /* there is no such file, which is not reported */
    int code;        /* CLI_OK, or CLI_FAILED or, of a line that is
                        too long, CLI_DATA after a report */
} input;

/* input_open: a regular file, or something below /dev such as a shell's
 * <(...); another pipe would be waited for and is refused. Ends with
 * input_close always. */
void input_open(input *in, const char *path);

/* input_next: the next line; false at the end or after a report. */
bool input_next(input *in);

/* input_at_end: whether no byte is left; false after a report. */
bool input_at_end(input *in);

/* input_missing: whether reason, an errno, says that there is nothing of that
 * name; with any other there may be something that could not be looked at. */
bool input_missing(int reason);

/* input_close: in->code. */
int input_close(input *in);

#endif
