/* Our dense product and convolution against oneDNN's, u8 x s8 -> s32, on the
 * layers of M and C. Both alternate in one process. oneDNN chooses its memory
 * formats, reorders outside of the timing, and where a layer can be said in
 * several ways (matmul, inner product, convolution) the fastest one counts.
 *
 *     against_onednn [ROUNDS]
 *
 * OMP_NUM_THREADS is the number of threads of both; without it the program
 * runs itself with 1 and with all processors, because the OpenMP runtime reads
 * it only as it starts. A multiply-add counts 2 operations; taps that fall
 * into the padding do not exist and count nothing.
 */
#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/threads.h"
#include "kernels/kernels.h"
#include "measure.h"

enum { ROUNDS_MAX = 101, FORMS = 3 };

#define TURN 0.1 /* seconds of a measurement */

typedef struct shape {
    const char *net, *name;
    size_t batch;
    sg__geometry geo;
} shape;

#define CONV(size, c_in, c_out, k, p)                                         \
    {                                                                         \
        size, size, c_in, size + 2 * (p) - (k) + 1, size + 2 * (p) - (k) + 1, \
            c_out, k, k, 1, 1, p, p                                           \
    }
#define DENSE(inputs, neurons)                                                \
    {                                                                         \
        1, 1, inputs, 1, 1, neurons, 1, 1, 1, 1, 0, 0                         \
    }

static const shape shapes[] = {
    {"M", "15C5", 128, CONV(28, 1, 15, 5, 0)},
    {"M", "40C5", 128, CONV(12, 15, 40, 5, 0)},
    {"M", "300", 128, DENSE(640, 300)},
    {"M", "10", 128, DENSE(300, 10)},
    {"C", "128C3p1", 32, CONV(32, 3, 128, 3, 1)},
    {"C", "256C3p1", 32, CONV(32, 128, 256, 3, 1)},
    {"C", "512C3p1", 32, CONV(16, 256, 512, 3, 1)},
    {"C", "1024C3p1", 32, CONV(8, 512, 1024, 3, 1)},
    {"C", "512C3p1", 32, CONV(8, 1024, 512, 3, 1)},
    {"C", "1024", 32, DENSE(32768, 1024)},
    {"C", "512", 32, DENSE(1024, 512)},
    {"C", "10", 32, DENSE(512, 10)},
};

/* A layer as one primitive of oneDNN, with its memory. */
typedef struct form {
    const char *name;
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[3];
    dnnl_exec_arg_t args[3];
} form;

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static void must(dnnl_status_t status, const char *what)
{
    if (status == dnnl_success)
        return;
    fprintf(stderr, "against_onednn: %s: status %d\n", what, (int)status);
    exit(1);
}

/* Taps that exist, over all output positions along one direction. */
static size_t taps(uint32_t out, uint32_t stride, uint32_t pad,
                   uint32_t kernel, uint32_t in)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < out; i++) {
        uint32_t first, last;
        sg__span(i, stride, pad, kernel, in, &first, &last);
        sum += last - first;
    }
    return sum;
}

static double operations(const sg__geometry *g, size_t n)
{
    double rows =
        (double)taps(g->out_h, g->stride_h, g->pad_h, g->kernel_h, g->in_h);
    double columns =
        (double)taps(g->out_w, g->stride_w, g->pad_w, g->kernel_w, g->in_w);
    return 2.0 * (double)n * rows * columns * g->in_c * g->out_c;
}

static dnnl_memory_desc_t describe(int dims, const dnnl_dim_t *size,
                                   dnnl_data_type_t type,
                                   dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t md;
    dnnl_dims_t copy = {0};
    memcpy(copy, size, (size_t)dims * sizeof *size);
    must(dnnl_memory_desc_init_by_tag(&md, dims, copy, type, tag), "memory");
    return md;
}

static dnnl_memory_t allocate(const dnnl_memory_desc_t *md)
{
    dnnl_memory_t memory;
    must(dnnl_memory_create(&memory, md, engine, DNNL_MEMORY_ALLOCATE),
         "memory");
    return memory;
}

static void execute(dnnl_primitive_t primitive, int count,
                    const dnnl_exec_arg_t *args)
{
    must(dnnl_primitive_execute(primitive, stream, count, args), "execute");
    must(dnnl_stream_wait(stream), "wait");
}

