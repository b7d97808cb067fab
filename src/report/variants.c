/* See variants.h. Cells are put together by the text of what they have in common, so that the time
 * grows with their number and not with its square. */
#include "report/variants.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Puts 0 .. count - 1 in the order of their groups, and within a group in their own; *starts holds
 * where each group begins, and the end of the last. Both belong to the caller. */
static Status order_by_group(size_t count, const size_t *groups, size_t group_count,
                             size_t **ordered, size_t **starts)
{
    TRY(MEMORY_NEW(ordered, count));
    TRY(MEMORY_NEW(starts, group_count + 2));
    for (size_t i = 0; i < count; ++i)
        ++(*starts)[groups[i] + 2];
    for (size_t group = 2; group < group_count + 2; ++group)
        (*starts)[group] += (*starts)[group - 1];
    for (size_t i = 0; i < count; ++i)
        (*ordered)[(*starts)[groups[i] + 1]++] = i;
    return STATUS_OK;
}

/* ---- variants ---- */

/* The run, and every setting that differs but the seed; one that is lacking is not one that is
 * empty. */
static Status variant_text(const Experiment *experiment, size_t cell, char **text)
{
    const Axes *axes = &experiment->axes;
    size_t bytes = 0;
    FILE *stream = open_memstream(text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for the settings of a cell");
    fprintf(stream, "%zu\n", axes->runs[cell]);
    for (size_t i = 0; i < axes->other_count; ++i) {
        const char *value = record_setting(&experiment->records.cells[cell], axes->others[i]);
        fprintf(stream, "%s%s\n", value ? "=" : "", value ? value : "");
    }
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for the settings of a cell");
    return STATUS_OK;
}

/* numbers[i]: the variant of cell i. */
static Status number_variants(const Experiment *experiment, size_t *numbers, size_t *count)
{
    TextMap map = {0};
    Status status = STATUS_OK;
    for (size_t i = 0; i < experiment->records.count && status == STATUS_OK; ++i) {
        char *text;
        status = variant_text(experiment, i, &text);
        if (status != STATUS_OK)
            break;
        numbers[i] = map.count;
        status = text_map_add(&map, text, &numbers[i]);
        free(text);
    }
    *count = map.count;
    text_map_clear(&map);
    return status;
}

bool variants_better(double one, double other)
{
    return one > other || (isnan(other) && !isnan(one));
}

/* Counts the finished seeds of a variant, averages their validation and finds the best. */
static void average_variant(const Experiment *experiment, Variant *variant)
{
    double sum = 0;
    variant->finished = 0;
    for (size_t i = 0; i < variant->count; ++i) {
        size_t cell = variant->cells[i];
        if (experiment->records.cells[cell].standing != CELL_DONE)
            continue;
        sum += experiment->validation[cell];
        if (variant->finished++ == 0 ||
            variants_better(experiment->validation[cell], experiment->validation[variant->best]))
            variant->best = cell;
    }
    variant->validation = variant->finished ? sum / (double)variant->finished : (double)NAN;
}

static void find_standing(const Experiment *experiment, Variant *variant)
{
    size_t counts[CELL_STANDINGS] = {0};
    for (size_t i = 0; i < variant->count; ++i) {
        CellStanding standing = experiment->records.cells[variant->cells[i]].standing;
        if (standing == CELL_FAILED && counts[CELL_FAILED] == 0)
            variant->failed = variant->cells[i];
        ++counts[standing];
    }
    variant->standing = variant->finished == variant->count ? CELL_DONE
                        : counts[CELL_FAILED]               ? CELL_FAILED
                        : counts[CELL_DROPPED]              ? CELL_DROPPED
                        : counts[CELL_PARTIAL]              ? CELL_PARTIAL
                                                            : CELL_NEW;
}

static Status make_variants(Experiment *experiment)
{
    size_t *numbers, *starts = NULL;
    const size_t cells = experiment->records.count;
    TRY(MEMORY_NEW(&numbers, cells));
    Status status = number_variants(experiment, numbers, &experiment->variant_count);
    if (status == STATUS_OK)
        status = order_by_group(cells, numbers, experiment->variant_count,
                                &experiment->variant_cells, &starts);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&experiment->variants, experiment->variant_count);
    for (size_t i = 0; i < experiment->variant_count && status == STATUS_OK; ++i) {
        Variant *variant = &experiment->variants[i];
        variant->cells = experiment->variant_cells + starts[i];
        variant->count = starts[i + 1] - starts[i];
        average_variant(experiment, variant);
        find_standing(experiment, variant);
    }
    free(numbers);
    free(starts);
    return status;
}

/* ---- runs ---- */

/* Numbers for networks and tunings, the paper's first. */
typedef struct {
    TextMap networks, tunings;
} Order;

static Status network_number(Order *order, const char *architecture, const char *backbone,
                             size_t *number)
{
    char *text;
    if (asprintf(&text, "%s\n%s", architecture, backbone) < 0)
        FAIL(STATUS_NO_MEMORY, "no memory for the name of a network");
    *number = order->networks.count;
    Status status = text_map_add(&order->networks, text, number);
    free(text);
    return status;
}

static Status place_run(Order *order, Run *run)
{
    TRY(network_number(order, run->architecture, run->backbone, &run->network));
    run->order = order->tunings.count;
    return text_map_add(&order->tunings, run->tuning, &run->order);
}

