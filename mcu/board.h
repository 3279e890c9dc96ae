/* What the self-test wants of a board; boards here are those of QEMU. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

int main(void);

/* board_put: text to the console. board_write: a file on the host. */
void board_put(const char *text);
void board_write(const char *name, const uint8_t *bytes, size_t size);

/* board_instructions: executed so far, where time is counted by them (qemu
 * -icount shift=0: one a nanosecond). */
uint64_t board_instructions(void);

#endif