static void reorder(dnnl_memory_t from, const dnnl_memory_desc_t *from_md,
                    dnnl_memory_t to, const dnnl_memory_desc_t *to_md)
{
    dnnl_primitive_desc_t pd;
    dnnl_primitive_t primitive;
    must(dnnl_reorder_primitive_desc_create(&pd, from_md, engine, to_md,
                                            engine, NULL),
         "reorder");
    must(dnnl_primitive_create(&primitive, pd), "reorder");
    execute(primitive, 2,
            (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(pd);
}

/* Memory of format md that holds random values below limit, written in plain
 * order and brought into the format, padding included, by a reorder. */
static dnnl_memory_t filled(const dnnl_memory_desc_t *md, uint8_t limit)
{
    static const dnnl_format_tag_t plain[] = {dnnl_format_tag_undef, dnnl_a,
                                              dnnl_ab, dnnl_abc, dnnl_abcd};
    dnnl_memory_desc_t plain_md =
        describe(md->ndims, md->dims, md->data_type, plain[md->ndims]);
    dnnl_memory_t memory = allocate(md), source = allocate(&plain_md);
    void *bytes;
    uint32_t random = 1;
    must(dnnl_memory_get_data_handle(source, &bytes), "memory");
    for (size_t i = 0; i < dnnl_memory_desc_get_size(&plain_md); i++) {
        random = random * 1664525 + 1013904223;
        ((uint8_t *)bytes)[i] = (uint8_t)((random >> 24) % limit);
    }
    reorder(source, &plain_md, memory, md);
    dnnl_memory_destroy(source);
    return memory;
}

/* Completes a form from its description; false if oneDNN has none. */
static bool complete(form *f, const char *name, const_dnnl_op_desc_t op)
{
    static const dnnl_query_t query[3] = {dnnl_query_src_md,
                                          dnnl_query_weights_md,
                                          dnnl_query_dst_md};
    static const int argument[3] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS,
                                    DNNL_ARG_DST};
    dnnl_primitive_desc_t pd;
    if (dnnl_primitive_desc_create(&pd, op, NULL, engine, NULL))
        return false;
    f->name = name;
    must(dnnl_primitive_create(&f->primitive, pd), name);
    for (int i = 0; i < 3; i++) {
        const dnnl_memory_desc_t *md =
            dnnl_primitive_desc_query_md(pd, query[i], 0);
        f->memory[i] = i < 2 ? filled(md, i ? 100 : 8) : allocate(md);
        f->args[i] = (dnnl_exec_arg_t){argument[i], f->memory[i]};
    }
    dnnl_primitive_desc_destroy(pd);
    execute(f->primitive, 3, f->args);
    return true;
}

static bool make_convolution(form *f, const sg__geometry *g, size_t n)
{
    dnnl_dim_t src[] = {(dnnl_dim_t)n, g->in_c, g->in_h, g->in_w};
    dnnl_dim_t weights[] = {g->out_c, g->in_c, g->kernel_h, g->kernel_w};
    dnnl_dim_t dst[] = {(dnnl_dim_t)n, g->out_c, g->out_h, g->out_w};
    dnnl_dims_t stride = {g->stride_h, g->stride_w};
    dnnl_dims_t pad = {g->pad_h, g->pad_w};
    dnnl_memory_desc_t s = describe(4, src, dnnl_u8, dnnl_format_tag_any);
    dnnl_memory_desc_t w = describe(4, weights, dnnl_s8, dnnl_format_tag_any);
    dnnl_memory_desc_t d = describe(4, dst, dnnl_s32, dnnl_format_tag_any);
    dnnl_convolution_desc_t op;
    must(dnnl_convolution_forward_desc_init(&op, dnnl_forward_inference,
                                            dnnl_convolution_auto, &s, &w,
                                            NULL, &d, stride, pad, pad),
         "convolution");
    return complete(f, "convolution", &op);
}

static bool make_matmul(form *f, const sg__geometry *g, size_t n)
{
    dnnl_dim_t rows = (dnnl_dim_t)n * g->out_h * g->out_w;
    dnnl_dim_t src[] = {rows, g->in_c}, weights[] = {g->in_c, g->out_c};
    dnnl_dim_t dst[] = {rows, g->out_c};
    dnnl_memory_desc_t s = describe(2, src, dnnl_u8, dnnl_format_tag_any);
    dnnl_memory_desc_t w = describe(2, weights, dnnl_s8, dnnl_format_tag_any);
    dnnl_memory_desc_t d = describe(2, dst, dnnl_s32, dnnl_format_tag_any);
    dnnl_matmul_desc_t op;
    must(dnnl_matmul_desc_init(&op, &s, &w, NULL, &d), "matmul");
    return complete(f, "matmul", &op);
}

static bool make_inner_product(form *f, const sg__geometry *g, size_t n)
{
    dnnl_dim_t rows = (dnnl_dim_t)n * g->out_h * g->out_w;
    dnnl_dim_t src[] = {rows, g->in_c}, weights[] = {g->out_c, g->in_c};
    dnnl_dim_t dst[] = {rows, g->out_c};
    dnnl_memory_desc_t s = describe(2, src, dnnl_u8, dnnl_format_tag_any);
    dnnl_memory_desc_t w = describe(2, weights, dnnl_s8, dnnl_format_tag_any);
    dnnl_memory_desc_t d = describe(2, dst, dnnl_s32, dnnl_format_tag_any);
    dnnl_inner_product_desc_t op;
    must(dnnl_inner_product_forward_desc_init(&op, dnnl_forward_inference, &s,
                                              &w, NULL, &d),
         "inner product");
    return complete(f, "inner product", &op);
}

static void destroy(form *f)
{
    dnnl_primitive_destroy(f->primitive);
    for (int i = 0; i < 3; i++)
        dnnl_memory_destroy(f->memory[i]);
}

static double form_gops(const form *f, const sg__geometry *g, size_t n)
{
    double start = bench_now(), seconds;
    int count = 0;
    do {
        execute(f->primitive, 3, f->args);
        count++;
        seconds = bench_now() - start;
    } while (seconds < TURN);
    return count * operations(g, n) / seconds / 1e9;
}

/* All forms of a layer; returns their number. */
static int make_forms(form *forms, const sg__geometry *g, size_t n)
{
    int count = make_convolution(forms, g, n) ? 1 : 0;
    bool product = g->kernel_h == 1 && g->kernel_w == 1 && g->stride_h == 1 &&
                   g->stride_w == 1 &&
                   !sg__padded(g); /* each output position is a row */
    if (product && make_matmul(&forms[count], g, n))
        count++;
    if (product && make_inner_product(&forms[count], g, n))
        count++;
    return count;
}

/* Leaves the fastest form of count in *best and destroys the others; the best
 * of three, so that a disturbance does not choose. */
static void choose(form *forms, int count, form *best, const sg__geometry *g,
                   size_t n)
{
    double top = -1;
    int chosen = 0;
    for (int i = 0; i < 3 * count; i++) {
        double gops = form_gops(&forms[i % count], g, n);
        if (gops > top) {
            top = gops;
            chosen = i % count;
        }
    }
    for (int i = 0; i < count; i++)
        if (i != chosen)
            destroy(&forms[i]);
    *best = forms[chosen];
}

/* Our side of a shape: a layer of random numbers, split by samples as the
 * engine does it. Charges are written, as oneDNN writes its sums; the engine
 * itself lets them turn into counts in the registers. */
typedef struct layer {
    const sg__kernels *kernels;
    sg__synapses synapses;
    size_t n;
    uint8_t *in;
    int32_t *charge;
    char *scratch;
    size_t scratch_bytes;
} layer;

enum { CHUNK = 16 };

static void *take(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!memory) {
        fprintf(stderr, "against_onednn: out of memory\n");
        exit(1);
    }
    memset(memory, 0, (bytes + 127) / 64 * 64);
    return memory;
}

