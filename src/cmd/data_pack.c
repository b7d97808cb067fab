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
#include "data/pack.h"
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

static Status claim_pack(const Arguments *arguments)
{
    Outputs outputs;
    outputs_init(&outputs, arguments->force);
    Status status = data_note_inputs(&outputs, arguments->words[0]);
    if (status == STATUS_OK)
        status = outputs_claim(&outputs, arguments->words[1], pack_is_one);
    outputs_clear(&outputs);
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
