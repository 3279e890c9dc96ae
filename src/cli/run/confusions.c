/* Confusions of classes, to and from the metrics; see confusions.h. */
#include "cli/run/confusions.h"

#include <stdlib.h>
#include <string.h>

#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/run/log_read.h"

/* All pairs of 20 classes. */
enum { CELLS = 400 };

/* More times first, then in the order of the classes. */
static int by_times(const void *a, const void *b)
{
    const record_cell *x = a, *y = b;
    if (x->times != y->times)
        return x->times > y->times ? -1 : 1;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return (x->taken > y->taken) - (x->taken < y->taken);
}

/* The confusions that happened, the commonest first; NULL without memory. */
static record_cell *find_cells(const uint32_t *matrix, uint32_t classes,
                               size_t *count)
{
    size_t n = 0;
    for (size_t i = 0; i < (size_t)classes * classes; i++)
        n += matrix[i] > 0 && i / classes != i % classes;
    record_cell *cell = calloc(n + 1, sizeof *cell);
    *count = n;
    n = 0;
    for (size_t i = 0; cell && i < (size_t)classes * classes; i++)
        if (matrix[i] > 0 && i / classes != i % classes)
            cell[n++] = (record_cell){(uint32_t)(i / classes),
                                      (uint32_t)(i % classes), matrix[i]};
    if (cell)
        qsort(cell, *count, sizeof *cell, by_times);
    return cell;
}

json_t *confusions_json(const sg_network *net, const sg_data *data,
                        const uint32_t *matrix)
{
    const uint32_t classes = sg_data_get_info(data)->classes;
    size_t count = 0;
    record_cell *cell = find_cells(matrix, classes, &count);
    if (!cell)
        return NULL;
    json_t *samples = json_array(), *correct = json_array(),
           *worst = json_array();
    for (uint32_t t = 0; t < classes; t++) {
        const uint32_t *row = matrix + (size_t)t * classes;
        json_int_t sum = 0;
        for (uint32_t k = 0; k < classes; k++)
            sum += row[k];
        json_array_append_new(samples, json_integer(sum));
        json_array_append_new(correct, json_integer(row[t]));
    }
    for (size_t i = 0; i < count && i < CELLS; i++)
        json_array_append_new(worst,
                              json_pack("[I,I,I]", (json_int_t)cell[i].label,
                                        (json_int_t)cell[i].taken,
                                        (json_int_t)cell[i].times));
    free(cell);
    json_t *all = json_pack("{s:o,s:o,s:o}", "samples", samples, "correct",
                            correct, "confused", worst);
    if (!all || !model_class_name(net, data, 0))
        return all;
    json_t *names = json_array();
    for (uint32_t k = 0; names && k < classes; k++)
        json_array_append_new(names,
                              output_text(model_class_name(net, data, k)));
    json_object_set_new(all, "names", names);
    return all;
}

static bool read_classes(const json_t *samples, const json_t *correct,
                         const json_t *names, record *r)
{
    const size_t n = json_array_size(samples);
    if (n < 1 || n > CONFUSIONS_CLASSES || json_array_size(correct) != n ||
        (names && json_array_size(names) != n))
        return false;
    r->classes = calloc(n, sizeof *r->classes);
    if (!r->classes)
        return false;
    r->class_count = (uint32_t)n;
    for (size_t k = 0; k < n; k++) {
        record_class *to = &r->classes[k];
        const json_int_t all = json_integer_value(json_array_get(samples, k));
        const json_int_t right =
            json_integer_value(json_array_get(correct, k));
        const char *name = json_string_value(json_array_get(names, k));
        if (all < 0 || right < 0 || right > all || (names && !name))
            return false;
        to->samples = (uint64_t)all;
        to->correct = (uint64_t)right;
        if (name && !(to->name = strdup(name)))
            return false;
    }
    return true;
}

static bool read_cells(const json_t *list, record *r)
{
    const size_t n = json_array_size(list);
    if (n > CELLS)
        return false;
    r->cell = calloc(n + 1, sizeof *r->cell);
    if (!r->cell)
        return false;
    for (r->cells = 0; r->cells < n; r->cells++) {
        const json_t *one = json_array_get(list, r->cells);
        json_int_t value[3];
        for (size_t i = 0; i < 3; i++)
            value[i] = json_integer_value(json_array_get(one, i));
        if (value[0] < 0 || value[0] >= r->class_count || value[1] < 0 ||
            value[1] >= r->class_count || value[2] < 1)
            return false;
        r->cell[r->cells] =
            (record_cell){(uint32_t)value[0], (uint32_t)value[1],
                          (uint64_t)value[2]};
    }
    return true;
}

bool confusions_read(const json_t *object, record *r)
{
    record_free_classes(r);
    return read_classes(json_object_get(object, "samples"),
                        json_object_get(object, "correct"),
                        json_object_get(object, "names"), r) &&
           read_cells(json_object_get(object, "confused"), r);
}
