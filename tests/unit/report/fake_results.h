/* A results folder made by hand: a journal, and result files with chosen numbers. */
#ifndef GISD_TESTS_FAKE_RESULTS_H
#define GISD_TESTS_FAKE_RESULTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "results/result_schema.h"
#include "store/files.h"
#include "store/journal.h"
#include "train/split_counts.h"

/* What a cell's result.h5 is to say. */
typedef struct {
    const char *id;
    double accuracy, auc, validation;
    const char *data;       /* path of the data; NULL: a hospital's */
    int64_t synthetic;      /* 0 or 1, or FAKE_UNTOLD as in files of earlier versions */
    unsigned lacks;         /* RESULT_BOXES and the like: what its task does not give */
    const char *config;     /* NULL: of a test split */
    const char *split_by;   /* NULL: as in files that do not say */
    const Dataset *dataset; /* of which the splits are told; NULL: as in files that do not */
    bool no_annotations;    /* as in files that kept no annotated boxes */
} FakeResult;
enum { FAKE_UNTOLD = -1 };

static inline void fake_planned(const char *folder, const char *id, const char *settings)
{
    char path[256], text[512];
    Journal *journal = NULL;
    snprintf(path, sizeof path, "%s/journal.jsonl", folder);
    snprintf(text, sizeof text, "{\"event\":\"planned\",\"cell\":\"%s\",\"settings\":{%s}}", id,
             settings);
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    cJSON *record = cJSON_Parse(text);
    assert_non_null(record);
    assert_int_equal(journal_append(journal, record), STATUS_OK);
    cJSON_Delete(record);
    journal_free(journal);
}

static inline void fake_event(const char *folder, const char *id, const char *event,
                              const char *cause)
{
    char path[256];
    Journal *journal = NULL;
    snprintf(path, sizeof path, "%s/journal.jsonl", folder);
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    cJSON *record = cJSON_CreateObject();
    cJSON_AddStringToObject(record, "event", event);
    cJSON_AddStringToObject(record, "cell", id);
    if (cause)
        cJSON_AddStringToObject(record, "cause", cause);
    assert_int_equal(journal_append(journal, record), STATUS_OK);
    cJSON_Delete(record);
    journal_free(journal);
}

typedef struct {
    const char *name;
    size_t rank, dims[2];
    const double *numbers; /* one of these is given */
    const int64_t *integers;
    const char *const *texts;
} FakeDataset;

/* Writes what the result is not to lack. */
static inline Status fake_write_datasets(Hdf5Writer *writer, unsigned lacks, size_t count,
                                         const FakeDataset *datasets)
{
    for (size_t i = 0; i < count; ++i) {
        const FakeDataset *dataset = &datasets[i];
        const ResultDataset *row = result_dataset_find(dataset->name);
        if (row && row->needs & lacks)
            continue;
        if (dataset->texts)
            TRY(result_write_texts(writer, dataset->name, dataset->dims[0], dataset->texts));
        else if (dataset->numbers)
            TRY(result_write(writer, dataset->name, HDF5_F64, dataset->rank, dataset->dims,
                             dataset->numbers));
        else
            TRY(result_write(writer, dataset->name, HDF5_I64, dataset->rank, dataset->dims,
                             dataset->integers));
    }
    return STATUS_OK;
}

static inline Status fake_write_metrics(Hdf5Writer *writer, const FakeResult *fake)
{
    const struct {
        const char *name;
        double value;
        unsigned needs;
    } all[] = {{"accuracy", fake->accuracy, RESULT_CLASSES},
               {"f1", 0.8, RESULT_CLASSES},
               {"sensitivity", 0.7, RESULT_CLASSES},
               {"specificity", 0.9, RESULT_CLASSES},
               {"auc", fake->auc, RESULT_CLASSES},
               {"lesion_sensitivity", 0.75, RESULT_CLASSES},
               {"dice", 0.6, RESULT_MASKS},
               {"ap_50", 0.5, RESULT_BOXES},
               {"median_seconds", 0.021, 0}};
    const char *names[9];
    double value[9], low[9], high[9];
    size_t count = 0;
    for (size_t i = 0; i < 9; ++i) {
        if (all[i].needs & fake->lacks)
            continue;
        names[count] = all[i].name;
        value[count] = all[i].value;
        low[count] = all[i].value - 0.01;
        high[count++] = all[i].value + 0.01;
    }
    const FakeDataset datasets[] = {
        {.name = "test/metrics/name", .rank = 1, .dims = {count}, .texts = names},
        {.name = "test/metrics/value", .rank = 1, .dims = {count}, .numbers = value},
        {.name = "test/metrics/low", .rank = 1, .dims = {count}, .numbers = low},
        {.name = "test/metrics/high", .rank = 1, .dims = {count}, .numbers = high}};
    return fake_write_datasets(writer, fake->lacks, 4, datasets);
}

