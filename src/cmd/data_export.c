/* gisd-data export coco|masks MANIFEST|CELL OUT */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "cmd/data_export.h"
#include "data/manifest.h"

enum { OPTION_DATA = 'd', OPTION_SCORE = 's' };

static const struct argp_option options[] = {
    {"data", OPTION_DATA, "MANIFEST", 0,
     "Of a cell: the manifest of its images, if it is not where it was", 0},
    {"score", OPTION_SCORE, "S", 0,
     "Of a cell: export boxes of this score and more (the cell's operating point)", 0},
    {0},
};

typedef struct {
    const char *words[3]; /* layout, manifest or cell, out */
    unsigned count;
    CellExport cell;
} Arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_DATA:
        arguments->cell.data = argument;
        return 0;
    case OPTION_SCORE:
        if (text_to_number("--score", argument, 0, 1, &arguments->cell.score) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == 3)
            return command_refuse(state, "unexpected word '%s', expected LAYOUT MANIFEST OUT",
                                  argument);
        arguments->words[arguments->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (arguments->count < 3)
            return command_refuse(state, "expected LAYOUT, MANIFEST or CELL, and OUT");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "LAYOUT MANIFEST|CELL OUT",
    .doc = "Write a data set, or what a cell found on its test images, in a layout that annotating "
           "tools open."
           "\vA CELL is a folder results/NAME/cells/ID. OUT must be new or empty; it gets links to "
           "the images, no copies. Layouts:\n"
           "\n"
           "coco\n"
           "  OUT/annotations/instances_train.json  a file a split; instances_default.json\n"
           "                                        without, instances_predicted.json of a\n"
           "                                        cell, with scores\n"
           "  OUT/images/1.jpg\n"
           "  Boxes, and masks as run lengths where the manifest names them.\n"
           "\n"
           "masks\n"
           "  OUT/images/1.jpg                      below OUT/train and so on if\n"
           "  OUT/masks/1.png                       there are splits; 255 on lesions\n"
           "  The masks of a cell are made anew by its checkpoint.\n",
};

static Status write_layout(const char *layout, const ExportSource *source, const char *out,
                           ExportCounts *counts)
{
    return strcmp(layout, "coco") == 0 ? export_coco(source, out, counts)
                                       : export_masks(source, out, counts);
}

static Status export_manifest(const Arguments *arguments, ExportCounts *counts)
{
    Manifest manifest;
    ExportRows rows = {0};
    if (arguments->cell.data || !isnan(arguments->cell.score))
        FAIL(STATUS_ARGUMENT,
             "%s: --data and --score are for cells, expected a folder with result.h5",
             arguments->words[1]);
    TRY(manifest_read(arguments->words[1], NULL, &manifest));
    Status status = export_rows_init(&manifest, &rows);
    if (status == STATUS_OK)
        status = write_layout(arguments->words[0], &rows.source, arguments->words[2], counts);
    export_rows_clear(&rows);
    manifest_clear(&manifest);
    return status;
}

static Status export_cell(Arguments *arguments, ExportCounts *counts)
{
    CellSource *cell;
    ExportSource source;
    arguments->cell.cell = arguments->words[1];
    arguments->cell.masks = strcmp(arguments->words[0], "masks") == 0;
    TRY(cell_export_open(&arguments->cell, &cell, &source));
    Status status = write_layout(arguments->words[0], &source, arguments->words[2], counts);
    cell_export_close(cell);
    return status;
}

Status data_export(int argc, char **argv)
{
    Arguments arguments = {.cell = {.score = NAN}};
    ExportCounts counts = {0};
    command_parse(&usage, argc, argv, &arguments);
    const char *layout = arguments.words[0];
    if (strcmp(layout, "coco") != 0 && strcmp(layout, "masks") != 0)
        FAIL(STATUS_ARGUMENT, "unknown layout '%s', expected coco or masks", layout);
    TRY(cell_export_is_cell(arguments.words[1]) ? export_cell(&arguments, &counts)
                                                : export_manifest(&arguments, &counts));
    if (counts.class_only > 0)
        fprintf(stderr, "%zu images have a class and no box: COCO has no place for it\n",
                counts.class_only);
    if (counts.unknown > 0)
        fprintf(stderr, "%zu images were left out: their mask is not known\n", counts.unknown);
    printf("%s: %zu images, %zu boxes, %zu masks\n", arguments.words[2], counts.images,
           counts.boxes, counts.masks);
    return STATUS_OK;
}