/* The chosen one of a run's variants: the best finished one. */
static void choose_variant(Experiment *experiment, Run *run)
{
    Variant *chosen = NULL;
    for (size_t i = 0; i < run->variant_count; ++i) {
        Variant *variant = &experiment->variants[run->variants[i]];
        variant->chosen = false;
        if (variant->finished > 0 &&
            (!chosen || variants_better(variant->validation, chosen->validation)))
            chosen = variant;
    }
    if (chosen)
        chosen->chosen = true;
    run->chosen = chosen;
}

/* The runs that were planned, from number `first` on. */
static Status add_planned(Experiment *experiment, Order *order, const size_t *starts)
{
    for (size_t i = 0; i < experiment->axes.run_count; ++i) {
        const CellRecord *cell = &experiment->records.cells[experiment->axes.firsts[i]];
        Run *run = &experiment->runs[experiment->run_count++];
        *run = (Run){.architecture = axes_value(cell, "architecture"),
                     .backbone = axes_value(cell, "backbone"),
                     .tuning = axes_value(cell, "tuning"),
                     .variants = experiment->run_variants + starts[i],
                     .variant_count = starts[i + 1] - starts[i]};
        if (strcmp(run->architecture, AXES_FIRST_ARCHITECTURE) == 0)
            run->published = published_run(&experiment->published, run->backbone, run->tuning);
        choose_variant(experiment, run);
        TRY(place_run(order, run));
    }
    return STATUS_OK;
}

/* Numbers what the paper has, so that it comes first, and adds its runs that were not planned. */
static Status add_published(Experiment *experiment, Order *order)
{
    for (size_t i = 0; i < experiment->published.count; ++i) {
        const PublishedRun *published = &experiment->published.runs[i];
        Run run = {.architecture = AXES_FIRST_ARCHITECTURE,
                   .backbone = published->backbone,
                   .tuning = published->tuning,
                   .published = published};
        bool planned = false;
        TRY(place_run(order, &run));
        for (size_t k = 0; k < experiment->axes.run_count && !planned; ++k) {
            const CellRecord *cell = &experiment->records.cells[experiment->axes.firsts[k]];
            planned = strcmp(axes_value(cell, "architecture"), run.architecture) == 0 &&
                      strcmp(axes_value(cell, "backbone"), run.backbone) == 0 &&
                      strcmp(axes_value(cell, "tuning"), run.tuning) == 0;
        }
        if (!planned)
            experiment->runs[experiment->run_count++] = run;
    }
    return STATUS_OK;
}

static int compare_runs(const void *one, const void *other)
{
    const Run *a = one, *b = other;
    if (a->network != b->network)
        return a->network < b->network ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

/* Those of the runs, in their order. */
static void list_tunings(Experiment *experiment, size_t count)
{
    for (size_t order = 0; order < count; ++order)
        for (size_t i = 0; i < experiment->run_count; ++i)
            if (experiment->runs[i].order == order) {
                experiment->tunings[experiment->tuning_count++] = experiment->runs[i].tuning;
                break;
            }
}

static Status fill_runs(Experiment *experiment, Order *order, const size_t *starts)
{
    static const char *const first[] = {"local", "global"};
    for (size_t i = 0; i < 2; ++i) {
        size_t number = i;
        TRY(text_map_add(&order->tunings, first[i], &number));
    }
    /* The paper has backbones and tunings; networks of other kinds do not stand beside it. */
    if (axes_names(&experiment->axes, "backbone") && axes_names(&experiment->axes, "tuning"))
        TRY(add_published(experiment, order));
    TRY(add_planned(experiment, order, starts));
    if (experiment->run_count)
        qsort(experiment->runs, experiment->run_count, sizeof *experiment->runs, compare_runs);
    for (size_t i = 0; i < experiment->run_count; ++i)
        for (size_t k = 0; k < experiment->runs[i].variant_count; ++k)
            experiment->variants[experiment->runs[i].variants[k]].run = i;
    list_tunings(experiment, order->tunings.count);
    return STATUS_OK;
}

static Status make_runs(Experiment *experiment)
{
    const size_t most = experiment->axes.run_count + experiment->published.count;
    size_t *groups, *starts = NULL;
    Order order = {0};
    TRY(MEMORY_NEW(&groups, experiment->variant_count));
    for (size_t i = 0; i < experiment->variant_count; ++i)
        groups[i] = experiment->axes.runs[experiment->variants[i].cells[0]];
    Status status = order_by_group(experiment->variant_count, groups, experiment->axes.run_count,
                                   &experiment->run_variants, &starts);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&experiment->runs, most);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&experiment->tunings, most);
    if (status == STATUS_OK)
        status = fill_runs(experiment, &order, starts);
    text_map_clear(&order.networks);
    text_map_clear(&order.tunings);
    free(groups);
    free(starts);
    return status;
}

Status variants_make(Experiment *experiment)
{
    TRY(make_variants(experiment));
    return make_runs(experiment);
}

void variants_choose(Experiment *experiment)
{
    for (size_t i = 0; i < experiment->variant_count; ++i)
        average_variant(experiment, &experiment->variants[i]);
    for (size_t i = 0; i < experiment->run_count; ++i)
        choose_variant(experiment, &experiment->runs[i]);
}
