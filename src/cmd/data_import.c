/* gisd-data import LAYOUT SRC OUT */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/data.h"
#include "data/import/import.h"

enum {
    OPTION_CLASS = 'c',
    OPTION_NORMAL = 'n',
    OPTION_SPLIT = 's',
    OPTION_IMAGES = 'i',
    OPTION_MASKS = 'm',
    OPTION_LABELS = 'l',
    NORMAL_MOST = 64
};

static const struct argp_option options[] = {
    {"class", OPTION_CLASS, "NAME", 0, "The class of all lesions, whatever the source calls them",
     0},
    {"normal", OPTION_NORMAL, "NAME", 0,
     "A class or folder that means an image without lesions, beside 'normal'; may be repeated", 0},
    {"split", OPTION_SPLIT, "NAME", 0, "Put all images into train, val or test", 0},
    {"images", OPTION_IMAGES, "DIR", 0, "Where the images are, if not where the layout has them",
     0},
    {"masks", OPTION_MASKS, "DIR", 0, "Where the masks are, likewise", 0},
    {"labels", OPTION_LABELS, "FILE", 0, "A table of labels, in place of folders", 0},
    {0},
};

typedef struct {
    const char *words[3]; /* layout, source, out */
    unsigned count;
    ImportSettings settings;
    const char *normal_names[NORMAL_MOST];
} Arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    ImportSettings *settings = &arguments->settings;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_CLASS:
        settings->class_name = argument;
        return 0;
    case OPTION_NORMAL:
        if (settings->normal_count == NORMAL_MOST)
            return command_refuse(state, "--normal more than %d times", NORMAL_MOST);
        arguments->normal_names[settings->normal_count++] = argument;
        return 0;
    case OPTION_SPLIT:
        if (!split_parse(argument, &settings->split) || settings->split == SPLIT_NONE)
            return command_refuse(state, "--split is '%s', expected train, val or test", argument);
        return 0;
    case OPTION_IMAGES:
        settings->images = argument;
        return 0;
    case OPTION_MASKS:
        settings->masks = argument;
        return 0;
    case OPTION_LABELS:
        settings->labels = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == 3)
            return command_refuse(state, "unexpected word '%s', expected LAYOUT SRC OUT", argument);
        arguments->words[arguments->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (arguments->count < 3)
            return command_refuse(state, "expected LAYOUT SRC OUT");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The layouts, each with an example, go after the options. */
static char *describe_layouts(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    char *list = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&list, &bytes);
    if (!stream)
        return (char *)text;
    fprintf(stream, "%s\n", text);
    for (size_t i = 0; import_layout_name(i); ++i)
        fprintf(stream, "\n%s\n%s", import_layout_name(i), import_layout_help(i));
    fclose(stream);
    return list; /* argp frees it */
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "LAYOUT SRC OUT",
    .doc = "Make OUT/manifest.csv from the data set in the folder SRC, which is in the layout of "
           "an annotating tool or of a public data set."
           "\vOUT must be new or empty. Images stay where they are; masks that have to be made go "
           "into OUT/masks. Whatever of SRC is not imported is listed in OUT/skipped.csv with the "
           "reason. Folders of DIR are relative to SRC, or as the shell sees them. Where a layout "
           "has splits (folders, lists or files called train, val, test) they are kept. Layouts:",
    .help_filter = describe_layouts,
};

Status data_import(int argc, char **argv)
{
    Arguments arguments = {.settings = {.split = SPLIT_NONE}};
    command_parse(&usage, argc, argv, &arguments);
    arguments.settings.source = arguments.words[1];
    arguments.settings.out = arguments.words[2];
    arguments.settings.normal_names = arguments.normal_names;
    return import_data_set(arguments.words[0], &arguments.settings, stdout, stderr);
}
