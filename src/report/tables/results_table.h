/* The tables of a report, from an experiment; each is made by the file of its name.
 *
 * Each comes in two forms: one for reading, with "93.2 (90.1 to 95.6)" in a cell, and one for
 * other programs, with a number in each. A row is a variant, named by the axes that the experiment
 * has; backbones and tunings of the paper that the grid did not plan have a row that says so, and
 * so do cells that did not finish. What no cell has gets no column, and what a single one lacks is
 * "not given".
 */
#ifndef GISD_REPORT_RESULTS_TABLE_H
#define GISD_REPORT_RESULTS_TABLE_H

#include "base/status.h"
#include "eval/interval.h"
#include "report/experiment.h"
#include "report/table.h"

/* Owned through results_table_clear(). */
typedef struct {
    Table text, numbers;
} ResultsTable;
void results_table_clear(ResultsTable *table);

/* table_check() of both forms; clears the table if it fails. */
Status results_table_check(ResultsTable *table);

/* Columns while they are collected; names are borrowed. More than fit are a bug. */
enum { RESULTS_COLUMNS_MOST = 128 };
typedef struct {
    size_t count;
    const char *names[RESULTS_COLUMNS_MOST];
} ResultsColumns;
void results_columns_add(ResultsColumns *columns, const char *name);

/* "r50x1 local", "r50x1 local, 3 seeds together": a run whose counts are added up over the seeds.
 */
enum { RESULTS_LABEL_BYTES = 160 };
void results_label_pooled(const Experiment *experiment, const Run *run,
                          char text[RESULTS_LABEL_BYTES]);

/* Adds the columns that name a run, and its cells in a row; without the tuning for a table that has
 * all tunings in one row. `random`: say that its local tuning had a random backbone; false in
 * tables for other programs. */
void results_columns_add_run(ResultsColumns *columns, const Experiment *experiment, bool tuning);
void results_add_run(Table *table, const Experiment *experiment, const Run *run, bool tuning,
                     bool random);

/* Says that the numbers of the row come from the results of a variant's finished cells, or of those
 * that stand for a run, which results_add_run() does. */
void results_add_source(Table *table, const Experiment *experiment, const Variant *variant);

/* The files of a variant's finished cells, or of the result that stands for a run. */
enum {
    RESULTS_SOURCE_BYTES = RECORD_ID_BYTES + 32,
    RESULTS_SOURCES_BYTES = 5 * RESULTS_SOURCE_BYTES
};
void results_describe_sources(const Experiment *experiment, const Variant *variant,
                              char text[RESULTS_SOURCES_BYTES]);
void results_describe_source(const Experiment *experiment, const Run *run,
                             char source[RESULTS_SOURCE_BYTES]);

/* The sources of rows that are not this experiment's. */
extern const char results_published_source[], results_readers_source[];

/* Both headings: the columns that name a run, then others. */
void results_init_tables(const Experiment *experiment, bool tuning, const char *const *texts,
                         size_t text_count, const char *const *names, size_t name_count,
                         ResultsTable *table);

/* "+0.012 (-0.003 to +0.027)", both times `scale`; "undefined" if it is. */
void results_add_difference(Table *table, double difference, Interval interval, double scale,
                            int decimals);

/* A p-value in both forms, "< 0.001" where it is. */
void results_add_p(ResultsTable *table, double p);

/* The same for the focal loss's alpha and gamma, as far as any cell has them. `numbers`: the table
 * is the one for other programs. A NULL cell has neither. */
void results_columns_add_loss(ResultsColumns *columns, const Experiment *experiment, bool numbers);
void results_add_loss(Table *table, const Experiment *experiment, const CellRecord *cell);

/* Lesion or none, of the chosen runs: sensitivity, specificity, area. What clinicians ask first. */
Status results_lesions(const Experiment *experiment, ResultsTable *table);

/* Table 2: accuracy, F1, sensitivity, specificity in percent beside the published ones. */
Status results_table2(const Experiment *experiment, ResultsTable *table);

/* Table 3: the area under the ROC curve beside the published one. */
Status results_table3(const Experiment *experiment, ResultsTable *table);

