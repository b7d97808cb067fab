# Completion in bash for the commands of gisd. What can be completed is asked where it is known, so
# that nothing here has to be kept in step: options, their values, sub-commands and layouts of --help,
# cells of a folder's journal, axes of the experiment file. All else is completed as file names.

# What --help says of an option's values: "f32 or bf16 (f32)" of a NAME, "Any of html, csv, with
# commas" of a LIST, or the one word that there is (--retry=failed).
_gisd_values() { # _gisd_values HELP --option
    awk -v option="$2" '
        function finish() {
            if (!found) return
            sub(/ \([^)]*\)$/, "", text)
            if (meta ~ /^[a-z]+$/) print meta
            else if (meta == "LIST" && sub(/^Any of /, "", text)) { sub(/, with.*/, "", text); print text }
            else if (meta == "NAME" && match(text, /([a-z0-9_]+, )*[a-z0-9_]+ or [a-z0-9_]+$/))
                print substr(text, RSTART)
            found = 0
        }
        /^ +(-.,)? *--/ {
            finish()
            name = $0; sub(/^ +(-.,)? */, "", name); split(name, parts, /[= ]/)
            if (parts[1] != option) next
            found = 1; meta = name; sub(/^[^=]*=?/, "", meta); sub(/ .*/, "", meta)
            text = name; sub(/^[^ ]+ */, "", text)
            next
        }
        found && /^          / { sub(/^ +/, " "); text = text $0; next }
        { finish() }
        END { finish() }' <<<"$1" | sed 's/, / /g; s/ or / /'
}

# The axes of an experiment file: a line "KEY VALUE..." for each key with a list.
_gisd_axes() { # _gisd_axes FILE
    sed 's/[[:space:]]#.*//; s/^#.*//' "$1" 2>/dev/null | awk '
        function say() { if (key != "" && values != "") print key values; key = values = "" }
        /^ *- / && key != "" { sub(/^ *- */, ""); values = values " " $0; next }
        { say() }
        /^ *[a-z_]+: *$/ { key = $1; sub(/:/, "", key) }
        {
            while (match($0, /[a-z_]+: *\[[^]]*\]/)) {
                list = substr($0, RSTART, RLENGTH); $0 = substr($0, RSTART + RLENGTH)
                sub(/: *\[/, " ", list); sub(/\]/, "", list); gsub(/, */, " ", list); print list
            }
        }
        END { say() }'
}

# What --only takes: KEY= of an axis, or KEY=VALUE[,VALUE...].
_gisd_only() { # _gisd_only FILE CURRENT
    local key values value before
    while read -r key values; do
        if [[ $2 != *=* ]]; then
            echo "$key="
        elif [[ ${2%%=*} == "$key" ]]; then
            before=${2%"${2##*[=,]}"}
            for value in $values; do echo "$before$value"; done
        fi
    done < <(_gisd_axes "$1")
}

_gisd() {
    local line=${COMP_LINE:0:COMP_POINT} words help commands first current previous earlier reply word
    read -ra words <<<"$line" # bash's own words are cut at "=" too
    [[ $line == *[[:space:]] ]] && words+=("")
    current=${words[-1]} previous=${words[-2]} earlier=
    [[ ${#words[@]} -gt 2 ]] && earlier=${words[-3]}
    COMPREPLY=()
    help=$("$1" --help 2>/dev/null) || return
    commands=$(awk '/^Commands:/ { on = 1; next } on && !NF { exit } on { print $1 }' <<<"$help")
    first=1
    if [[ ${#words[@]} -gt 2 && " "${commands//$'\n'/ }" " == *" ${words[1]} "* ]]; then
        help=$("$1" "${words[1]}" --help 2>/dev/null) || return
        commands= first=2
    fi
    if [[ $current == --*=* ]]; then
        previous=${current%%=*} current=${current#*=}
    fi

    if [[ $current == -* ]]; then
        reply=$(awk 'match($0, /^ +(-.,)? *--[a-z-]+/) {
            option = substr($0, RSTART, RLENGTH); sub(/.*--/, "--", option); print option }' <<<"$help")
    elif [[ $previous == --only || $previous == -y ]]; then
        for word in "${words[@]}"; do
            [[ $word == *.y*ml ]] && reply=$(_gisd_only "$word" "$current")
        done
        [[ $reply == *= ]] && compopt -o nospace 2>/dev/null
    elif [[ $earlier == --why || $earlier == -w || $previous == --why=* ]]; then
        reply=$(sed -n 's/.*"event":"planned","cell":"\([^"]*\)".*"name":"\([^"]*\)".*/\1 \2/p' \
            "${previous#--why=}/journal.jsonl" 2>/dev/null)
    elif [[ $previous == --* ]]; then
        reply=$(_gisd_values "$help" "$previous")
    elif [[ ${#words[@]} -eq $((first + 1)) ]]; then # sub-commands, then layouts
        reply=$commands$(awk '/Layouts:$/ { on = 1 } on && /^[a-z][a-z-]+$/' <<<"$help")
    fi
    mapfile -t COMPREPLY < <(compgen -W "$reply" -- "$current")
    # bash puts what is offered in the place of what stands behind the last "=" only.
    [[ $current == *=* && $COMP_WORDBREAKS == *=* ]] &&
        COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*=}"}"}")
    return 0
}
# Installed under each command's name, so that one that is new registers itself.
complete -o bashdefault -o default -F _gisd gisd-{bench,data,detect,eval,grid,report,weights} \
    "${BASH_SOURCE[0]##*/}"
