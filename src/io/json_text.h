/* Whether a JSON value is what a text says.
 *
 * jansson passes over a failed allocation within a token: out of memory it may
 * hand out strings that lack a character, and says nothing. So what it read is
 * held against the text once more. */
#ifndef SG_IO_JSON_TEXT_H
#define SG_IO_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct json_t; /* of jansson */

/* sg__json_matches: whether value is that of the text, which jansson took for
 * JSON; with objects in the order of the text, as it reads them. Strings and
 * integers are compared, other numbers passed over. */
bool sg__json_matches(const struct json_t *value, const char *text,
                      size_t length);

#endif
