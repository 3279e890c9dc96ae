# Completion of spikegrad for bash. What it knows of the command is written by
# './dev pages'; the rest is in completions/spikegrad.bash.in.
# shellcheck disable=SC2207 # words of compgen have no spaces

# _spikegrad_words COMMAND: what may follow it.
_spikegrad_words() {
    case $1 in
    '') echo demo train eval classify verify trace anytime report bench info data sweep recipes seal convert export import-state help --help --version ;;
    data) echo info export formats --help ;;
    'demo') echo --out --threads --samples --help ;;
    'train') echo --data --recipe --out --resume --from --new-readout --layers --json --max-minutes --choose --checkpoint-every --verify --observe --device --threads --quiet --net --augment --weight-bits --master-bits --count-cap --input-levels --input --fire --spread --standardise --gain-limit --spike-limit --loss --class-weights --smoothing --target --alpha --phi --dither --spike-cost --spike-cost-from --margin --balance --epochs --batch --lr --rate --momentum --readout-rate --bias-rate --clip --weight-decay --schedule --rate-steps --warmup --rounding --freeze --validation --holdout --seed --help ;;
    'eval') echo --data --split --best --limit --flip --top --vote --predictions --logits --json --device --threads --help ;;
    'classify') echo --data --best --resize --vote --top --logits --csv --json --help ;;
    'verify') echo --data --split --best --samples --order --seed --json --device --threads --quiet --help ;;
    'trace') echo --data --split --best --sample --order --seed --format --out --svg --theme --replay --forward-only --help ;;
    'anytime') echo --data --split --best --samples --seed --arrival --step --json --quiet --help ;;
    'report') echo --out --csv --tensorboard --pj-add32 --pj-mul8 --pj-fadd32 --pj-fmul32 --pj-fadd16 --pj-fmul16 --help ;;
    'bench') echo --data --recipe --from --warm --seconds --rounds --layers --ranks-timeline --json --device --threads --net --augment --weight-bits --master-bits --count-cap --input-levels --input --fire --spread --standardise --gain-limit --spike-limit --loss --class-weights --smoothing --target --alpha --phi --dither --spike-cost --spike-cost-from --margin --balance --epochs --batch --lr --rate --momentum --readout-rate --bias-rate --clip --weight-decay --schedule --rate-steps --warmup --rounding --freeze --validation --holdout --seed --help ;;
    'info') echo --threads --best --json --help ;;
    'data info') echo --json --help ;;
    'data export') echo --split --first --count --png --scale --idx --npz --npy --images --help ;;
    'data formats') echo --json --help ;;
    'sweep') echo --data --recipe --out --set --seeds --json --max-minutes --choose --checkpoint-every --verify --observe --threads --quiet --net --augment --weight-bits --master-bits --count-cap --input-levels --input --fire --spread --standardise --gain-limit --spike-limit --loss --class-weights --smoothing --target --alpha --phi --dither --spike-cost --spike-cost-from --margin --balance --epochs --batch --lr --rate --momentum --readout-rate --bias-rate --clip --weight-decay --schedule --rate-steps --warmup --rounding --freeze --validation --holdout --seed --help ;;
    'recipes') echo --json --help ;;
    'seal') echo --out --help ;;
    'convert') echo --nir --npz --out --graph-only --image --steps --data --split --best --threads --net --augment --weight-bits --master-bits --count-cap --input-levels --input --fire --spread --standardise --gain-limit --spike-limit --loss --class-weights --smoothing --target --alpha --phi --dither --spike-cost --spike-cost-from --margin --balance --epochs --batch --lr --rate --momentum --readout-rate --bias-rate --clip --weight-decay --schedule --rate-steps --warmup --rounding --freeze --validation --holdout --seed --help ;;
    'export') echo --best --c --vectors --format --order --learn --samples --ram --data --quiet --net --augment --weight-bits --master-bits --count-cap --input-levels --input --fire --spread --standardise --gain-limit --spike-limit --loss --class-weights --smoothing --target --alpha --phi --dither --spike-cost --spike-cost-from --margin --balance --epochs --batch --lr --rate --momentum --readout-rate --bias-rate --clip --weight-decay --schedule --rate-steps --warmup --rounding --freeze --validation --holdout --seed --help ;;
    'import-state') echo --out --help ;;
    esac
}

