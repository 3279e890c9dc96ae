/* What the threads of a warp load for tensor cores, and whose sums they get:
 * the code that is compiled for them, with threads in the place of lanes and
 * the two instructions as the manual of PTX lays them out, against sums made
 * from the rows and columns themselves. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifndef SG_HAVE_DEVICES

int main(void)
{
    return 77;
}

#else

#include <pthread.h>

#include "base/random.h"

enum { LANES = 32, WARPS = 8, SEED = 5 };

/* What the lanes of the warp have brought to the instruction under way. */
static pthread_barrier_t together;
static const uint32_t *brought_row[LANES];
static uint32_t brought_a[LANES][4], brought_b[LANES][2];
static _Thread_local uint32_t lane;

/* ldmatrix.x4: lane 8 j + r says where row r of matrix j is; register j gets
 * four bytes of row lane / 4 of matrix j. */
static void sg__fragments(uint32_t *to, const uint32_t *from)
{
    brought_row[lane] = from;
    pthread_barrier_wait(&together);
    for (uint32_t j = 0; j < 4; j++)
        to[j] = brought_row[8 * j + lane / 4][lane % 4];
    pthread_barrier_wait(&together);
}

static int byte_of(const uint32_t *registers, uint32_t i, int is_signed)
{
    uint8_t byte;
    memcpy(&byte, (const char *)registers + i, 1);
    return is_signed ? (int8_t)byte : byte;
}

/* mma.m16n8k32: of a, bytes 4 w.. of the first 16 are in lane 4 g + w for rows
 * g (register 0) and g + 8 (1), of the others likewise (2, 3); of b, column g;
 * of c, columns 2 w and 2 w + 1 of rows g (0, 1) and g + 8 (2, 3). */
static void sg__mma(int32_t *c, const uint32_t *a, const uint32_t *b,
                    int a_signed, int b_signed)
{
    memcpy(brought_a[lane], a, sizeof brought_a[lane]);
    memcpy(brought_b[lane], b, sizeof brought_b[lane]);
    pthread_barrier_wait(&together);
    for (uint32_t e = 0; e < 4; e++) {
        const uint32_t row = lane / 4 + e / 2 * 8;
        const uint32_t column = lane % 4 * 2 + e % 2;
        for (uint32_t k = 0; k < 32; k++) {
            const uint32_t *x = brought_a[row % 8 * 4 + k % 16 / 4];
            const uint32_t *y = brought_b[column * 4 + k % 16 / 4];
            c[e] += byte_of(x, (row / 8 + k / 16 * 2) * 4 + k % 4, a_signed) *
                    byte_of(y, k / 16 * 4 + k % 4, b_signed);
        }
    }
    pthread_barrier_wait(&together);
}

/* __byte_perm: byte i is the one that nibble i of bytes names, of eight. */
static uint32_t permuted(uint32_t x, uint32_t y, uint32_t bytes)
{
    const uint64_t both = (uint64_t)y << 32 | x;
    uint32_t out = 0;
    for (int i = 0; i < 4; i++)
        out |= (uint32_t)(both >> 8 * (bytes >> 4 * i & 7) & 255) << 8 * i;
    return out;
}

#define SG__TENSOR 1
#define SG__PERMUTE permuted
#include "../device/plain_kernels.h"

enum { THREADS = LANES * WARPS };

static _Alignas(16) uint32_t tile_a[TILE_WORDS], tile_b[TILE_WORDS];
static uint8_t rows[TILE_ROWS][TILE_BYTES], columns[TILE_COLUMNS][TILE_BYTES];
static int32_t sums[THREADS][TILE_SUMS];
static int signs[2];

typedef struct work {
    uint32_t warp, lane;
} work;

static void *one_lane(void *user)
{
    const work *w = user;
    const uint32_t thread = w->warp * LANES + w->lane;
    lane = w->lane;
    sg__tile_product(sums[thread], tile_a, tile_b, thread, signs[0], signs[1]);
    return NULL;
}

