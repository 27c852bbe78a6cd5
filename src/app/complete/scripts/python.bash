# bash: completion of @FILE@
@FUNCTION@() {
    [[ $1 -ef @FILE@ ]] || return 1
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(COMP_LINE=$COMP_LINE COMP_POINT=$COMP_POINT COMP_WORDBREAKS=$COMP_WORDBREAKS \
        @COMMAND@ 2>/dev/null </dev/null)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *' ' ]] && compopt +o nospace 2>/dev/null; then
        COMPREPLY[0]=${COMPREPLY[0]% }
    fi
}
# Whichever script is run, by its name or by python: the one that knows it answers, and files otherwise.
_complete_python_scripts() {
    local script=${COMP_WORDS[0]} one i
    if [[ ${script##*/} == python* ]]; then
        script=
        for ((i = 1; i < COMP_CWORD; i++)); do
            case ${COMP_WORDS[i]} in
                -m | -c) break ;;
                -W | -X) ((i++)) ;;
                -*) ;;
                *) script=${COMP_WORDS[i]}; break ;;
            esac
        done
    fi
    case $script in '~/'*) script=$HOME/${script#*/} ;; esac
    if [[ $script ]]; then
        for one in "${_complete_python_known[@]}"; do
            "$one" "$script" && return
        done
    fi
    compopt +o nospace -o bashdefault -o default 2>/dev/null
    COMPREPLY=()
}
_complete_python_known+=(@FUNCTION@)
complete -o nospace -F _complete_python_scripts python python3 @NAME@
