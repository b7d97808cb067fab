/* gisd-data phantom OUT --images N --seed S [--size WxH] [--overlays SHARE]
 *                  [--level easy|hard] [--backgrounds FRAMES] [--noise impulse|gaussian|mixed] */
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
    {"backgrounds", 'b', "FRAMES", 0,
     "Draw hard lesions into these frames in place of computed walls: a manifest, of whose rows "
     "those are taken that are normal and not of the splits val and test, or a folder of images. "
     "N is then as many as there are frames, and frames are reduced to fit into WxH (640x640)",
     0},
    {"noise", 'e', "KIND", 0,
     "impulse, gaussian or mixed: noise over each image; those without it go into clean/ (none)",
     0},
    {0},
};

typedef struct {
    const char *folder, *backgrounds;
    PhantomSettings settings;
    bool counted, sized;  /* the options are given */
    const char *of_walls; /* an option that frames have no use for; NULL: none is given */
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
        arguments->counted |= key == 'n';
        arguments->sized |= key == 'z';
        if (key == 'o' || key == 'l')
            arguments->of_walls = key == 'o' ? "--overlays" : "--level";
        return 0;
    case 'b':
        arguments->backgrounds = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->folder)
            return command_refuse(state, "unexpected word '%s', expected one folder", argument);
        arguments->folder = argument;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->folder)
            return command_refuse(state, "expected the folder to make");
        if (arguments->backgrounds && arguments->of_walls)
            return command_refuse(state,
                                  "%s with --backgrounds, expected one of them: frames keep their "
                                  "own overlays, and lesions in them are of the hard level",
                                  arguments->of_walls);
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
           "\v    gisd-data phantom data/phantom --images 1000 --seed 1\n"
           "    gisd-data phantom data/drawn --backgrounds data/unlabelled\n\n"
           "OUT must be new or empty. It receives images/, masks/, manifest.csv, "
           "overlays.csv and gisd-dataset.json, which says that the images are synthetic. With "
           "--backgrounds there is no overlays.csv, and the split is left to the experiment.",
};

static Status draw_into_frames(Arguments *arguments, PhantomFrames *frames)
{
    PhantomSettings *settings = &arguments->settings;
    size_t with_lesions;
    TRY(phantom_frames_read(arguments->backgrounds, frames));
    settings->frames = frames;
    if (!arguments->counted)
        settings->images = frames->count;
    if (!arguments->sized)
        settings->width = settings->height = 640;
    TRY(phantom_write(settings, arguments->folder, &with_lesions));
    printf("%s: %zu images of %zu frames, seed %" PRIu64 "; %zu with lesions, %zu normal\n",
           arguments->folder, settings->images, frames->count, settings->seed, with_lesions,
           settings->images - with_lesions);
    if (frames->left_out)
        printf("%zu rows were left out: not normal, or of the splits val and test\n",
               frames->left_out);
    return STATUS_OK;
}

Status data_phantom(int argc, char **argv)
{
    Arguments arguments = {.settings = phantom_defaults()};
    command_parse(&usage, argc, argv, &arguments);
    if (arguments.backgrounds) {
        PhantomFrames frames = {0};
        Status status = draw_into_frames(&arguments, &frames);
        phantom_frames_clear(&frames);
        return status;
    }
    TRY(phantom_write(&arguments.settings, arguments.folder, NULL));
    printf("%s: %zu images, seed %" PRIu64 "\n", arguments.folder, arguments.settings.images,
           arguments.settings.seed);
    return STATUS_OK;
}
