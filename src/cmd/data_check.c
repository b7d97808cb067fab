/* gisd-data check MANIFEST [--html OUT] */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/data.h"
#include "data/check.h"

enum { OPTION_HTML = 256 }; /* has no short form */

static const struct argp_option options[] = {
    {"html", OPTION_HTML, "OUT", 0,
     "Write a page for reviewers too: counts, pictures with masks and boxes, near-equal pairs, "
     "errors and warnings",
     0},
    {0},
};

typedef struct {
    const char *manifest;
    const char *page; /* NULL: none is asked for */
} Arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    switch (key) {
    case OPTION_HTML:
        arguments->page = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->manifest)
            argp_error(state, "unexpected argument '%s', expected one manifest", argument);
        arguments->manifest = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected a manifest");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "MANIFEST",
    .doc = "Check a data set: every file opens, sizes agree, masks can be read and lie where boxes "
           "do, classes are known, no patient and no picture is in two splits."
           "\vEach problem is one line on the standard error, and each kind of warning; without a "
           "problem, a table of what is in each split is printed, and how masks were read.",
};

Status data_check(int argc, char **argv)
{
    Arguments arguments = {0};
    argp_parse(&usage, argc, argv, 0, NULL, &arguments);
    return check_manifest(arguments.manifest, arguments.page, stdout, stderr);
}