/* A curve through a point that gives about the area, a matrix of 2 lesion classes and normal, 4
 * epochs, 6 images. */
static inline Status fake_write_rest(Hdf5Writer *writer, const FakeResult *fake)
{
    const double x[] = {0, 0, 1 - fake->auc, 1}, y[] = {0, 0.4, 0.4 + 0.6 * fake->auc, 1};
    const double threshold[] = {1e300, 0.9, 0.4, 0.1};
    const char *const classes[] = {"normal", "GC", "GU"};
    const int64_t counts[] = {40, 2, 3, 1, 20, 4, 0, 5, 25};
    const double epoch[] = {1, 2, 3, 4}, loss[] = {2.5, 1.4, 1.1, 0.9};
    const double validation[] = {0.99, 0.7, 0.8, fake->validation};
    const char *const images[] = {"a.png", "b.png", "c.png", "d.png", "e.png", "f.png"};
    const char *const patients[] = {"p", "p", "q", "q", "r", ""}; /* the last is not known */
    const double scores[] = {.1, .2, .9 * fake->auc, .1, .3, .8, .05, .02, .7, .1, .2, .4};
    const int64_t truth[] = {-1, 0, 1, -1, 0, -1}, lesions[] = {1, 2, 4};
    const int64_t predicted[] = {-1, 0, fake->accuracy > 0.85 ? 1 : -1, -1, 0, 1},
                  lesion_counts[] = {22, 3, 4, 26};
    const double point = 0.5;
    const char *const centres[] = {"A", "A", "B", "B", "A", ""};
    const double seconds[] = {0.02, 0.02, 0.03, 0.02, 0.04, 0.02};
    const double overlap[] = {0.95, 0.65, 0.1};
    const char *const forms[] = {"flat", "flat", "uplift"};
    const char *const config[] = {fake->config ? fake->config : "backbone: r50x1\ntest: test\n"};
    const char *const data[] = {fake->data ? fake->data : "/data/hospital/manifest.csv"};
    const FakeDataset datasets[] = {
        {.name = "config", .rank = 1, .dims = {1}, .texts = config},
        {.name = "provenance/data", .rank = 1, .dims = {1}, .texts = data},
        {.name = "history/epoch", .rank = 1, .dims = {4}, .numbers = epoch},
        {.name = "history/loss", .rank = 1, .dims = {4}, .numbers = loss},
        {.name = "history/validation_auc", .rank = 1, .dims = {4}, .numbers = validation},
        {.name = "test/roc/threshold", .rank = 1, .dims = {4}, .numbers = threshold},
        {.name = "test/roc/false_positive_rate", .rank = 1, .dims = {4}, .numbers = x},
        {.name = "test/roc/true_positive_rate", .rank = 1, .dims = {4}, .numbers = y},
        {.name = "test/confusion/class_names", .rank = 1, .dims = {3}, .texts = classes},
        {.name = "test/confusion/counts", .rank = 2, .dims = {3, 3}, .integers = counts},
        {.name = "test/confusion/lesion_counts",
         .rank = 2,
         .dims = {2, 2},
         .integers = lesion_counts},
        {.name = "test/metrics/operating_point", .rank = 1, .dims = {1}, .numbers = &point},
        {.name = "test/predictions/columns/centre", .rank = 1, .dims = {6}, .texts = centres},
        {.name = "test/predictions/image", .rank = 1, .dims = {6}, .texts = images},
        {.name = "test/predictions/patient", .rank = 1, .dims = {6}, .texts = patients},
        {.name = "test/predictions/seconds", .rank = 1, .dims = {6}, .numbers = seconds},
        {.name = "test/predictions/scores", .rank = 2, .dims = {6, 2}, .numbers = scores},
        {.name = "test/predictions/truth", .rank = 1, .dims = {6}, .integers = truth},
        {.name = "test/predictions/predicted", .rank = 1, .dims = {6}, .integers = predicted},
        {.name = "test/overlap/image", .rank = 1, .dims = {3}, .integers = lesions},
        {.name = "test/overlap/box_iou", .rank = 1, .dims = {3}, .numbers = overlap},
        {.name = "test/overlap/mask_iou", .rank = 1, .dims = {3}, .numbers = overlap},
        {.name = "test/overlap/form", .rank = 1, .dims = {3}, .texts = forms}};
    return fake_write_datasets(writer, fake->lacks, sizeof datasets / sizeof *datasets, datasets);
}

/* What the network points at: on the first lesion twice, as two classes; half of the second; a
 * place on a normal image; two fifths of the third, of which only the middle is on it. */