# _spikegrad_values 'COMMAND FLAG': what may follow the flag.
_spikegrad_values() {
    case $1 in
    'demo --out') echo '<files>' ;;
    'train --data') echo '<sources>' ;;
    'train --recipe') echo '<recipes>' ;;
    'train --out') echo '<files>' ;;
    'train --resume') echo '<files>' ;;
    'train --from') echo '<files>' ;;
    'train --choose') echo last best ;;
    'eval --data') echo '<sources>' ;;
    'eval --split') echo train test ;;
    'eval --predictions') echo '<files>' ;;
    'classify --data') echo '<sources>' ;;
    'classify --csv') echo '<files>' ;;
    'verify --data') echo '<sources>' ;;
    'verify --split') echo train test ;;
    'verify --order') echo fifo lifo scatter turns random all ;;
    'trace --data') echo '<sources>' ;;
    'trace --split') echo train test ;;
    'trace --order') echo fifo lifo scatter turns random ;;
    'trace --format') echo csv jsonl ;;
    'trace --out') echo '<files>' ;;
    'trace --svg') echo '<files>' ;;
    'trace --theme') echo auto light dark ;;
    'anytime --data') echo '<sources>' ;;
    'anytime --split') echo train test ;;
    'anytime --arrival') echo recorded random strong even ;;
    'report --out') echo '<files>' ;;
    'report --csv') echo '<files>' ;;
    'report --tensorboard') echo '<files>' ;;
    'bench --data') echo '<sources>' ;;
    'bench --recipe') echo '<recipes>' ;;
    'bench --from') echo '<files>' ;;
    'data export --split') echo train test ;;
    'data export --png') echo '<files>' ;;
    'data export --idx') echo '<files>' ;;
    'data export --npz') echo '<files>' ;;
    'data export --npy') echo '<files>' ;;
    'data export --images') echo '<files>' ;;
    'sweep --data') echo '<sources>' ;;
    'sweep --recipe') echo '<recipes>' ;;
    'sweep --out') echo '<files>' ;;
    'sweep --set') echo '<options>' ;;
    'sweep --choose') echo last best ;;
    'seal --out') echo '<files>' ;;
    'convert --nir') echo '<files>' ;;
    'convert --npz') echo '<files>' ;;
    'convert --out') echo '<files>' ;;
    'convert --data') echo '<sources>' ;;
    'convert --split') echo train test ;;
    'export --c') echo '<files>' ;;
    'export --vectors') echo '<files>' ;;
    'export --format') echo hex npy ;;
    'export --order') echo fifo lifo scatter turns random ;;
    'export --data') echo '<sources>' ;;
    'import-state --out') echo '<files>' ;;
    *' --weight-bits') echo 8 16 ;;
    *' --master-bits') echo 16 32 ;;
    *' --input') echo plain onoff counts ;;
    *' --fire') echo round floor ;;
    *' --standardise') echo off on ;;
    *' --loss') echo softmax squared ;;
    *' --dither') echo off on ;;
    *' --balance') echo off on drawn ;;
    *' --rate') echo full shift ;;
    *' --schedule') echo linear cosine constant step list ;;
    *' --rounding') echo nearest stochastic ;;
    *' --holdout') echo last stratified ;;
    esac
}

_spikegrad_sources() {
    echo glyphs glyph-events mnist: fashion: emnist: idx: cifar10: cifar100: npy: npz: images: events:
}

_spikegrad_options() {
    echo net= augment= weight-bits= master-bits= count-cap= input-levels= input= fire= spread= standardise= gain-limit= spike-limit= loss= class-weights= smoothing= target= alpha= phi= dither= spike-cost= spike-cost-from= margin= balance= epochs= batch= lr= rate= momentum= readout-rate= bias-rate= clip= weight-decay= schedule= rate-steps= warmup= rounding= freeze= validation= holdout= seed=
}

_spikegrad_recipes() {
    "$1" recipes 2>/dev/null | sed -n 's/^  \([^ ][^ ]*\).*/\1/p'
}

# _spikegrad_setting COMMAND: what may follow '--set NAME=V,', if the words
# before the cursor are that. bash ends a word at '=', or does not.
_spikegrad_setting() {
    local line="${COMP_WORDS[*]:COMP_CWORD > 3 ? COMP_CWORD - 3 : 0:COMP_CWORD > 3 ? 4 : COMP_CWORD + 1}"
    local before
    line=${line// = /=}
    line=${line// =/=}
    line=${line//= /=}
    [[ $line =~ --set[\ =]([a-z-]+)=([^ ]*)$ ]] || return
    before=${BASH_REMATCH[2]}
    [[ $before == *[,\;]* ]] && before=${before%"${before##*[,;]}"} || before=
    [[ $cur == *=* && $cur != = ]] && before="${BASH_REMATCH[1]}=$before"
    for words in $(_spikegrad_values "$1 --${BASH_REMATCH[1]}"); do
        [[ $words == '<'* ]] || echo "$before$words"
    done
}

_spikegrad() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local command=${COMP_WORDS[1]} words
    COMPREPLY=()

    if ((COMP_CWORD == 1)) || [[ $command == help ]]; then
        COMPREPLY=($(compgen -W "$(_spikegrad_words '')" -- "$cur"))
        return
    fi
    words=$(_spikegrad_words "$command")
    if ((COMP_CWORD == 2)) && [[ $words && $words != *--*--* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
        return
    fi
    [[ $words != *--*--* ]] && command="$command ${COMP_WORDS[2]}"

    words=$(_spikegrad_setting "$command")
    if [[ $words ]]; then
        [[ $cur == = ]] && cur=
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
        return
    fi
    [[ $prev == --* ]] && words=$(_spikegrad_values "$command $prev")
    case $words in
    '<files>') words= ;;
    '<sources>') words=$(_spikegrad_sources) ;;
    '<options>') words=$(_spikegrad_options) ;;
    '<recipes>')
        COMPREPLY=($(compgen -W "$(_spikegrad_recipes "${COMP_WORDS[0]}")" \
            -- "$cur") $(compgen -f -- "$cur"))
        return
        ;;
    esac
    if [[ $words ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
        [[ ${COMPREPLY[0]} == *[:=] ]] && compopt -o nospace 2>/dev/null
    elif [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$(_spikegrad_words "$command")" -- "$cur"))
    else
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
    return 0
}

complete -o filenames -F _spikegrad spikegrad
