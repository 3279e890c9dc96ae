# Completion of spikegrad for bash. Flags are read from --help, so that they
# cannot disagree with the command.
# shellcheck disable=SC2207 # words of compgen have no spaces

_spikegrad_flags() {
    "$1" help "$2" ${3:+"$3"} 2>/dev/null |
        sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p'
}

# Words of "a|b|c" behind a flag, in the help of the command.
_spikegrad_words() {
    "$1" help "$2" 2>/dev/null |
        sed -n "s/^  $3 \([a-z0-9]*|[a-z0-9|]*\).*/\1/p" | tr '|' ' '
}

_spikegrad() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]} words
    COMPREPLY=()

    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W "demo train eval verify trace anytime report bench
            info data sweep recipes help --help --version" -- "$cur"))
        return
    fi
    if [[ $command == help ]]; then
        COMPREPLY=($(compgen -W "demo train eval verify trace anytime report bench
            info data sweep recipes" -- "$cur"))
        return
    fi
    if [[ $command == data ]] && ((COMP_CWORD == 2)); then
        COMPREPLY=($(compgen -W "info export --help" -- "$cur"))
        return
    fi
    case $prev in
    --recipe)
        words=$("$program" recipes 2>/dev/null | sed -n 's/^  \([^ ][^ ]*\).*/\1/p')
        COMPREPLY=($(compgen -W "$words" -- "$cur") $(compgen -f -- "$cur"))
        return ;;
    --data)
        COMPREPLY=($(compgen -W "glyphs mnist: cifar10: cifar100:" -- "$cur"))
        return ;;
    --out | --svg | --png | --idx | --resume | --from)
        COMPREPLY=($(compgen -f -- "$cur"))
        return ;;
    --*)
        words=$(_spikegrad_words "$program" "$command" "$prev")
        if [[ $words ]]; then
            COMPREPLY=($(compgen -W "$words" -- "$cur"))
            return
        fi ;;
    esac
    if [[ $cur == -* ]]; then
        local action=
        [[ $command == data ]] && action=${COMP_WORDS[2]}
        COMPREPLY=($(compgen -W \
            "$(_spikegrad_flags "$program" "$command" "$action")" -- "$cur"))
    else
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}

complete -o filenames -F _spikegrad spikegrad
