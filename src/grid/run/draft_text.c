/* The file that a draft becomes; see draft.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "grid/run/draft_parts.h"
#include "grid/run/progress.h"
#include "store/yaml_text.h"
#include "train/setting_table.h"

/* ---- the data ---- */

/* "320 x 256" or "320 x 240 to 1280 x 1024" */
static void write_sizes(FILE *file, const Dataset *data)
{
    const Example *least = &data->examples[0], *most = least;
    for (size_t i = 1; i < data->count; ++i) {
        const Example *example = &data->examples[i];
        size_t pixels = (size_t)example->width * example->height;
        if (pixels < (size_t)least->width * least->height)
            least = example;
        if (pixels > (size_t)most->width * most->height)
            most = example;
    }
    fprintf(file, "%u x %u", least->width, least->height);
    if (least != most)
        fprintf(file, " to %u x %u", most->width, most->height);
}

static int width_of(const char *name)
{
    return strlen(name) > 8 ? (int)strlen(name) : 8;
}

static void write_counts(FILE *file, const Draft *draft)
{
    static const char *const names[] = {"train", "validation", "test"};
    const Dataset *data = draft->data;
    fprintf(file, "#     %-10s %8s %8s", "split", "images", "normal");
    for (size_t k = 0; k < data->class_count; ++k)
        fprintf(file, " %*s", width_of(data->class_names[k]), data->class_names[k]);
    fprintf(file, " %10s %10s\n", "with boxes", "with mask");
    for (size_t s = 0; s < SPLIT_COUNT; ++s) {
        const SplitFacts *split = &draft->facts.splits[s];
        fprintf(file, "#     %-10s %8zu %8zu", names[s], split->images, split->normal);
        for (size_t k = 0; k < data->class_count; ++k)
            fprintf(file, " %*zu", width_of(data->class_names[k]), split->classes[k]);
        fprintf(file, " %10zu %10zu\n", split->with_boxes, split->with_masks);
    }
}

static void write_concerns(FILE *file, const Draft *draft)
{
    const Dataset *data = draft->data;
    if (draft->cell.model.without_masks)
        fputs("# No lesion to train on has a mask: the network gets no part for masks, and results "
              "have none.\n",
              file);
    for (size_t i = 0; i < draft->concerns.count; ++i)
        fprintf(file, "# Mind: %s.\n", draft->concerns.concerns[i].text);
    if (data->warning_count)
        fprintf(file, "# Mind: %zu warning%s about the data; 'gisd-data check' tells them.\n",
                data->warning_count, data->warning_count == 1 ? "" : "s");
    if (data->synthetic)
        fputs("# The images are synthetic: results say nothing about patients.\n", file);
}

static void write_head(FILE *file, const Draft *draft, const char *name, const char *path)
{
    const Dataset *data = draft->data;
    fprintf(
        file,
        "# A first experiment, written by gisd-grid init: change what you like. Started again "
        "it goes on\n# where it was, and a changed setting makes another cell beside those that "
        "are done.\n#\n"
        "#     gisd-grid %s --plan    what it will do\n"
        "#     gisd-grid %s           train, validate and test\n"
        "#     gisd-report results/%s      tables and figures\n#\n# %zu images of ",
        path, path, name, data->count);
    write_sizes(file, data);
    fputs(" pixels:\n#\n", file);
    write_counts(file, draft);
    fputs("#\n", file);
    write_concerns(file, draft);
    fputs("name: ", file);
    yaml_write_text(file, name);
    fputs("\n\n", file);
}

static void write_split(FILE *file, const Draft *draft)
{
    const Dataset *data = draft->data;
    const SplitSettings *split = &draft->split;
    if (draft->given) {
        fputs("  # The manifest gives every image its split.\n", file);
        return;
    }
    if (split->ignore_given)
        fputs("  # The splits that the manifest gives leave nothing to train on or to validate "
              "on: all anew.\n",
              file);
    if (data->by_patient)
        fprintf(file, "  # All images of one of the %zu patients stand in one split.\n",
                data->patient_count);
    else if (split->group == SPLIT_GROUP_SCENE)
        fputs("  # No patients are named, so frames of one may stand in two splits, and results be "
              "too good;\n  # near-equal pictures at least are kept in one (group: scene).\n",
              file);
    else
        fputs("  # No patients are named: frames of one may stand in two splits, and results be "
              "too good.\n",
              file);
    fprintf(file, "  split: {train: %g, validation: %g, test: %g, seed: %llu%s%s}\n",
            split->shares[SPLIT_TRAIN], split->shares[SPLIT_VALIDATION], split->shares[SPLIT_TEST],
            (unsigned long long)split->seed,
            split->group == SPLIT_GROUP_SCENE ? ", group: scene" : "",
            split->ignore_given ? ", ignore_given: true" : "");
}

static void write_data(FILE *file, const Draft *draft, const char *manifest)
{
    fputs("data:\n  manifest: ", file);
    yaml_write_text(file, manifest);
    fputs(" # relative to this file\n", file);
    write_split(file, draft);
    if (draft->test_on_validation)
        fputs("  # There is no test split: the validation images stand for it, and the report says "
              "so.\n  test: validation\n",
              file);
    fputc('\n', file);
}

