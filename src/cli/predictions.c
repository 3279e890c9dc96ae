/* Predictions of single samples; see predictions.h. A file is CSV, or by its
 * name NPY: int64[samples][3], index, label and predicted class, and behind
 * them the logits. Samples are taken some at a time. */
#include "cli/predictions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "report/text.h"

enum { CHUNK = 2048, NPY_HEAD = 128, FIXED = 3 };

/* Samples at hand. */
typedef struct chunk {
    const sg_network *net;
    const sg_data *data;
    const sg_data_info *info;
    uint32_t first, count;
    uint8_t *pixels; /* [CHUNK][image] */
    int32_t *view;   /* [CHUNK][classes] */
    int64_t *logits; /* [CHUNK][classes], of one view or the sum of two */
} chunk;

static size_t image_bytes(const sg_data_info *info)
{
    return (size_t)info->height * info->width * info->channels;
}

static bool chunk_open(chunk *c, const sg_network *net, const sg_data *data)
{
    const sg_data_info *info = sg_data_get_info(data);
    const size_t n = info->size < CHUNK ? info->size : CHUNK;
    *c = (chunk){.net = net,
                 .data = data,
                 .info = info,
                 .pixels = malloc(n * image_bytes(info)),
                 .view = malloc(n * info->classes * sizeof *c->view),
                 .logits = malloc(n * info->classes * sizeof *c->logits)};
    return c->pixels && c->view && c->logits;
}

static void chunk_close(chunk *c)
{
    free(c->pixels);
    free(c->view);
    free(c->logits);
}

/* Columns of an image the other way round, in place. */
static void mirror(const sg_data_info *info, uint8_t *pixels)
{
    const size_t row = (size_t)info->width * info->channels;
    for (uint32_t y = 0; y < info->height; y++, pixels += row)
        for (uint32_t x = 0; x < info->width / 2; x++)
            for (uint32_t k = 0; k < info->channels; k++) {
                uint8_t *a = pixels + (size_t)x * info->channels + k;
                uint8_t *b =
                    pixels + row - ((size_t)x + 1) * info->channels + k;
                uint8_t keep = *a;
                *a = *b;
                *b = keep;
            }
}

static sg_status add_view(chunk *c, unsigned threads, sg_error *error)
{
    const size_t n = (size_t)c->count * c->info->classes;
    sg_status status =
        sg_predict(c->net, c->pixels, c->count, threads, c->view, NULL, error);
    for (size_t i = 0; status == SG_OK && i < n; i++)
        c->logits[i] += c->view[i];
    return status;
}

/* Logits of the next samples. */
static sg_status chunk_fill(chunk *c, const predictions *p, sg_error *error)
{
    const size_t image = image_bytes(c->info);
    const uint32_t left = c->info->size - c->first;
    c->count = left < CHUNK ? left : CHUNK;
    memset(c->logits, 0,
           (size_t)c->count * c->info->classes * sizeof *c->logits);
    for (uint32_t i = 0; i < c->count; i++)
        memcpy(c->pixels + i * image, sg_data_pixels(c->data, c->first + i),
               image);
    sg_status status = add_view(c, p->threads, error);
    for (uint32_t i = 0; p->flip && i < c->count; i++)
        mirror(c->info, c->pixels + i * image);
    return status == SG_OK && p->flip ? add_view(c, p->threads, error)
                                      : status;
}

/* How many classes come before this one. */
static uint32_t place_of(const int64_t *logits, uint32_t classes,
                         uint32_t class)
{
    uint32_t before = 0;
    for (uint32_t k = 0; k < classes; k++)
        before += logits[k] > logits[class] ||
                  (k < class && logits[k] == logits[class]);
    return before;
}

uint32_t predictions_largest(const int64_t *logits, uint32_t classes)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < classes; k++)
        best = logits[k] > logits[best] ? k : best;
    return best;
}

static bool is_npy(const char *path)
{
    const size_t n = strlen(path);
    return n > 4 && strcmp(path + n - 4, ".npy") == 0;
}

static void put_npy_head(FILE *stream, uint32_t rows, uint32_t columns)
{
    char head[NPY_HEAD];
    memset(head, ' ', sizeof head);
    memcpy(head, "\x93NUMPY\x01\x00", 8);
    head[8] = NPY_HEAD - 10;
    head[9] = 0;
    int n = snprintf(head + 10, sizeof head - 10,
                     "{'descr': '<i8', 'fortran_order': False, "
                     "'shape': (%u, %u), }",
                     rows, columns);
    head[10 + n] = ' ';
    head[NPY_HEAD - 1] = '\n';
    fwrite(head, 1, sizeof head, stream);
}

static void put_i64(FILE *stream, int64_t value)
{
    for (int i = 0; i < 8; i++)
        fputc((int)((uint64_t)value >> 8 * i & 255), stream);
}

