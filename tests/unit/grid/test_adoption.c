/* Folders of versions without architectures: the identities are those that such a version gave to
 * the cells of this experiment on data of this fingerprint, and recorded in its journal. */
#include "../unit.h"

#include <stdint.h>
#include <string.h>

#include "../results/journal_lines.h"

#include "grid/run/adoption.h"

#define FINGERPRINT "cba387e9a4c9af9e319d0fd48cbb686c"
#define SGD_8       "9d5f33953d64" /* optimiser, momentum in tenths */
#define SGD_9       "39fbf86514c1"
#define ADAMW_8     "cd333b0329f2"
#define ADAMW_9     "bf05c1e885a8"

/* As it stands in that journal. */
#define PLANNED(id, optimiser, momentum)                                                           \
    "{\"event\":\"planned\",\"cell\":\"" id                                                        \
    "\",\"settings\":{\"backbone\":\"r50x1\",\"tuning\":\"local\",\"alpha\":0.25,\"gamma\":2,"     \
    "\"seed\":1,\"base\":4,\"size\":64,\"recursion_steps\":1,\"initial\":\"\","                    \
    "\"segmentation_weight\":1,\"box\":\"smooth_l1\",\"optimiser\":\"" optimiser                   \
    "\",\"learning_rate\":0.001,\"momentum\":" momentum                                            \
    ",\"weight_decay\":0.0001,\"clip_norm\":1e+01,\"schedule\":\"cosine\",\"warmup_epochs\":0,"    \
    "\"step_epochs\":3e+01,\"step_factor\":0.1,\"epochs\":2,\"batch\":4,\"shards\":4,"             \
    "\"augment\":\"true\",\"precision\":\"f32\"},\"name\":\"" id "\"}"
#define SAVED(id, step)                                                                            \
    "{\"event\":\"saved\",\"cell\":\"" id "\",\"epoch\":1,\"epochs\":2,\"step\":" step             \
    ",\"steps\":12}"
#define EVENT(event, id) "{\"event\":\"" event "\",\"cell\":\"" id "\"}"

/* A job of the experiment's cells on data of that fingerprint. */
typedef struct {
    ExperimentFile experiment;
    Dataset dataset;
    Dataset *datasets[1];
    Job job;
} Case;

static void make(Case *it, const char *training)
{
    const char *path = scratch("experiment.yaml"), *fingerprints[8];
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "name: mom\n"
            "model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1, branch_scale: 1}\n"
            "tuning: [local]\ntraining: {epochs: 2, batch: 4, shards: 4, warmup_epochs: 0,\n"
            "  learning_rate: 0.001, ema: 0, %s}\n",
            training);
    fclose(file);
    assert_int_equal(experiment_file_read(path, &it->experiment), STATUS_OK);
    it->dataset = (Dataset){.fingerprint = FINGERPRINT, .size = 64};
    it->datasets[0] = &it->dataset;
    it->job = (Job){.data_count = 1, .datasets = it->datasets};
    assert_int_equal(grid_cells_init(&it->experiment, path, &it->job.cells), STATUS_OK);
    for (size_t i = 0; i < it->job.cells.count; ++i)
        fingerprints[i] = FINGERPRINT;
    assert_int_equal(grid_cells_identify(&it->experiment, path, fingerprints, &it->job.cells),
                     STATUS_OK);
}

static void clear(Case *it)
{
    grid_cells_clear(&it->job.cells);
    experiment_file_clear(&it->experiment);
}

/* The id of each of the job's cells, with blanks, once the journal has been matched with it and
 * what was found has been journalled; *unknown: records that are none of them. */
static const char *match(Case *it, const char *journal_path, size_t *unknown)
{
    static char text[128];
    size_t owners[8];
    Records records;
    Journal *journal;
    assert_int_equal(records_read(journal_path, &records), STATUS_OK);
    assert_int_equal(adoption_match(&records, &it->experiment, &it->job, owners), STATUS_OK);
    *unknown = 0;
    for (size_t i = 0; i < records.count; ++i)
        *unknown += owners[i] == SIZE_MAX;
    assert_int_equal(journal_new(journal_path, &journal), STATUS_OK);
    assert_int_equal(adoption_record(&records, &it->job, owners, journal), STATUS_OK);
    journal_free(journal);
    records_clear(&records);
    text[0] = '\0';
    for (size_t i = 0; i < it->job.cells.count; ++i) {
        strcat(text, i ? " " : "");
        strcat(text, it->job.cells.cells[i].id);
    }
    return text;
}

