/* The head of the page: which runs, and what they came to. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/html.h"
#include "report/page.h"

static void put_percent(FILE *out, const record_sums *m)
{
    char text[HTML_NUMBER];
    double value = 100.0 * (double)m->correct / (double)m->samples;
    if (m->samples == 0 || value > 1e6)
        fputs(html_plain(m->samples ? value : NAN, text), out);
    else
        fprintf(out, "%.2f", value);
}

/* The options in which runs differ, other than net and data. */
static void put_differences(const page *p, size_t run)
{
    size_t count;
    char *text = p->texts[0], *other = p->texts[1];
    const sg_recipe_option *option = sg_recipe_options(&count);
    for (size_t i = 0; i < count; i++) {
        bool differs = false;
        const char *name = option[i].name;
        if (sg_recipe_get(p->run[run].recipe, name, text,
                          sizeof p->texts[0]) != SG_OK ||
            strcmp(name, "net") == 0)
            continue;
        for (size_t r = 0; r < p->runs; r++)
            differs |= sg_recipe_get(p->run[r].recipe, name, other,
                                     sizeof p->texts[1]) == SG_OK &&
                       strcmp(text, other) != 0;
        if (!differs)
            continue;
        fprintf(p->out, ", %s ", name);
        html_text(p->out, text);
    }
}

/* Of a run by several processes: what they sent, and how long they waited. */
static void put_ranks(const page *p, const record *r)
{
    char bytes[HTML_NUMBER];
    const double waits =
        r->rank_waits < r->rank_seconds ? r->rank_waits / r->rank_seconds : 1;
    if (r->ranks > 0 && r->rank_steps > 0)
        fprintf(p->out,
                ". %.0f processes in the last epoch; the first sent and "
                "received %s a step and waited %.1f %% of the time of its "
                "steps",
                r->ranks, html_si(r->rank_bytes / r->rank_steps, "B", bytes),
                r->rank_seconds > 0 ? 100 * waits : 0);
}

static void introduce(const page *p, size_t run)
{
    const record *r = &p->run[run];
    FILE *out = p->out;
    fputs("<li>", out);
    if (p->runs > 1)
        page_chip(p, run);
    fputs(" <b>", out);
    html_text(out, r->path);
    fputs("</b><br>", out);
    html_text(out, r->net);
    fputs(" on ", out);
    html_text(out, r->data[0] ? r->data : "unknown data");
    fprintf(out, "<small>%" PRIu64 " training samples an epoch",
            r->epoch[r->epochs - 1].train.samples);
    put_differences(p, run);
    put_ranks(p, r);
    if (r->epochs < r->planned)
        fprintf(out,
                ". <span class=note>Not finished: %zu of %zu epochs</span>",
                r->epochs, r->planned);
    if (r->lost > 0)
        fprintf(out,
                ". <span class=note>Its metrics have no line of %zu of the "
                "epochs</span>",
                r->lost);
    if (r->twice > 0)
        fprintf(out,
                ". <span class=note>Its metrics have several lines of %zu of "
                "the epochs; the last one is shown</span>",
                r->twice);
    if (r->torn)
        fputs(". <span class=note>The last line of its metrics is cut off "
              "and was left out</span>",
              out);
    fputs("</small></li>\n", out);
}

void page_runs(const page *p)
{
    fprintf(p->out, "<h1>%s</h1>\n<ul class=runs>\n",
            p->runs > 1 ? "Training runs" : "A training run");
    for (size_t r = 0; r < p->runs; r++)
        introduce(p, r);
    fputs("</ul>\n", p->out);
}

static const record_epoch *last_epoch(const record *r)
{
    return &r->epoch[r->epochs - 1];
}

/* Cells of the table of results; one function for each row. */
static void cell_epochs(const page *p, const record *r)
{
    fprintf(p->out, "%zu of %zu", r->epochs, r->planned);
}

static void cell_time(const page *p, const record *r)
{
    char text[HTML_NUMBER];
    fputs(html_time(r->seconds, text), p->out);
}

static void cell_split(const page *p, const record *r)
{
    fputs(last_epoch(r)->test.samples ? r->held ? "valid." : "test"
                                      : "\xe2\x80\x93",
          p->out);
}

static void cell_last(const page *p, const record *r)
{
    put_percent(p->out, &last_epoch(r)->test);
}

