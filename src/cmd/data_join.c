/* gisd-data join [NAME=]MANIFEST... OUT */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "data/join.h"

typedef struct {
    char **words; /* count; manifests, then OUT */
    size_t count;
} Arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    (void)argument;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case ARGP_KEY_ARGS:
        arguments->words = state->argv + state->next;
        arguments->count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (arguments->count < 3)
            return command_refuse(state, "expected at least two manifests and OUT");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .parser = parse,
    .args_doc = "[NAME=]MANIFEST... OUT",
    .doc = "Make one manifest, OUT/manifest.csv, of several."
           "\vOUT must be new or empty; images and masks stay where they are. The NAME of a "
           "manifest, else that of its folder, goes in front of its patients and lesions, so that "
           "P1 of one hospital is not P1 of another. An image in two manifests is an error.",
};

/* The folder that holds the manifest, in *name. */
static Status name_part(const char *manifest, char **name)
{
    char *real = realpath(manifest, NULL);
    if (!real)
        FAIL(STATUS_MISSING, "%s: no such file, expected a manifest", manifest);
    *strrchr(real, '/') = '\0';
    const char *slash = strrchr(real, '/');
    Status status = memory_copy_text(slash ? slash + 1 : real, name);
    free(real);
    return status;
}

/* Splits NAME=MANIFEST; without a name, *owned holds the folder's. */
static Status parse_part(char *word, JoinPart *part, char **owned)
{
    char *equals = strchr(word, '='), *slash = strchr(word, '/');
    if (equals && equals > word && (!slash || equals < slash)) {
        *equals = '\0';
        *part = (JoinPart){.manifest = equals + 1, .name = word};
        return STATUS_OK;
    }
    TRY(name_part(word, owned));
    *part = (JoinPart){.manifest = word, .name = *owned};
    return STATUS_OK;
}

static Status check_names(size_t count, const JoinPart *parts)
{
    for (size_t i = 0; i < count; ++i)
        for (size_t k = 0; k < i; ++k)
            if (strcmp(parts[i].name, parts[k].name) == 0)
                FAIL(STATUS_ARGUMENT,
                     "two manifests are called %s, expected NAME=%s for one of them", parts[i].name,
                     parts[i].manifest);
    return STATUS_OK;
}

Status data_join(int argc, char **argv)
{
    Arguments arguments = {0};
    command_parse(&usage, argc, argv, &arguments);
    size_t count = arguments.count - 1, rows;
    const char *out = arguments.words[count];
    JoinPart *parts = NULL;
    char **names = NULL;
    Status status;
    TRY_GOTO(status, done, MEMORY_NEW(&parts, count));
    TRY_GOTO(status, done, MEMORY_NEW(&names, count));
    for (size_t i = 0; i < count; ++i)
        TRY_GOTO(status, done, parse_part(arguments.words[i], &parts[i], &names[i]));
    TRY_GOTO(status, done, check_names(count, parts));
    TRY_GOTO(status, done, join_manifests(count, parts, out, &rows));
    printf("%s/manifest.csv: %zu images of %zu manifests\n", out, rows, count);
done:
    for (size_t i = 0; i < count && names; ++i)
        free(names[i]);
    free(names);
    free(parts);
    return status;
}
