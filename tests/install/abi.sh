#!/bin/sh
# abi.sh SOURCE CC [--renew]: what programs compiled with this version rely on,
# compared with abi.txt beside this script: every function as it is declared,
# the size of every public struct and where its members are, every enumerator.
#
# What is new may come. What is gone or moved breaks programs: it is for a new
# SG_VERSION_MINOR, which gives the shared library another name. --renew writes
# the list anew.
set -eu
export LC_ALL=C

source=$1
cc=$2
renew=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Headers without comments, and statements in one line each.
cat "$source"/include/spikegrad/*.h | tr '\n' '\001' |
    sed 's|/\*|\n&|g; s|\*/|&\n|g' | grep -v '^/\*' | tr -d '\n' |
    sed 's|\\\x01||g' | tr '\001' '\n' | grep -v '^#' | tr -s ' \n' ' ' |
    sed 's/extern "C" {//g; s/SG_API/\n&/g; s/typedef/\n&/g' >"$work/all"

# A program that prints sizes, places and values.
awk '
function last_name(text) {
    sub(/\[.*/, "", text)
    sub(/:.*/, "", text)
    gsub(/[ *]+$/, "", text)
    sub(/^.*[ *]/, "", text)
    return text
}
function member(text,   part, n, i) {
    if (text ~ /\(\*/) {
        sub(/^[^(]*\(\*/, "", text)
        sub(/\).*/, "", text)
        printf "    AT(%s, %s);\n", type, text
        return
    }
    n = split(text, part, /,/)
    for (i = 1; i <= n; i++)
        printf "    AT(%s, %s);\n", type, last_name(part[i])
}
BEGIN {
    print "#include <spikegrad/spikegrad.h>"
    print "#include <stdio.h>"
    print "#define AT(type, member) printf(\"%s.%s %zu %zu\\n\", #type, " \
        "#member, offsetof(type, member), sizeof(((type *)0)->member))"
    print "int main(void)\n{"
}
/^typedef (struct|enum) [a-z_]+ {/ {
    type = $3
    body = $0
    sub(/^[^{]*{/, "", body)
    sub(/}[^}]*$/, "", body)
    printf "    printf(\"%s %%zu\\n\", sizeof(%s));\n", type, type
    if ($2 == "struct") {
        n = split(body, part, /;/)
        for (i = 1; i < n; i++)
            member(part[i])
    } else {
        n = split(body, part, /,/)
        for (i = 1; i <= n; i++) {
            name = part[i]
            sub(/=.*/, "", name)
            gsub(/[^A-Z0-9_]/, "", name)
            if (name ~ /^SG_[A-Z0-9_]+$/ && name !~ /LIST/)
                printf "    printf(\"%s %%d\\n\", (int)%s);\n", name, name
        }
    }
}
END {
    print "#define CODE(code, text) printf(\"%s %d\\n\", #code, (int)code);"
    print "    SG_STATUS_LIST(CODE)\n    return 0;\n}"
}' "$work/all" >"$work/print.c"
"$cc" -std=c11 -I"$source/include" "$work/print.c" -o "$work/print"

{
    sed -n 's/^#define SG_VERSION_M[AI][A-Z]* \([0-9]*\)$/\1/p' \
        "$source/include/spikegrad/version.h" | paste -s -d . |
        sed 's/^/version /'
    sed -n 's/^SG_API \([^;]*\);.*/\1/p' "$work/all" | sort
    "$work/print"
} >"$work/now"

if test "$renew" = --renew; then
    cp "$work/now" "$here/abi.txt"
    exit 0
fi
missing=$(grep -vxFf "$work/now" "$here/abi.txt" || true)
if test -n "$missing"; then
    printf '%s\n' "What programs rely on is gone or has changed:" "$missing" \
        "If a version with this number is out, raise SG_VERSION_MINOR; then" \
        "write the list anew with ./dev abi."
    exit 1
fi
grep -vxFf "$here/abi.txt" "$work/now" | sed 's/^/new: /' || true
