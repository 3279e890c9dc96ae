/* affine: a random rotation, scale, shear and shift. */
#include "augment/kind.h"
#include "core/fixed.h"

#define ONE SG__PIXEL
#define TURN_MAX 11438 /* 10 degrees in radians */
#define SCALE_MAX (ONE / 10)
#define SHEAR_MAX (ONE / 10)
#define MOVE_MAX (2 * ONE)

/* A random affine map about the centre of the image. */
static sg__warp draw_map(sg_shape shape, sg__draw d, sg__draw e)
{
    int32_t turn = sg__spread(d.v[0], TURN_MAX);
    int64_t scale = ONE + sg__spread(d.v[1], SCALE_MAX);
    int64_t shear = sg__spread(d.v[2], SHEAR_MAX);
    int64_t sine = sg__sin_q16(turn) * scale / ONE;
    int64_t cosine = sg__cos_q16(turn) * scale / ONE;
    int64_t mx = sg__spread(d.v[3], MOVE_MAX);
    int64_t my = sg__spread(e.v[0], MOVE_MAX);

    /* rotation * scale * (1, shear; 0, 1) */
    sg__warp w = {.m = {(int32_t)cosine,
                        (int32_t)(cosine * shear / ONE - sine), (int32_t)sine,
                        (int32_t)(sine * shear / ONE + cosine)}};

    /* twice the centre's coordinates are width-1 and height-1 */
    int64_t cx = (int64_t)shape.width - 1;
    int64_t cy = (int64_t)shape.height - 1;
    w.start_x = (cx * ONE - w.m[0] * cx - w.m[1] * cy) / 2 + mx;
    w.start_y = (cy * ONE - w.m[2] * cx - w.m[3] * cy) / 2 + my;
    return w;
}

static void place(const sg__variant *v, uint32_t pixels, sg__placing *to)
{
    (void)pixels;
    to->warped = true;
    to->warp = draw_map(v->shape, sg__variant_draw(v, 1, 0),
                        sg__variant_draw(v, 2, 0));
}

const sg__augment_kind sg__augment_affine = {.place = place};
