/* Training on arrays of one's own, with callbacks: looks at other images twice
 * an epoch, halves the learning rate when nothing was gained, stops when it is
 * good enough; keeps the best network in memory, not in a file. */
#include <stdio.h>
#include <stdlib.h>

#include <spikegrad/spikegrad.h>

enum { SIDE = 12, TRAIN = 1200, TEST = 300, EPOCHS = 12 };

/* An image of one bar, level or upright, somewhere, in noise. */
static void draw(uint8_t *pixels, uint8_t *label)
{
    int place = rand() % SIDE;
    *label = (uint8_t)(rand() % 2);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            pixels[y * SIDE + x] =
                (uint8_t)((*label ? x : y) == place ? 255 - rand() % 160
                                                    : rand() % 120);
}

static sg_status make(uint32_t size, sg_data **data, sg_error *error)
{
    static uint8_t pixels[TRAIN][SIDE * SIDE], labels[TRAIN];
    const sg_data_info info = {.name = "bars",
                               .height = SIDE,
                               .width = SIDE,
                               .channels = 1,
                               .classes = 2,
                               .size = size};
    for (uint32_t i = 0; i < size; i++)
        draw(pixels[i], &labels[i]);
    return sg_data_from_arrays(&info, pixels[0], labels, data, error);
}

typedef struct watch {
    sg_trainer *trainer;
    const sg_data *test;
    uint64_t best;
    void *kept; /* the checkpoint of the best network */
    size_t kept_size;
    uint32_t rate_ppm;
    sg_status status;
    sg_error error;
} watch;

static int look(watch *w)
{
    static sg_metrics metrics;
    const sg_network *net = sg_trainer_network(w->trainer);
    w->status = sg_evaluate(net, w->test, 1, &metrics, NULL, &w->error);
    if (w->status != SG_OK)
        return 1;
    if (metrics.correct > w->best) {
        sg_free(w->kept);
        w->best = metrics.correct;
        w->status = sg_trainer_save_memory(w->trainer, &w->kept, &w->kept_size,
                                           &w->error);
    } else {
        w->rate_ppm /= 2;
        w->status = sg_trainer_scale_rate(w->trainer, w->rate_ppm, &w->error);
    }
    printf("%u of %d right, learning rate at %u ppm\n",
           (unsigned)metrics.correct, TEST, (unsigned)w->rate_ppm);
    return w->status != SG_OK || metrics.correct * 100 >= 99 * TEST;
}

static int on_batch(const sg_progress *progress, void *user)
{
    return progress->batch % (progress->batches / 2) == 0 ? look(user) : 0;
}

static sg_status train(const sg_recipe *recipe, const sg_data *data, watch *w)
{
    sg_callbacks callbacks = SG_CALLBACKS_INIT;
    callbacks.on_batch = on_batch;
    callbacks.user = w;
    sg_status status =
        sg_trainer_create(recipe, data, 0, &w->trainer, &w->error);
    if (status == SG_OK)
        status = sg_trainer_run(w->trainer, NULL, &callbacks, &w->error);
    if (status == SG_E_STOPPED) /* by look, which may have failed */
        status = w->status;
    sg_trainer_destroy(w->trainer);
    return status;
}

/* The network that was kept, from the bytes of its checkpoint. */
static sg_status check(const watch *w, sg_error *error)
{
    static sg_metrics metrics;
    sg_network *net = NULL;
    sg_status status =
        sg_network_load_memory(w->kept, w->kept_size, "kept", &net, error);
    if (status == SG_OK)
        status = sg_evaluate(net, w->test, 1, &metrics, NULL, error);
    sg_network_destroy(net);
    if (status != SG_OK)
        return status;
    printf("kept: %zu bytes, %u of %d right\n", w->kept_size,
           (unsigned)metrics.correct, TEST);
    return metrics.correct == w->best ? SG_OK : SG_E_MISMATCH;
}

int main(void)
{
    sg_data *data = NULL, *test = NULL;
    sg_recipe *recipe = NULL;
    watch w = {.rate_ppm = 1000000, .error = SG_ERROR_INIT};
    sg_status status = make(TRAIN, &data, &w.error);
    if (status == SG_OK)
        status = make(TEST, &test, &w.error);
    if (status == SG_OK)
        status = sg_recipe_create(&recipe);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "net", "6C3-P2max-16-2", &w.error);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "augment", "none", &w.error);
    w.test = test;
    if (status == SG_OK)
        status = train(recipe, data, &w);
    if (status == SG_OK)
        status = check(&w, &w.error);
    if (status != SG_OK)
        fprintf(stderr, "own_arrays: %s: %s\n", sg_status_text(status),
                w.error.text);
    sg_free(w.kept);
    sg_recipe_destroy(recipe);
    sg_data_destroy(test);
    sg_data_destroy(data);
    return status == SG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