static inline Status fake_write_boxes(Hdf5Writer *writer, const FakeResult *fake)
{
    const int64_t found_image[] = {1, 1, 2, 3, 4}, found_class[] = {0, 1, 1, 0, 0};
    const double score[] = {0.9, 0.6, 0.8, 0.7, 0.3};
    const double found[] = {10, 10, 20, 20, 10, 10, 20, 20, 0,   0,
                            20, 40, 5,  5,  25, 25, 0,  0,  100, 4};
    const int64_t image[] = {1, 2, 4}, class_index[] = {0, 1, 0};
    const double box[] = {10, 10, 20, 20, 0, 0, 40, 40, 0, 0, 100, 10}, share[] = {0.02, 0.1, 0.3};
    const FakeDataset datasets[] = {
        {.name = "test/detections/image", .rank = 1, .dims = {5}, .integers = found_image},
        {.name = "test/detections/class", .rank = 1, .dims = {5}, .integers = found_class},
        {.name = "test/detections/score", .rank = 1, .dims = {5}, .numbers = score},
        {.name = "test/detections/box", .rank = 2, .dims = {5, 4}, .numbers = found},
        {.name = "test/annotations/image", .rank = 1, .dims = {3}, .integers = image},
        {.name = "test/annotations/class", .rank = 1, .dims = {3}, .integers = class_index},
        {.name = "test/annotations/share", .rank = 1, .dims = {3}, .numbers = share},
        {.name = "test/annotations/box", .rank = 2, .dims = {3, 4}, .numbers = box}};
    return fake_write_datasets(writer, fake->lacks, fake->no_annotations ? 4 : 8, datasets);
}

/* `kind`: of the file, as a further test set's says; NULL: a cell's result. */
static inline void fake_write_file(const char *path, const FakeResult *fake, const char *kind)
{
    Hdf5Writer *writer = NULL;
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    if (kind)
        assert_int_equal(hdf5_set_text(writer, "/", "kind", kind), STATUS_OK);
    assert_int_equal(fake_write_metrics(writer, fake), STATUS_OK);
    assert_int_equal(fake_write_rest(writer, fake), STATUS_OK);
    assert_int_equal(fake_write_boxes(writer, fake), STATUS_OK);
    if (fake->dataset)
        assert_int_equal(split_counts_write(writer, fake->dataset), STATUS_OK);
    if (fake->split_by)
        assert_int_equal(result_write_text(writer, "provenance/split_by", fake->split_by),
                         STATUS_OK);
    if (fake->synthetic != FAKE_UNTOLD)
        assert_int_equal(result_write_i64(writer, "provenance/synthetic", 1, &fake->synthetic),
                         STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
}

static inline void fake_write_result(const char *folder, const FakeResult *fake)
{
    char path[256];
    snprintf(path, sizeof path, "%s/cells/%s", folder, fake->id);
    assert_int_equal(files_make_folder(path), STATUS_OK);
    snprintf(path, sizeof path, "%s/cells/%s/result.h5", folder, fake->id);
    fake_write_file(path, fake, NULL);
}

/* Two finished seeds of one variant, another alpha of it, a finished global run, a failed one, a
 * cell that never started. The cells with alpha 0.5 have the better validation and the worse test.
 */
static inline void fake_experiment(const char *folder)
{
    const char *const local = "\"backbone\":\"r50x1\",\"tuning\":\"local\",\"gamma\":2";
    char settings[256];
    for (int seed = 1; seed <= 2; ++seed)
        for (int half = 0; half < 2; ++half) {
            char id[16];
            snprintf(id, sizeof id, "%s%d", half ? "half" : "quarter", seed);
            snprintf(settings, sizeof settings, "%s,\"alpha\":%s,\"seed\":%d", local,
                     half ? "0.5" : "0.25", seed);
            fake_planned(folder, id, settings);
        }
    fake_planned(folder, "global",
                 "\"backbone\":\"r50x1\",\"tuning\":\"global\",\"alpha\":0.25,"
                 "\"gamma\":2,\"seed\":1");
    fake_planned(folder, "broken", "\"backbone\":\"r100x1\",\"tuning\":\"local\"");
    fake_planned(folder, "later", "\"backbone\":\"r100x1\",\"tuning\":\"global\"");
    static const struct {
        const char *id;
        double accuracy, auc, validation;
    } results[] = {{"quarter1", 0.95, 0.96, 0.7},
                   {"quarter2", 0.97, 0.98, 0.75},
                   {"half1", 0.8, 0.85, 0.91},
                   {"half2", 0.84, 0.87, 0.93},
                   {"global", 0.9, 0.9, 0.9}};
    for (size_t i = 0; i < 5; ++i) {
        const FakeResult fake = {.id = results[i].id,
                                 .accuracy = results[i].accuracy,
                                 .auc = results[i].auc,
                                 .validation = results[i].validation,
                                 .synthetic = FAKE_UNTOLD};
        fake_write_result(folder, &fake);
        fake_event(folder, results[i].id, "started", NULL);
        fake_event(folder, results[i].id, "finished", NULL);
    }
    fake_event(folder, "broken", "started", NULL);
    fake_event(folder, "broken", "failed", "the loss of step 7 is not a number");
}

static inline void fake_remove(const char *folder)
{
    char command[320];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

#endif
