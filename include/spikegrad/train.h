/* Training and evaluation with the fast engine.
 *
 * A trainer owns a network, the optimiser state and all working memory; its
 * steps allocate nothing. */
#ifndef SPIKEGRAD_TRAIN_H
#define SPIKEGRAD_TRAIN_H

#include "spikegrad/device.h"
#include "spikegrad/network.h"
#include "spikegrad/ranks.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A training run. */
typedef struct sg_trainer sg_trainer;

/* Sums over samples for one layer; divide by samples (and neurons). Integers,
 * so that they do not depend on the order of summation. */
typedef struct sg_layer_activity {
    uint64_t spikes;        /* sum of counts the layer sent on */
    uint64_t active;        /* neurons with a count above 0 */
    uint64_t saturated;     /* neurons at the count cap */
    uint64_t forward_ops;   /* additions of a weight: spikes in x fan-out */
    uint64_t error_spikes;  /* sum of |d| */
    uint64_t error_senders; /* neurons with d != 0 */
    uint64_t backward_ops;  /* additions to error compartments below */
    uint64_t gradient_ops;  /* additions of a trace to a gradient */
} sg_layer_activity;

/* Sums over samples. */
typedef struct sg_metrics {
    uint64_t samples;
    uint64_t correct;
    uint64_t
        loss_q20; /* sum of the loss in 2^-20 nats (or half squared errors) */
    size_t layers;
    sg_layer_activity layer[SG_LAYERS_MAX];
} sg_metrics;

/* Work of one phase of a layer, summed over samples and threads. */
typedef struct sg_phase_cost {
    uint64_t nanoseconds; /* of one thread each */
    uint64_t ops;         /* multiply-adds done, or additions where the spikes
                             were walked one by one */
    uint64_t dense_ops;   /* multiply-adds a dense engine would have done */
    uint64_t bytes;       /* that had to move, at least: operands that are not
                             skipped read once a call, results written once */
} sg_phase_cost;

/* Work of a layer, phase by phase. */
typedef struct sg_layer_cost {
    sg_phase_cost forward; /* charge, response; pooling */
    sg_phase_cost fire;    /* error charge to error spikes; unpooling, loss */
    sg_phase_cost propagate; /* error charge of the layer below */
    sg_phase_cost gradient;
    sg_phase_cost update; /* optimiser, forward copies; ops: parameters */
    sg_phase_cost count;  /* spikes and operations, for sg_metrics */
} sg_layer_cost;

/* What a training run reports. epoch counts from 1; epochs is the number
 * planned. Times are wall clock. */
typedef struct sg_epoch_report {
    uint32_t epoch, epochs;
    uint64_t step;
    double seconds;      /* training time of this epoch (this process) */
    double test_seconds; /* evaluation time */
    const sg_metrics *train;
    const sg_metrics *test; /* NULL if no test data was given */
    const sg_trainer *trainer;
} sg_epoch_report;

/* Where a run stands after a batch. */
typedef struct sg_progress {
    uint32_t epoch, epochs;
    uint32_t batch, batches; /* batches done of this epoch */
    uint64_t step;
    const sg_metrics *train; /* this epoch so far */
    const sg_trainer *trainer;
} sg_progress;

/* Callbacks of sg_trainer_run; each may be NULL. A non-zero return stops the
 * run after the batch that is in flight, with SG_E_STOPPED. They are called by
 * the thread that called sg_trainer_run, between two steps, and may do with
 * the trainer what a program may do between two steps, evaluate its network or
 * save it, say, but not step, run or destroy it.
 *
 * Begin with sg_callbacks callbacks = SG_CALLBACKS_INIT: size tells the
 * library which fields the program knows. */
typedef struct sg_callbacks {
    size_t size; /* of this struct */
    int (*on_batch)(const sg_progress *progress, void *user);
    int (*on_epoch)(const sg_epoch_report *report, void *user);
    void *user;
} sg_callbacks;
#define SG_CALLBACKS_INIT                                                     \
    {                                                                         \
        sizeof(sg_callbacks), 0, 0, 0                                         \
    }

/* sg_trainer_create: a new run of recipe on data.
 *
 * train    training images; must outlive the trainer. Those to be held back
 *          (recipe->validation) are for the caller to leave out, see
 *          sg_data_hold_back, sg_data_slice
 * threads  worker threads, 1..256; 0 means one per processor. Does not
 *          change any result.
 * Errors: those of sg_network_create; SG_E_ARGUMENT for an unknown augment;
 * SG_E_RANGE (threads); SG_E_MEMORY. */
