#compdef @NAME@
# zsh: completion of @NAME@
@FUNCTION@() {
    local program=${(Q)words[1]} line
    local -a whole open
    program=${program/#\~\//$HOME/}
    for line in "${(@f)$(COMP_LINE="${(j: :)words[1,CURRENT-1]} ${IPREFIX}${QIPREFIX}${PREFIX}" \
        "$program" @QUERY@ 2>/dev/null </dev/null)}"; do
        case $line in
            +*) whole+=("${line#+}") ;;
            -*) open+=("${line#-}") ;;
        esac
    done
    (( $#whole + $#open )) || return 1
    _describe -V '@NAME@' open -S '' -- whole
}
if [[ $funcstack[1] == @FUNCTION@ || $funcstack[1] == _@NAME@ ]]; then
    @FUNCTION@ "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
    compdef @FUNCTION@ @NAME@
fi
