/* Text from files and command lines, made fit to be shown.
 *
 * Valid UTF-8 stays as it is. Control characters (C0, DEL, C1), those that
 * turn or break lines unseen (U+2028, marks of direction) and bytes that are
 * not UTF-8 are written out, as \n, \x1b or \u202e. The result is one line
 * that does nothing to a terminal. A backslash stays one: the text is to be
 * read, not to be read back. */
#ifndef SPIKEGRAD_REPORT_TEXT_H
#define SPIKEGRAD_REPORT_TEXT_H

#include <stddef.h>
#include <stdio.h>

enum { TEXT_PIECE = 8 };

/* text_show: the next character of text, which is not empty, as it is to be
 * shown; returns how many bytes of text it was. */
size_t text_show(const char *text, char piece[TEXT_PIECE]);

/* text_csv: text as a field of comma-separated values (RFC 4180), in quotes where
 * commas, quotes or ends of lines ask for them; all but such ends shown like
 * that. */
void text_csv(FILE *out, const char *text);

#endif
