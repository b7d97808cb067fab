/* See dataset_facts.h. */
#include "data/dataset_facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

/* ---- facts ---- */

Status dataset_facts_init(DatasetFacts *facts, const Dataset *dataset)
{
    *facts = (DatasetFacts){0};
    Status status = STATUS_OK;
    for (size_t s = 0; s < SPLIT_COUNT && status == STATUS_OK; ++s)
        status = MEMORY_NEW(&facts->splits[s].classes, dataset->class_count);
    if (status != STATUS_OK) {
        dataset_facts_clear(facts);
        return status;
    }
    for (size_t i = 0; i < dataset->count; ++i) {
        const Example *example = &dataset->examples[i];
        SplitFacts *split = &facts->splits[example->split];
        ++split->images;
        if (example->label == LABEL_NORMAL) {
            ++split->normal;
            continue;
        }
        ++split->lesions;
        ++split->classes[example->label];
        split->with_boxes += example->lesion_count > 0;
        split->with_masks += example->has_mask;
        split->boxes += example->lesion_count;
    }
    return STATUS_OK;
}

void dataset_facts_clear(DatasetFacts *facts)
{
    for (size_t s = 0; s < SPLIT_COUNT; ++s)
        free(facts->splits[s].classes);
    *facts = (DatasetFacts){0};
}

/* ---- concerns ---- */

static Status add(Concerns *concerns, Concern concern, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static Status add(Concerns *concerns, Concern concern, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(concern.text, sizeof concern.text, format, arguments);
    va_end(arguments);
    TRY(MEMORY_GROW(&concerns->concerns, concerns->count + 1, &concerns->capacity));
    concerns->concerns[concerns->count++] = concern;
    return STATUS_OK;
}

static const char *name_of(Split split)
{
    static const char *const names[] = {"training", "validation", "test"};
    return names[split];
}

static Status judge_split(Concerns *concerns, const DatasetFacts *facts, Split split)
{
    const SplitFacts *found = &facts->splits[split];
    Concern concern = {.split = split, .refuse = true};
    if (found->images == 0) {
        concern.kind = CONCERN_SPLIT_EMPTY;
        return add(concerns, concern,
                   "the %s split has no image (the manifest's column split gives it none; "
                   "data: {split: {ignore_given: true}} splits anew%s)",
                   name_of(split),
                   split == SPLIT_TEST ? ", data: {test: validation} tests on the validation split"
                                       : "");
    }
    if (found->lesions == 0) {
        concern.kind = CONCERN_NO_LESIONS;
        concern.refuse = split == SPLIT_TRAIN;
        return add(concerns, concern, "the %s split has no lesion, its %zu images are all normal",
                   name_of(split), found->images);
    }
    return STATUS_OK;
}

static Status judge_class(Concerns *concerns, const DatasetFacts *facts, const Dataset *dataset,
                          size_t class_index, Split test)
{
    size_t trained = facts->splits[SPLIT_TRAIN].classes[class_index];
    size_t tested = facts->splits[test].classes[class_index];
    Concern concern = {.class_index = class_index, .split = test};
    const char *name = dataset->class_names[class_index];
    if (trained == 0) {
        concern.kind = CONCERN_CLASS_UNSEEN;
        return add(concerns, concern,
                   "no image of class %s is to be trained on, %zu are to be tested on: no network "
                   "can name it (give some of its patients to the training split, or leave it out)",
                   name, tested);
    }
    if (tested == 0) {
        concern.kind = CONCERN_CLASS_UNTESTED;
        return add(concerns, concern,
                   "no image of class %s is in the %s split: what is measured does not include it",
                   name, name_of(test));
    }
    return STATUS_OK;
}

static Status judge_batch(Concerns *concerns, const SplitFacts *training, size_t batch)
{
    if (batch <= training->images || training->images == 0)
        return STATUS_OK;
    return add(concerns, (Concern){.kind = CONCERN_BATCH, .split = SPLIT_TRAIN},
               "a batch of %zu images is larger than the training split of %zu: every step sees "
               "images several times (training: {batch: %zu} or less)",
               batch, training->images, training->images);
}

/* Of frames without labels there is nothing to measure. */
static Status judge_unlabelled(Concerns *concerns, const DatasetFacts *facts, size_t batch)
{
    const SplitFacts *training = &facts->splits[SPLIT_TRAIN];
    if (training->images == 0)
        return add(concerns,
                   (Concern){.kind = CONCERN_SPLIT_EMPTY, .split = SPLIT_TRAIN, .refuse = true},
                   "the training split has no image (the manifest's column split gives it none)");
    return judge_batch(concerns, training, batch);
}

static Status judge(Concerns *concerns, const DatasetFacts *facts, const Dataset *dataset,
                    size_t batch, Split test)
{
    const SplitFacts *training = &facts->splits[SPLIT_TRAIN], *tested = &facts->splits[test];
    TRY(judge_split(concerns, facts, SPLIT_TRAIN));
    TRY(judge_split(concerns, facts, SPLIT_VALIDATION));
    if (test != SPLIT_VALIDATION)
        TRY(judge_split(concerns, facts, test));
    if (training->images == 0 || tested->images == 0)
        return STATUS_OK; /* the rest follows from it */
    if (tested->normal == 0)
        TRY(add(concerns, (Concern){.kind = CONCERN_NO_NORMAL, .split = test},
                "the %s split has no image labelled normal: AUC, specificity and all that tells "
                "lesions from normal is undefined",
                name_of(test)));
    for (size_t c = 0; c < dataset->class_count; ++c)
        TRY(judge_class(concerns, facts, dataset, c, test));
    return judge_batch(concerns, training, batch);
}

static int refusing_first(const void *a, const void *b)
{
    const Concern *x = a, *y = b;
    if (x->refuse != y->refuse)
        return x->refuse ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->split != y->split)
        return x->split < y->split ? -1 : 1;
    return x->class_index < y->class_index ? -1 : x->class_index > y->class_index;
}

Status dataset_concerns_init(Concerns *concerns, const Dataset *dataset, size_t batch, Split test)
{
    *concerns = (Concerns){0};
    DatasetFacts facts;
    TRY(dataset_facts_init(&facts, dataset));
    Status status = dataset->unlabelled ? judge_unlabelled(concerns, &facts, batch)
                                        : judge(concerns, &facts, dataset, batch, test);
    dataset_facts_clear(&facts);
    if (status != STATUS_OK)
        dataset_concerns_clear(concerns);
    else if (concerns->count > 0)
        qsort(concerns->concerns, concerns->count, sizeof *concerns->concerns, refusing_first);
    return status;
}

void dataset_concerns_clear(Concerns *concerns)
{
    free(concerns->concerns);
    *concerns = (Concerns){0};
}
