/* A results folder made by hand: a journal, and result files with chosen numbers. */
#ifndef GISD_TESTS_FAKE_RESULTS_H
#define GISD_TESTS_FAKE_RESULTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "store/files.h"
#include "store/hdf5_writer.h"
#include "store/journal.h"

/* What a cell's result.h5 is to say. */
typedef struct {
    const char *id;
    double accuracy, auc, validation;
    const char *data;  /* path of the data; NULL: a hospital's */
    int64_t synthetic; /* 0 or 1, or FAKE_UNTOLD as in files of earlier versions */
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

/* Writes a curve through a point that gives about the area, a matrix of 2 lesion classes and
 * normal, 4 epochs, 6 images. */
static inline void fake_write_result(const char *folder, const FakeResult *fake)
{
    char path[256];
    Hdf5Writer *writer = NULL;
    snprintf(path, sizeof path, "%s/cells/%s", folder, fake->id);
    assert_int_equal(files_make_folder(path), STATUS_OK);
    snprintf(path, sizeof path, "%s/cells/%s/result.h5", folder, fake->id);
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    const char *const metrics[] = {"accuracy", "f1",   "sensitivity", "specificity",
                                   "auc",      "dice", "ap_50",       "median_seconds"};
    double value[8] = {fake->accuracy, 0.8, 0.7, 0.9, fake->auc, 0.6, 0.5, 0.021}, low[8], high[8];
    for (int i = 0; i < 8; ++i) {
        low[i] = value[i] - 0.01;
        high[i] = value[i] + 0.01;
    }
    const double x[] = {0, 0, 1 - fake->auc, 1}, y[] = {0, 0.4, 0.4 + 0.6 * fake->auc, 1};
    const double threshold[] = {1e300, 0.9, 0.4, 0.1};
    const char *const classes[] = {"normal", "GC", "GU"};
    const int64_t counts[] = {40, 2, 3, 1, 20, 4, 0, 5, 25};
    const size_t square[] = {3, 3}, by_class[] = {6, 2};
    const double epoch[] = {1, 2, 3, 4}, loss[] = {2.5, 1.4, 1.1, 0.9};
    const double validation[] = {0.99, 0.7, 0.8, fake->validation};
    const char *const images[] = {"a.png", "b.png", "c.png", "d.png", "e.png", "f.png"};
    const double scores[] = {.1, .2, .9 * fake->auc, .1, .3, .8, .05, .02, .7, .1, .2, .4};
    const int64_t truth[] = {-1, 0, 1, -1, 0, -1};
    const double overlap[] = {0.95, 0.65, 0.1};
    const char *const forms[] = {"flat", "flat", "uplift"};
    Status status = hdf5_write_text(writer, "config", "backbone: r50x1\n", "configuration");
    if (status == STATUS_OK)
        status = hdf5_write_text(writer, "provenance/data",
                                 fake->data ? fake->data : "/data/hospital/manifest.csv",
                                 "made by hand");
    if (status == STATUS_OK && fake->synthetic != FAKE_UNTOLD)
        status = hdf5_write_i64(writer, "provenance/synthetic", 1, &fake->synthetic, "made by hand",
                                NULL);
    const struct {
        const char *name;
        size_t count;
        const double *values;
    } numbers[] = {{"test/metrics/value", 8, value},
                   {"test/metrics/low", 8, low},
                   {"test/metrics/high", 8, high},
                   {"test/roc/threshold", 4, threshold},
                   {"test/roc/false_positive_rate", 4, x},
                   {"test/roc/true_positive_rate", 4, y},
                   {"history/epoch", 4, epoch},
                   {"history/loss", 4, loss},
                   {"history/validation_auc", 4, validation},
                   {"test/overlap/box_iou", 3, overlap},
                   {"test/overlap/mask_iou", 3, overlap}};
    for (size_t i = 0; status == STATUS_OK && i < sizeof numbers / sizeof *numbers; ++i)
        status = hdf5_write_f64(writer, numbers[i].name, numbers[i].count, numbers[i].values,
                                "made by hand", NULL);
    const struct {
        const char *name;
        size_t count;
        const char *const *texts;
    } texts[] = {{"test/metrics/name", 8, metrics},
                 {"test/confusion/class_names", 3, classes},
                 {"test/predictions/image", 6, images},
                 {"test/overlap/form", 3, forms}};
    for (size_t i = 0; status == STATUS_OK && i < sizeof texts / sizeof *texts; ++i)
        status =
            hdf5_write_texts(writer, texts[i].name, texts[i].count, texts[i].texts, "made by hand");
    if (status == STATUS_OK)
        status = hdf5_write(writer, "test/confusion/counts", HDF5_I64, 2, square, counts,
                            "made by hand", NULL);
    if (status == STATUS_OK)
        status = hdf5_write(writer, "test/predictions/scores", HDF5_F64, 2, by_class, scores,
                            "made by hand", NULL);
    if (status == STATUS_OK)
        status = hdf5_write_i64(writer, "test/predictions/truth", 6, truth, "made by hand", NULL);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
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
