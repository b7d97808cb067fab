/* gisd-data check MANIFEST [--html OUT [--force]] */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/data.h"
#include "data/check.h"
#include "data/page/page.h"

enum { OPTION_FORCE = 'f', OPTION_HTML = 256 /* has no short form */ };

static const struct argp_option options[] = {
    {"html", OPTION_HTML, "OUT", 0,
     "Write a page for reviewers too: errors and warnings, counts, sizes, brightness, pictures "
     "with "
     "masks and boxes, near-equal pairs, surrounds",
     0},
    {"force", OPTION_FORCE, NULL, 0, OUTPUTS_FORCE_HELP, 0},
    {0},
};

typedef struct {
    const char *manifest;
    const char *page; /* NULL: none is asked for */
    bool force;
} Arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_HTML:
        arguments->page = argument;
        return 0;
    case OPTION_FORCE:
        arguments->force = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->manifest)
            return command_refuse(state, "unexpected word '%s', expected one manifest", argument);
        arguments->manifest = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        return command_refuse(state, "expected a manifest");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "MANIFEST",
    .doc =
        "Check a data set: every file opens, masks, boxes and labels agree, names are what they "
        "seem, no patient and no picture is in two splits."
        "\vEach problem is one line on the standard error, each kind of warning another; without "
        "a problem, a table of what is in each split is printed, and how masks were read.\n\n"
        "    gisd-data check data/manifest.csv --html check.html\n\n"
        "The page is one file that needs no other. OUT may be an earlier page, which is "
        "replaced; any other file is kept unless --force is given, and the images and the "
        "manifest are never written to.",
};

static Status claim_page(const Arguments *arguments)
{
    Outputs outputs;
    outputs_init(&outputs, arguments->force);
    Status status = data_note_inputs(&outputs, arguments->manifest);
    if (status == STATUS_OK)
        status = outputs_claim(&outputs, arguments->page, page_is_one);
    outputs_clear(&outputs);
    return status;
}

Status data_check(int argc, char **argv)
{
    Arguments arguments = {0};
    command_parse(&usage, argc, argv, &arguments);
    if (arguments.page)
        TRY(claim_page(&arguments));
    return check_manifest(arguments.manifest, arguments.page, stdout, stderr);
}
