/* gisd-data pack MANIFEST OUT.h5 --size S [--force] */
#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "data/manifest.h"
#include "data/pack.h"
#include "store/files.h"
#include "store/outputs.h"

enum { OPTION_SIZE = 's', OPTION_FORCE = 'f' };

static const struct argp_option options[] = {
    {"size", OPTION_SIZE, "S", 0,
     "Side of the network's input in pixels: model.size of the "
     "experiments that read the pack",
     0},
    {"force", OPTION_FORCE, NULL, 0, OUTPUTS_FORCE_HELP, 0},
    {0},
};

typedef struct {
    const char *words[2]; /* manifest, pack */
    unsigned count;
    size_t size;
    bool force;
} Arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    int64_t size;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_SIZE:
        if (text_to_integer("--size", argument, 1, INT32_MAX, &size) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        arguments->size = (size_t)size;
        return 0;
    case OPTION_FORCE:
        arguments->force = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == 2)
            return command_refuse(state, "unexpected word '%s', expected MANIFEST OUT.h5 --size S",
                                  argument);
        arguments->words[arguments->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (arguments->count < 2 || arguments->size == 0)
            return command_refuse(state, "expected MANIFEST OUT.h5 --size S");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "MANIFEST OUT.h5",
    .doc = "Decode and resize a data set once, into one file that runs read in its place."
           "\v    gisd-data pack data/manifest.csv data.h5 --size 300\n"
           "    gisd-grid experiments/table2.yaml --data data.h5\n\n"
           "The results are the same as from the images. OUT.h5 may be an earlier pack, which is "
           "replaced; any other file is kept unless --force is given, and the images and the "
           "manifest are never written to.",
};

/* The files that a row of the manifest names. */
static Status note_row(Outputs *outputs, const char *manifest, const ManifestRow *row)
{
    const char *const names[] = {row->image, row->mask};
    for (size_t i = 0; i < 2; ++i) {
        char *path;
        if (!names[i][0])
            continue;
        TRY(files_resolve(manifest, names[i], &path));
        Status status = outputs_note_input(outputs, path);
        free(path);
        TRY(status);
    }
    return STATUS_OK;
}

static Status claim_pack(const Arguments *arguments)
{
    Manifest manifest;
    Outputs outputs;
    TRY(manifest_read(arguments->words[0], NULL, &manifest));
    outputs_init(&outputs, arguments->force);
    Status status = outputs_note_input(&outputs, arguments->words[0]);
    for (size_t i = 0; i < manifest.count && status == STATUS_OK; ++i)
        status = note_row(&outputs, arguments->words[0], &manifest.rows[i]);
    if (status == STATUS_OK)
        status = outputs_claim(&outputs, arguments->words[1], pack_is_one);
    outputs_clear(&outputs);
    manifest_clear(&manifest);
    return status;
}

Status data_pack(int argc, char **argv)
{
    Arguments arguments = {0};
    command_parse(&usage, argc, argv, &arguments);
    size_t length = strlen(arguments.words[1]);
    if (length < 4 || strcmp(arguments.words[1] + length - 3, ".h5") != 0)
        FAIL(STATUS_ARGUMENT, "%s: a pack's name ends in .h5", arguments.words[1]);
    TRY(claim_pack(&arguments));
    TRY(pack_write(arguments.words[0], arguments.size, arguments.words[1]));
    printf("%s: packed for size %zu\n", arguments.words[1], arguments.size);
    return STATUS_OK;
}
