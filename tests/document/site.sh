#!/bin/sh
# site.sh BUILD: makes the site of the documents with short tutorials; tools/site
# fails on any warning and any dead link. Then what looks for dead links has to
# find some. Exits 77, skipped, without what it needs.
set -eu

build=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1 SPIKEGRAD_SHORT=1 MPLBACKEND=Agg

[ -e "$build/python/spikegrad/_core.abi3.so" ] || {
    echo "the Python module was not built: skipped"
    exit 77
}
for module in sphinx myst_parser furo numpy matplotlib PIL; do
    "$python" -c "import $module" 2>/dev/null || {
        echo "no $module for $python: skipped"
        exit 77
    }
done
work=$(mktemp -d "$build/site-XXXXXX")
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work" HOME="$work" MPLCONFIGDIR="$work"

"$root/tools/site" "$build" "$work/site"

# Found: a page that is not there, and a place that is not in its page.
printf '<p id=here></p><a href="#here"></a><a href="b.html#c"></a>' \
    >"$work/site/a.html"
printf '<p id=c>' >"$work/site/b.html"
"$root/tools/check_links" "$work/site" || exit 1
for link in nowhere.html docs/faq.html#nothing ../up.html; do
    printf '<a href="%s">' "$link" >"$work/site/b.html"
    if "$root/tools/check_links" "$work/site" 2>"$work/dead"; then
        echo "taken: $link"
        exit 1
    fi
    grep -q "b.html:1: $link: " "$work/dead"
done
