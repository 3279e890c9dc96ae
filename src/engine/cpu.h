/* The CPU engine: batches on the ANN of ann/, on the threads of one process.
 * It works on the network's arrays themselves.
 *
 * Only the engine's own files and tests look in here; others see engine.h. */
#ifndef SG_ENGINE_CPU_H
#define SG_ENGINE_CPU_H

#include "ann/ann.h"
#include "base/threads.h"
#include "engine/engine.h"

/* A share of the update: output channels first..last-1 of a layer. */
typedef struct sg__share {
    uint32_t layer, first, last;
} sg__share;

/* Working memory of one thread. */
typedef struct sg__cpu_scratch {
    int32_t *gradient; /* of one share: [gradient_room] */
    size_t gradient_room;
    int32_t *bias_gradient; /* [SG__GRADIENT_CHANNELS] */
    uint32_t *labels, *ids; /* [chunk] */
    uint8_t *split;         /* an image on two channels, if input is onoff */
    int64_t *sums;          /* [chunk][classes], logits of one or two views */
    sg_metrics *metrics;
    uint64_t load_ns; /* spent on images, while profiling */
} sg__cpu_scratch;

/* Everything in one arena. */
typedef struct sg__cpu {
    sg__engine base;
    sg__threads *threads;
    sg__arena arena;
    sg__ann ann;
    sg__cpu_scratch *scratch; /* [threads] */
    sg__share *shares;
    size_t share_count;
    sg__batch batch; /* of the last pass; its samples may be gone */
} sg__cpu;

/* sg__cpu_of: what is behind an engine of kind sg__engine_cpu. */
static inline sg__cpu *sg__cpu_of(sg__engine *engine)
{
    return (sg__cpu *)engine;
}

/* sg__cpu_share_channels: output channels of a layer that one share takes.
 * sg__cpu_list_shares: lists the shares; shares may be NULL. Returns how many
 * there are. */
uint32_t sg__cpu_share_channels(const sg__ann *ann, const sg__layer *layer);
size_t sg__cpu_list_shares(const sg__ann *ann, sg__share *shares);

/* sg__cpu_start_sums: clears the metrics of all threads.
 * sg__cpu_add_sums: adds them up in out. */
void sg__cpu_start_sums(sg__cpu *cpu);
void sg__cpu_add_sums(const sg__cpu *cpu, sg_metrics *out);

/* sg__cpu_load: images of samples first..first+n-1 of the batch as spike
 * counts. */
void sg__cpu_load(sg__cpu *cpu, size_t first, size_t n, unsigned thread);

/* The functions of sg__engine_cpu that have a file of their own. */
sg_status sg__cpu_pass(sg__engine *engine, const sg__batch *batch,
                       sg_metrics *out, sg__squares *squares);
sg_status sg__cpu_reduce(sg__engine *engine, size_t l, uint32_t first,
                         uint32_t last, int32_t *gradient,
                         int32_t *bias_gradient);
sg_status sg__cpu_update(sg__engine *engine, const sg__update *update);
extern const sg__engine_parts sg__cpu_parts;
sg_status sg__cpu_evaluate(sg__engine *engine, const sg__range *range,
                           sg_metrics *out, uint32_t *predicted);

#endif
