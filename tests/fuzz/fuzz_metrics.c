/* metrics.jsonl to history and page: any bytes are either refused or become a
 * page of bounded size that ends as a page does. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/run/history.h"
#include "cli/run/record_read.h"
#include "report/page.h"

#include "folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A page of one run has no part that grows with what it is made of but layers,
 * at most 256, and what bins a histogram may list. */
enum { PAGE_MAX = 4 << 20 };

static const char *metrics;

static void set_up(void)
{
    static const char text[] = "[run]\ndata = glyphs\n[recipe]\nepochs = 2\n";
    if (metrics)
        return;
    metrics = folder_file("metrics.jsonl");
    folder_write(folder_file("recipe.ini"), text, sizeof text - 1);
}

static void draw(record *r, size_t runs)
{
    char *text = NULL;
    size_t size = 0;
    static const char end[] = "</html>\n";
    FILE *out = open_memstream(&text, &size);
    page p = {.out = out, .run = r, .runs = runs};
    if (!out || !page_write(&p) || fclose(out) != 0)
        abort();
    if (size > PAGE_MAX || memcmp(text + size - 8, end, 8) != 0 ||
        strlen(text) != size)
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char problem[512];
    record r[2];
    history past;
    if (size > 1 << 16)
        return 0;
    set_up();
    folder_write(metrics, data, size);
    cli_capture(problem, sizeof problem);
    history_read(metrics, 3, &past);
    history_free(&past);
    if (record_read(&r[0], folder) == CLI_OK) {
        draw(r, 1);
        if (record_read(&r[1], folder) == CLI_OK)
            draw(r, 2);
        record_free(&r[1]);
    }
    record_free(&r[0]);
    cli_capture(NULL, 0);
    return 0;
}
