/* gisd-data: makes, imports, joins, divides, checks, packs and exports data sets. This file knows
 * the names of the sub-commands; data_NAME.c does the work of each.
 */
#include "cmd/data.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cmd/command.h"

/* To add a sub-command: its function in data.h, its line here. */
static const struct {
    const char *name, *summary;
    DataCommand *run;
} commands[] = {
    {"phantom", "make a synthetic data set", data_phantom},
    {"overlays", "make pictures from which to learn to find overlays", data_overlays},
    {"import", "make a manifest from a data set of another layout", data_import},
    {"join", "make one manifest of several", data_join},
    {"divide", "make several manifests of one, with nothing in common", data_divide},
    {"check", "find everything wrong with a data set", data_check},
    {"baseline", "say how far colours alone tell the classes", data_baseline},
    {"denoise", "crop overlays away and filter noise", data_denoise},
    {"overlays-of", "list what lies over the frames of a data set", data_overlays_of},
    {"pack", "decode and resize a data set once, into one file", data_pack},
    {"export", "write annotations or predictions for other tools", data_export},
    {NULL, NULL, NULL},
};

const char *argp_program_version = "gisd-data " GISD_VERSION;

/* The list of sub-commands goes between the usage line and the options. */
static char *list_commands(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_PRE_DOC)
        return (char *)text;
    char *list = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&list, &bytes);
    if (!stream)
        return (char *)text;
    fprintf(stream, "%s\n\nCommands:\n", text);
    for (size_t i = 0; commands[i].name; ++i)
        fprintf(stream, "  %-11s %s\n", commands[i].name, commands[i].summary);
    fclose(stream);
    return list; /* argp frees it */
}

typedef struct {
    int at; /* index of the sub-command's name in argv */
} Choice;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Choice *choice = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case ARGP_KEY_ARG:
        (void)argument;
        choice->at = state->next - 1;
        state->next = state->argc; /* the rest belongs to the sub-command */
        return 0;
    case ARGP_KEY_NO_ARGS:
        return command_refuse(state, "expected a command");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .parser = parse,
    .args_doc = "COMMAND [ARGUMENT...]",
    .doc = "Make, import, join, divide, check, pack and export sets of endoscopy images."
           "\v'gisd-data COMMAND --help' describes a command.\n\n" COMMAND_EXIT_STATUS,
    .help_filter = list_commands,
};

int main(int argc, char **argv)
{
    Choice choice = {0};
    command_begin();
    if (argp_parse(&usage, argc, argv, ARGP_IN_ORDER, NULL, &choice) != 0)
        return EX_USAGE;
    for (size_t i = 0; commands[i].name; ++i) {
        if (strcmp(commands[i].name, argv[choice.at]) != 0)
            continue;
        char name[64];
        snprintf(name, sizeof name, "gisd-data %s", commands[i].name);
        argv[choice.at] = name;
        return command_end(name, commands[i].run(argc - choice.at, argv + choice.at));
    }
    fprintf(stderr, "gisd-data: unknown command '%s', see gisd-data --help\n", argv[choice.at]);
    return EX_USAGE;
}
