/* Models and readers, pair by pair; see results_table.h. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/holm.h"
#include "eval/mcnemar.h"
#include "report/answers.h"
#include "report/labels.h"
#include "report/tables/results_table.h"

/* Whoever has answered: a model, or a reader. */
typedef struct {
    char label[LABEL_BYTES + EXPERIMENT_SEED_BYTES];
    const CellResult *result; /* a model's, or the one whose images the reader saw */
    const int64_t *answer;    /* images: a lesion class, -1 normal, READER_SILENT of readers */
    bool reader;
    char source[RESULTS_SOURCE_BYTES]; /* the file of the answers */
} Judge;

/* The images that both of a pair have seen. */
typedef struct {
    size_t count;
    int64_t *truth, *answer[2]; /* count */
    bool *right[2];             /* count */
    Clusters patients;
} Shared;

/* What is compared besides who is right: the second's less the first's. */
enum { ACCURACY, SENSITIVITY, SPECIFICITY, SHARES };

typedef struct {
    const Judge *judges[2];
    size_t images, patients;
    double right[2]; /* percent */
    McnemarTest mcnemar;
    BootstrapIntervals differences[SHARES];
} JudgePair;

/* ---- who there is ---- */

static bool is_model(const Experiment *experiment, const Run *run)
{
    const CellResult *result = experiment_result(experiment, run);
    return result && answers_has(result) && experiment_is_first_choice(experiment, run);
}

static size_t count_models(const Experiment *experiment)
{
    size_t count = 0;
    for (size_t i = 0; i < experiment->run_count; ++i)
        count += is_model(experiment, &experiment->runs[i]);
    return count;
}

bool results_has_judges(const Experiment *experiment)
{
    const size_t models = count_models(experiment);
    return models > 1 || (models == 1 && experiment->study.count > 0);
}

static size_t list_judges(const Experiment *experiment, Judge *judges)
{
    const ReaderStudy *study = &experiment->study;
    size_t count = 0;
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const Run *run = &experiment->runs[i];
        char label[LABEL_BYTES], seed[EXPERIMENT_SEED_BYTES];
        if (!is_model(experiment, run))
            continue;
        Judge *judge = &judges[count++];
        judge->result = experiment_result(experiment, run);
        judge->answer = judge->result->predicted;
        results_describe_source(experiment, run, judge->source);
        label_run(experiment, run, label);
        experiment_describe_seed(experiment, run, seed);
        snprintf(judge->label, sizeof judge->label, "%s%s%s", label, *seed ? ", " : "", seed);
    }
    for (size_t i = 0; i < study->count; ++i) {
        Judge *judge = &judges[count++];
        *judge = (Judge){.result = study->of, .answer = study->readers[i].answer, .reader = true};
        snprintf(judge->label, sizeof judge->label, "%s", study->readers[i].name);
        snprintf(judge->source, sizeof judge->source, "%s", results_readers_source);
    }
    return count;
}

/* ---- a pair ---- */

static void shared_clear(Shared *shared)
{
    free(shared->truth);
    for (size_t k = 0; k < 2; ++k) {
        free(shared->answer[k]);
        free(shared->right[k]);
    }
    clusters_clear(&shared->patients);
}

static Status shared_allocate(size_t images, Shared *shared)
{
    TRY(MEMORY_NEW(&shared->truth, images));
    for (size_t k = 0; k < 2; ++k) {
        TRY(MEMORY_NEW(&shared->answer[k], images));
        TRY(MEMORY_NEW(&shared->right[k], images));
    }
    return STATUS_OK;
}

