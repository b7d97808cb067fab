/* See grid_init.h. The trainer that is timed wants MPI, even alone. */
#include "cmd/grid_init.h"

#include <argp.h>
#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "cmd/command.h"
#include "grid/experiment/experiment_file.h"
#include "grid/run/draft.h"
#include "grid/run/progress.h"
#include "grid/run/threads.h"
#include "store/files.h"
#include "train/setting_table.h"

#define PROGRAM "gisd-grid init"
#define SUFFIX  ".yaml"

typedef struct {
    const char *data, *out; /* out: NULL, it follows from the data's name */
} Arguments;

static const struct argp_option options[] = {
    {"out", 'o', "FILE", 0, "The file to write (NAME.yaml, NAME from the data's folder)", 0}, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case 'o':
        arguments->out = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->data)
            return command_refuse(state, "unexpected word '%s', expected one MANIFEST", argument);
        arguments->data = argument;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->data)
            return command_refuse(state, "expected a MANIFEST");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "MANIFEST",
    .doc = "Write a first experiment for a data set: a file of settings that fit its images and "
           "this machine, with comments that say why and what a cell will take."
           "\v    gisd-grid init data/mine --out mine.yaml\n"
           "    gisd-grid mine.yaml\n\n"
           "MANIFEST is a manifest, a folder with a manifest.csv, or a pack. The images are read, "
           "and a few steps are trained on random pictures, to time them; so it is best called on "
           "a machine like those that will train. A file that is there is never replaced. The "
           "experiment has the file's name, and its results go to results/NAME.",
};

/* ---- names ---- */

/* The last part of a path without `suffix`, made fit for a folder of results and a shell. */
static void name_from(const char *path, const char *suffix, char name[EXPERIMENT_NAME_BYTES])
{
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    size_t length = strlen(last), cut = strlen(suffix);
    if (length > cut && strcasecmp(last + length - cut, suffix) == 0)
        length -= cut;
    if (length >= EXPERIMENT_NAME_BYTES)
        length = EXPERIMENT_NAME_BYTES - 1;
    memcpy(name, last, length);
    name[length] = '\0';
    name[utf8_valid_bytes(name)] = '\0';
    for (char *at = name; *at; ++at)
        if (!isalnum((unsigned char)*at) && (unsigned char)*at < 0x80 && !strchr("._-", *at))
            *at = '-';
    if (!*name || *name == '.' || *name == '-')
        snprintf(name, EXPERIMENT_NAME_BYTES, "experiment");
}

/* The file that holds the data, absolute and without links, in *manifest. */
static Status find_data(const char *data, char **manifest)
{
    char *path;
    TRY(files_is_folder(data) ? files_join(data, "manifest.csv", &path)
                              : memory_copy_text(data, &path));
    Status status = files_check_plain(path);
    if (status == STATUS_OK) {
        *manifest = realpath(path, NULL);
        if (!*manifest)
            status = status_set(STATUS_IO, "%s: cannot find out where it is", path);
    }
    free(path);
    TRY(status);
    status = experiment_file_check_path(*manifest);
    if (status == STATUS_OK && strstr(*manifest, "${"))
        status = status_set(STATUS_ARGUMENT,
                            "%s: ${ in a path stands for the environment in an experiment (rename "
                            "it, or name it through a link)",
                            *manifest);
    if (status != STATUS_OK)
        free(*manifest);
    return status;
}

/* A pack has a name of its own, a manifest its folder's. */
static Status choose_out(const char *manifest, char **out)
{
    char name[EXPERIMENT_NAME_BYTES], *folder;
    const char *end = strrchr(manifest, '.');
    if (end && strcmp(end, ".h5") == 0) {
        name_from(manifest, ".h5", name);
    } else {
        TRY(files_folder_of(manifest, &folder));
        name_from(folder, "", name);
        free(folder);
    }
    TRY(MEMORY_NEW(out, strlen(name) + sizeof SUFFIX));
    sprintf(*out, "%s%s", name, SUFFIX);
    return STATUS_OK;
}

/* The data's path as the file will name it. */
static Status seen_from(const char *out, const char *manifest, char **relative)
{
    char *folder, *real;
    TRY(files_folder_of(out, &folder));
    real = realpath(folder, NULL);
    Status status = real ? files_relative(real, manifest, relative)
                         : status_set(STATUS_MISSING, "%s: no such folder", folder);
    free(real);
    free(folder);
    return status;
}

/* ---- the work ---- */

static void tell(const Draft *draft, const char *name, const char *out)
{
    char time[DURATION_BYTES], title[SETTING_TITLE_BYTES];
    const DraftRow *row = &draft->rows[draft->chosen];
    duration_text(row->seconds, time);
    setting_title(&draft->cell, title);
    printf("%s: one cell, %s, that trains on %zu images in about %s", out, title,
           draft->facts.splits[SPLIT_TRAIN].images, time);
    if (isfinite(row->bytes))
        printf(" and %.2f GB", row->bytes * 1e-9);
    printf(" here%s\nlook at it, then: gisd-grid %s && gisd-report results/%s\n",
           draft_was_disturbed(draft) ? " while other programs run; on a quiet machine much less"
                                      : "",
           out, name);
}

static Status write_draft(const Draft *draft, const char *manifest, const char *out)
{
    char name[EXPERIMENT_NAME_BYTES], *relative, *text = NULL;
    name_from(out, SUFFIX, name);
    TRY(seen_from(out, manifest, &relative));
    Status status = draft_text(draft, name, relative, out, &text);
    if (status == STATUS_OK)
        status = files_write(out, text, strlen(text));
    if (status == STATUS_OK)
        tell(draft, name, out);
    free(text);
    free(relative);
    return status;
}

static Status make(const char *manifest, const char *out)
{
    Draft draft;
    TRY(experiment_file_check_path(out));
    if (files_exists(out))
        FAIL(STATUS_ARGUMENT, "%s: is there already (expected a new name, see --out)", out);
    TRY(draft_init(&draft, manifest, threads_count()));
    Status status = draft_measure(&draft, MPI_COMM_SELF);
    if (status == STATUS_OK)
        status = write_draft(&draft, manifest, out);
    draft_clear(&draft);
    return status;
}

static Status run(const Arguments *arguments)
{
    char *manifest, *out;
    TRY(find_data(arguments->data, &manifest));
    Status status =
        arguments->out ? memory_copy_text(arguments->out, &out) : choose_out(manifest, &out);
    if (status == STATUS_OK) {
        status = make(manifest, out);
        free(out);
    }
    free(manifest);
    return status;
}

int grid_init(int argc, char **argv)
{
    Arguments arguments = {0};
    int rank = 0;
    char name[] = PROGRAM;
    argv[0] = name;
    command_parse(&usage, argc, argv, &arguments);
    command_check_room("MPI", COMMAND_MPI_BYTES);
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    Status status = rank == 0 ? run(&arguments) : STATUS_OK; /* others have nothing to do */
    MPI_Finalize();
    return command_end(PROGRAM, status);
}
