/* gisd-data overlays OUT [--images N] [--seed S] [--size WxH] [--backgrounds MANIFEST] */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "data/overlays/overlays.h"

enum { OPTION_BACKGROUNDS = 'b' };

static const struct argp_option options[] = {
    {"images", 'n', "N", 0, "Number of pictures (1000)", 0},
    {"seed", 's', "S", 0, "The same seed gives the same pictures, where the same fonts are (1)", 0},
    {"size", 'z', "WxH", 0, "Width and height of each picture in pixels (480x400)", 0},
    {"backgrounds", OPTION_BACKGROUNDS, "MANIFEST", 0,
     "Draw on frames of this data set in place of the phantom's", 0},
    {0},
};

typedef struct {
    const char *folder;
    OverlaySettings settings;
} Arguments;

static Status parse_value(int key, const char *text, OverlaySettings *settings)
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
    default:
        TRY(text_to_size("--size", text, 64, 4096, &number, &height));
        settings->width = (size_t)number;
        settings->height = (size_t)height;
        return STATUS_OK;
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
        if (parse_value(key, argument, &arguments->settings) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        return 0;
    case OPTION_BACKGROUNDS:
        arguments->settings.backgrounds = argument;
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
    .doc = "Make pictures with drawn overlays, whose boxes are known, for a network that finds "
           "overlays: classes text, digits, tube (insets) and border (the black surround)."
           "\v    gisd-data overlays data/overlays --images 4000 --seed 1\n"
           "    gisd-data overlays data/own --images 4000 --backgrounds data/train.csv\n\n"
           "Of a background frame only the part that seems to have no overlay of its own is drawn "
           "on: not the left quarter, no black surround, no painted square. Use training frames "
           "alone. OUT must be new or empty.",
};

Status data_overlays(int argc, char **argv)
{
    Arguments arguments = {.settings = overlays_defaults()};
    size_t skipped;
    command_parse(&usage, argc, argv, &arguments);
    TRY(overlays_write(&arguments.settings, arguments.folder, &skipped));
    printf("%s: %zu pictures, seed %" PRIu64 "\n", arguments.folder, arguments.settings.images,
           arguments.settings.seed);
    if (skipped > 0)
        printf("%zu background frames had no part that was bare and large enough\n", skipped);
    return STATUS_OK;
}