/* Of equal ones the later, as in training. */
static size_t best_epoch(const record *r)
{
    size_t best = 0;
    for (size_t e = 1; e < r->epochs; e++)
        if (r->epoch[e].test.correct >= r->epoch[best].test.correct)
            best = e;
    return best;
}

static void cell_best(const page *p, const record *r)
{
    put_percent(p->out, &r->epoch[best_epoch(r)].test);
}

static void cell_best_epoch(const page *p, const record *r)
{
    const size_t best = best_epoch(r);
    if (r->epoch[best].test.samples)
        fprintf(p->out, "%zu", best + 1);
    else
        fputs("\xe2\x80\x93", p->out);
}

static void cell_final(const page *p, const record *r)
{
    static const record_sums none;
    bool ended = r->epochs >= r->planned;
    put_percent(p->out, r->tested           ? &r->final
                        : !r->held && ended ? &last_epoch(r)->test
                                            : &none);
}

static void cell_flipped(const page *p, const record *r)
{
    static const record_sums none;
    put_percent(p->out, r->flipped ? &r->final_flip : &none);
}

static void cell_training(const page *p, const record *r)
{
    put_percent(p->out, &last_epoch(r)->train);
}

typedef double (*sum_of)(const record *, const record_sums *, size_t);
typedef double (*dense_of)(const record *, size_t);

/* Operations of epochs from..last. */
static double operations(const record *r, size_t from, sum_of of)
{
    double all = 0;
    for (size_t e = from; e < r->epochs; e++)
        all += of(r, &r->epoch[e].train, r->layers);
    return all;
}

static double dense_operations(const record *r, size_t from, dense_of of)
{
    double samples = 0;
    for (size_t e = from; e < r->epochs; e++)
        samples += (double)r->epoch[e].train.samples;
    return samples * of(r, r->layers);
}

/* Forward operations in use, a sample; NAN if not known. */
static double in_use(const record *r)
{
    const record_sums *m = record_in_use(r);
    return m ? record_forward(r, m, r->layers) / (double)m->samples : NAN;
}

static void cell_in_use_on(const page *p, const record *r)
{
    fputs(record_in_use(r) ? record_in_use_on(r) : "\xe2\x80\x93", p->out);
}

static void cell_in_use(const page *p, const record *r)
{
    char text[HTML_NUMBER];
    fputs(html_si(in_use(r), "", text), p->out);
}

static void cell_in_use_dense(const page *p, const record *r)
{
    char text[HTML_NUMBER];
    fputs(html_si(record_dense_forward(r, r->layers), "", text), p->out);
}

static void cell_in_use_ratio(const page *p, const record *r)
{
    char text[HTML_NUMBER];
    fputs(html_plain(in_use(r) / record_dense_forward(r, r->layers), text),
          p->out);
}

static void cell_energy(const page *p, const record *r)
{
    char text[HTML_NUMBER];
    fputs(html_si(in_use(r) * p->energy.add32 * 1e-12, "J", text), p->out);
}

static void cell_training_energy(const page *p, const record *r)
{
    char text[HTML_NUMBER];
    double samples = 0;
    for (size_t e = 0; e < r->epochs; e++)
        samples += (double)r->epoch[e].train.samples;
    double all =
        operations(r, 0, record_forward) + operations(r, 0, record_backward);
    fputs(html_si(all / samples * p->energy.add32 * 1e-12, "J", text), p->out);
}

/* A row has a cell, or operations, dense ones, or their ratio; a heading has
 * none of them. */
