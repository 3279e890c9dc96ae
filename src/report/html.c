/* Escaping and numbers; see html.h. */
#include "report/html.h"

#include <math.h>
#include <string.h>

#include "report/text.h"

#define DASH "\xe2\x80\x93"
#define LONG 3.6e9 /* seconds, a million hours: more is written as a number */
#define GAP "\xc2\xa0" /* a space that does not break */

void html_text(FILE *out, const char *text)
{
    char piece[TEXT_PIECE];
    while (*text) {
        text += text_show(text, piece);
        if (piece[1] == '\0' && strchr("<>&\"'", piece[0]))
            fprintf(out, "&#%d;", piece[0]);
        else
            fputs(piece, out);
    }
}

/* Digits behind the point so that three of value, at least 1, are shown. */
static int decimals(double value)
{
    return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

const char *html_plain(double value, char text[HTML_NUMBER])
{
    double size = fabs(value);
    if (!isfinite(value))
        snprintf(text, HTML_NUMBER, DASH);
    else if (size == 0)
        snprintf(text, HTML_NUMBER, "0");
    else if (size < 1e-4 || size >= 1e6)
        snprintf(text, HTML_NUMBER, "%.1e", value);
    else if (size >= 1)
        snprintf(text, HTML_NUMBER, "%.*f", decimals(size), value);
    else
        snprintf(text, HTML_NUMBER, "%.*f", 2 - (int)floor(log10(size)),
                 value);
    return text;
}

const char *html_si(double value, const char *unit, char text[HTML_NUMBER])
{
    static const char *const prefix[] = {"p", "n", "\xc2\xb5", "m", "", "k",
                                         "M", "G", "T",        "P", "E"};
    size_t i = 4;
    if (!isfinite(value)) {
        snprintf(text, HTML_NUMBER, DASH);
        return text;
    }
    if (!*unit && value < 1)
        return html_plain(value, text);
    if (value >= 1e21 || value < 0) {
        snprintf(text, HTML_NUMBER, "%.1e" GAP "%s", value, unit);
        return text;
    }
    for (; value >= 999.5 && i < 10; i++)
        value /= 1000;
    for (; value > 0 && value < 0.9995 && i > 0; i--)
        value *= 1000;
    int n = snprintf(text, HTML_NUMBER, "%.*f",
                     value > 0 ? decimals(value) : 0, value);
    if (*prefix[i] || *unit)
        snprintf(text + n, HTML_NUMBER - (size_t)n, GAP "%s%s", prefix[i],
                 unit);
    return text;
}

const char *html_whole(double value, char text[HTML_NUMBER])
{
    if (!isfinite(value) || value >= 9999.5)
        return html_si(value, "", text);
    snprintf(text, HTML_NUMBER, "%.0f", value);
    return text;
}

const char *html_percent(double value, char text[HTML_NUMBER])
{
    if (!isfinite(value))
        snprintf(text, HTML_NUMBER, DASH);
    else if (value > 0 && value < 0.005)
        snprintf(text, HTML_NUMBER, "&lt;" GAP "0.01");
    else if (value >= 1e6)
        html_plain(value, text);
    else
        snprintf(text, HTML_NUMBER, "%.*f", value == 0 || value == 100 ? 0 : 2,
                 value);
    return text;
}

const char *html_time(double seconds, char text[HTML_NUMBER])
{
    char hours[HTML_NUMBER];
    if (!(seconds >= 0 && seconds < LONG)) {
        snprintf(text, HTML_NUMBER, "%s" GAP "h",
                 html_plain(seconds / 3600, hours));
        return text;
    }
    unsigned long whole = (unsigned long)(seconds + 0.5);
    if (seconds < 99.95)
        snprintf(text, HTML_NUMBER, "%.*f" GAP "s", seconds < 9.995 ? 2 : 1,
                 seconds);
    else if (whole < 3600)
        snprintf(text, HTML_NUMBER, "%lu" GAP "min %lu" GAP "s", whole / 60,
                 whole % 60);
    else
        snprintf(text, HTML_NUMBER, "%lu" GAP "h %lu" GAP "min", whole / 3600,
                 whole % 3600 / 60);
    return text;
}
