/* Text and numbers as HTML and SVG show them. */
#ifndef SPIKEGRAD_REPORT_HTML_H
#define SPIKEGRAD_REPORT_HTML_H

#include <stddef.h>
#include <stdio.h>

/* html_text: text with everything escaped that means something in HTML, in
 * element and attribute alike; control characters and bytes that are not
 * UTF-8 are written out as report/text.h has it. */
void html_text(FILE *out, const char *text);

/* html_si: three digits and a prefix, "1.23 M", then unit; "0" for 0, a dash
 * for what is not finite. Written to text, which is returned. */
enum { HTML_NUMBER = 48 };
const char *html_si(double value, const char *unit, char text[HTML_NUMBER]);

/* html_plain: three significant digits without a prefix, "0.0123"; below 1e-4
 * and from 1e6 on with an exponent. */
const char *html_plain(double value, char text[HTML_NUMBER]);

/* html_whole: a count, in full below 10000 and as html_si from there. */
const char *html_whole(double value, char text[HTML_NUMBER]);

/* html_percent: two digits behind the point, no sign; "< 0.01" if that hides
 * something. */
const char *html_percent(double value, char text[HTML_NUMBER]);

/* html_time: seconds as "12.3 s", "4 min 5 s" or "3 h 20 min". */
const char *html_time(double seconds, char text[HTML_NUMBER]);

#endif
