# fish: completion of @FILE@
function @FUNCTION@_script
    set -l words (commandline -opc)
    if not string match -q '*python*' -- (string replace -r '.*/' '' -- $words[1])
        echo $words[1]
        return
    end
    set -l skip 0
    for word in $words[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case -m -c
                return
            case -W -X
                set skip 1
            case '-*'
            case '*'
                echo $word
                return
        end
    end
end
function @FUNCTION@_is
    set -l script (@FUNCTION@_script | string replace -r '^~(?=/)' -- $HOME)
    test -n "$script"; and test (realpath $script 2>/dev/null) = (realpath @FILE@ 2>/dev/null)
end
function @FUNCTION@
    set -lx COMP_LINE (commandline -cp | string collect)
    @COMMAND@ 2>/dev/null </dev/null
end
for one in python python3 @NAME@
    complete -c $one -n @FUNCTION@_is -f -k -a '(@FUNCTION@)'
end
