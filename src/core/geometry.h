/* Geometry of a layer: which inputs meet which outputs. Freestanding.
 *
 * Activations are HWC. A fully connected layer is a convolution of a 1x1
 * image with in_c = K; a pooling layer has out_c = in_c and stride = kernel. */
#ifndef SG_CORE_GEOMETRY_H
#define SG_CORE_GEOMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sg__geometry {
    uint32_t in_h, in_w, in_c;
    uint32_t out_h, out_w, out_c;
    uint32_t kernel_h, kernel_w;
    uint32_t stride_h, stride_w;
    uint32_t pad_h, pad_w;
} sg__geometry;

static inline size_t sg__inputs(const sg__geometry *g)
{
    return (size_t)g->in_h * g->in_w * g->in_c;
}

static inline size_t sg__outputs(const sg__geometry *g)
{
    return (size_t)g->out_h * g->out_w * g->out_c;
}

/* The geometry of units that hear one input each. */
static inline sg__geometry sg__pointwise(void)
{
    sg__geometry g = {0}; /* kernels compile this as C++ too */
    g.kernel_h = g.kernel_w = g.stride_h = g.stride_w = 1;
    return g;
}

/* sg__padded: whether any padding surrounds the input. */
static inline bool sg__padded(const sg__geometry *g)
{
    return g->pad_h > 0 || g->pad_w > 0;
}

/* K: synapses onto one neuron of a layer without padding. */
static inline size_t sg__fan_in(const sg__geometry *g)
{
    return (size_t)g->kernel_h * g->kernel_w * g->in_c;
}

/* sg__is_dense: whether every input meets every output, by one synapse. */
static inline bool sg__is_dense(const sg__geometry *g)
{
    return (uint64_t)g->in_h * g->in_w * g->out_h * g->out_w * g->kernel_h *
               g->kernel_w ==
           1;
}

/* sg__fan_out: synapses from one unit of the input, at most. */
static inline int64_t sg__fan_out(const sg__geometry *g)
{
    int64_t rows = (g->kernel_h + g->stride_h - 1) / g->stride_h;
    int64_t columns = (g->kernel_w + g->stride_w - 1) / g->stride_w;
    return rows * columns * g->out_c;
}

/* sg__span: the kernel taps [*first, *last) that fall inside an input of
 * in_size for output position out; input position = out*stride + tap - pad. */
static inline void sg__span(uint32_t out, uint32_t stride, uint32_t pad,
                            uint32_t kernel, uint32_t in_size, uint32_t *first,
                            uint32_t *last)
{
    uint32_t start = out * stride; /* in padded coordinates */
    *first = start < pad ? pad - start : 0;
    uint32_t room = in_size + pad - start;
    *last = room < kernel ? room : kernel;
}

/* sg__reach: the output positions [*first, *last) whose kernel covers input
 * position in; the tap is in + pad - out*stride. Empty if none does. */
static inline void sg__reach(uint32_t in, uint32_t stride, uint32_t pad,
                             uint32_t kernel, uint32_t out_size,
                             uint32_t *first, uint32_t *last)
{
    uint32_t at = in + pad;
    *first = at < kernel ? 0 : (at - kernel) / stride + 1;
    uint32_t end = at / stride + 1;
    *last = end < out_size ? end : out_size;
    if (*first > *last)
        *first = *last;
}

/* sg__dense_macs: multiply-adds of a dense forward pass: taps that exist,
 * padding left out. */
static inline uint64_t sg__dense_macs(const sg__geometry *g)
{
    uint64_t rows = 0, columns = 0;
    uint32_t first, last;
    for (uint32_t y = 0; y < g->out_h; y++) {
        sg__span(y, g->stride_h, g->pad_h, g->kernel_h, g->in_h, &first,
                 &last);
        rows += last - first;
    }
    for (uint32_t x = 0; x < g->out_w; x++) {
        sg__span(x, g->stride_w, g->pad_w, g->kernel_w, g->in_w, &first,
                 &last);
        columns += last - first;
    }
    return rows * columns * g->in_c * g->out_c;
}

/* The part of a neuron's kernel that lies inside the input: `rows` runs of
 * `width` inputs side by side, each with its weights side by side. */
typedef struct sg__patch {
    uint32_t channel;
    uint32_t rows, width;
    size_t input, input_step;   /* index of the first input; to the next row */
    size_t weight, weight_step; /* the same in the layer's weights */
} sg__patch;

/* sg__patch_at: of the neuron of a channel at place (y, x). */
static inline sg__patch sg__patch_at(const sg__geometry *g, uint32_t y,
                                     uint32_t x, uint32_t channel)
{
    sg__patch f;
    uint32_t y0, y1, x0, x1;
    sg__span(y, g->stride_h, g->pad_h, g->kernel_h, g->in_h, &y0, &y1);
    sg__span(x, g->stride_w, g->pad_w, g->kernel_w, g->in_w, &x0, &x1);
    f.channel = channel;
    f.rows = y1 - y0;
    f.width = (x1 - x0) * g->in_c;
    f.input_step = (size_t)g->in_w * g->in_c;
    f.input = (y * g->stride_h + y0 - g->pad_h) * f.input_step +
              (size_t)(x * g->stride_w + x0 - g->pad_w) * g->in_c;
    f.weight_step = (size_t)g->kernel_w * g->in_c;
    f.weight =
        f.channel * sg__fan_in(g) + y0 * f.weight_step + (size_t)x0 * g->in_c;
    return f;
}

static inline sg__patch sg__patch_of(const sg__geometry *g, uint32_t neuron)
{
    const uint32_t place = neuron / g->out_c;
    return sg__patch_at(g, place / g->out_w, place % g->out_w,
                        neuron % g->out_c);
}

/* sg__pool_over: where the channels of the unit that covers pixel (y, x) begin
 * in the output of a pooling layer; pools do not overlap. */
static inline size_t sg__pool_over(const sg__geometry *g, uint32_t y,
                                   uint32_t x)
{
    return ((size_t)(y / g->kernel_h) * g->out_w + x / g->kernel_w) * g->out_c;
}

#endif
