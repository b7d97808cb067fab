#!/usr/bin/env bash
# Runs a test of commands, and shows the last commands of one that fails: under set -e a test ends with
# the first command that fails, also where nobody has said anything yet.
trace=$(mktemp)
trap 'rm -f "$trace"' EXIT
code=0
bash -c 'BASH_XTRACEFD=9 PS4="+line \$LINENO: "; set -x; . "$0"' "$1" 9>"$trace" || code=$?
if [ $code != 0 ] && [ $code != 77 ]; then # 77: it cannot run here
    echo "${1##*/}: exit code $code; its last commands:"
    tail -n 12 "$trace" | cut -c 1-400
fi >&2
exit $code
