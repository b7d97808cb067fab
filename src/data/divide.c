/* Dividing a manifest; see divide.h. The parts are dealt as a split's sides are: part 0 as
 * training, 1 as validation, 2 as test, and what the rows say of splits is a label like others. */
#include "data/divide.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/dataset_looks.h"
#include "data/divide_files.h"
#include "data/manifest.h"
#include "data/split_input.h"
#include "store/new_folder.h"

typedef struct {
    size_t images, patients, units;
    size_t *labels; /* 1 + classes: normal first; owned */
} Counts;

typedef struct {
    const DivideSettings *settings;
    Manifest manifest;
    Split *parts;                         /* manifest.count: the part of each row, by number */
    uint32_t *units;                      /* manifest.count: what stands together */
    Counts counts[DIVIDE_PARTS_MOST + 1]; /* of each part, then of all */
} Division;

/* ---- settings ---- */

static bool is_folder_name(const char *name)
{
    for (const char *byte = name; *byte; ++byte)
        if (*byte == '/' || iscntrl((unsigned char)*byte))
            return false;
    return name[0] != '\0' && name[0] != '.';
}

Status divide_check(const DivideSettings *settings)
{
    double sum = 0;
    if (settings->count < DIVIDE_PARTS_LEAST || settings->count > DIVIDE_PARTS_MOST)
        FAIL(STATUS_ARGUMENT, "%zu parts, expected %d or %d", settings->count, DIVIDE_PARTS_LEAST,
             DIVIDE_PARTS_MOST);
    for (size_t i = 0; i < settings->count; ++i) {
        const DividePart *part = &settings->parts[i];
        if (!is_folder_name(part->name))
            FAIL(STATUS_ARGUMENT, "part '%s': expected the name of a folder", part->name);
        for (size_t k = 0; k < i; ++k)
            if (strcmp(settings->parts[k].name, part->name) == 0)
                FAIL(STATUS_ARGUMENT, "part %s is there twice", part->name);
        if (!(part->share > 0))
            FAIL(STATUS_ARGUMENT, "the share of %s is %s, expected more than 0", part->name,
                 TEXT_NUMBER(part->share));
        sum += part->share;
    }
    if (!(fabs(sum - 1) < 1e-6))
        FAIL(STATUS_ARGUMENT, "the shares add up to %s, expected 1", TEXT_NUMBER(sum));
    return STATUS_OK;
}

/* ---- who goes where ---- */

static Status join_scenes(const Manifest *manifest, const SplitSettings *split, uint32_t *units)
{
    Look *looks;
    TRY(MEMORY_NEW(&looks, manifest->count));
    Status status = dataset_look(manifest, looks);
    if (status == STATUS_OK)
        status = dataset_join_scenes(manifest, split, looks, units);
    free(looks);
    return status;
}

static Status deal_out(Division *division)
{
    const DivideSettings *settings = division->settings;
    const Manifest *manifest = &division->manifest;
    SplitSettings split = {.seed = settings->seed, .group = settings->group, .ignore_given = true};
    SplitInput input = {0};
    int32_t *given = NULL;
    Status status;
    for (size_t i = 0; i < settings->count; ++i)
        split.shares[i] = settings->parts[i].share;
    TRY_GOTO(status, done, split_input_init(manifest, &input));
    TRY_GOTO(status, done, MEMORY_NEW(&given, manifest->count));
    for (size_t i = 0; i < manifest->count; ++i)
        given[i] = (int32_t)manifest->rows[i].split;
    if (settings->group == SPLIT_GROUP_SCENE)
        TRY_GOTO(status, done, join_scenes(manifest, &split, input.units));
    const int32_t *values[SPLIT_INPUT_KINDS + 1];
    for (size_t k = 0; k < input.kinds; ++k)
        values[k] = input.labels[k];
    values[input.kinds] = given;
    const SplitLabels labels = {.count = input.kinds + 1, .values = values};
    TRY_GOTO(status, done,
             split_assign(&split, manifest->count, &labels, input.units, input.splits));
    division->parts = input.splits;
    division->units = input.units;
    input.splits = NULL;
    input.units = NULL;
done:
    free(given);
    split_input_clear(&input);
    return status;
}

