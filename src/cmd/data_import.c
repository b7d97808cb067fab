/* gisd-data import kvasir-seg SRC OUT */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/data.h"
#include "data/import.h"

static const struct {
    const char *name;
    Status (*run)(const char *source, const char *out, bool force, ImportCounts *counts);
} layouts[] = {
    {"kvasir-seg", import_kvasir_seg},
};

enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

enum { OPTION_FORCE = 'f' };

static const struct argp_option options[] = {
    {"force", OPTION_FORCE, NULL, 0, "Replace a manifest that is there and differs", 0},
    {0},
};

typedef struct {
    const char *words[3]; /* layout, source, out */
    unsigned count;
    bool force;
} Arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    switch (key) {
    case OPTION_FORCE:
        arguments->force = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == 3)
            argp_error(state, "unexpected argument '%s', expected LAYOUT SRC OUT", argument);
        arguments->words[arguments->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (arguments->count < 3)
            argp_error(state, "expected LAYOUT SRC OUT");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "LAYOUT SRC OUT",
    .doc = "Make OUT/manifest.csv from a public data set in the folder SRC; its images stay where "
           "they are."
           "\vLayouts:\n"
           "  kvasir-seg   images/NAME.jpg, masks/NAME.jpg, train.txt and val.txt (the official "
           "split; without them nothing is split)",
};

Status data_import(int argc, char **argv)
{
    Arguments arguments = {0};
    argp_parse(&usage, argc, argv, 0, NULL, &arguments);
    for (int i = 0; i < LAYOUTS; ++i) {
        if (strcmp(layouts[i].name, arguments.words[0]) != 0)
            continue;
        ImportCounts counts;
        TRY(layouts[i].run(arguments.words[1], arguments.words[2], arguments.force, &counts));
        printf("%s/manifest.csv: %zu images, %zu boxes\n", arguments.words[2], counts.images,
               counts.boxes);
        return STATUS_OK;
    }
    FAIL(STATUS_ARGUMENT, "unknown layout '%s', expected kvasir-seg", arguments.words[0]);
}