/* ---- what it takes ---- */

static void write_text_of(FILE *file, const CellSettings *settings, const char *section,
                          const char *key, int width)
{
    char text[SETTING_TEXT_BYTES];
    setting_write(settings, setting_find(section, key), text);
    fprintf(file, "%*s", width, text);
}

static bool has(const Draft *draft, const char *key)
{
    return setting_find("model", key) < setting_count() &&
           setting_applies(&draft->cell, setting_find("model", key));
}

static void write_row(FILE *file, const Draft *draft, size_t which)
{
    const DraftRow *row = &draft->rows[which];
    char time[DURATION_BYTES], title[ARCHITECTURE_NAME_BYTES];
    architecture_title(&row->settings.model, title);
    duration_text(row->seconds, time);
    fprintf(file, "  #     %-12s", title);
    if (has(draft, "base"))
        write_text_of(file, &row->settings, "model", "base", 6);
    write_text_of(file, &row->settings, "model", "size", 6);
    fprintf(file, "  %12s", time);
    if (isfinite(row->bytes))
        fprintf(file, "  %6.2f GB", row->bytes * 1e-9);
    else
        fprintf(file, "  %9s", "?");
    fputs(which == draft->chosen ? "   <- this file\n" : "\n", file);
}

static void write_rows(FILE *file, const Draft *draft)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    fprintf(file, "  # What a cell takes on one rank of %zu thread%s on %s", draft->threads,
            draft->threads == 1 ? "" : "s", *host ? host : "this machine");
    if (draft->steps)
        fprintf(file,
                ": for this file as the quickest of\n  # %zu steps was that were timed when it was "
                "written, for others predicted from that by their\n  # multiply-adds, values and "
                "parameters.",
                draft->steps);
    else
        fputs(", by a guess of the processor's speed:\n  # nothing was measured.", file);
    fputs(" Validation and test come on top.\n", file);
    if (draft_was_disturbed(draft))
        fprintf(file,
                "  # Other programs had %.0f %% of the processors meanwhile: on a quiet machine it "
                "takes much less.\n",
                100 - 100 * draft->share);
    fputs("  #\n", file);
    fprintf(file, "  #     %-12s%*s%6s  %12s  %9s\n", "network", has(draft, "base") ? 6 : 0,
            has(draft, "base") ? "base" : "", "size", "training", "memory");
    for (size_t i = 0; i < draft->row_count; ++i)
        write_row(file, draft, i);
    fputs("  #\n", file);
}

static void write_model(FILE *file, const Draft *draft)
{
    const CellSettings *cell = &draft->cell;
    fputs("model:\n", file);
    write_rows(file, draft);
    if (cell->model.architecture != 0)
        fprintf(file, "  architecture: %s\n", architecture_of(&cell->model)->name);
    if (has(draft, "backbone")) {
        fputs("  backbone: ", file);
        write_text_of(file, cell, "model", "backbone", 0);
        fputs(" # a list, as [r50x1, r100x1], makes a grid with a cell for each\n", file);
    }
    if (has(draft, "base")) {
        fputs("  base: ", file);
        write_text_of(file, cell, "model", "base", 0);
        fputs(" # channels of the first layer, all others in proportion\n", file);
    }
    fprintf(file, "  size: %zu # side of the network's input in pixels%s\n\n", cell->model.size,
            draft->packed_size ? ": the pack's" : "");
}

static void write_training(FILE *file, const Draft *draft)
{
    const CellSettings *cell = &draft->cell;
    const size_t images = draft->facts.splits[SPLIT_TRAIN].images;
    fputs("# All parameters train, as they begin with random values; 'local' keeps the backbone of "
          "a trained\n# network (model: {initial: CHECKPOINT.h5}).\ntuning: global\n\n",
          file);
    fprintf(file, "training:\n  epochs: %zu # passes over the %zu training images\n", cell->epochs,
            images);
    fprintf(file, "  batch: %zu # images of a step, %zu steps an epoch\n", cell->batch,
            images > cell->batch ? images / cell->batch : 1);
    fprintf(file, "  shards: %zu # so many ranks may share a cell\n", cell->shards);
    fputs("  learning_rate: ", file);
    write_text_of(file, cell, "training", "learning_rate", 0);
    fputs("\n  warmup_epochs: ", file);
    write_text_of(file, cell, "training", "warmup_epochs", 0);
    fputs("\n  seed: 1 # [1, 2, 3] trains every cell three times, for a standard deviation\n",
          file);
}

Status draft_text(const Draft *draft, const char *name, const char *manifest, const char *path,
                  char **text)
{
    size_t bytes = 0;
    FILE *file = open_memstream(text, &bytes);
    if (!file)
        FAIL(STATUS_NO_MEMORY, "no memory for the experiment");
    write_head(file, draft, name, path);
    write_data(file, draft, manifest);
    write_model(file, draft);
    write_training(file, draft);
    if (fclose(file) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for the experiment");
    return STATUS_OK;
}
