/* Where blocks of one memory lie; see blocks.h. */
#include "export/blocks.h"

void sg__blocks_put(sg__blocks *b, size_t senders, size_t sender, size_t size,
                    size_t now, size_t *total)
{
    uint32_t at = 0;
    for (size_t tries = 0; tries <= senders; tries++) {
        bool moved = false;
        for (size_t s = 0; s < senders; s++) {
            const bool lives = b->placed[s] && b->last[s] >= now;
            if (lives && at < b->at[s] + b->size[s] && b->at[s] < at + size) {
                at = b->at[s] + b->size[s];
                moved = true;
            }
        }
        if (!moved)
            break;
    }
    b->size[sender] = (uint32_t)size;
    b->at[sender] = at;
    b->placed[sender] = true;
    *total = sg__device_most(*total, at + size);
}
