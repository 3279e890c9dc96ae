/* Messages of the blocks of a piece that one rank owns: their sizes, 4 bytes
 * each, then what they are, packed (pack.h). Blocks are packed at their slots,
 * by any threads, and then moved together. */
#ifndef SG_RANKS_BLOCKS_H
#define SG_RANKS_BLOCKS_H

#include "ranks/division.h"

/* A message that grows. */
typedef struct sg__message {
    uint8_t *bytes;
    size_t size, room;
} sg__message;

/* sg__blocks_size: notes how many bytes a block took at its slot.
 * sg__blocks_close: the message of one owner's blocks of a piece, from where
 * they were packed. SG_E_MEMORY. */
void sg__blocks_size(uint8_t *packed, uint32_t place, size_t size);
sg_status sg__blocks_close(const sg__division *division, size_t piece,
                           uint32_t owner, const uint8_t *packed,
                           sg__message *out);

/* sg__blocks_find: where a block begins and ends in a message with `owned` of
 * them; NULL if the sizes make no sense. */
const uint8_t *sg__blocks_find(const uint8_t *message, size_t bytes,
                               uint32_t owned, const sg__block *block,
                               const uint8_t **end);

/* sg__pack_wide: 64-bit sums below 2^62, as runs of values low, each followed by
 * their values high, v = low + 2^31 high. Returns the end.
 * sg__add_wide, sg__add_packed: adds n packed values to sums; *from goes behind
 * them. False if they do not make sense. */
uint8_t *sg__pack_wide(const int64_t *sums, size_t n, uint8_t *to);
bool sg__add_wide(const uint8_t **from, const uint8_t *end, size_t n,
                  int64_t *sums);
bool sg__add_packed(const uint8_t **from, const uint8_t *end, size_t n,
                    int32_t *sums);

#endif
