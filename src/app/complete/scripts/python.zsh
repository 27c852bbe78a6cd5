# zsh: completion of @FILE@
@FUNCTION@() {
    [[ $1 -ef @FILE@ ]] || return 1
    local line
    local -a whole open
    for line in "${(@f)$(COMP_LINE="${(j: :)words[1,CURRENT-1]} ${IPREFIX}${QIPREFIX}${PREFIX}" \
        @COMMAND@ 2>/dev/null </dev/null)}"; do
        case $line in
            +*) whole+=("${line#+}") ;;
            -*) open+=("${line#-}") ;;
        esac
    done
    (( $#whole + $#open )) && _describe -V '@NAME@' open -S '' -- whole
    return 0
}
# Whichever script is run, by its name or by python: the one that knows it answers, and what zsh knows otherwise.
_complete_python_scripts() {
    local script=${(Q)words[1]} one
    local -i i
    if [[ ${script:t} == python* ]]; then
        script=
        for ((i = 2; i < CURRENT; i++)); do
            case $words[i] in
                -m|-c) break ;;
                -W|-X) (( i++ )) ;;
                -*) ;;
                *) script=${(Q)words[i]}; break ;;
            esac
        done
    fi
    script=${script/#\~\//$HOME/}
    if [[ -n $script ]]; then
        for one in $_complete_python_known; do
            $one $script && return
        done
    fi
    if [[ ${words[1]:t} == python* ]] && autoload +X -Uz _python 2>/dev/null; then
        _python "$@"
    else
        _files
    fi
}
typeset -gaU _complete_python_known
_complete_python_known+=(@FUNCTION@)
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _complete_python_scripts python python3 @NAME@
