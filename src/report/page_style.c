/* The style of the page: light, dark, phone, print. Colours of runs differ in
 * lightness as well as hue, after Okabe and Ito, and never stand alone: a
 * letter is beside each. */
#include "report/page.h"

static const char colours[] =
    ":root{--ink:#1c2126;--dim:#59636e;--back:#fff;--card:#f6f7f9;"
    "--rule:#d9dee4;--grid:#e6e9ed;--mark:#fff3d6;"
    "--0:#0069a8;--1:#c94f00;--2:#007a5a;--3:#b0408a;--4:#8a6a00;"
    "--5:#2597cf;--6:#6b7280;--7:#15181c}\n"
    "@media screen and (prefers-color-scheme:dark){"
    ":root{color-scheme:dark;--ink:#e6e9ed;--dim:#9aa5b1;--back:#0f1317;"
    "--card:#171d23;--rule:#303942;--grid:#252d35;--mark:#3a3115;"
    "--0:#56b4f5;--1:#ff8f45;--2:#35cf9f;--3:#ec95cd;--4:#e3c02f;"
    "--5:#a6dcfa;--6:#a3acb6;--7:#fff}}\n"
    ".r0{--c:var(--0)}.r1{--c:var(--1)}.r2{--c:var(--2)}.r3{--c:var(--3)}"
    ".r4{--c:var(--4)}.r5{--c:var(--5)}.r6{--c:var(--6)}.r7{--c:var(--7)}\n";

static const char text_style[] =
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:24px 20px 40px;max-width:2600px;"
    "background:var(--back);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu "
    "Sans\",sans-serif;-webkit-text-size-adjust:100%}\n"
    "h1{font-size:25px;line-height:1.25;margin:0 0 14px}\n"
    "h2{font-size:19px;margin:38px 0 4px}\n"
    "h3{font-size:16px;margin:24px 0 6px;overflow-wrap:anywhere}"
    "h4{font-size:14.5px;margin:18px 0 8px}\n"
    "p{margin:0 0 10px}code{white-space:nowrap}.about{color:var(--dim);max-width:80ch}\n"
    "footer{color:var(--dim);margin-top:36px;font-size:13px}\n"
    ".chip{display:inline-block;min-width:20px;padding:0 5px;margin-right:2px;"
    "border-radius:4px;background:var(--c);color:var(--back);font-size:13px;"
    "line-height:19px;font-weight:700;text-align:center}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:14px}\n"
    ".runs{list-style:none;margin:0;padding:0;display:grid;gap:8px}\n"
    ".runs li{padding:8px 12px;background:var(--card);border-radius:6px;"
    "overflow-wrap:anywhere}.runs small{color:var(--dim);font-size:13px;"
    "display:block}\n.note{font-weight:600}\n"
    ".health{list-style:none;margin:8px 0 14px;padding:0;display:grid;gap:6px}"
    ".health li{padding:6px 12px;background:var(--mark);border-radius:6px;"
    "max-width:100ch}\n";

static const char table_style[] =
    "table{border-collapse:collapse;font-size:14px;"
    "font-variant-numeric:tabular-nums}\n"
    "th:first-child{padding-left:0}td:last-child{padding-right:0}\n"
    "caption{text-align:left;padding:0 0 4px;color:var(--dim)}"
    "caption b{color:var(--ink)}\n"
    "th,td{padding:3px 10px;border-bottom:1px solid var(--rule);"
    "vertical-align:baseline}\n"
    "th{text-align:left;font-weight:400}thead th{font-weight:600;"
    "vertical-align:bottom}\n"
    ".num td,.num thead th{text-align:right}"
    ".num thead th:first-child{text-align:left}\n"
    ".num td{white-space:nowrap}\n"
    "tr.head th{font-weight:600;padding-top:12px}\n"
    ".dim{color:var(--dim)}\n"
    ".wide{overflow-x:auto;max-width:100%}\n"
    ".tables{display:flex;flex-wrap:wrap;gap:24px 44px;align-items:start;"
    "margin:12px 0}\n"
    ".results{display:grid;grid-template-columns:"
    "repeat(auto-fit,minmax(min(100%,280px),1fr));gap:6px 40px;"
    "align-items:start}\n"
    ".set{width:100%;max-width:900px}.set td{overflow-wrap:anywhere}"
    ".set th{width:11em}.set .differs{background:var(--mark)}"
    ".set .differs th{font-weight:700}.set span.v{display:inline-block;"
    "margin-right:16px}\n";

static const char chart_style[] =
    ".grid{display:flex;flex-wrap:wrap;gap:18px 24px}"
    ".grid figure{flex:1 1 340px;max-width:680px}\n"
    ".tiles{display:grid;gap:14px 14px;grid-template-columns:"
    "repeat(auto-fill,minmax(max(190px,12%),1fr))}\n"
    "figure{margin:0;min-width:0}figcaption{margin-bottom:4px;font-size:14px;line-height:1.35;"
    "color:var(--dim);overflow-wrap:anywhere}figcaption b{color:var(--ink);"
    "font-weight:600}\n"
    "figure.small figcaption{font-size:13px}\n"
    "svg{display:block;width:100%;height:auto;overflow:visible}\n"
    "svg text{font-size:11px;fill:var(--ink);paint-order:stroke;"
    "stroke:var(--back);stroke-width:3px;stroke-linejoin:round}.small svg text{font-size:10.5px}"
    "svg .k{fill:var(--dim)}.e{text-anchor:end}.m{text-anchor:middle}\n"
    ".g{stroke:var(--grid);fill:none}.a{stroke:var(--dim);fill:none}\n"
    ".mark{stroke:var(--dim);stroke-dasharray:2 3;fill:none}\n"
    ".l{stroke:var(--c);fill:none;stroke-width:1.7;stroke-linejoin:round;"
    "stroke-linecap:round}"
    ".small .l{stroke-width:1.5}\n"
    ".l.d{stroke-dasharray:4 3;stroke-width:1.3}\n"
    ".p{fill:var(--c)}.p.d{fill:var(--back);stroke:var(--c)}\n"
    ".b{fill:var(--c);fill-opacity:.75}\n"
    "svg text.t{fill:var(--c);font-weight:700}\n";

static const char media_style[] =
    "@media(max-width:600px){body{padding:16px 14px 32px}"
    "th,td{padding:3px 3px}table{font-size:12px}"
    "h1{font-size:22px}"
    ".tiles{gap:12px 10px;grid-template-columns:repeat(2,minmax(0,1fr))}"
    ".num{width:100%}"
    ".set th{width:7.5em}}\n"
    "@media print{@page{margin:13mm}body{max-width:none;padding:0;"
    "font-size:10pt}h2,h3,h4,.about,.legend{break-after:avoid}"
    "figure,tr,li{break-inside:avoid}caption{break-after:avoid}"
    ".grid figure{flex-basis:40%}"
    ".tiles{grid-template-columns:repeat(5,1fr)}"
    ".wide{overflow:visible}.about{max-width:none}"
    "table{font-size:9pt}th,td{padding:2px 6px}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

void page_style(FILE *out)
{
    fprintf(out, "<style>\n%s%s%s%s%s</style>\n", colours, text_style,
            table_style, chart_style, media_style);
}
