#!/usr/bin/env bash
# Every exit code of docs/automation.md, each really produced: of the commands alone, and of mpirun.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1
bin=$GISD_BIN
cd "$folder"

fail() {
    echo "exit_codes.sh: $*" >&2
    cat err.txt >&2
    exit 1
}

ends() { # ends CODE COMMAND...; `who` is the table's name of the command, where it is another one
    local wanted=$1 code=0
    shift
    "$@" >out.txt 2>err.txt || code=$?
    [ $code = "$wanted" ] || fail "$*: exit code $code, expected $wanted"
    tested="${tested:-} ${who:-${1##*/}}:$wanted"
}

tell() { # tell FOLDER: the code of its journal, as --status has it
    "$bin/gisd-grid" --status "$1" --json | sed -n 's/.*"job":{"state":"ended","exit_code":\([0-9]*\),.*/\1/p'
}

"$GISD_BUILD/tests/make_checkpoint" .
"$bin/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >one.yaml <<'END'
name: one
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 4, optimiser: sgd, learning_rate: 0.001, clip_norm: 0, warmup_epochs: 0}
END
sed 's/: one/: diverges/; s/0.001/9.5/; s/epochs: 1/epochs: 3/' one.yaml >diverges.yaml
sed 's/: one/: long/; s/epochs: 1/epochs: 90000/; s/optimiser: sgd, //; s/clip_norm: 0/clip_norm: 1/' one.yaml >long.yaml
sed 's/epochs/epoch/' one.yaml >wrong.yaml

# gisd-grid
ends 0 "$bin/gisd-grid" one.yaml
ends 0 "$bin/gisd-grid" --status results/one
ends 0 "$bin/gisd-grid" --help
ends 1 "$bin/gisd-grid" diverges.yaml
ends 1 "$bin/gisd-grid" wrong.yaml
ends 1 "$bin/gisd-grid" --status nowhere
ends 64 "$bin/gisd-grid"
ends 64 "$bin/gisd-grid" one.yaml --nonsense
[ "$(tell results/one) $(tell results/diverges)" = '0 1' ] || fail "other codes in the journals"

# started_long FOLDER COMMAND...: it runs until a cell has saved; process has its number.
started_long() {
    local out=$1
    shift
    "$@" long.yaml --out "$out" 2>err.txt &
    process=$!
    for _ in $(seq 1200); do
        grep -qs '"saved"' "$out/journal.jsonl" && return
        kill -0 $process 2>/dev/null || break
        sleep 0.1
    done
    fail "$*: no checkpoint"
}
for signal in TERM USR1; do
    started_long $signal "$bin/gisd-grid"
    kill -$signal $process
    who=gisd-grid ends 75 wait $process
    [ "$(tell $signal)" = 75 ] || fail "$signal: the journal has another code"
done
# Ctrl-C once, and again at once: in the background of a script SIGINT is ignored, unless set -m is on.
set -m
started_long once "$bin/gisd-grid"
kill -INT $process
who=gisd-grid ends 75 wait $process
started_long twice "$bin/gisd-grid"
while kill -INT $process 2>/dev/null; do :; done # those that meet one that waits do not count
who=gisd-grid ends 130 wait $process
[ -z "$(tell twice)" ] || fail "it was closed in order"
set +m

# mpirun passes on what rank 0 ends with, and SIGUSR1 to all ranks.
mpi() { # mpi ARGUMENT...
    mpirun --oversubscribe -np 2 "$bin/gisd-grid" "$@"
}
who=mpirun ends 0 mpi one.yaml
who=mpirun ends 1 mpi diverges.yaml --retry failed
who=mpirun ends 64 mpi one.yaml --nonsense
started_long mpi mpirun --oversubscribe -np 2 "$bin/gisd-grid"
kill -USR1 $process
who=mpirun ends 75 wait $process
[ "$(tell mpi)" = 75 ] || fail "mpirun: the journal has another code"
# Ctrl-C reaches mpirun alone: it tells the ranks to end, and ends with 1 whatever they come to. If they
# had the second that it gives them, the journal says 75.
set -m
started_long ctrl-c mpirun --oversubscribe -np 2 "$bin/gisd-grid"
kill -INT $process
who=mpirun ends 1 wait $process
case $(tell ctrl-c) in 75 | '') ;; *) fail "Ctrl-C: the journal has $(tell ctrl-c)" ;; esac
set +m

# The others
ends 0 "$bin/gisd-report" results/one
ends 1 "$bin/gisd-report" nowhere
ends 64 "$bin/gisd-report"
ends 0 "$bin/gisd-data" check data/manifest.csv
sed '2s/^[^,]*/nothing.png/' data/manifest.csv >data/damaged.csv
ends 1 "$bin/gisd-data" check data/damaged.csv
ends 64 "$bin/gisd-data" check
ends 64 "$bin/gisd-data" nonsense
cp data/manifest.csv data/elsewhere.csv
ends 0 "$bin/gisd-eval" results/one data/elsewhere.csv
ends 1 "$bin/gisd-eval" checkpoint.h5 nothing.csv
ends 64 "$bin/gisd-eval"
ends 0 "$bin/gisd-detect" checkpoint.h5 picture.png
ends 1 "$bin/gisd-detect" checkpoint.h5 picture.png nothing.png
ends 64 "$bin/gisd-detect"
ends 0 "$bin/gisd-weights" export checkpoint.h5 weights.safetensors
ends 1 "$bin/gisd-weights" export nothing.h5 other.safetensors
ends 64 "$bin/gisd-weights" export
ends 0 "$bin/gisd-bench" --base 4 --size 64 --repeats 1 --mode infer
ends 1 "$bin/gisd-bench" --base 5 --size 64
ends 64 "$bin/gisd-bench" --size 7
# Nobody reads the output: the end of SIGPIPE, 128 + 13 to a shell.
exec 3> >(true)
wait $!
code=0
"$bin/gisd-grid" --status results/one >&3 2>err.txt || code=$?
exec 3>&-
[ $code = 141 ] && [ ! -s err.txt ] || fail "no reader: exit code $code"
tested="$tested gisd-grid:141"

# The table has these codes, and no others.
table=$(sed -n '/^## Exit codes/,/^## /s/^| `\([a-z-]*\)` | \([0-9]*\) |.*/\1:\2/p' "$GISD_SOURCE/docs/automation.md" | sort)
seen=$(tr ' ' '\n' <<<"$tested" | grep : | sort -u)
for line in $table; do
    case $line in
    grid.sh:*) ;; # tests/commands/slurm_answers.sh
    *) grep -qx -- "$line" <<<"$seen" || fail "$line of the table was not produced" ;;
    esac
done
for line in $seen; do
    grep -qx -- "$line" <<<"$table" || fail "$line is not in the table"
done
