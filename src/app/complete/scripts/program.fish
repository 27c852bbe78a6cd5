# fish: completion of @NAME@
function @FUNCTION@
    set -l words (commandline -opc)
    set -l program (string replace -r '^~(?=/)' -- $HOME $words[1])
    set -lx COMP_LINE (commandline -cp | string collect)
    $program @QUERY@ 2>/dev/null </dev/null
end
complete -c @NAME@ -e
complete -c @NAME@ -f -k -a '(@FUNCTION@)'