SG_API sg_status sg_trainer_create(const sg_recipe *recipe,
                                   const sg_data *train, unsigned threads,
                                   sg_trainer **out, sg_error *error);

/* sg_trainer_resume: continues the run saved in a checkpoint, bit for bit as
 * if it had not been interrupted. train must be the same data, of which shape,
 * classes, size and a hash of some samples are compared; their name may be
 * another.
 * Errors: those of sg_network_load; SG_E_ARGUMENT for other data; SG_E_RANGE
 * (threads); SG_E_MEMORY. */
SG_API sg_status sg_trainer_resume(const char *path, const sg_data *train,
                                   unsigned threads, sg_trainer **out,
                                   sg_error *error);

/* sg_trainer_resume_memory: the same for a checkpoint in memory; name is for
 * errors, NULL: "memory". */
SG_API sg_status sg_trainer_resume_memory(const void *bytes, size_t size,
                                          const char *name,
                                          const sg_data *train,
                                          unsigned threads, sg_trainer **out,
                                          sg_error *error);

/* How to train. Begin with sg_trainer_options options =
 * SG_TRAINER_OPTIONS_INIT: size tells the library which fields the program
 * knows, and the others are as if they were 0. */
typedef struct sg_trainer_options {
    size_t size;      /* of this struct */
    unsigned threads; /* 1..256, 0: one a processor; changes no result */
    const char
        *device;     /* a name of device.h; NULL: "cpu"; changes no result */
    sg_ranks *ranks; /* who share the work (ranks.h); they share the data too.
                        NULL: this process alone; changes no result */
} sg_trainer_options;
#define SG_TRAINER_OPTIONS_INIT                                               \
    {                                                                         \
        sizeof(sg_trainer_options), 0, 0, 0                                   \
    }

/* sg_trainer_create_with, sg_trainer_resume_with: the same, as options say. A
 * run may be resumed on another device than the one it began on.
 *
 * options  NULL: all 0
 * Errors: also SG_E_ARGUMENT for options without a size; SG_E_UNSUPPORTED for
 * options that a later version knows, if they are not 0; those of
 * sg_device_check; SG_E_MEMORY with what a batch needs of a device's memory. */
SG_API sg_status sg_trainer_create_with(const sg_recipe *recipe,
                                        const sg_data *train,
                                        const sg_trainer_options *options,
                                        sg_trainer **out, sg_error *error);
SG_API sg_status sg_trainer_resume_with(const char *path, const sg_data *train,
                                        const sg_trainer_options *options,
                                        sg_trainer **out, sg_error *error);
/* sg_trainer_resume_memory_with: sg_trainer_resume_memory, likewise. */
SG_API sg_status sg_trainer_resume_memory_with(
    const void *bytes, size_t size, const char *name, const sg_data *train,
    const sg_trainer_options *options, sg_trainer **out, sg_error *error);

/* sg_trainer_create_from: a run that goes on from a network already trained,
 * with its recipe, its weights and the state of its optimiser, all of them
 * copied. Unlike sg_trainer_resume it takes other data, and any place of the
 * recipe's schedule: the last epoch again, say, or all of it.
 *
 * epoch  where the run begins, counted from 0; below the recipe's epochs
 * train  images of the network's shape; must outlive the trainer
 * Errors: SG_E_ARGUMENT (shape), SG_E_RANGE (epoch, threads), SG_E_MEMORY. */
SG_API sg_status sg_trainer_create_from(const sg_network *net, uint32_t epoch,
                                        const sg_data *train, unsigned threads,
                                        sg_trainer **out, sg_error *error);
/* sg_trainer_create_taking: the same without a copy. The trainer takes *net
 * over, which becomes NULL and is lost if the call fails, but for a missing
 * argument.
 * sg_trainer_release: ends a trainer and keeps its network, as
 * sg_trainer_network would give it, without a copy; *trainer becomes NULL. The
 * network is freed by the caller. Errors: SG_E_ARGUMENT; those of fetching it
 * from a device or other ranks, and the trainer stays. */
SG_API sg_status sg_trainer_create_taking(sg_network **net, uint32_t epoch,
                                          const sg_data *train,
                                          const sg_trainer_options *options,
                                          sg_trainer **out, sg_error *error);
