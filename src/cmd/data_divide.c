/* gisd-data divide MANIFEST OUT --part NAME=SHARE... [--seed N] [--group scene|patient] */
#include <argp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "data/divide.h"

enum { OPTION_PART = 1000, OPTION_SEED, OPTION_GROUP };

static const struct argp_option options[] = {
    {"part", OPTION_PART, "NAME=SHARE", 0,
     "A part, OUT/NAME, with that share of the images; two or three parts, whose shares add up to "
     "1",
     0},
    {"seed", OPTION_SEED, "N", 0, "Another seed divides otherwise (1)", 0},
    {"group", OPTION_GROUP, "NAME", 0,
     "What stands in one part: with patient, the images of a patient; with scene, near-equal "
     "pictures and those of one scene (a column) too, for which all pictures are read: scene or "
     "patient (scene)",
     0},
    {0},
};

typedef struct {
    const char *words[2]; /* manifest, folder */
    unsigned count;
    DivideSettings settings;
} Arguments;

/* NAME=SHARE, cut in two. */
static error_t add_part(char *word, Arguments *arguments, struct argp_state *state)
{
    DivideSettings *settings = &arguments->settings;
    char *equals = strrchr(word, '=');
    double share;
    if (!equals || equals == word)
        return command_refuse(state, "--part is '%s', expected NAME=SHARE", word);
    if (settings->count == DIVIDE_PARTS_MOST)
        return command_refuse(state, "--part %s: expected at most %d parts", word,
                              DIVIDE_PARTS_MOST);
    *equals = '\0';
    if (text_to_number("--part", equals + 1, 0, 1, &share) != STATUS_OK)
        return command_refuse(state, "%s", status_message());
    settings->parts[settings->count++] = (DividePart){.name = word, .share = share};
    return 0;
}

static error_t parse_seed(const char *text, Arguments *arguments, struct argp_state *state)
{
    int64_t seed;
    if (text_to_integer("--seed", text, 0, INT64_MAX, &seed) != STATUS_OK)
        return command_refuse(state, "%s", status_message());
    arguments->settings.seed = (uint64_t)seed;
    return 0;
}

static error_t parse_group(const char *text, Arguments *arguments, struct argp_state *state)
{
    bool scene = strcmp(text, "scene") == 0;
    if (!scene && strcmp(text, "patient") != 0)
        return command_refuse(state, "--group is '%s', expected scene or patient", text);
    arguments->settings.group = scene ? SPLIT_GROUP_SCENE : SPLIT_GROUP_PATIENT;
    return 0;
}

static error_t check(const Arguments *arguments, struct argp_state *state)
{
    if (arguments->count < 2)
        return command_refuse(state, "expected a manifest and OUT");
    if (arguments->settings.count == 0)
        return command_refuse(state, "expected --part NAME=SHARE, twice at least");
    if (divide_check(&arguments->settings) != STATUS_OK)
        return command_refuse(state, "%s", status_message());
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_PART:
        return add_part(argument, arguments, state);
    case OPTION_SEED:
        return parse_seed(argument, arguments, state);
    case OPTION_GROUP:
        return parse_group(argument, arguments, state);
    case ARGP_KEY_ARG:
        if (arguments->count == 2)
            return command_refuse(state, "unexpected word '%s', expected a manifest and OUT",
                                  argument);
        arguments->words[arguments->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        return check(arguments, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "MANIFEST OUT",
    .doc = "Divide a manifest into parts, OUT/NAME/manifest.csv each, that share no patient, no "
           "scene and no near-equal picture: images to pretrain on and images of a study."
           "\v    gisd-data divide data/polyps/manifest.csv data/divided \\\n"
           "        --part pretrain=0.4 --part study=0.6\n\n"
           "OUT must be new or empty; images and masks stay where they are. Patients and groups of "
           "near-equal pictures are dealt out whole, so that patients, images, and images of each "
           "class, form, centre and given split are in proportion to the shares. Splits that rows "
           "give go along with them; gisd-dataset.json and overlays.csv beside the manifest do so "
           "too. The same images and seed give the same parts.",
};

Status data_divide(int argc, char **argv)
{
    Arguments arguments = {.settings = {.seed = 1, .group = SPLIT_GROUP_SCENE}};
    command_parse(&usage, argc, argv, &arguments);
    TRY(divide_manifest(arguments.words[0], &arguments.settings, arguments.words[1], stdout,
                        stderr));
    for (size_t i = 0; i < arguments.settings.count; ++i)
        printf("%s/%s/manifest.csv\n", arguments.words[1], arguments.settings.parts[i].name);
    return STATUS_OK;
}