static Status shared_fill(const Judge *const judges[2], const Clusters *all, uint32_t *numbers,
                          Shared *shared)
{
    const CellResult *result = judges[0]->result;
    TRY(shared_allocate(result->images, shared));
    for (size_t i = 0; i < result->images; ++i) {
        if (judges[0]->answer[i] == READER_SILENT || judges[1]->answer[i] == READER_SILENT)
            continue;
        numbers[shared->count] = all->of[i];
        shared->truth[shared->count] = result->truth[i];
        for (size_t k = 0; k < 2; ++k) {
            shared->answer[k][shared->count] = judges[k]->answer[i];
            shared->right[k][shared->count] = judges[k]->answer[i] == result->truth[i];
        }
        ++shared->count;
    }
    return clusters_init(&shared->patients, numbers, shared->count);
}

static Status shared_init(const Judge *const judges[2], Shared *shared)
{
    uint32_t *numbers = NULL;
    Clusters all;
    *shared = (Shared){0};
    TRY(answers_patients(judges[0]->result, &all));
    Status status = MEMORY_NEW(&numbers, judges[0]->result->images);
    if (status == STATUS_OK)
        status = shared_fill(judges, &all, numbers, shared);
    free(numbers);
    clusters_clear(&all);
    if (status != STATUS_OK)
        shared_clear(shared);
    return status;
}

/* The ClusterStatistic: how much larger the second's shares are. Of lesions and of others right is
 * who tells the one from the other, whatever the class. */
static Status compute(void *context, const size_t *weights, double *values)
{
    const Shared *shared = context;
    double right[SHARES][2] = {{0}}, images[SHARES] = {0};
    for (size_t i = 0; i < shared->count; ++i) {
        const bool lesion = shared->truth[i] >= 0;
        const size_t of = lesion ? SENSITIVITY : SPECIFICITY;
        images[ACCURACY] += (double)weights[i];
        images[of] += (double)weights[i];
        for (size_t k = 0; k < 2; ++k) {
            right[ACCURACY][k] += shared->right[k][i] ? (double)weights[i] : 0;
            right[of][k] += (shared->answer[k][i] >= 0) == lesion ? (double)weights[i] : 0;
        }
    }
    for (size_t s = 0; s < SHARES; ++s)
        values[s] = (right[s][1] - right[s][0]) / images[s];
    return STATUS_OK;
}

static Status compare(const Judge *first, const Judge *second, JudgePair *pair)
{
    Shared shared;
    *pair = (JudgePair){.judges = {first, second}};
    TRY(shared_init(pair->judges, &shared));
    const ClusterBootstrap plan = {.clusters = &shared.patients,
                                   .replicates = CLUSTER_BOOTSTRAP_REPLICATES,
                                   .seed = ANSWERS_SEED,
                                   .statistics = SHARES,
                                   .compute = compute,
                                   .context = &shared};
    Status status =
        mcnemar_test(shared.right[0], shared.right[1], &shared.patients, &pair->mcnemar);
    if (status == STATUS_OK)
        status = cluster_bootstrap(&plan, pair->differences);
    pair->images = shared.count;
    pair->patients = shared.patients.count;
    for (size_t k = 0; k < 2; ++k) {
        for (size_t i = 0; i < shared.count; ++i)
            pair->right[k] += shared.right[k][i];
        pair->right[k] *= 100 / (double)shared.count;
    }
    shared_clear(&shared);
    return status;
}

/* Models with each other, and with readers; readers are not compared with each other. */
static Status compare_all(const Judge *judges, size_t count, JudgePair *pairs, size_t *pair_count)
{
    for (size_t i = 0; i < count; ++i)
        for (size_t k = i + 1; k < count && !judges[i].reader; ++k)
            if (judges[k].result == judges[i].result ||
                (answers_same_images(judges[i].result, judges[k].result) &&
                 judges[i].result->class_names.count == judges[k].result->class_names.count))
                TRY(compare(&judges[i], &judges[k], &pairs[(*pair_count)++]));
    return STATUS_OK;
}

/* ---- the table ---- */

