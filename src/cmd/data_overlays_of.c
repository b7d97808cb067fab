/* gisd-data overlays-of MANIFEST [--force]: the table of what can be seen exactly to lie over the
 * frames, for the control of a grid's results (data/overlay_table.h). */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "data/dataset.h"
#include "data/manifest.h"
#include "data/overlay_table.h"
#include "image/exact_overlays.h"
#include "image/image_file.h"
#include "store/csv.h"
#include "store/files.h"

typedef struct {
    const char *manifest;
    bool force;
} Arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case 'f':
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

static const struct argp_option options[] = {
    {"force", 'f', NULL, 0, OUTPUTS_FORCE_HELP, 0},
    {0},
};

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "MANIFEST",
    .doc = "Write " OVERLAY_TABLE_FILE " beside a manifest: the black surround of each frame "
           "(border), painted squares, and insets of one colour (tube)."
           "\v    gisd-data overlays-of data/manifest.csv\n"
           "    gisd-grid mine.yaml\n\n"
           "Grids that start afterwards measure how far these alone tell lesions from normal, and "
           "reports say it, beside the networks' results on frames with and without. Text is not "
           "found. A table that is there is kept unless --force is given.",
};

static Status look_at(const Manifest *manifest, size_t row, ExactOverlays *found)
{
    Image image;
    uint8_t *surround;
    char *path;
    TRY(files_resolve(manifest->path, manifest->rows[row].image, &path));
    Status status = image_read(path, 3, &image);
    free(path);
    TRY(status);
    status = MEMORY_NEW(&surround, image.width * image.height);
    if (status == STATUS_OK)
        status = exact_overlays_find(&image, surround, found);
    free(surround);
    image_clear(&image);
    return status;
}

static Status look_at_all(const Manifest *manifest, ExactOverlays *found)
{
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < manifest->count; ++i)
        if (!first_error_before(&first, i))
            first_error_note(&first, i, look_at(manifest, i, &found[i]));
    return first_error_status(&first);
}

static Status write_table(const Manifest *manifest, const ExactOverlays *found, const char *path)
{
    static const char *const columns[] = {"image", "x0", "y0", "x1", "y1", "class", "score"};
    CsvWriter writer;
    TRY(csv_writer_init(&writer));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; ++i)
        csv_write_text(&writer, columns[i]);
    csv_end_row(&writer);
    for (size_t i = 0; i < manifest->count; ++i)
        for (size_t k = 0; k < found[i].count; ++k) {
            const OverlayBox *overlay = &found[i].overlays[k];
            const Box *box = &overlay->box; /* whole pixels */
            csv_write_text(&writer, manifest->rows[i].image);
            csv_write_integer(&writer, (long long)box->x0);
            csv_write_integer(&writer, (long long)box->y0);
            csv_write_integer(&writer, (long long)box->x1);
            csv_write_integer(&writer, (long long)box->y1);
            csv_write_text(&writer, overlay_name(overlay->kind));
            csv_write_integer(&writer, 1); /* certain */
            csv_end_row(&writer);
        }
    Status status = csv_writer_commit(&writer, path);
    csv_writer_clear(&writer);
    return status;
}

static bool has_kind(const ExactOverlays *found, OverlayKind kind)
{
    for (size_t k = 0; k < found->count; ++k)
        if (found->overlays[k].kind == kind)
            return true;
    return false;
}

/* Shares of frames by label: where they differ, an overlay tells what the frame shows. */
static void print_shares(const Manifest *manifest, const ExactOverlays *found)
{
    printf("%-20s %8s %16s %16s\n", "", "frames", "square or inset", "black surround");
    for (int32_t label = LABEL_NORMAL; label < (int32_t)manifest->class_count; ++label) {
        size_t frames = 0, squares = 0, bands = 0;
        for (size_t i = 0; i < manifest->count; ++i) {
            if (manifest->rows[i].label_index != label)
                continue;
            ++frames;
            squares += has_kind(&found[i], OVERLAY_TUBE);
            bands += has_kind(&found[i], OVERLAY_BORDER);
        }
        if (frames > 0)
            printf("%-20s %8zu %14.1f %% %14.1f %%\n",
                   label == LABEL_NORMAL ? MANIFEST_NORMAL : manifest->class_names[label], frames,
                   100.0 * (double)squares / (double)frames,
                   100.0 * (double)bands / (double)frames);
    }
}

static Status claim(const Arguments *arguments, const char *path)
{
    Outputs outputs;
    outputs_init(&outputs, arguments->force);
    Status status = data_note_inputs(&outputs, arguments->manifest);
    if (status == STATUS_OK)
        status = outputs_claim(&outputs, path, NULL);
    outputs_clear(&outputs);
    return status;
}

static Status run(const Arguments *arguments, const char *path)
{
    Manifest manifest;
    ExactOverlays *found;
    TRY(claim(arguments, path));
    TRY(manifest_read(arguments->manifest, NULL, &manifest));
    Status status = MEMORY_NEW(&found, manifest.count);
    if (status == STATUS_OK)
        status = look_at_all(&manifest, found);
    if (status == STATUS_OK)
        status = write_table(&manifest, found, path);
    if (status == STATUS_OK)
        print_shares(&manifest, found);
    free(found);
    manifest_clear(&manifest);
    return status;
}

Status data_overlays_of(int argc, char **argv)
{
    Arguments arguments = {0};
    char *path;
    command_parse(&usage, argc, argv, &arguments);
    TRY(files_resolve(arguments.manifest, OVERLAY_TABLE_FILE, &path));
    Status status = run(&arguments, path);
    free(path);
    return status;
}