SG_API sg_status sg_trainer_release(sg_trainer **trainer, sg_network **out,
                                    sg_error *error);
/* sg_trainer_create_from_with: the same, as options say. */
SG_API sg_status sg_trainer_create_from_with(
    const sg_network *net, uint32_t epoch, const sg_data *train,
    const sg_trainer_options *options, sg_trainer **out, sg_error *error);

/* sg_trainer_adapt: a new run of recipe on data from the weights of a model;
 * as sg_network_adapt, then sg_trainer_create. */
SG_API sg_status sg_trainer_adapt(const sg_network *model,
                                  const sg_recipe *recipe,
                                  const sg_data *train, int new_readout,
                                  unsigned threads, sg_trainer **out,
                                  sg_error *error);
/* sg_trainer_adapt_with: the same, as options say. */
SG_API sg_status sg_trainer_adapt_with(const sg_network *model,
                                       const sg_recipe *recipe,
                                       const sg_data *train, int new_readout,
                                       const sg_trainer_options *options,
                                       sg_trainer **out, sg_error *error);

/* sg_trainer_plan: ends the run after `epochs` epochs in all, instead of the
 * number in the recipe or in an earlier plan.
 *
 * From the next step on the learning rate is that of a run of this length,
 * lr(step, epochs x steps of an epoch), so that it comes to its end with the
 * run however often the plan has changed. The plan is part of the state:
 * checkpoints carry it. A callback of sg_trainer_run may call this. A plan
 * longer than what is done lets a completed run go on.
 *
 * epochs  at least those begun (1 before the first), at most the recipe's;
 *         the recipe's number makes the run one without a plan
 * Errors: SG_E_RANGE, and the plan stays. */
SG_API sg_status sg_trainer_plan(sg_trainer *trainer, uint32_t epochs,
                                 sg_error *error);

/* sg_trainer_set_epochs: makes `epochs` the number in the recipe of this run,
 * more or fewer than it was.
 *
 * As with a plan, the learning rate is that of a run of this length from the
 * next step on: a longer run puts it back up. The steps that are done were
 * taken under the number before, so the run is not the one that would have had
 * this number from the beginning; it is the same again with the same calls at
 * the same steps. A plan that is shorter stays. A run that was complete goes
 * on. The recipe is part of the state: checkpoints carry the number.
 *
 * epochs  at least those begun, at most the option's largest value
 * Errors: SG_E_ARGUMENT (NULL); SG_E_RANGE, and the recipe stays. */
SG_API sg_status sg_trainer_set_epochs(sg_trainer *trainer, uint32_t epochs,
                                       sg_error *error);

/* sg_trainer_run: trains to the end of the planned epochs, which are the
 * recipe's unless sg_trainer_plan says otherwise. test may be NULL; it is
 * evaluated after every epoch and has no influence on the weights.
 * Errors: SG_E_ARGUMENT if the shape of test is not the network's, or for
 * callbacks without a size; SG_E_UNSUPPORTED for callbacks that only a later
 * version has; SG_E_STOPPED by a callback. */
SG_API sg_status sg_trainer_run(sg_trainer *trainer, const sg_data *test,
                                const sg_callbacks *callbacks,
                                sg_error *error);

/* sg_trainer_step: trains one batch; SG_E_RANGE when the run is complete. */
SG_API sg_status sg_trainer_step(sg_trainer *trainer);

/* sg_trainer_save: a checkpoint from which the run can be resumed. */
SG_API sg_status sg_trainer_save(const sg_trainer *trainer, const char *path,
                                 sg_error *error);

/* sg_trainer_save_memory: its bytes, *size of them at *bytes, to be freed with
 * sg_free. */
SG_API sg_status sg_trainer_save_memory(const sg_trainer *trainer,
                                        void **bytes, size_t *size,
                                        sg_error *error);

/* sg_trainer_scale_rate: from the next step on the learning rate is this
 * share, in millionths, of what recipe and plan say; 1000000 at the start. It
 * is part of the state: checkpoints carry it. A callback may call this.
 * Errors: SG_E_ARGUMENT (NULL); SG_E_RANGE above 1000000. */
SG_API sg_status sg_trainer_scale_rate(sg_trainer *trainer, uint32_t ppm,
                                       sg_error *error);

/* sg_trainer_rate: that share, as it is now; 0 for NULL. */
SG_API uint32_t sg_trainer_rate(const sg_trainer *trainer);

