/* Serving: one network in several threads, each with a classifier of its own
 * that shares the weights of the first, so that nothing is copied, locked or
 * allocated while images are classified; and the same images all at once. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <spikegrad/spikegrad.h>

enum { THREADS = 4, IMAGES = 400, SIZE = 28 * 28 };

typedef struct worker {
    pthread_t thread;
    sg_classifier *classifier;
    const uint8_t (*images)[SIZE];
    uint32_t first, *labels; /* every THREADS-th image from first on */
    sg_status status;
} worker;

static void *work(void *argument)
{
    worker *w = argument;
    for (uint32_t i = w->first; w->status == SG_OK && i < IMAGES; i += THREADS)
        w->status = sg_classifier_run(w->classifier, w->images[i], NULL,
                                      &w->labels[i]);
    return NULL;
}

/* Classifiers of all workers; the others share the weights of the first. */
static sg_status prepare(worker *w, const sg_network *net, sg_error *error)
{
    sg_status status = sg_classifier_create(net, &w[0].classifier, error);
    for (int t = 1; status == SG_OK && t < THREADS; t++)
        status = sg_classifier_share(w[0].classifier, &w[t].classifier, error);
    return status;
}

static sg_status serve(const sg_network *net, const uint8_t (*images)[SIZE],
                       uint32_t *labels, sg_error *error)
{
    worker w[THREADS] = {{0}};
    int started = 0;
    sg_status status = prepare(w, net, error);
    while (status == SG_OK && started < THREADS) {
        worker *next = &w[started];
        next->images = images;
        next->labels = labels;
        next->first = (uint32_t)started;
        if (pthread_create(&next->thread, NULL, work, next) == 0)
            started++;
        else
            status = SG_E_MEMORY;
    }
    for (int t = 0; t < started; t++) {
        pthread_join(w[t].thread, NULL);
        status = status == SG_OK ? w[t].status : status;
    }
    for (int t = THREADS; t-- > 0;) /* the first goes last */
        sg_classifier_destroy(w[t].classifier);
    return status;
}

static sg_status classify(const sg_network *net, const sg_data *data,
                          sg_error *error)
{
    static uint8_t images[IMAGES][SIZE];
    static uint32_t served[IMAGES], predicted[IMAGES];
    uint32_t correct = 0;
    for (uint32_t i = 0; i < IMAGES; i++)
        memcpy(images[i], sg_data_pixels(data, i), SIZE);
    sg_status status =
        serve(net, (const uint8_t(*)[SIZE])images, served, error);
    if (status == SG_OK)
        status = sg_predict(net, images[0], IMAGES, THREADS, NULL, predicted,
                            error);
    if (status != SG_OK)
        return status;
    for (uint32_t i = 0; i < IMAGES; i++)
        correct += served[i] == sg_data_label(data, i);
    printf("%u of %d right, by %d threads\n", correct, IMAGES, THREADS);
    return memcmp(served, predicted, sizeof served) == 0 ? SG_OK
                                                         : SG_E_MISMATCH;
}

static sg_status train(const sg_data *data, sg_trainer **trainer,
                       sg_error *error)
{
    sg_recipe *recipe = NULL;
    sg_status status = sg_recipe_create(&recipe);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "net", "8C5-P2-32-10", error);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "epochs", "1", error);
    if (status == SG_OK)
        status = sg_trainer_create(recipe, data, 0, trainer, error);
    sg_recipe_destroy(recipe);
    if (status == SG_OK)
        status = sg_trainer_run(*trainer, NULL, NULL, error);
    return status;
}

int main(void)
{
    const char *spec = "glyphs:train=2000,test=400";
    sg_data *data = NULL, *unseen = NULL;
    sg_trainer *trainer = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status = sg_data_open(spec, SG_SPLIT_TRAIN, &data, &error);
    if (status == SG_OK)
        status = sg_data_open(spec, SG_SPLIT_TEST, &unseen, &error);
    if (status == SG_OK)
        status = train(data, &trainer, &error);
    if (status == SG_OK)
        status = classify(sg_trainer_network(trainer), unseen, &error);
    if (status != SG_OK)
        fprintf(stderr, "threads: %s: %s\n", sg_status_text(status),
                error.text);
    sg_trainer_destroy(trainer);
    sg_data_destroy(unseen);
    sg_data_destroy(data);
    return status == SG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
