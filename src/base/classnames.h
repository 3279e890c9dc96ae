/* Names of classes: strings in one block of memory, which free() frees. */
#ifndef SG_BASE_CLASSNAMES_H
#define SG_BASE_CLASSNAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    SG__CLASS_NAME_MAX = 255,      /* bytes of one */
    SG__CLASS_NAMES_MAX = 1 << 17, /* of all, their ends included */
    /* what checkpoints hold at most: a byte may be written as three */
    SG__CLASS_NAMES_TEXT = 3 * SG__CLASS_NAMES_MAX
};

/* sg__class_names_check: SG_E_RANGE, in words that begin with what, unless
 * every name is one and all of them are within the limits. */
sg_status sg__class_names_check(const char *const *names, uint32_t count,
                                const char *what, sg_error *error);

/* sg__class_names_only_count: whether they are "0", "1", "2" and so on. */
bool sg__class_names_only_count(const char *const *names, uint32_t count);

/* sg__class_names_copy: in new memory; NULL if there is none. */
char **sg__class_names_copy(const char *const *names, uint32_t count);

#endif
