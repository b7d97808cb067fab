/* gisd-data pack MANIFEST OUT.h5 --size S */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/data.h"
#include "data/pack.h"

enum { OPTION_SIZE = 's' };

static const struct argp_option options[] = {
    {"size", OPTION_SIZE, "S", 0, "Side of the network's input in pixels", 0},
    {0},
};

typedef struct {
    const char *words[2]; /* manifest, pack */
    unsigned count;
    size_t size;
} Arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    char *end;
    switch (key) {
    case OPTION_SIZE:
        arguments->size = strtoul(argument, &end, 10);
        if (*end || end == argument || argument[0] == '-' || arguments->size == 0)
            argp_error(state, "--size is '%s', expected a number of pixels", argument);
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == 2)
            argp_error(state, "unexpected argument '%s', expected MANIFEST OUT.h5", argument);
        arguments->words[arguments->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (arguments->count < 2 || arguments->size == 0)
            argp_error(state, "expected MANIFEST OUT.h5 --size S");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "MANIFEST OUT.h5",
    .doc = "Decode and resize a data set once, into one file that runs read in its place.",
};

Status data_pack(int argc, char **argv)
{
    Arguments arguments = {0};
    argp_parse(&usage, argc, argv, 0, NULL, &arguments);
    size_t length = strlen(arguments.words[1]);
    if (length < 4 || strcmp(arguments.words[1] + length - 3, ".h5") != 0)
        FAIL(STATUS_ARGUMENT, "%s: a pack's name ends in .h5", arguments.words[1]);
    TRY(pack_write(arguments.words[0], arguments.size, arguments.words[1]));
    printf("%s: packed for size %zu\n", arguments.words[1], arguments.size);
    return STATUS_OK;
}
