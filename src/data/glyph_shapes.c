/* Tables of pen strokes, designed by hand; see glyph_shapes.h for what a
 * point means. Every digit keeps a feature that no other digit has under the
 * distortions of glyph_draw.c, so that no sample is ambiguous. Changing a table
 * changes every generated data set: tests/unit/test_glyphs.c pins them. */
#include "data/glyph_shapes.h"

#define UP                                                                    \
    {                                                                         \
        SG__PEN_UP, SG__PEN_UP                                                \
    }
#define SHAPE(points)                                                         \
    {                                                                         \
        points, sizeof points / sizeof *points                                \
    }

static const sg__pen oval_0[] = {{2, -30}, {-18, -30}, {-18, 30},
                                 {18, 30}, {18, -30},  {0, -30}};
static const sg__pen overlapped_0[] = {{7, -24},  {-8, -34}, {-20, -8},
                                       {-14, 31}, {15, 31},  {20, -16},
                                       {4, -32},  {-3, -25}};

static const sg__pen bar_1[] = {{1, -30}, {0, 30}};
static const sg__pen flag_1[] = {
    {-9, -17}, {-2, -22}, {2, -30}, {2, -30}, {2, 30}};
static const sg__pen foot_1[] = {{-9, -18}, {1, -30},  {1, -30}, {0, 30},
                                 UP,        {-11, 30}, {12, 29}};

static const sg__pen plain_2[] = {{-15, -18}, {-14, -31}, {14, -34}, {17, -8},
                                  {-2, 10},   {-16, 29},  {-16, 29}, {17, 28}};
static const sg__pen loop_2[] = {{-14, -20}, {-8, -33}, {15, -33}, {15, -8},
                                 {2, 14},    {-10, 31}, {-20, 26}, {-10, 13},
                                 {2, 24},    {10, 30},  {19, 24}};

static const sg__pen round_3[] = {{-14, -22}, {-9, -33}, {17, -33}, {16, -5},
                                  {-5, -3},   {-5, -3},  {19, -3},  {20, 31},
                                  {-10, 33},  {-16, 21}};
static const sg__pen flat_3[] = {{-14, -29}, {14, -30}, {14, -30},
                                 {-2, -7},   {-2, -7},  {18, -8},
                                 {21, 31},   {-8, 33},  {-16, 23}};

static const sg__pen open_4[] = {{-11, -29}, {-16, 5}, {-16, 5}, {18, 3},
                                 UP,         {9, -22}, {7, 30}};
static const sg__pen closed_4[] = {{19, 9},  {-18, 10}, {-18, 10},
                                   {8, -30}, {8, -30},  {7, 30}};

static const sg__pen joined_5[] = {{16, -30}, {-9, -29}, {-9, -29}, {-12, -4},
                                   {-12, -4}, {0, -11},  {20, -6},  {18, 32},
                                   {-10, 31}, {-16, 22}};
static const sg__pen barred_5[] = {{-9, -27}, {-12, -4}, {-12, -4}, {18, -12},
                                   {20, 30},  {-6, 33},  {-17, 25}, UP,
                                   {-9, -28}, {18, -29}};

static const sg__pen curved_6[] = {{11, -29}, {-10, -24}, {-19, 6}, {-14, 33},
                                   {16, 33},  {17, 0},    {-8, -4}, {-16, 14}};
static const sg__pen straight_6[] = {{4, -30}, {-12, 0}, {-18, 26}, {2, 33},
                                     {19, 28}, {12, 2},  {-6, 4},   {-12, 18}};

static const sg__pen plain_7[] = {
    {-16, -28}, {16, -28}, {16, -28}, {-1, 2}, {-5, 30}};
static const sg__pen barred_7[] = {{-16, -28}, {15, -29}, {15, -29}, {2, 0},
                                   {-6, 30},   UP,        {-9, 1},   {13, 0}};
static const sg__pen serif_7[] = {{-16, -19}, {-15, -28}, {-15, -28},
                                  {16, -27},  {16, -27},  {2, 30}};

static const sg__pen crossed_8[] = {{2, -30},  {-17, -31}, {-16, -9}, {15, 4},
                                    {20, 30},  {-20, 30},  {-15, 4},  {15, -9},
                                    {17, -31}, {0, -30}};
static const sg__pen stacked_8[] = {{0, -30},  {-15, -30}, {-15, -4}, {15, -4},
                                    {15, -30}, {0, -30},   UP,        {0, -4},
                                    {-18, -4}, {-18, 30},  {18, 30},  {18, -4},
                                    {0, -4}};

static const sg__pen straight_9[] = {{14, -22}, {5, -34}, {-16, -30},
                                     {-16, 0},  {10, 2},  {15, -24},
                                     {15, -24}, {11, 30}};
static const sg__pen curved_9[] = {{13, -20}, {6, -34},  {-16, -29}, {-16, 1},
                                   {11, 1},   {14, -22}, {14, -22},  {17, 14},
                                   {6, 33},   {-12, 27}};

const sg__glyph *sg__glyph_shapes(uint32_t digit, uint32_t *count)
{
    static const sg__glyph shapes[10][3] = {
        {SHAPE(oval_0), SHAPE(overlapped_0)},
        {SHAPE(bar_1), SHAPE(flag_1), SHAPE(foot_1)},
        {SHAPE(plain_2), SHAPE(loop_2)},
        {SHAPE(round_3), SHAPE(flat_3)},
        {SHAPE(open_4), SHAPE(closed_4)},
        {SHAPE(joined_5), SHAPE(barred_5)},
        {SHAPE(curved_6), SHAPE(straight_6)},
        {SHAPE(plain_7), SHAPE(barred_7), SHAPE(serif_7)},
        {SHAPE(crossed_8), SHAPE(stacked_8)},
        {SHAPE(straight_9), SHAPE(curved_9)},
    };
    *count = 2;
    if (shapes[digit][2].pen)
        *count = 3;
    return shapes[digit];
}