static void add_row(const JudgePair *pair, double adjusted, ResultsTable *table)
{
    const McnemarTest *test = &pair->mcnemar;
    Table *both[] = {&table->text, &table->numbers};
    table_row_source(&table->text, "%s; %s", pair->judges[0]->source, pair->judges[1]->source);
    for (size_t i = 0; i < 2; ++i) {
        table_add(both[i], pair->judges[0]->label);
        table_add(both[i], pair->judges[1]->label);
        table_addf(both[i], "%zu", pair->images);
        table_addf(both[i], "%zu", pair->patients);
        for (size_t k = 0; k < 2; ++k)
            table_addf(both[i], i == 0 ? "%.2f" : "%.15g", pair->right[k]);
        table_addf(both[i], "%zu", test->only_first);
        table_addf(both[i], "%zu", test->only_second);
        table_add(both[i], test->exact ? "exact" : "chi-square");
    }
    results_add_p(table, test->p);
    results_add_p(table, adjusted);
    for (size_t s = 0; s < SHARES; ++s) {
        const BootstrapIntervals *difference = &pair->differences[s];
        results_add_difference(&table->text, difference->value, difference->percentile, 100, 1);
        table_add_exact(&table->numbers, difference->value);
        table_add_exact(&table->numbers, difference->percentile.low);
        table_add_exact(&table->numbers, difference->percentile.high);
    }
}

static void init_tables(ResultsTable *table)
{
    static const char *const texts[] = {"first",
                                        "second",
                                        "images",
                                        "patients",
                                        "first right, %",
                                        "second right, %",
                                        "right only first",
                                        "right only second",
                                        "McNemar's test",
                                        "p",
                                        "p (Holm)",
                                        "second less first, accuracy, %",
                                        "lesion sensitivity, %",
                                        "lesion specificity, %"};
    static const char *const names[] = {"first",
                                        "second",
                                        "images",
                                        "patients",
                                        "first_right",
                                        "second_right",
                                        "only_first",
                                        "only_second",
                                        "test",
                                        "p",
                                        "p_holm",
                                        "accuracy_difference",
                                        "accuracy_difference_low",
                                        "accuracy_difference_high",
                                        "lesion_sensitivity_difference",
                                        "lesion_sensitivity_difference_low",
                                        "lesion_sensitivity_difference_high",
                                        "lesion_specificity_difference",
                                        "lesion_specificity_difference_low",
                                        "lesion_specificity_difference_high"};
    table_init(&table->text, sizeof texts / sizeof *texts, texts);
    table_init(&table->numbers, sizeof names / sizeof *names, names);
}

static Status fill(const Judge *judges, size_t count, JudgePair *pairs, double *adjusted,
                   ResultsTable *table)
{
    size_t pair_count = 0;
    TRY(compare_all(judges, count, pairs, &pair_count));
    for (size_t i = 0; i < pair_count; ++i)
        adjusted[i] = pairs[i].mcnemar.p;
    TRY(holm_adjust(adjusted, pair_count, adjusted));
    for (size_t i = 0; i < pair_count; ++i)
        add_row(&pairs[i], adjusted[i], table);
    return STATUS_OK;
}

Status results_judges(const Experiment *experiment, ResultsTable *table)
{
    const size_t most = count_models(experiment) + experiment->study.count;
    Judge *judges = NULL;
    JudgePair *pairs = NULL;
    double *adjusted = NULL;
    Status status = STATUS_OK;
    init_tables(table);
    TRY_GOTO(status, end, MEMORY_NEW(&judges, most));
    TRY_GOTO(status, end, MEMORY_NEW(&pairs, most * most));
    TRY_GOTO(status, end, MEMORY_NEW(&adjusted, most * most));
    TRY_GOTO(status, end, fill(judges, list_judges(experiment, judges), pairs, adjusted, table));
end:
    free(judges);
    free(pairs);
    free(adjusted);
    if (status != STATUS_OK) {
        results_table_clear(table);
        return status;
    }
    return results_table_check(table);
}