/* sg_trainer_network: the network being trained; owned by the trainer. Its
 * weights are current when this returns; after a step, call it again. NULL if
 * training has failed, so that there are none to be had. */
SG_API const sg_network *sg_trainer_network(const sg_trainer *trainer);

/* sg_trainer_outline: the same network, of which all is current but weights
 * and what belongs to them: layers, thresholds, recipe, where the run stands.
 * Costs nothing where the weights are on a device. */
SG_API const sg_network *sg_trainer_outline(const sg_trainer *trainer);

/* sg_trainer_metrics: sums over the epoch under way so far, or, between two
 * epochs, over the one that has ended; owned by the trainer. */
SG_API const sg_metrics *sg_trainer_metrics(const sg_trainer *trainer);

/* sg_trainer_threads: threads that train, the caller's included: those asked
 * for, or fewer if the system let no more start. 0 for NULL. */
SG_API unsigned sg_trainer_threads(const sg_trainer *trainer);

/* sg_trainer_memory: bytes of working memory the trainer holds. */
SG_API size_t sg_trainer_memory(const sg_trainer *trainer);

/* sg_network_training_memory: bytes a trainer of this network would hold, the
 * network and its optimiser state included, the images not. threads 1..256; 0
 * means one per processor. */
SG_API size_t sg_network_training_memory(const sg_network *net,
                                         unsigned threads);

/* sg_trainer_profile: starts (on != 0) or ends the measurement of what each
 * phase of each layer costs; the figures start at 0. It changes no result. */
SG_API void sg_trainer_profile(sg_trainer *trainer, int on);

/* sg_trainer_get_profile: what has been measured so far.
 *
 * cost  [layers of the network]; written
 * Returns the nanoseconds spent on loading and augmenting images, summed over
 * threads. */
SG_API uint64_t sg_trainer_get_profile(const sg_trainer *trainer,
                                       sg_layer_cost *cost);

/* sg_trainer_destroy: frees it and its network, not the data; NULL is legal. */
SG_API void sg_trainer_destroy(sg_trainer *trainer);

/* sg_evaluate: forward pass over data.
 *
 * confusion  uint32[classes][classes], row = true class, or NULL; written
 * Errors: SG_E_ARGUMENT if the data's shape is not the network's; SG_E_RANGE
 * (threads); SG_E_MEMORY. */
SG_API sg_status sg_evaluate(const sg_network *net, const sg_data *data,
                             unsigned threads, sg_metrics *out,
                             uint32_t *confusion, sg_error *error);

/* How to evaluate. Begin with
 * sg_evaluate_options options = SG_EVALUATE_OPTIONS_INIT, which is as
 * sg_evaluate does it: size tells the library which fields the program knows,
 * and the others are as if they were 0. */
typedef struct sg_evaluate_options {
    size_t size;       /* of this struct */
    unsigned threads;  /* 1..256, 0: one a processor; changes no result */
    int flip;          /* not 0: each image is shown a second time, mirrored
                         left to right, and the logits of both views are added;
                         the class is that of the largest sum, the first one on
                         a tie, and the loss that of the means, rounded down */
    unsigned *started; /* NULL: not wanted; written: threads that work, those
                          asked for, or fewer if the system starts no more */
    const char
        *device;     /* a name of device.h; NULL: "cpu"; changes no result */
    sg_ranks *ranks; /* as for a trainer */
} sg_evaluate_options;
#define SG_EVALUATE_OPTIONS_INIT                                              \
    {                                                                         \
        sizeof(sg_evaluate_options), 0, 0, 0, 0, 0                            \
    }

/* sg_evaluate_with: forward pass over data, as options say.
 *
 * options  NULL: as sg_evaluate, one thread a processor
 * out  with flip, the activity of the layers is that of both views, and so
 *      what it takes; samples, correct and loss_q20 count each image once
 * confusion  as for sg_evaluate
 * Errors: SG_E_ARGUMENT if the data's shape is not the network's, or for
 * options without a size; SG_E_UNSUPPORTED for options that a later version
 * knows, if they are not 0; SG_E_RANGE (threads); SG_E_MEMORY. */
SG_API sg_status sg_evaluate_with(const sg_network *net, const sg_data *data,
                                  const sg_evaluate_options *options,
                                  sg_metrics *out, uint32_t *confusion,
                                  sg_error *error);

#ifdef __cplusplus
}
#endif

#endif
