/* Cortex-M and RISC-V under QEMU: start, semihosting, a counter. */
#include "board.h"

enum {
    OPEN = 1,
    CLOSE = 2,
    WRITE0 = 4,
    WRITE = 5,
    READ = 6,
    SEEK = 10,
    EXIT_EXTENDED = 0x20
};

static uintptr_t call(uintptr_t number, const void *arguments);

void board_put(const char *text)
{
    (void)call(WRITE0, text);
}

static size_t length_of(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

void board_write(const char *name, const uint8_t *bytes, size_t size)
{
    const uintptr_t open[] = {(uintptr_t)name, 5 /* wb */, length_of(name)};
    const uintptr_t file = call(OPEN, open);
    const uintptr_t write[] = {file, (uintptr_t)bytes, size};
    (void)call(WRITE, write);
    (void)call(CLOSE, &file);
}

int board_read(const char *name, size_t offset, void *to, size_t size)
{
    const uintptr_t open[] = {(uintptr_t)name, 1 /* rb */, length_of(name)};
    const uintptr_t file = call(OPEN, open);
    const uintptr_t seek[] = {file, offset};
    const uintptr_t read[] = {file, (uintptr_t)to, size};
    const int good = call(SEEK, seek) == 0 && call(READ, read) == 0;
    (void)call(CLOSE, &file);
    return good;
}

static void end(int code)
{
    const uintptr_t reason[] = {0x20026, (uintptr_t)code};
    (void)call(EXIT_EXTENDED, reason);
    for (;;)
        ;
}

/* The compiler may call these by itself. */
void *memset(void *to, int value, size_t n)
{
    volatile unsigned char *p = to;
    while (n--)
        *p++ = (unsigned char)value;
    return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
    volatile unsigned char *p = to;
    const unsigned char *q = from;
    while (n--)
        *p++ = *q++;
    return to;
}

#if defined(__arm__)

extern uint32_t stack_top[], bss_start[], bss_end[];

#define SYSTICK ((volatile uint32_t *)0xE000E010)
#define ICSR ((volatile uint32_t *)0xE000ED04)
#define TICK_PENDING ((uint32_t)1 << 26)

static uintptr_t call(uintptr_t number, const void *arguments)
{
    register uintptr_t r0 __asm__("r0") = number;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

/* A down counter of 24 bits, which calls tick when it has come to 0: a sample
 * may take longer than that. */
static volatile uint32_t rounds;

static void tick(void)
{
    rounds++;
}

uint64_t board_instructions(void)
{
    uint32_t round, now;
    do {
        round = rounds;
        now = SYSTICK[2];
    } while (round != rounds || (*ICSR & TICK_PENDING));
    const uint64_t ticks = ((uint64_t)round << 24) + (0xFFFFFF - now);
    return ticks * (1000000000 / (TICKS_A_SECOND / 1000)) / 1000;
}

static void start(void)
{
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
    SYSTICK[1] = 0xFFFFFF;
    SYSTICK[2] = 0;
    SYSTICK[0] = 7;
    end(main());
}

static void fault(void)
{
    end(99);
}

/* Of the exceptions only the last of them, 15, is used. */
__attribute__((section(".vectors"), used)) static const void *const vectors[] =
    {stack_top,
     (const void *)start,
     (const void *)fault,
     (const void *)fault,
     NULL,
     NULL,
     NULL,
     NULL,
     NULL,
     NULL,
     NULL,
     NULL,
     NULL,
     NULL,
     NULL,
     (const void *)tick};

#else

static uintptr_t call(uintptr_t number, const void *arguments)
{
    register uintptr_t a0 __asm__("a0") = number;
    register const void *a1 __asm__("a1") = arguments;
    __asm__ volatile(".balign 16\n"
                     ".option push\n.option norvc\n"
                     "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

uint64_t board_instructions(void)
{
    static uint32_t before;
    static uint64_t sum;
    uint32_t now;
    /* csrr %0, instret, by its number: not every assembler knows zicsr */
    __asm__ volatile(".insn i 0x73, 2, %0, zero, -1022" : "=r"(now));
    sum += now - before;
    before = now;
    return sum;
}

__attribute__((used)) void begin(void)
{
    (void)board_instructions();
    end(main());
}

__asm__(".section .vectors, \"ax\"\n.globl _start\n_start:\n"
        "la sp, stack_top\n"
        "la t0, bss_start\nla t1, bss_end\n"
        "1: bgeu t0, t1, 2f\nsw zero, 0(t0)\naddi t0, t0, 4\nj 1b\n"
        "2: call begin\n.text\n");

#endif
