/* What the self-test wants of a board; boards here are those of QEMU. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

int main(void);

/* board_put: text to the console. board_write: a file on the host. board_read:
 * a part of one, false if it is not there; QEMU's boards alone have it. */
void board_put(const char *text);
int board_read(const char *name, size_t offset, void *to, size_t size);
void board_write(const char *name, const uint8_t *bytes, size_t size);

/* board_instructions: executed so far, where time is counted by them (qemu
 * -icount shift=0: one a nanosecond). */
uint64_t board_instructions(void);

#endif