/* Detection, segmentation and time: AP, Dice, IoU, seconds. */
Status results_detection(const Experiment *experiment, ResultsTable *table);

/* Seconds an image of the chosen runs' representative cells, as gisd-eval --seconds has measured
 * them alone. Only where results_has_speed(). */
bool results_has_speed(const Experiment *experiment);
Status results_speed(const Experiment *experiment, ResultsTable *table);

/* Table 6: of the images whose lesion the chosen runs recognised (at the operating point, and as of
 * its class), class by class and form by form, the share whose best box (and whose mask) overlaps
 * the annotated one by at least 60, 70, 80, 90 percent, all finished seeds together. The published
 * counts, over their images, come first. No rows but those if no run has overlaps. */
Status results_overlap(const Experiment *experiment, ResultsTable *table);

/* DeLong's test of local against global tuning by patients, network by network, with Holm's
 * correction over all of them. */
Status results_delong(const Experiment *experiment, ResultsTable *table);

/* Every chosen run against the one with the best validation, on the same images: which images only
 * one of them got right (McNemar's test by patients, with Holm's correction), and the differences
 * of metrics with their intervals. */
Status results_comparisons(const Experiment *experiment, ResultsTable *table);

/* Every finished cell on further test sets, beside its own: each metric there and here, and the
 * drop with its interval. Cells that do not stand for their run are behind the fold. Only where
 * results_has_external(). */
bool results_has_external(const Experiment *experiment);
Status results_external(const Experiment *experiment, ResultsTable *table);

/* Chosen runs with several seeds: how the metrics differ between seeds, what other patients would
 * change, and both. Only where results_has_seeds(). */
bool results_has_seeds(const Experiment *experiment);
Status results_seeds(const Experiment *experiment, ResultsTable *table);

/* Table 4: the confusion matrices of the chosen runs over the lesion classes, row by row, all
 * finished seeds together, and the published ones whose classes the experiment has; the same with
 * normal images. Runs that do not stand for their model are behind the table's fold. The first says
 * nothing where there is but one lesion class. */
Status results_confusion(const Experiment *experiment, ResultsTable *table);
Status results_confusion_normal(const Experiment *experiment, ResultsTable *table);
bool results_has_lesion_classes(const Experiment *experiment);

/* Table 5: seconds an image and percent right, class by class, of the chosen runs (all finished
 * seeds together) beside the published models and endoscopists, and beside the readers of a file of
 * one's own if the experiment has one. */
Status results_readers(const Experiment *experiment, ResultsTable *table);

/* Who is right more often: the runs that stand for their models, pair by pair, and each beside each
 * reader whose answers are known image by image, on the images that both saw. McNemar's test by
 * patients, with Holm's correction over all rows, and differences of accuracy and of lesion
 * sensitivity and specificity. Only where results_has_judges(). */
bool results_has_judges(const Experiment *experiment);
Status results_judges(const Experiment *experiment, ResultsTable *table);

/* Where the published numbers do not agree with each other: what is printed, and what follows from
 * other printed numbers. Only where results_has_published(). */
bool results_has_published(const Experiment *experiment);
Status results_published(const Experiment *experiment, ResultsTable *table);

/* What each part of the method brings: the variants of the experiment file in its order, each a
 * mean over the finished seeds with its deviation, and the difference to the first one's mean. Only
 * where results_has_variants(). */
bool results_has_variants(const Experiment *experiment);
Status results_ablation(const Experiment *experiment, ResultsTable *table);
/* The pretrainings, with their own numbers of the data's validation split. */
Status results_pretraining(const Experiment *experiment, ResultsTable *table);

/* What needs no network (results/control.h), beside the area and the macro F1 of the chosen runs.
 * Only where the folder has a control. */
Status results_baselines(const Experiment *experiment, ResultsTable *table);

/* The chosen runs on their test frames with and without each kind of overlay: area with the 95 %
 * interval of DeLong's variance, sensitivity and specificity for any lesion at the operating point.
 * A kind that all frames have, or none, has no rows. */
Status results_overlays(const Experiment *experiment, ResultsTable *table);

/* Every planned cell with its settings, state, cause and validation. Only numbers is filled. */
Status results_cells(const Experiment *experiment, ResultsTable *table);

#endif
