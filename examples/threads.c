/* One network in several threads, each with a classifier of its own: nothing is
 * copied, locked or allocated while images are classified. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <spikegrad/spikegrad.h>

enum { THREADS = 4, IMAGES = 400 };

typedef struct worker {
    pthread_t thread;
    const sg_network *net;
    const sg_data *data;
    uint32_t first, correct; /* every THREADS-th image from first on */
    sg_status status;
} worker;

static void *work(void *argument)
{
    worker *w = argument;
    sg_classifier *classifier;
    w->status = sg_classifier_create(w->net, &classifier, NULL);
    for (uint32_t i = w->first; w->status == SG_OK && i < IMAGES;
         i += THREADS) {
        uint32_t label;
        w->status = sg_classifier_run(classifier, sg_data_pixels(w->data, i),
                                      NULL, &label);
        w->correct += label == sg_data_label(w->data, i);
    }
    sg_classifier_destroy(classifier);
    return NULL;
}

static sg_status classify(const sg_network *net, const sg_data *data)
{
    worker w[THREADS];
    uint32_t correct = 0, started = 0;
    sg_status status = SG_OK;
    for (; started < THREADS; started++) {
        w[started] = (worker){.net = net, .data = data, .first = started};
        if (pthread_create(&w[started].thread, NULL, work, &w[started]) != 0)
            break;
    }
    for (uint32_t t = 0; t < started; t++) {
        pthread_join(w[t].thread, NULL);
        status = status == SG_OK ? w[t].status : status;
        correct += w[t].correct;
    }
    if (status == SG_OK && started < THREADS)
        status = SG_E_MEMORY;
    if (status == SG_OK)
        printf("%u of %d right, by %d threads\n", correct, IMAGES, THREADS);
    return status;
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
        status = classify(sg_trainer_network(trainer), unseen);
    if (status != SG_OK)
        fprintf(stderr, "threads: %s: %s\n", sg_status_text(status),
                error.text);
    sg_trainer_destroy(trainer);
    sg_data_destroy(unseen);
    sg_data_destroy(data);
    return status == SG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
