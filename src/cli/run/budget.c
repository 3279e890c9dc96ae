/* How many epochs fit; see budget.h. */
#include "cli/run/budget.h"

#include "cli/base/cli.h"

/* Epochs are taken to last this much longer than the last ones did. */
#define MARGIN 1.01
/* A sample costs about three times as much to learn as to classify. */
#define LEARNING 3.0

double budget_elapsed(const budget *b)
{
    return b->carried + (cli_seconds() - b->start);
}

void budget_epoch(budget *b, double share, double test_seconds)
{
    double now = cli_seconds();
    double whole = (now - b->mark - test_seconds) / share + test_seconds;
    /* an average, or the noise of every epoch would be in the schedule */
    b->cost = b->cost > 0.0 ? b->cost + (whole - b->cost) / 3.0 : whole;
    b->test_seconds = test_seconds;
    b->mark = now;
}

static uint32_t fit(double seconds, double cost, uint32_t most)
{
    if (seconds <= 0.0 || cost <= 0.0)
        return 0;
    double n = seconds / cost;
    return n >= (double)most ? most : (uint32_t)n;
}

uint32_t budget_plan(const budget *b, uint32_t done, uint32_t planned,
                     uint32_t most)
{
    double left = b->limit - budget_elapsed(b);
    uint32_t more =
        fit(left - b->finale * b->test_seconds, b->cost * MARGIN, most - done);
    if (more == 0 && (done == 0 || (left > 0.0 && done < planned)))
        more = 1;
    return done + more;
}

uint32_t budget_guess(const budget *b, double share, double tests,
                      uint32_t most)
{
    double whole = (cli_seconds() - b->mark) / share;
    double left = b->limit - b->carried - (b->mark - b->start);
    double test = whole * tests / LEARNING;
    uint32_t n = fit(left - b->finale * test, whole + test, most);
    return n > 0 ? n : 1;
}