static const struct row {
    const char *title;
    void (*cell)(const page *p, const record *r);
    sum_of of;
    dense_of dense;
    bool last; /* of the last epoch only */
} rows[] = {
    {"Accuracy, %", NULL, NULL, NULL, false},
    {"on test, at the end", cell_final, NULL, NULL, false},
    {"the same, with mirror images", cell_flipped, NULL, NULL, false},
    {"after epochs, on", cell_split, NULL, NULL, false},
    {"last epoch", cell_last, NULL, NULL, false},
    {"best epoch", cell_best, NULL, NULL, false},
    {"which was", cell_best_epoch, NULL, NULL, false},
    {"training, last epoch", cell_training, NULL, NULL, false},
    {"Length", NULL, NULL, NULL, false},
    {"epochs", cell_epochs, NULL, NULL, false},
    {"time, tests included", cell_time, NULL, NULL, false},
    {"Forward in use, a sample", NULL, NULL, NULL, false},
    {"samples of", cell_in_use_on, NULL, NULL, false},
    {"synaptic operations", cell_in_use, NULL, NULL, false},
    {"dense multiply-adds", cell_in_use_dense, NULL, NULL, false},
    {"ratio", cell_in_use_ratio, NULL, NULL, false},
    {"Forward, whole training", NULL, NULL, NULL, false},
    {"synaptic operations", NULL, record_forward, NULL, false},
    {"dense multiply-adds", NULL, NULL, record_dense_forward, false},
    {"ratio", NULL, record_forward, record_dense_forward, false},
    {"Forward, last epoch of training", NULL, NULL, NULL, false},
    {"synaptic operations", NULL, record_forward, NULL, true},
    {"dense multiply-adds", NULL, NULL, record_dense_forward, true},
    {"ratio", NULL, record_forward, record_dense_forward, true},
    {"Backward, whole training", NULL, NULL, NULL, false},
    {"synaptic operations", NULL, record_backward, NULL, false},
    {"dense multiply-adds", NULL, NULL, record_dense_backward, false},
    {"ratio", NULL, record_backward, record_dense_backward, false},
    {"Backward, last epoch of training", NULL, NULL, NULL, false},
    {"synaptic operations", NULL, record_backward, NULL, true},
    {"dense multiply-adds", NULL, NULL, record_dense_backward, true},
    {"ratio", NULL, record_backward, record_dense_backward, true},
    {"Energy of the additions, a sample", NULL, NULL, NULL, false},
    {"inference, as in use", cell_energy, NULL, NULL, false},
    {"training, mean", cell_training_energy, NULL, NULL, false},
};

static void put_cell(const page *p, const struct row *row, const record *r)
{
    char text[HTML_NUMBER];
    size_t from = row->last ? r->epochs - 1 : 0;
    if (row->cell)
        row->cell(p, r);
    else if (!row->dense)
        fputs(html_si(operations(r, from, row->of), "", text), p->out);
    else if (!row->of)
        fputs(html_si(dense_operations(r, from, row->dense), "", text),
              p->out);
    else
        fputs(html_plain(operations(r, from, row->of) /
                             dense_operations(r, from, row->dense),
                         text),
              p->out);
}

/* Whether all runs were evaluated on the same split after each epoch. */
static bool same_split(const page *p)
{
    for (size_t r = 1; r < p->runs; r++)
        if (p->run[r].held != p->run[0].held)
            return false;
    return true;
}

static bool any_flipped(const page *p)
{
    for (size_t r = 0; r < p->runs; r++)
        if (p->run[r].flipped)
            return true;
    return false;
}

/* The title of a row, with the split that accuracies of epochs are of. */
static void put_title(const page *p, const struct row *row)
{
    bool of_epoch = row->cell == cell_last || row->cell == cell_best;
    fputs(row->title, p->out);
    if (of_epoch && same_split(p))
        fprintf(p->out, ", %s", page_measured_on(&p->run[0]));
}

static void put_row(const page *p, const struct row *row)
{
    if ((row->cell == cell_split && same_split(p)) ||
        (row->cell == cell_flipped && !any_flipped(p)))
        return;
    if (!row->cell && !row->of && !row->dense) {
        if (p->runs == 1 && row > rows) /* short tables side by side */
            fputs("</tbody></table><table class=num><tbody>\n", p->out);
        fprintf(p->out, "<tr class=head><th colspan=%zu>%s</th></tr>\n",
                p->runs + 1, row->title);
        return;
    }
    fputs("<tr><th>", p->out);
    put_title(p, row);
    fputs("</th>", p->out);
    for (size_t r = 0; r < p->runs; r++) {
        fputs("<td>", p->out);
        put_cell(p, row, &p->run[r]);
        fputs("</td>", p->out);
    }
    fputs("</tr>\n", p->out);
}

void page_summary(const page *p)
{
    page_section(p, "Results", NULL, false);
    page_health(p);
    fprintf(p->out, "<div class=%s><table class=num>",
            p->runs > 1 ? "wide" : "results");
    if (p->runs > 1) {
        fputs("<thead><tr><th></th>", p->out);
        for (size_t r = 0; r < p->runs; r++) {
            fputs("<th>", p->out);
            page_chip(p, r);
            fputs("</th>", p->out);
        }
        fputs("</tr></thead>\n", p->out);
    }
    fputs("<tbody>\n", p->out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        put_row(p, &rows[i]);
    fputs("</tbody></table></div>\n", p->out);
    page_end(p);
}
