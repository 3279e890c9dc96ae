/* Comma-separated values (RFC 4180) of metrics; see table.h. */
#include <inttypes.h>

#include "report/table.h"
#include "report/text.h"

static const char header[] =
    "run,epoch,split,layer,name,neurons,dense_macs,samples,correct,accuracy,"
    "loss,spikes,active,saturated,forward_ops,error_spikes,error_senders,"
    "backward_ops,gradient_ops\n";

static void put_activity(FILE *out, const sg_layer_activity *a)
{
    fprintf(out,
            "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
            ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
            a->spikes, a->active, a->saturated, a->forward_ops,
            a->error_spikes, a->error_senders, a->backward_ops,
            a->gradient_ops);
}

static void add_activity(sg_layer_activity *to, const sg_layer_activity *a)
{
    to->spikes += a->spikes;
    to->active += a->active;
    to->saturated += a->saturated;
    to->forward_ops += a->forward_ops;
    to->error_spikes += a->error_spikes;
    to->error_senders += a->error_senders;
    to->backward_ops += a->backward_ops;
    to->gradient_ops += a->gradient_ops;
}

/* What begins each row. */
static void put_place(FILE *out, const record *r, size_t epoch,
                      const char *split)
{
    text_csv(out, r->path);
    fprintf(out, ",%zu,%s,", epoch, split);
}

static void put_sums(FILE *out, const record *r, size_t epoch,
                     const char *split, const record_sums *sums)
{
    sg_layer_activity all = {0};
    uint64_t neurons = 0, macs = 0;
    if (!sums->samples || !sums->layer)
        return;
    for (size_t l = 0; l < r->layers; l++) {
        add_activity(&all, &sums->layer[l]);
        neurons += r->layer[l].neurons;
        macs += r->layer[l].dense_macs;
    }
    put_place(out, r, epoch, split);
    double samples = (double)sums->samples;
    fprintf(out,
            ",,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%.6f,%.6f,",
            neurons, macs, sums->samples, sums->correct,
            (double)sums->correct / samples,
            (double)sums->loss_q20 / samples / 1048576.0);
    put_activity(out, &all);
    for (size_t l = 0; l < r->layers; l++) {
        put_place(out, r, epoch, split);
        fprintf(out, "%zu,", l);
        text_csv(out, r->layer[l].name);
        fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",,,,",
                r->layer[l].neurons, r->layer[l].dense_macs, sums->samples);
        put_activity(out, &sums->layer[l]);
    }
}

void table_csv(FILE *out, const record *runs, size_t count)
{
    fputs(header, out);
    for (size_t i = 0; i < count; i++) {
        const record *r = &runs[i];
        for (size_t e = 0; e < r->epochs; e++) {
            put_sums(out, r, e + 1, "train", &r->epoch[e].train);
            put_sums(out, r, e + 1, r->held ? "validation" : "test",
                     &r->epoch[e].test);
        }
        put_sums(out, r, r->final_epoch, "final", &r->final);
        put_sums(out, r, r->final_epoch, "final-flip", &r->final_flip);
    }
}
