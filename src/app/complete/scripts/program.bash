# bash: completion of @NAME@
@FUNCTION@() {
    local program=${COMP_WORDS[0]} line
    case $program in '~/'*) program=$HOME/${program#*/} ;; esac
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(COMP_LINE=$COMP_LINE COMP_POINT=$COMP_POINT COMP_WORDBREAKS=$COMP_WORDBREAKS \
        "$program" @QUERY@ 2>/dev/null </dev/null)
    # What is finished ends in a space, which bash adds by itself behind a quote; before bash 4 it stays.
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *' ' ]] && compopt +o nospace 2>/dev/null; then
        COMPREPLY[0]=${COMPREPLY[0]% }
    fi
}
complete -o nospace -F @FUNCTION@ @NAME@
