/* The page of a report, part by part. Each part is a section of its own; runs
 * keep their letter and colour through all of them. */
#ifndef SPIKEGRAD_REPORT_PAGE_H
#define SPIKEGRAD_REPORT_PAGE_H

#include <stdio.h>

#include "report/record.h"

/* Energy of one operation in picojoules. */
typedef struct page_energy {
    double add32, mul8;              /* integers */
    double float_add32, float_mul32; /* floats */
    double float_add16, float_mul16;
} page_energy;

typedef struct page {
    FILE *out;
    const record *run;
    size_t runs;
    page_energy energy;
    double *values; /* [PAGE_LINES][longest], for the lines of one chart */
    size_t longest; /* epochs of the longest run */
    char (*texts)[SG_RECIPE_TEXT]; /* [PAGE_RUNS], one option of each run */
} page;

enum { PAGE_RUNS = 8, PAGE_LINES = 2 * PAGE_RUNS };

/* page_write: the whole document, with memory for values and texts of its own.
 * False without memory, when nothing is written. */
bool page_write(page *p);

/* page_style: the style sheet, with its element. */
void page_style(FILE *out);

/* The parts. */
void page_runs(const page *p);
void page_summary(const page *p);
void page_health(const page *p);
void page_learning(const page *p);
void page_operations(const page *p);
void page_energies(const page *p);
void page_classes(const page *p);
void page_layers(const page *p);
void page_histograms(const page *p);
void page_settings(const page *p);

/* page_section: begins one, with the legend of the runs if there are several
 * and it has any use for colours; text is HTML. page_end ends it. */
void page_section(const page *p, const char *title, const char *text,
                  bool legend);
void page_end(const page *p);

/* page_chip: the letter of a run in its colour. */
void page_chip(const page *p, size_t run);

/* page_letter: that letter as text, "A"; NULL if there is only one run. */
const char *page_letter(const page *p, size_t run);

/* page_group: lists in member the runs with the layers of run `first`, and
 * returns how many there are; 0 if an earlier run has the same. Parts about
 * layers are drawn group by group. */
size_t page_group(const page *p, size_t first, size_t member[PAGE_RUNS]);

/* page_layer: "layer 3", as `spikegrad info` numbers them; into text, which
 * is returned. */
enum { PAGE_LAYER = 32 };
const char *page_layer(size_t l, char text[PAGE_LAYER]);

/* page_group_title: names the net, if there are several groups. */
void page_group_title(const page *p, size_t first);

/* One column of numbers about layers. */
typedef struct page_column {
    const char *title, *about; /* the column's; that of a table of its own */
    double (*value)(const record *r, size_t l); /* NAN: nothing there */
    char form;   /* html_si 'n', _whole 'i', _percent '%', _plain 'x' */
    bool shared; /* the same for all runs that have these layers */
} page_column;

/* page_layer_tables: what the columns say of the layers: one table with all
 * columns for a group of one run, else a table for each column, with a column
 * for each run, and the shared ones in front. */
void page_layer_tables(const page *p, const page_column *column, size_t n);

/* page_measured_on: the split that accuracies after epochs are of. */
const char *page_measured_on(const record *r);

#endif