static void run_chunk(void *context, unsigned task, unsigned thread)
{
    const layer *l = context;
    const sg__geometry *g = l->synapses.geo;
    size_t first = (size_t)task * CHUNK, n = l->n - first;
    sg__response_out out = {.charge = l->charge + first * sg__outputs(g)};
    l->kernels->forward(&l->synapses, n < CHUNK ? n : CHUNK,
                        l->in + first * sg__inputs(g), &out,
                        l->scratch + thread * l->scratch_bytes);
}

static layer make_layer(const sg__geometry *g, size_t n, int bits,
                        unsigned threads)
{
    const sg__kernels *kernels = sg__kernels_select();
    size_t weights = sg__fan_in(g) * g->out_c * (size_t)bits / 8;
    layer l = {.kernels = kernels, .n = n};
    uint8_t *weight = take(weights);
    for (size_t i = 0; i < weights; i++)
        weight[i] = (uint8_t)(rand() % 255 - 127);
    l.in = take(n * sg__inputs(g));
    for (size_t i = 0; i < n * sg__inputs(g); i++)
        l.in[i] = (uint8_t)(rand() % 16);
    l.charge = take(n * sg__outputs(g) * sizeof *l.charge);
    l.scratch_bytes = (kernels->scratch_size(g, bits) + 63) / 64 * 64;
    l.scratch = take(threads * l.scratch_bytes);
    l.synapses = (sg__synapses){g,
                                bits,
                                weight,
                                take(kernels->pack_size(g, bits)),
                                take(g->out_c * sizeof(int32_t)),
                                15};
    kernels->pack(&l.synapses, 0, g->out_c);
    return l;
}

