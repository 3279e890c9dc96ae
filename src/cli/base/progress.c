/* Drawing the progress line; see progress.h. */
#include "cli/base/progress.h"

#include <stdio.h>

#include "cli/base/cli.h"

enum { BAR_WIDTH = 24 };

void progress_begin(progress *line, bool quiet)
{
    line->shown = !quiet && cli_terminal(stderr);
    line->colour = cli_colour(stderr);
    line->begin = cli_seconds();
    line->last = 0.0;
}

static void print_left(double seconds)
{
    if (seconds >= 3600.0)
        fprintf(stderr, "  %.1f h left", seconds / 3600.0);
    else if (seconds >= 90.0)
        fprintf(stderr, "  %.0f min left", seconds / 60.0);
    else
        fprintf(stderr, "  %.0f s left", seconds);
}

void progress_update(progress *line, const char *label, uint64_t base,
                     uint64_t done, uint64_t total, const char *note)
{
    double now = cli_seconds();
    if (!line->shown || total == 0 || now - line->last < 0.1)
        return;
    line->last = now;
    int filled = (int)(done * BAR_WIDTH / total);
    fprintf(stderr, "\r%s %s", label, line->colour ? "\033[32m" : "");
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < filled ? '#' : '-', stderr);
    fprintf(stderr, "%s %3u%%%s", line->colour ? "\033[0m" : "",
            (unsigned)(done * 100 / total), note);
    if (done > base)
        print_left((now - line->begin) * (double)(total - done) /
                   (double)(done - base));
    fputs("\033[K", stderr);
    fflush(stderr);
}

void progress_clear(progress *line)
{
    if (line->shown && line->last > 0.0)
        fputs("\r\033[K", stderr);
    line->last = 0.0;
}