#define BOTH "optimiser: [sgd, adamw], momentum: [0.8, 0.9]"

static void records_of_one_cell_become_one(void **state)
{
    (void)state;
    static const char *const lines[] = {
        PLANNED(SGD_8, "sgd", "0.8"),     PLANNED(SGD_9, "sgd", "0.9"),
        PLANNED(ADAMW_8, "adamw", "0.8"), PLANNED(ADAMW_9, "adamw", "0.9"),
        EVENT("finished", SGD_8),
    };
    Case it;
    size_t unknown;
    Records records;
    make(&it, BOTH);
    assert_int_equal(it.job.cells.count, 3);
    const char *path = WRITE_JOURNAL(lines);
    for (int start = 0; start < 2; ++start) {
        assert_string_equal(match(&it, path, &unknown), SGD_8 " " SGD_9 " " ADAMW_8);
        assert_int_equal(unknown, 0);
    }
    assert_int_equal(records_read(path, &records), STATUS_OK);
    assert_int_equal(records.count, 3);
    for (size_t i = 0; i < 3; ++i)
        assert_string_equal(records_find(&records, it.job.cells.cells[i].identity)->id,
                            it.job.cells.cells[i].id);
    assert_int_equal(records_find(&records, SGD_8)->standing, CELL_DONE);
    assert_string_equal(records_find(&records, ADAMW_8)->identity, it.job.cells.cells[2].identity);
    assert_null(records_find(&records, ADAMW_9));
    records_clear(&records);
    clear(&it);
}

static void the_farthest_record_stands_for_its_cell(void **state)
{
    (void)state;
    static const char *const lines[] = {
        PLANNED(ADAMW_8, "adamw", "0.8"), PLANNED(ADAMW_9, "adamw", "0.9"),
        EVENT("started", ADAMW_8),        SAVED(ADAMW_8, "5"),
        EVENT("started", ADAMW_9),        SAVED(ADAMW_9, "6"),
        EVENT("finished", ADAMW_8),
    };
    Case it;
    size_t unknown;
    make(&it, "momentum: [0.8, 0.9]");
    assert_int_equal(it.job.cells.count, 1);
    assert_string_equal(match(&it, write_journal(6, lines), &unknown), ADAMW_9);
    assert_string_equal(match(&it, write_journal(7, lines), &unknown), ADAMW_8);
    assert_int_equal(unknown, 0);
    clear(&it);
}

static void a_setting_that_does_not_matter_may_change(void **state)
{
    (void)state;
    static const char *const lines[] = {PLANNED(ADAMW_8, "adamw", "0.8"),
                                        PLANNED(SGD_8, "sgd", "0.8")};
    Case it;
    size_t unknown;
    make(&it, "optimiser: [adamw, sgd]"); /* momentum 0.9 */
    const char *ids = match(&it, write_journal(2, lines), &unknown);
    assert_memory_equal(ids, ADAMW_8, strlen(ADAMW_8));
    assert_null(strstr(ids, SGD_8));
    assert_int_equal(unknown, 1);
    clear(&it);
}

static void what_only_looks_the_same_is_not_adopted(void **state)
{
    (void)state;
    static const char *const lines[] = {PLANNED("0123456789ab", "adamw", "0.8")};
    Case it;
    size_t unknown;
    make(&it, "optimiser: adamw"); /* those settings, other data */
    assert_string_equal(match(&it, write_journal(1, lines), &unknown),
                        it.job.cells.cells[0].identity);
    assert_int_equal(unknown, 1);
    clear(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_one_cell_become_one),
        cmocka_unit_test(the_farthest_record_stands_for_its_cell),
        cmocka_unit_test(a_setting_that_does_not_matter_may_change),
        cmocka_unit_test(what_only_looks_the_same_is_not_adopted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
