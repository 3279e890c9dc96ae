/* Error lines, exit codes and signals; see cli.h. */
#include "cli/base/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *program = "spikegrad";

void cli_set_program(const char *path)
{
    if (path && path[0])
        program = path;
}

const char *cli_program(void)
{
    return program;
}

static char *captured;
static size_t captured_size;

void cli_capture(char *text, size_t size)
{
    captured = text;
    captured_size = size;
    if (text)
        text[0] = '\0';
}

static void __attribute__((format(printf, 1, 0)))
say(const char *format, va_list args)
{
    if (captured) {
        vsnprintf(captured, captured_size, format, args);
        return;
    }
    fputs("spikegrad: ", stderr);
    vfprintf(stderr, format, args);
}

int cli_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    if (!captured)
        fputc('\n', stderr);
    return CLI_FAILED;
}

static void point_to_help(const char *command)
{
    if (!captured)
        fprintf(stderr, "; try 'spikegrad %s%s--help'\n",
                command ? command : "", command ? " " : "");
}

int cli_usage(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    point_to_help(command);
    va_end(args);
    return CLI_USAGE;
}

static int exit_code(sg_status status)
{
    switch (status) {
    case SG_OK:
        return CLI_OK;
    case SG_E_ARGUMENT:
    case SG_E_RANGE:
    case SG_E_TOPOLOGY:
    case SG_E_BOUND:
        return CLI_USAGE;
    case SG_E_FORMAT:
        return CLI_DATA;
    case SG_E_MISMATCH:
        return CLI_MISMATCH;
    case SG_E_STOPPED:
        return CLI_INTERRUPTED;
    case SG_E_MEMORY:
    case SG_E_FULL:
    case SG_E_IO:
    case SG_E_EXISTS:
    case SG_E_UNSUPPORTED:
        break;
    }
    return CLI_FAILED;
}

int cli_status(const char *command, sg_status status, const sg_error *error)
{
    const char *text =
        error && error->text[0] ? error->text : sg_status_text(status);
    int code = exit_code(status);
    if (code == CLI_USAGE)
        return cli_usage(command, "%s", text);
    cli_fail("%s", text);
    return code;
}

int cli_finish(int code)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    int reason = errno;
    cli_fail("standard output: %s", reason ? strerror(reason) : "write error");
    return code == CLI_OK ? CLI_FAILED : code;
}

/* The only state a handler may touch. */
static volatile sig_atomic_t stop_requested;

static void on_signal(int number)
{
    (void)number;
    if (stop_requested)
        _exit(CLI_INTERRUPTED);
    stop_requested = 1;
}

void cli_catch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool cli_stopped(void)
{
    return stop_requested != 0;
}

bool cli_colour(FILE *stream)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if ((no_colour && *no_colour) || (term && strcmp(term, "dumb") == 0))
        return false;
    return isatty(fileno(stream)) == 1;
}

unsigned cli_threads(uint64_t threads)
{
    long processors = threads ? (long)threads : sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > 256 ? 256 : (unsigned)processors;
}

void cli_print_wrapped(const char *text, size_t from)
{
    enum { WIDTH = 80 };
    size_t column = from;
    while (*text) {
        size_t word = strcspn(text, " ");
        if (column > from && column + 1 + word > WIDTH) {
            printf("\n%*s", (int)from, "");
            column = from;
        } else if (column > from) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)word, text);
        column += word;
        text += word + strspn(text + word, " ");
    }
    putchar('\n');
}

double cli_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