/* ---- what is in each part ---- */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static size_t count_distinct(uint32_t *numbers /* sorted here */, size_t count)
{
    size_t distinct = 0;
    qsort(numbers, count, sizeof *numbers, by_number);
    for (size_t i = 0; i < count; ++i)
        distinct += i == 0 || numbers[i] != numbers[i - 1];
    return distinct;
}

static Status count_part(const Division *division, Split part, Counts *counts)
{
    const Manifest *manifest = &division->manifest;
    uint32_t *patients = NULL, *units = NULL;
    Status status;
    TRY_GOTO(status, done, MEMORY_NEW(&patients, manifest->count));
    TRY_GOTO(status, done, MEMORY_NEW(&units, manifest->count));
    TRY_GOTO(status, done, MEMORY_NEW(&counts->labels, 1 + manifest->class_count));
    for (size_t i = 0; i < manifest->count; ++i) {
        const ManifestRow *row = &manifest->rows[i];
        if (part != SPLIT_NONE && division->parts[i] != part)
            continue;
        patients[counts->images] = row->patient_index;
        units[counts->images++] = division->units[i];
        ++counts->labels[1 + row->label_index];
    }
    counts->patients = count_distinct(patients, counts->images);
    counts->units = count_distinct(units, counts->images);
done:
    free(patients);
    free(units);
    return status;
}

static Status count_parts(Division *division, FILE *warnings)
{
    const DivideSettings *settings = division->settings;
    const Manifest *manifest = &division->manifest;
    const Counts *all = &division->counts[settings->count];
    for (size_t part = 0; part <= settings->count; ++part)
        TRY(count_part(division, part < settings->count ? (Split)part : SPLIT_NONE,
                       &division->counts[part]));
    for (size_t part = 0; part < settings->count; ++part) {
        const Counts *here = &division->counts[part];
        if (here->images == 0)
            FAIL(STATUS_ARGUMENT,
                 "%s: nothing is left for part %s: %zu images are %zu groups that stay together",
                 manifest->path, settings->parts[part].name, all->images, all->units);
        for (size_t i = 0; i <= manifest->class_count; ++i)
            if (all->labels[i] > 0 && here->labels[i] == 0)
                fprintf(warnings, "warning: %s has no image of %s\n", settings->parts[part].name,
                        i == 0 ? MANIFEST_NORMAL : manifest->class_names[i - 1]);
    }
    return STATUS_OK;
}

/* A group is what stands together. */
static void print_summary(const Division *division, FILE *summary)
{
    const DivideSettings *settings = division->settings;
    const Manifest *manifest = &division->manifest;
    fprintf(summary, "%-12s %8s %8s", "part", "images", MANIFEST_NORMAL);
    for (size_t i = 0; i < manifest->class_count; ++i)
        fprintf(summary, " %8s", manifest->class_names[i]);
    fprintf(summary, "%s %8s\n", manifest->by_patient ? " patients" : "", "groups");
    for (size_t part = 0; part <= settings->count; ++part) {
        const Counts *counts = &division->counts[part];
        fprintf(summary, "%-12s %8zu", part < settings->count ? settings->parts[part].name : "all",
                counts->images);
        for (size_t i = 0; i <= manifest->class_count; ++i)
            fprintf(summary, " %8zu", counts->labels[i]);
        if (manifest->by_patient)
            fprintf(summary, " %8zu", counts->patients);
        fprintf(summary, " %8zu\n", counts->units);
    }
}

Status divide_manifest(const char *manifest, const DivideSettings *settings, const char *out,
                       FILE *summary, FILE *warnings)
{
    Division division = {.settings = settings};
    NewFolder folder = {0};
    TRY(divide_check(settings));
    TRY(manifest_read(manifest, NULL, &division.manifest));
    Status status;
    TRY_GOTO(status, done, new_folder_begin(out, &folder));
    TRY_GOTO(status, done, deal_out(&division));
    TRY_GOTO(status, done, count_parts(&division, warnings));
    for (size_t i = 0; i < settings->count; ++i)
        TRY_GOTO(status, done,
                 divide_write_part(&division.manifest, division.parts, (Split)i,
                                   settings->parts[i].name, &folder));
    TRY_GOTO(status, done, new_folder_commit(&folder));
    print_summary(&division, summary);
    status = STATUS_OK;
done:
    new_folder_clear(&folder);
    for (size_t i = 0; i <= settings->count; ++i)
        free(division.counts[i].labels);
    free(division.parts);
    free(division.units);
    manifest_clear(&division.manifest);
    return status;
}
