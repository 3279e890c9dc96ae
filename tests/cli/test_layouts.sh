#!/bin/sh
# Recipes are found wherever the program was built or installed to: a copy of
# it in folders made to look so, called from a folder that has nothing to do
# with them.
. "$(dirname "$0")/common.sh"

# finds PROGRAM: lists the recipe `here` of the layout, and first of all.
finds() {
    mkdir -p "$(dirname "$1")" elsewhere
    cp "$SPIKEGRAD" "$1"
    (cd elsewhere && expect 0 "../$1" recipes && mv out err ..)
    [ "$(sed -n 's/^  \([^ ]*\).*/\1/p' out | head -1)" = here ] ||
        bad "$1 does not find its recipes but: $(head -2 out)"
}

# A recipe that says so, in folder $1.
recipe_in() {
    mkdir -p "$1"
    printf '# of this layout\n' >"$1/here.ini"
}

recipe_in source/recipes
mkdir -p source/include/spikegrad
: >source/include/spikegrad/spikegrad.h
finds source/spikegrad
finds source/b/spikegrad
finds source/build/release/spikegrad
finds source/build/release/tests/spikegrad
finds "source/a build/spikegrad"

recipe_in prefix/share/spikegrad/recipes
finds prefix/bin/spikegrad
recipe_in stage/usr/local/share/spikegrad/recipes
finds stage/usr/local/bin/spikegrad

# a link to it is no other program
mkdir links
ln -s "$work/prefix/bin/spikegrad" links/spikegrad
expect 0 links/spikegrad recipes
says out '/prefix/share/spikegrad/recipes:$'

# a folder called recipes above a program is not its source
recipe_in home/recipes
mkdir -p home/bin
cp "$SPIKEGRAD" home/bin/spikegrad
(cd elsewhere && ../home/bin/spikegrad recipes) >out 2>err
grep -q '^  here ' out && bad "recipes of somebody else are taken"
finish