static void fill(uint8_t bytes[][TILE_BYTES], uint32_t *tile, uint32_t which)
{
    for (uint32_t row = 0; row < TILE_ROWS; row++) {
        for (uint32_t k = 0; k < TILE_BYTES; k++)
            bytes[row][k] =
                (uint8_t)sg__random(SEED, SG__STREAM_AUGMENT, which, row, 0, k)
                    .v[0];
        for (uint32_t chunk = 0; chunk < 4; chunk++)
            memcpy(tile + sg__spot(row, chunk), bytes[row] + 16 * chunk, 16);
    }
}

static int32_t expected(uint32_t row, uint32_t column)
{
    int32_t sum = 0;
    for (uint32_t k = 0; k < TILE_BYTES; k++)
        sum += (signs[0] ? (int8_t)rows[row][k] : rows[row][k]) *
               (signs[1] ? (int8_t)columns[column][k] : columns[column][k]);
    return sum;
}

/* Each place of a tile is used once, and whoever reads eight rows, or writes
 * one row, finds them in different banks. */
static void spots_are_apart(void **state)
{
    static uint8_t used[TILE_WORDS];
    (void)state;
    for (uint32_t row = 0; row < TILE_ROWS; row++)
        for (uint32_t chunk = 0; chunk < 4; chunk++)
            used[sg__spot(row, chunk)]++;
    for (uint32_t i = 0; i < TILE_WORDS; i++)
        assert_int_equal(used[i], i % 4 == 0);
    for (uint32_t row = 0; row < TILE_ROWS; row += 8)
        for (uint32_t chunk = 0; chunk < 4; chunk++) {
            uint32_t banks = 0;
            for (uint32_t r = 0; r < 8; r++)
                banks |= 1u << sg__spot(row + r, chunk) / 4 % 8;
            assert_int_equal(banks, 255);
        }
}

static void warps_make_the_sums_of_the_tile(void **state)
{
    static uint8_t made[TILE_ROWS][TILE_COLUMNS];
    (void)state;
    fill(rows, tile_a, 0);
    fill(columns, tile_b, 1);
    assert_int_equal(pthread_barrier_init(&together, NULL, LANES), 0);
    for (int pair = 0; pair < 4; pair++) {
        signs[0] = pair / 2;
        signs[1] = pair % 2;
        memset(sums, 0, sizeof sums);
        memset(made, 0, sizeof made);
        for (uint32_t warp = 0; warp < WARPS; warp++) {
            pthread_t thread[LANES];
            work w[LANES];
            for (uint32_t l = 0; l < LANES; l++) {
                w[l] = (work){warp, l};
                assert_int_equal(pthread_create(&thread[l], NULL, one_lane,
                                                &w[l]),
                                 0);
            }
            for (uint32_t l = 0; l < LANES; l++)
                pthread_join(thread[l], NULL);
        }
        for (uint32_t t = 0; t < THREADS; t++)
            for (uint32_t i = 0; i < TILE_SUMS; i++) {
                const uint32_t row = sg__tile_row(t, i);
                const uint32_t column = sg__tile_column(t, i);
                assert_int_equal(sums[t][i], expected(row, column));
                made[row][column]++;
            }
        for (uint32_t row = 0; row < TILE_ROWS; row++)
            for (uint32_t column = 0; column < TILE_COLUMNS; column++)
                assert_int_equal(made[row][column], 1);
    }
    pthread_barrier_destroy(&together);
}

/* Four words of four bytes, rows and columns exchanged; machines with tensor
 * cores have their low bytes first. */
static void words_are_turned(void **state)
{
    const uint32_t from[4] = {0x33323130, 0x43424140, 0x53525150, 0x63626160};
    uint32_t to[4];
    (void)state;
    sg__turn(from, to);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(to[i], 0x60504030 + 0x01010101 * i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_turned),
        cmocka_unit_test(spots_are_apart),
        cmocka_unit_test(warps_make_the_sums_of_the_tile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
