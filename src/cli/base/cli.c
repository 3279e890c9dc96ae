/* Error lines, exit codes and signals; see cli.h. */
#include "cli/base/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "cli/base/clean.h"
#include "cli/base/memory.h"

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

/* Longest line that is captured. */
enum { CAPTURED = 1024 };

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
        char text[CAPTURED];
        vsnprintf(text, sizeof text, format, args);
        clean_copy(captured, captured_size, text);
        return;
    }
    fputs("spikegrad: ", stderr);
    clean_format(stderr, format, args);
}

static char place[128];

void cli_set_place(const char *where)
{
    snprintf(place, sizeof place, "%s", where);
    for (char *p = place; *p; p++)
        *p = *p == '%' ? '?' : *p; /* it goes into a format */
}

/* "place: " in front of the words, unless they begin with another one's. */
static void __attribute__((format(printf, 1, 0)))
say_where(const char *format, va_list args)
{
    static const char other[] = "rank ";
    char first[sizeof other], whole[CAPTURED];
    va_list again;
    va_copy(again, args);
    vsnprintf(first, sizeof first, format, again);
    va_end(again);
    if (captured || !place[0] || strcmp(first, other) == 0) {
        say(format, args);
        return;
    }
    snprintf(whole, sizeof whole, "%s: %s", place, format);
    say(whole, args);
}

int cli_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_where(format, args);
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
    case SG_E_MISSING:
    case SG_E_DEVICE:
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
    if (status == SG_E_FORMAT && memory_failed())
        return cli_fail("out of memory");
    if (code == CLI_USAGE)
        return cli_usage(command, "%s", text);
    cli_fail("%s", text);
    return code;
}

int cli_finish(int code)
{
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || cli_reader_left())
        return code;
    int reason = errno;
    cli_fail("standard output: %s", reason ? strerror(reason) : "write error");
    return code == CLI_OK ? CLI_FAILED : code;
}

/* The only state a handler may touch. */
static volatile sig_atomic_t stop_requested;

static volatile sig_atomic_t insisted;

/* A warning, from the machine or from a terminal that goes, may come any
 * number of times and beside others; who asks twice wants to be rid of it. */
static void on_signal(int number)
{
    bool asks = number == SIGINT || number == SIGTERM;
    if (asks && insisted)
        _exit(CLI_INTERRUPTED);
    insisted |= asks;
    stop_requested = 1;
}

static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 &&
           action.sa_handler == SIG_IGN;
}

void cli_catch_signals(void)
{
    static const int numbers[] = {SIGINT,  SIGTERM, SIGUSR1,
                                  SIGUSR2, SIGXCPU, SIGHUP};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i] != SIGHUP || !is_ignored(SIGHUP)) /* by nohup */
            sigaction(numbers[i], &action, NULL);
}

static volatile sig_atomic_t reader_left;

/* Whether a descriptor is a pipe or socket that nobody reads. */
static bool is_broken(int descriptor)
{
    struct pollfd look = {.fd = descriptor, .events = POLLOUT};
    return poll(&look, 1, 0) == 1 && (look.revents & (POLLERR | POLLHUP));
}

static void divert(int descriptor)
{
    int nothing = open("/dev/null", O_RDWR);
    if (nothing < 0)
        return;
    dup2(nothing, descriptor);
    close(nothing);
}

/* Only what a handler may call: stderr first, since it may be the same pipe,
 * and what is said then goes nowhere. */
static void on_broken_pipe(int number)
{
    static const char note[] = "spikegrad: nobody reads standard output any "
                               "more; the run goes on without\n";
    int before = errno;
    (void)number;
    if (is_broken(STDERR_FILENO))
        divert(STDERR_FILENO);
    if (is_broken(STDOUT_FILENO)) {
        divert(STDOUT_FILENO);
        reader_left = 1;
        ssize_t written = write(STDERR_FILENO, note, sizeof note - 1);
        (void)written;
    }
    errno = before;
}

void cli_outlive_readers(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_broken_pipe;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
}

bool cli_reader_left(void)
{
    return reader_left != 0;
}

void cli_open_descriptors(void)
{
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
        if (fcntl(i, F_GETFD) == -1 && errno == EBADF)
            (void)!open("/dev/null", O_RDWR); /* the lowest that is free */
}

bool cli_stopped(void)
{
    return stop_requested != 0;
}

bool cli_terminal(FILE *stream)
{
    const char *term = getenv("TERM");
    return term && *term && strcmp(term, "dumb") != 0 &&
           isatty(fileno(stream)) == 1;
}

bool cli_colour(FILE *stream)
{
    const char *no_colour = getenv("NO_COLOR");
    return !(no_colour && *no_colour) && cli_terminal(stream);
}

unsigned cli_threads(uint64_t threads)
{
    long processors = threads ? (long)threads : sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > 256 ? 256 : (unsigned)processors;
}

void cli_tell_threads(unsigned wanted, unsigned started)
{
    if (started < wanted)
        fprintf(stderr,
                "spikegrad: %u of %u threads: the system starts no more\n",
                started, wanted);
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
        column += clean_put(stdout, text, word);
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
