#!/usr/bin/env bash
# bash completes options, their values, sub-commands, layouts, cells of a results folder and axes of an
# experiment file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:' # those of an interactive bash
source "$GISD_SOURCE/packaging/gisd.bash"

offers() { # offers LINE WORD...: a Tab at the end of the line offers these words and no others
    local line=$1 expected
    shift
    expected=$*
    COMP_LINE=$line COMP_POINT=${#line}
    _gisd "$GISD_BIN/${line%% *}" || true # as interactively, no command in it ends the shell
    [ "${COMPREPLY[*]-}" = "$expected" ] || {
        echo "completion.sh: '$line' offers '${COMPREPLY[*]-}', expected '$expected'" >&2
        exit 1
    }
}

mkdir done
cat >done/journal.jsonl <<'END'
{"event":"opened","time":"2026-11-26T18:48:32Z","experiment":"tiny","ranks":1}
{"event":"planned","cell":"57f9c73bc8ac","time":"2026-11-26T18:48:32Z","settings":{"backbone":"r50x1"},"name":"r50x1-local"}
{"event":"planned","cell":"59af6948c6a3","time":"2026-11-26T18:48:32Z","settings":{"backbone":"r50x1"},"name":"r50x1-global"}
{"event":"started","cell":"59af6948c6a3","time":"2026-11-26T18:48:33Z","attempt":1}
END
cat >tiny.yaml <<'END'
name: tiny # alpha: [7]
model: {backbone: [r50x1, r100x1], base: 4}
tuning: [local, global]
loss:
  alpha:
    - 0.25
    - 0.5
  gamma: 2
END

offers 'gisd-grid --re' --retry
offers 'gisd-grid --retry ' failed
offers 'gisd-grid tiny.yaml --retry=f' failed
offers 'gisd-grid --why done ' 57f9c73bc8ac r50x1-local 59af6948c6a3 r50x1-global
offers 'gisd-grid --why done 57' 57f9c73bc8ac
offers 'gisd-grid --why=done r50x1-g' r50x1-global
offers 'gisd-grid --why missing ' ''
offers 'gisd-grid tiny.yaml --only ' backbone= tuning= alpha=
offers 'gisd-grid tiny.yaml --only b' backbone=
offers 'gisd-grid tiny.yaml --only backbone=' r50x1 r100x1 # "=" has cut the word
offers 'gisd-grid tiny.yaml --only backbone=r50x1,' r50x1,r50x1 r50x1,r100x1
offers 'gisd-grid tiny.yaml --only alpha=0.5' 0.5
offers 'gisd-grid tin' '' # a file's name, which bash knows
offers 'gisd-data p' phantom pack
offers 'gisd-data ov' overlays overlays-of
offers 'gisd-data d' divide denoise
offers 'gisd-data divide manifest.csv out --group ' scene patient
offers 'gisd-data overlays-of --f' --force
offers 'gisd-data denoise --fill ' keep black inpaint
offers 'gisd-data denoise manifest.csv out --se' ''
offers 'gisd-data denoise manifest.csv out --sh' --sheet-frames
offers 'gisd-data export ' coco masks
offers 'gisd-data import la' labelme
offers 'gisd-data import coco SRC OUT --split ' train val test
offers 'gisd-report done --format h' html
offers 'gisd-weights ' import export calibrate
offers 'gisd-bench --precision ' f32 bf16 int8
offers 'gisd-detect checkpoint.h5 --ov' --overlay
