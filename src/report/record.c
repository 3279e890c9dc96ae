/* Sums of a record that several parts of a report need; see record.h. */
#include "report/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void record_free_sight(record *r)
{
    for (size_t l = 0; r->sight && l < r->layers; l++) {
        free(r->sight[l].counts);
        free(r->sight[l].errors);
    }
    free(r->sight);
    r->sight = NULL;
    r->observed = 0;
}

void record_free_classes(record *r)
{
    for (uint32_t k = 0; k < r->class_count; k++)
        free(r->classes[k].name);
    free(r->classes);
    free(r->cell);
    r->classes = NULL;
    r->cell = NULL;
    r->class_count = 0;
    r->cells = 0;
}

static void forget(record_sums *sums)
{
    free(sums->layer);
    *sums = (record_sums){0};
}

void record_free(record *r)
{
    record_free_sight(r);
    record_free_classes(r);
    for (size_t e = 0; e < r->room; e++) {
        forget(&r->epoch[e].train);
        forget(&r->epoch[e].test);
    }
    free(r->epoch);
    forget(&r->final);
    forget(&r->final_flip);
    sg_recipe_destroy(r->recipe);
    r->recipe = NULL;
    r->epoch = NULL;
    r->epochs = r->room = 0;
}

record_epoch *record_add_epoch(record *r)
{
    if (r->epochs == r->room) {
        size_t room = r->room ? 2 * r->room : 16;
        record_epoch *more = realloc(r->epoch, room * sizeof *more);
        if (!more)
            return NULL;
        memset(more + r->room, 0, (room - r->room) * sizeof *more);
        r->epoch = more;
        r->room = room;
    }
    return &r->epoch[r->epochs];
}

bool record_keep(const record *r, const sg_metrics *from, record_sums *to)
{
    sg_layer_activity *layer = calloc(r->layers, sizeof *layer);
    if (!layer)
        return false;
    memcpy(layer, from->layer, r->layers * sizeof *layer);
    free(to->layer);
    to->samples = from->samples;
    to->correct = from->correct;
    to->loss_q20 = from->loss_q20;
    to->layer = layer;
    return true;
}

bool record_has_weights(const record *r, size_t l)
{
    return r->layer[l].name[0] >= '0' && r->layer[l].name[0] <= '9';
}

/* Whether a list of numbers and ranges, "0-3,5", has this one. */
static bool lists(const char *text, size_t number)
{
    while (*text >= '0' && *text <= '9') {
        char *end;
        const unsigned long long first = strtoull(text, &end, 10);
        const unsigned long long last =
            *end == '-' ? strtoull(end + 1, &end, 10) : first;
        if (number >= first && number <= last)
            return true;
        text = end + (*end == ',');
    }
    return false;
}

bool record_is_frozen(const record *r, size_t l)
{
    char freeze[SG_RECIPE_TEXT];
    if (sg_recipe_get(r->recipe, "freeze", freeze, sizeof freeze) != SG_OK)
        return false;
    return strcmp(freeze, "hidden") == 0 ? l + 1 < r->layers
                                         : lists(freeze, l);
}

size_t record_first(const record *r)
{
    size_t l = 0;
    while (l + 1 < r->layers && !record_has_weights(r, l))
        l++;
    return l;
}

bool record_same_layers(const record *a, const record *b)
{
    if (a->layers != b->layers)
        return false;
    for (size_t l = 0; l < a->layers; l++)
        if (strcmp(a->layer[l].name, b->layer[l].name) != 0 ||
            a->layer[l].neurons != b->layer[l].neurons)
            return false;
    return true;
}

static double sum(const record *r, const record_sums *m, size_t l,
                  double (*of)(const sg_layer_activity *))
{
    double all = 0;
    if (!m->layer)
        return NAN;
    if (l < r->layers)
        return of(&m->layer[l]);
    for (size_t i = 0; i < r->layers; i++)
        all += of(&m->layer[i]);
    return all;
}

static double forward(const sg_layer_activity *a)
{
    return (double)a->forward_ops;
}

static double backward(const sg_layer_activity *a)
{
    return (double)a->backward_ops + (double)a->gradient_ops;
}

double record_forward(const record *r, const record_sums *m, size_t l)
{
    return sum(r, m, l, forward);
}

double record_backward(const record *r, const record_sums *m, size_t l)
{
    return sum(r, m, l, backward);
}

const record_sums *record_in_use(const record *r)
{
    const record_sums *last = &r->epoch[r->epochs - 1].test;
    if (r->tested && r->final.samples)
        return &r->final;
    return last->samples ? last : NULL;
}

const char *record_in_use_on(const record *r)
{
    return r->held && !(r->tested && r->final.samples) ? "validation" : "test";
}

double record_dense_forward(const record *r, size_t l)
{
    double all = 0;
    if (!r->dense)
        return NAN;
    if (l < r->layers)
        return (double)r->layer[l].dense_macs;
    for (size_t i = 0; i < r->layers; i++)
        all += (double)r->layer[i].dense_macs;
    return all;
}

double record_dense_backward(const record *r, size_t l)
{
    size_t first = record_first(r);
    double twice = 2 * record_dense_forward(r, l);
    if (l < r->layers && l != first)
        return twice;
    return twice - record_dense_forward(r, first);
}