static void free_layer(layer *l)
{
    free((void *)l->synapses.weight);
    free(l->synapses.packed);
    free((void *)l->synapses.bias);
    free(l->in);
    free(l->charge);
    free(l->scratch);
}

/* One measurement, all threads. */
static double ours_gops(layer *l, sg__threads *threads)
{
    unsigned tasks = (unsigned)((l->n + CHUNK - 1) / CHUNK);
    double start = bench_now(), spent = 0;
    int runs = 0;
    for (; spent < TURN || runs < 2; runs++, spent = bench_now() - start)
        sg__threads_run(threads, tasks, run_chunk, l);
    return operations(l->synapses.geo, l->n) * runs / spent / 1e9;
}

/* Threads of the other side spin for a while after their last work. */
static void settle(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static void print_ours(double ours, double *ratios, int rounds)
{
    if (ours > 0)
        printf(" %9.1f %7.2f", ours, bench_median(ratios, rounds));
    else
        printf(" %9s %7s", "-", "-");
}

static void compare(const shape *s, int rounds, sg__threads *threads)
{
    static const int bits[2] = {8, 16};
    static double theirs[ROUNDS_MAX], ours[2][ROUNDS_MAX];
    static double ratios[2][ROUNDS_MAX];
    form forms[FORMS], best;
    int count = make_forms(forms, &s->geo, s->batch);
    if (count == 0) {
        printf("%-2s %-9s not in this oneDNN\n", s->net, s->name);
        return;
    }
    choose(forms, count, &best, &s->geo, s->batch);
    layer layers[2];
    for (int b = 0; b < 2; b++)
        layers[b] =
            make_layer(&s->geo, s->batch, bits[b], sg__threads_count(threads));
    for (int r = 0; r < rounds; r++) {
        settle();
        theirs[r] = form_gops(&best, &s->geo, s->batch);
        for (int b = 0; b < 2; b++) {
            settle();
            ours[b][r] = ours_gops(&layers[b], threads);
            ratios[b][r] = ours[b][r] / theirs[r];
        }
    }
    printf("%-2s %-9s %5u %5u %5zu %9.1f", s->net, s->name, s->geo.in_c,
           s->geo.out_c, s->batch, bench_median(theirs, rounds));
    for (int b = 0; b < 2; b++)
        free_layer(&layers[b]);
    for (int b = 0; b < 2; b++)
        print_ours(bench_median(ours[b], rounds), ratios[b], rounds);
    printf("  %s\n", best.name);
    destroy(&best);
}

static void compare_all(const char *threads, int rounds)
{
    const dnnl_version_t *v = dnnl_version();
    sg__threads *pool;
    if (sg__threads_create((unsigned)atoi(threads), &pool) != SG_OK) {
        fprintf(stderr, "against_onednn: cannot start %s threads\n", threads);
        exit(1);
    }
    must(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine");
    must(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags),
         "stream");
    printf("GOPS, oneDNN %d.%d.%d u8 x s8, threads: %s, medians of %d\n",
           v->major, v->minor, v->patch, threads, rounds);
    printf("%-12s %5s %5s %5s %9s %9s %7s %9s %7s\n", "layer", "in_c", "out_c",
           "batch", "oneDNN", "ours 8", "ratio", "ours 16", "ratio");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        compare(&shapes[i], rounds, pool);
        fflush(stdout);
    }
    sg__threads_destroy(pool);
    dnnl_stream_destroy(stream);
    dnnl_engine_destroy(engine);
}

/* Runs this program with another number of threads; its exit status. */
static int run_again(char **argv, long threads)
{
    char text[24];
    int status;
    snprintf(text, sizeof text, "%ld", threads);
    setenv("OMP_NUM_THREADS", text, 1);
    pid_t child = fork();
    if (child == 0) {
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 7;
    const char *threads = getenv("OMP_NUM_THREADS");
    rounds = rounds < 1 || rounds > ROUNDS_MAX ? 7 : rounds;
    if (threads) {
        compare_all(threads, rounds);
        return 0;
    }
    long all = sysconf(_SC_NPROCESSORS_ONLN);
    int status = run_again(argv, 1);
    if (status == 0 && all > 1)
        status = run_again(argv, all);
    return status;
}
