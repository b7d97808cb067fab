/* What the report's section of evidence is made of: for each chosen run the images of its test, the
 * places that it pointed at, the lesions that there were, and whose images they are.
 *
 * Boxes and the manifest's further columns are read here and not with every cell's result, for
 * most cells' are never looked at.
 */
#ifndef GISD_REPORT_EVIDENCE_H
#define GISD_REPORT_EVIDENCE_H

#include "eval/cluster_bootstrap.h"
#include "eval/marks.h"
#include "report/experiment.h"
#include "report/labels.h"
#include "report/tables/results_table.h"

/* Fewer lesions, or fewer frames without one, than these say little, and the tables say so. */
enum { EVIDENCE_FEW = 10 };
/* Of fewer patients the bootstrap's intervals are too narrow, some of them by much
 * (docs/verification.md). */
enum { EVIDENCE_FEW_PATIENTS = 100 };

/* A further column of the manifest. */
typedef struct {
    char *name;
    Hdf5Texts values; /* images: "" where not given */
} EvidenceColumn;

/* Owned through evidence_clear(). */
typedef struct {
    const Run *run;
    const CellResult *result; /* answers_has() */
    char label[LABEL_BYTES];
    Clusters patients;      /* of the images */
    bool *positive;         /* images: with a lesion */
    size_t positives;       /* of them */
    double operating_point; /* NaN: not given */
    bool finds_boxes;       /* the network does */
    bool has_boxes;         /* and the result has the annotated ones */
    const char *no_boxes;   /* why not */
    size_t place_count, lesion_count;
    FoundBox *places; /* place_count: boxes of several classes at one place (infer/places.h) are one
                         mark, with the best one's score */
    AnnotatedBox *lesions; /* lesion_count */
    double *shares;        /* lesion_count: share of the frame that its box covers */
    const char **forms;    /* lesion_count: borrowed of the result; "" where not given */
    Marks overlapping;     /* the places, hits from IoU 0.5; only if has_boxes */
    Marks centred;         /* hits by their centre */
    size_t column_count;
    EvidenceColumn *columns;  /* column_count */
    size_t validation_count;  /* validation images; 0 where the result does not keep their scores */
    double *validation_score; /* validation_count: the largest */
    bool *validation_positive; /* validation_count: with a lesion */
} EvidenceRun;

typedef struct {
    const Experiment *experiment;
    double prevalence; /* share of frames with a lesion where the network is to be used; 0: that
                          of the test images */
    size_t count;
    EvidenceRun *runs; /* count: those of the experiment that are chosen and have answers */
} Evidence;

Status evidence_read(const Experiment *experiment, double prevalence, Evidence *evidence);
void evidence_clear(Evidence *evidence);

/* Fills a run but for its marks, zeroed but for `result`, of which answers_has(), from the file
 * that this was read from; to be released with evidence_run_clear(), also after an error. */
Status evidence_read_result(const char *path, EvidenceRun *run);
void evidence_run_clear(EvidenceRun *run);

/* The share of lesions that a run's numbers are meant for: the one given, or that of its images. */
double evidence_prevalence(const Evidence *evidence, const EvidenceRun *run);
/* The same of images that stand weights[i] times each. */
double evidence_drawn_prevalence(const Evidence *evidence, const EvidenceRun *run,
                                 const size_t *weights /* images */);

/* Intervals over patients, of as many draws and from the same seed as the report's others; the
 * second also BCa's. */
Status evidence_bootstrap(const EvidenceRun *run, size_t statistics, ClusterStatistic compute,
                          void *context, BootstrapIntervals *intervals /* statistics */);
Status evidence_bootstrap_bca(const EvidenceRun *run, size_t statistics, ClusterStatistic compute,
                              void *context, BootstrapIntervals *intervals /* statistics */);

/* The interval of a share or an area in [0, 1]: on the logit scale, and where it is 0 or 1 the
 * exact limit (Clopper and Pearson) of as many patients as it rests on. */
Interval evidence_share_interval(const BootstrapIntervals *found, size_t patients);

/* The interval of a number not below 0 that few frames overstate, and replicates of them once more
 * so: percentiles reflected at the value. */
Interval evidence_reflected_interval(const BootstrapIntervals *found);

/* How many patients have an image that is wanted. */
Status evidence_patients(const EvidenceRun *run, const bool *wanted /* images */, size_t *count);

/* ---- tables ---- */

/* The columns that name a run, then others; texts and numbers. */
void evidence_init_table(const Evidence *evidence, const char *const *texts, size_t text_count,
                         const char *const *names, size_t name_count, ResultsTable *table);

/* Adds the rows of one run. */
typedef Status EvidenceRows(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table);

/* The rows of every run, those of each architecture's choice first and the others behind a fold,
 * and whether the table is whole; it is cleared after an error. */
Status evidence_fold_runs(const Evidence *evidence, EvidenceRows *add, ResultsTable *table);

/* The cells that name a run. */
void evidence_add_run(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table);
void evidence_add_text(ResultsTable *table, const char *text);
void evidence_add_count(ResultsTable *table, size_t count);

/* "81.2 (70.1 to 88.9)", each times `scale`; `gap` where the value is NaN. Numbers are unscaled:
 * value, low, high. */
void evidence_add_value(ResultsTable *table, double value, Interval interval, double scale,
                        int decimals, const char *gap);

/* "few lesions", "few frames without one", or nothing. */
const char *evidence_remark(size_t lesions, size_t others);
/* The same of a run's images, or else that its patients are few. */
const char *evidence_run_remark(const EvidenceRun *run);

#endif
