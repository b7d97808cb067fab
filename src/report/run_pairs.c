/* See run_pairs.h. */
#include "report/run_pairs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/distributions.h"
#include "eval/holm.h"
#include "report/variants.h"

/* ---- what is compared ---- */

static const Run *best_run(const Experiment *experiment)
{
    const Run *best = NULL;
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const Run *run = &experiment->runs[i];
        if (run->chosen &&
            (!best || variants_better(run->chosen->validation, best->chosen->validation)))
            best = run;
    }
    return best;
}

static bool same_name(const Run *one, const Run *other)
{
    return strcmp(one->architecture, other->architecture) == 0 &&
           strcmp(one->backbone, other->backbone) == 0 && strcmp(one->tuning, other->tuning) == 0;
}

static RunPair *add_pair(const Run *first, const Run *second, RunPairs *pairs)
{
    RunPair *pair = &pairs->items[pairs->count++];
    *pair = (RunPair){.runs = {first, second}};
    return pair;
}

/* The best of each has a row of its own only where it would not have one anyway. */
static void add_best(RunPairs *pairs)
{
    const Run *first = best_run(pairs->experiments[0]), *second = best_run(pairs->experiments[1]);
    if (!first || !second || same_name(first, second))
        return;
    char labels[2][LABEL_BYTES];
    label_run(pairs->experiments[0], first, labels[0]);
    label_run(pairs->experiments[1], second, labels[1]);
    RunPair *pair = add_pair(first, second, pairs);
    snprintf(pair->label, sizeof pair->label, "the best of each: %s; %s", labels[0], labels[1]);
}

static void add_matching(RunPairs *pairs)
{
    const Experiment *first = pairs->experiments[0], *second = pairs->experiments[1];
    for (size_t i = 0; i < first->run_count; ++i)
        for (size_t k = 0; k < second->run_count && first->runs[i].chosen; ++k)
            if (second->runs[k].chosen && same_name(&first->runs[i], &second->runs[k])) {
                RunPair *pair = add_pair(&first->runs[i], &second->runs[k], pairs);
                char label[LABEL_BYTES];
                label_run(first, pair->runs[0], label);
                snprintf(pair->label, sizeof pair->label, "%s",
                         *label ? label : pair->runs[0]->architecture);
            }
}

/* ---- how they differ ---- */

static Status read_side(const Experiment *experiment, size_t side, RunPair *pair)
{
    const Run *run = pair->runs[side];
    const CellResult *result = experiment_result(experiment, run);
    Clusters patients;
    TRY(MEMORY_NEW(&pair->seeds[side], run->chosen->count));
    pair->seed_counts[side] = answers_collect(experiment, run, pair->seeds[side]);
    pair->images[side] = result->images;
    TRY(answers_patients(result, &patients));
    pair->patients[side] = patients.count;
    clusters_clear(&patients);
    return STATUS_OK;
}

static Status test_areas(const CellResult *first, const CellResult *second,
                         const Clusters *patients, ClusteredDelong *test)
{
    bool *positive;
    TRY(MEMORY_NEW(&positive, first->images));
    for (size_t i = 0; i < first->images; ++i)
        positive[i] = first->truth[i] >= 0;
    Status status =
        clustered_delong(first->lesion_score, second->lesion_score, positive, patients, test);
    free(positive);
    return status;
}

static Status test_answers(const CellResult *first, const CellResult *second,
                           const Clusters *patients, McnemarTest *test)
{
    bool *right, *other = NULL;
    TRY(answers_right(first, &right));
    Status status = answers_right(second, &other);
    if (status == STATUS_OK)
        status = mcnemar_test(right, other, patients, test);
    free(right);
    free(other);
    return status;
}

static Status compare_paired(const CellResult *first, const CellResult *second, RunPair *pair)
{
    Clusters patients;
    ClusteredDelong test = {0};
    TRY(answers_patients(first, &patients));
    Status status = test_areas(second, first, &patients, &test);
    if (status == STATUS_OK)
        status = test_answers(first, second, &patients, &pair->mcnemar);
    clusters_clear(&patients);
    pair->auc[0] = test.auc[1];
    pair->auc[1] = test.auc[0];
    pair->difference = test.difference;
    pair->interval = test.interval;
    pair->z = test.z;
    pair->p = test.p;
    return status;
}

/* Areas of different patients have no covariance. */
static Status compare_unpaired(const CellResult *const results[2], RunPair *pair)
{
    double variance = 0;
    for (size_t side = 0; side < 2; ++side) {
        Clusters patients;
        ClusteredDelong alone = {0};
        TRY(answers_patients(results[side], &patients));
        Status status = test_areas(results[side], results[side], &patients, &alone);
        clusters_clear(&patients);
        TRY(status);
        pair->auc[side] = alone.auc[0];
        variance += alone.variance[0];
    }
    pair->difference = pair->auc[1] - pair->auc[0];
    pair->z = variance > 0 ? pair->difference / sqrt(variance) : (double)NAN;
    pair->p = normal_two_sided(pair->z);
    const double margin = normal_quantile(0.975) * sqrt(variance);
    pair->interval = (Interval){pair->difference - margin, pair->difference + margin};
    return STATUS_OK;
}

static Status compare(RunPairs *pairs, RunPair *pair)
{
    const double nan = (double)NAN;
    const CellResult *results[2];
    pair->auc[0] = pair->auc[1] = pair->difference = pair->z = pair->p = nan;
    pair->interval = (Interval){nan, nan};
    pair->mcnemar.p = nan;
    for (size_t side = 0; side < 2; ++side) {
        results[side] = experiment_result(pairs->experiments[side], pair->runs[side]);
        TRY(read_side(pairs->experiments[side], side, pair));
    }
    pair->paired = answers_same_images(results[0], results[1]);
    if (!answers_has(results[0]) || !answers_has(results[1]))
        return STATUS_OK;
    if (pair->paired && results[0]->class_names.count == results[1]->class_names.count)
        return compare_paired(results[0], results[1], pair);
    return compare_unpaired(results, pair);
}

static Status adjust(RunPairs *pairs)
{
    double *p;
    TRY(MEMORY_NEW(&p, pairs->count));
    for (size_t i = 0; i < pairs->count; ++i)
        p[i] = pairs->items[i].p;
    Status status = holm_adjust(p, pairs->count, p);
    for (size_t i = 0; i < pairs->count; ++i) {
        pairs->items[i].p_holm = p[i];
        p[i] = pairs->items[i].mcnemar.p;
    }
    if (status == STATUS_OK)
        status = holm_adjust(p, pairs->count, p);
    for (size_t i = 0; i < pairs->count; ++i)
        pairs->items[i].mcnemar_p_holm = p[i];
    free(p);
    return status;
}

Status run_pairs_find(const Experiment *first, const Experiment *second, RunPairs *pairs)
{
    *pairs = (RunPairs){.experiments = {first, second}};
    Status status = MEMORY_NEW(&pairs->items, first->run_count + 1);
    if (status == STATUS_OK) {
        add_best(pairs);
        add_matching(pairs);
    }
    for (size_t i = 0; i < pairs->count && status == STATUS_OK; ++i)
        status = compare(pairs, &pairs->items[i]);
    if (status == STATUS_OK)
        status = adjust(pairs);
    if (status != STATUS_OK)
        run_pairs_clear(pairs);
    return status;
}

void run_pairs_clear(RunPairs *pairs)
{
    for (size_t i = 0; i < pairs->count; ++i)
        for (size_t side = 0; side < 2; ++side)
            free(pairs->items[i].seeds[side]);
    free(pairs->items);
    *pairs = (RunPairs){0};
}
