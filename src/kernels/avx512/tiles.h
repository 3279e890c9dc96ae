/* Tiles of the AVX-512 dense products: the inner loops, one for each product
 * and shape of tile, with all sums in registers until the firing rule has been
 * applied to them.
 *
 * A group is four bytes of taps: four counts of 8 bits against 8-bit weights
 * (vpdpbusd), or two counts widened to 16 bits against 16-bit weights
 * (vpdpwssd). A panel is 16 output channels, one register a group. A tile is
 * some positions by up to four panels; its positions may lie anywhere, in any
 * sample, as long as they see the same taps. */
#ifndef SG_KERNELS_AVX512_TILES_H
#define SG_KERNELS_AVX512_TILES_H

#include "kernels/avx512/lanes.h"

enum {
    SG__TILE_LANES = 16,       /* channels of a panel */
    SG__TILE_GROUP = 4,        /* bytes of taps in a lane */
    SG__TILE_PANEL_BYTES = 64, /* weights of a panel for one group */
    SG__TILE_PANELS = 4,       /* of a tile, at most */
    SG__TILE_POSITIONS = 8,    /* of a tile, at most */
    SG__TILE_NEIGHBOURS = 24   /* of a tile over neighbouring bytes */
};

/* What a tile reads and where it writes. */
typedef struct sg__dense_tile {
    const char *in[SG__TILE_POSITIONS];
    size_t out[SG__TILE_POSITIONS]; /* index of the position's first channel */
    int32_t offset[SG__TILE_POSITIONS];
    const char *weight; /* of the first panel, at the first tap */
    size_t in_row, weight_row, weight_panel; /* steps in bytes */
    uint32_t rows;
    size_t groups;
    const int32_t *bias; /* of the first panel; NULL for errors */
    uint32_t channels;   /* left, of the first panel on */
} sg__dense_tile;

/* The three products: by type of the inputs and of the weights. */
enum { SG__COUNTS_8, SG__ERRORS_8, SG__WORDS_16, SG__PRODUCTS };

/* sg__tile_runs: by product, panels - 1 and what sg__tile_next says. Errors
 * have tiles of four panels only, all channels in use, since they go back to
 * whole slabs of 64; charge is all that is written of them. */
typedef void sg__tile_fn(const sg__dense_tile *t, const sg__response_out *out);
extern sg__tile_fn *const sg__tile_runs[SG__PRODUCTS][SG__TILE_PANELS][4];

/* sg__tile_next: how many positions the next tile takes of those left; which:
 * its index in sg__tile_runs. */
static inline int sg__tile_next(size_t left, int width, int *which)
{
    static const int sizes[] = {1, 2, 4};
    int most = width == SG__TILE_PANELS ? 6 : 8;
    *which = 3;
    if (left >= (size_t)most)
        return most;
    *which = left >= 4 ? 2 : left >= 2 ? 1 : 0;
    return sizes[*which];
}

/* sg__tile_bytes: one panel of counts for n neighbours, 8 or
 * SG__TILE_NEIGHBOURS, that lie a byte apart, as in a first layer over grey
 * images: one address, that of the first, serves them all. `step` is from one
 * to the next in the output. */
void sg__tile_bytes(const sg__dense_tile *t, int n, size_t step,
                    const sg__response_out *out);

#endif