static void put_csv_head(FILE *stream, const chunk *c, bool logits)
{
    fputs("index,label,predicted", stream);
    if (model_class_name(c->net, c->data, 0))
        fputs(",label_name,predicted_name", stream);
    for (uint32_t k = 0; logits && k < c->info->classes; k++)
        fprintf(stream, ",logit_%u", k);
    fputc('\n', stream);
}

static void put_csv(FILE *stream, const chunk *c, uint32_t i, uint32_t label,
                    bool logits, const int64_t *values)
{
    const uint32_t class = predictions_largest(values, c->info->classes);
    fprintf(stream, "%u,%u,%u", i, label, class);
    if (model_class_name(c->net, c->data, 0)) {
        fputc(',', stream);
        text_csv(stream, model_class_name(c->net, c->data, label));
        fputc(',', stream);
        text_csv(stream, model_class_name(c->net, c->data, class));
    }
    for (uint32_t k = 0; logits && k < c->info->classes; k++)
        fprintf(stream, ",%lld", (long long)values[k]);
    fputc('\n', stream);
}

static void put_npy(FILE *stream, const chunk *c, uint32_t i, uint32_t label,
                    bool logits, const int64_t *values)
{
    put_i64(stream, i);
    put_i64(stream, label);
    put_i64(stream, predictions_largest(values, c->info->classes));
    for (uint32_t k = 0; logits && k < c->info->classes; k++)
        put_i64(stream, values[k]);
}

/* What all samples, or recordings, have in common on their way out. */
typedef struct sink {
    FILE *stream; /* NULL: no file is wanted */
    bool npy;
    predictions *p;
} sink;

/* One sample, or recording of which it is the last, with its logits. index:
 * its number. */
static void put(const sink *to, const chunk *c, uint32_t index, uint32_t i,
                const int64_t *values)
{
    const uint32_t classes = c->info->classes;
    const uint32_t label = sg_data_label(c->data, i);
    to->p->among += place_of(values, classes, label) < to->p->top;
    if (to->p->vote) {
        to->p->voted++;
        to->p->right += predictions_largest(values, classes) == label;
    }
    if (to->stream && to->npy)
        put_npy(to->stream, c, index, label, to->p->logits, values);
    else if (to->stream)
        put_csv(to->stream, c, index, label, to->p->logits, values);
}

/* Whether the next sample is of another recording. */
static bool ends(const chunk *c, uint32_t i)
{
    return i + 1 == c->info->size ||
           sg_data_recording(c->data, i) != sg_data_recording(c->data, i + 1);
}

static uint32_t count_rows(const chunk *c, bool vote)
{
    uint32_t count = 0;
    for (uint32_t i = 0; vote && i < c->info->size; i++)
        count += ends(c, i);
    return vote ? count : c->info->size;
}

/* Goes through all samples. sum: [classes] of a recording so far. */
static sg_status go_through(chunk *c, const sink *to, int64_t *sum,
                            sg_error *error)
{
    predictions *p = to->p;
    const uint32_t classes = c->info->classes;
    uint32_t recording = 0;
    if (to->stream && to->npy)
        put_npy_head(to->stream, count_rows(c, p->vote),
                     FIXED + (p->logits ? classes : 0));
    else if (to->stream)
        put_csv_head(to->stream, c, p->logits);
    for (c->first = 0; c->first < c->info->size; c->first += c->count) {
        sg_status status = chunk_fill(c, p, error);
        if (status != SG_OK)
            return status;
        for (uint32_t s = 0; s < c->count; s++) {
            const uint32_t i = c->first + s;
            const int64_t *values = c->logits + (size_t)s * classes;
            for (uint32_t k = 0; k < classes; k++)
                sum[k] += values[k];
            if (!p->vote)
                put(to, c, i, i, values);
            else if (ends(c, i))
                put(to, c, recording++, i, sum);
            if (!p->vote || ends(c, i))
                memset(sum, 0, classes * sizeof *sum);
        }
    }
    return SG_OK;
}

int predictions_make(const char *command, const sg_network *net,
                     const sg_data *data, predictions *p)
{
    chunk c;
    output out = {.stream = NULL};
    sg_error error = {""};
    int64_t *sum = calloc(sg_data_get_info(data)->classes, sizeof *sum);
    int code =
        chunk_open(&c, net, data) && sum ? CLI_OK : cli_fail("out of memory");
    p->among = p->voted = p->right = 0;
    if (code == CLI_OK && p->path)
        code = output_open(&out, p->path);
    if (code == CLI_OK) {
        const sink to = {out.stream, p->path && is_npy(p->path), p};
        sg_status status = go_through(&c, &to, sum, &error);
        if (status != SG_OK)
            code = cli_status(command, status, &error);
        if (p->path)
            code = output_close(&out, code);
    }
    chunk_close(&c);
    free(sum);
    return code;
}
