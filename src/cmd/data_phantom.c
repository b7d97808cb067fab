/* gisd-data phantom OUT --images N --seed S [--size WxH] [--overlays SHARE]
 *                  [--level easy|hard] [--noise impulse|gaussian|mixed] */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "data/phantom/phantom.h"

static const struct argp_option options[] = {
    {"images", 'n', "N", 0, "Number of images (400)", 0},
    {"seed", 's', "S", 0, "The same seed gives the same data set (1)", 0},
    {"size", 'z', "WxH", 0, "Width and height of each image in pixels (320x256)", 0},
    {"overlays", 'o', "SHARE", 0,
     "Share of images with burned-in text, digits, tube or border (0.5)", 0},
    {"level", 'l', "LEVEL", 0,
     "easy: one large lesion an image, whose colour tells its class; hard: one to three, from "
     "0.5 % of the image, which their structure alone tells (easy)",
     0},
    {"noise", 'e', "KIND", 0,
     "impulse, gaussian or mixed: noise over each image; those without it go into clean/ (none)",
     0},
    {0},
};

typedef struct {
    const char *folder;
    PhantomSettings settings;
} Arguments;

static Status parse_value(int key, const char *text, PhantomSettings *settings)
{
    int64_t number = 0, height = 0;
    switch (key) {
    case 'n':
        TRY(text_to_integer("--images", text, 1, 1000000, &number));
        settings->images = (size_t)number;
        return STATUS_OK;
    case 's':
        TRY(text_to_integer("--seed", text, 0, INT64_MAX, &number));
        settings->seed = (uint64_t)number;
        return STATUS_OK;
    case 'z':
        TRY(text_to_size("--size", text, 64, 4096, &number, &height));
        settings->width = (size_t)number;
        settings->height = (size_t)height;
        return STATUS_OK;
    case 'l':
        if (!phantom_level_parse(text, &settings->level))
            FAIL(STATUS_ARGUMENT, "--level is '%s', expected easy or hard", text);
        return STATUS_OK;
    case 'e':
        if (!noise_parse(text, &settings->noise))
            FAIL(STATUS_ARGUMENT, "--noise is '%s', expected none, impulse, gaussian or mixed",
                 text);
        return STATUS_OK;
    default:
        return text_to_number("--overlays", text, 0, 1, &settings->overlays);
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case 'n':
    case 's':
    case 'z':
    case 'o':
    case 'l':
    case 'e':
        if (parse_value(key, argument, &arguments->settings) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->folder)
            return command_refuse(state, "unexpected word '%s', expected one folder", argument);
        arguments->folder = argument;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->folder)
            return command_refuse(state, "expected the folder to make");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "OUT",
    .doc = "Make a synthetic gastroscopy data set: images, masks, boxes, classes, forms, patients, "
           "overlays."
           "\v    gisd-data phantom data/phantom --images 1000 --seed 1\n\n"
           "OUT must be new or empty. It receives images/, masks/, manifest.csv, "
           "overlays.csv and gisd-dataset.json, which says that the images are synthetic.",
};

Status data_phantom(int argc, char **argv)
{
    Arguments arguments = {.settings = phantom_defaults()};
    command_parse(&usage, argc, argv, &arguments);
    TRY(phantom_write(&arguments.settings, arguments.folder));
    printf("%s: %zu images, seed %" PRIu64 "\n", arguments.folder, arguments.settings.images,
           arguments.settings.seed);
    return STATUS_OK;
}
