/* Counting spikes in cells; raster_svg.c draws them. See raster.h. */
#include "cli/raster/raster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/metrics.h"
#include "cli/raster/raster_cells.h"

static void name_band(band *b, const char *name, sg_shape shape,
                      uint64_t neurons)
{
    char text[METRICS_SHAPE];
    b->neurons = neurons > 0 ? neurons : 1;
    snprintf(b->name, sizeof b->name, "%s", name);
    snprintf(b->about, sizeof b->about, "%s", metrics_shape(shape, text));
}

/* Heights grow with the square root of the neurons, so that a small layer
 * beside a large one can still be read. */
static void stack_bands(raster *r)
{
    double sum = 0.0;
    uint32_t row = 0;
    const uint32_t least = (uint32_t)(r->bands - 1) * BAND_MIN + INPUT_MIN;
    uint32_t room = RASTER_HEIGHT > least ? RASTER_HEIGHT - least : 0;
    for (size_t i = 0; i < r->bands; i++)
        sum += sqrt((double)r->band[i].neurons);
    for (size_t i = 0; i < r->bands; i++) {
        band *b = &r->band[i];
        b->height = (uint32_t)(i == 0 ? INPUT_MIN : BAND_MIN) +
                    (uint32_t)(room * sqrt((double)b->neurons) / sum);
        b->rows = b->height / CELL;
        if (b->neurons < b->rows)
            b->rows = (uint32_t)b->neurons;
        b->first_row = row;
        row += b->rows;
    }
    r->rows = row;
}

raster *raster_create(const sg_network *net)
{
    sg_network_info info;
    sg_layer_info layer;
    raster *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    sg_network_get_info(net, &info);
    r->bands = info.layers + 1;
    r->band = calloc(r->bands, sizeof *r->band);
    if (!r->band) {
        raster_destroy(r);
        return NULL;
    }
    memset(&layer, 0, sizeof layer);
    sg_network_get_layer(net, 0, &layer);
    name_band(&r->band[0], "input", layer.in,
              (uint64_t)layer.in.height * layer.in.width * layer.in.channels);
    for (size_t i = 0; i < info.layers; i++) {
        memset(&layer, 0, sizeof layer);
        sg_network_get_layer(net, i, &layer);
        name_band(&r->band[i + 1], layer.name, layer.out, layer.neurons);
    }
    stack_bands(r);
    r->panel[SG_PHASE_FORWARD].columns = FORWARD_COLUMNS;
    r->panel[SG_PHASE_BACKWARD].columns = BACKWARD_COLUMNS;
    for (int p = 0; p < 2; p++) {
        size_t cells = (size_t)r->rows * r->panel[p].columns;
        r->panel[p].cell = calloc(cells, sizeof *r->panel[p].cell);
        if (!r->panel[p].cell) {
            raster_destroy(r);
            return NULL;
        }
    }
    return r;
}

void raster_destroy(raster *picture)
{
    if (!picture)
        return;
    free(picture->panel[0].cell);
    free(picture->panel[1].cell);
    free(picture->band);
    free(picture);
}

void raster_coarsen(raster *r, panel *p)
{
    for (uint32_t row = 0; row < r->rows; row++) {
        cell *line = p->cell + (size_t)row * p->columns;
        for (uint32_t c = 0; c < p->columns; c++) {
            uint32_t from = 2 * c;
            cell sum = {{0, 0}};
            for (uint32_t k = from; k < from + 2 && k < p->columns; k++) {
                sum.count[0] += line[k].count[0];
                sum.count[1] += line[k].count[1];
            }
            line[c] = sum;
        }
    }
    p->shift++;
}

void raster_count(raster *r, const sg_spike *spike)
{
    r->panel[spike->phase == SG_PHASE_BACKWARD].emitted++;
}

void raster_add(raster *r, const sg_spike *spike)
{
    panel *p = &r->panel[spike->phase == SG_PHASE_BACKWARD];
    if (spike->layer >= r->bands)
        return;
    const band *b = &r->band[spike->layer];
    if (spike->neuron >= b->neurons)
        return;
    if (p->spikes == 0)
        p->start = spike->time;
    uint64_t time = spike->time - p->start;
    while (time >> p->shift >= p->columns)
        raster_coarsen(r, p);
    uint64_t row =
        b->first_row + spike->neuron * (uint64_t)b->rows / b->neurons;
    cell *at = p->cell + row * p->columns + (time >> p->shift);
    at->count[spike->sign < 0]++;
    p->spikes++;
    if (time > p->last)
        p->last = time;
}
