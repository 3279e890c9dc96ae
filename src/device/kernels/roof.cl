/* What a device could reach at best, to hold its kernels against. */

/* `count` products of tiles that are there, in every group.
 * out  uint32, so that the sums are wanted */
KERNEL(sg_roof_products)
{
    SHARED_QUADS(a, TILE_WORDS);
    SHARED_QUADS(b, TILE_WORDS);
    PRIVATE(int32_t, sums, TILE_SUMS);
    PHASE
    {
        for (uint32_t i = THREAD; i < TILE_WORDS; i += SG__GROUP) {
            a[i] = (i + 1) * 0x9E3779B9;
            b[i] = (i + 1) * 0x85EBCA6B;
        }
        UNROLL for (int i = 0; i < TILE_SUMS; i++)
            MINE(sums)[i] = 0;
    }
    SYNC
    for (uint32_t round = 0; round < t.count; round++) {
        PHASE
        {
            sg__tile_product(MINE(sums), a, b, THREAD, 0, 1);
        }
    }
    PHASE
    {
        uint32_t sum = 0;
        UNROLL for (int i = 0; i < TILE_SUMS; i++)
            sum ^= (uint32_t)MINE(sums)[i];
        if (sum == 0x12345678)
            AT(uint32_t, t.out)[0] = sum;
    }
}

/* Reads `neurons` times 16 bytes from in, once.
 * count  groups that there are
 * out    uint32, so that they are wanted */
KERNEL(sg_roof_bytes)
{
    PHASE
    {
        uint32_t sum = 0;
        for (uint32_t i = GROUP_X * SG__GROUP + THREAD; i < t.neurons;
             i += t.count * SG__GROUP) {
            const sg__quad q = AT(sg__quad, t.in)[i];
            sum ^= q.x ^ q.y ^ q.z ^ q.w;
        }
        if (sum == 0x12345678)
            AT(uint32_t, t.out)[0] = sum;
    }
}
