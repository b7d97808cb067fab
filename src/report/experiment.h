/* An experiment as the report sees it: its cells, their results, and which settings were chosen.
 *
 * Cells that differ in nothing but their seed form a variant; variants with one architecture,
 * backbone and tuning form a run (results/axes.h). Of a run's variants the one with the best
 * validation area is chosen (mean over its finished seeds, at the last epoch, whose parameters are
 * the ones tested), never by anything of the test split; where a finished cell has no validation
 * area, by the validation Dice, or, if none has masks, by the validation accuracy; of equals the
 * first planned. The chosen variant's seed with the best validation stands for it in curves and
 * tests.
 */
#ifndef GISD_REPORT_EXPERIMENT_H
#define GISD_REPORT_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "report/cell_result.h"
#include "report/external_results.h"
#include "report/published.h"
#include "report/reader_study.h"
#include "results/axes.h"
#include "results/control.h"

typedef struct {
    size_t count;        /* planned cells: seeds; one at least */
    const size_t *cells; /* count: positions in the experiment's cells, in the order of planning;
                            borrowed from it */
    size_t finished;
    CellStanding standing; /* of the seeds together: done if all are; else failed, dropped or
                              partial if one is, in this order */
    size_t failed;         /* the first failed cell, if standing is failed */
    double validation;     /* mean over the finished cells; NaN if there is none */
    size_t best;           /* the finished cell with the best validation, if finished > 0 */
    size_t run;            /* position in the experiment's runs */
    bool chosen;           /* among the variants of its run */
} Variant;

/* All variants of a network and a tuning; or what the paper has and the grid has not, without
 * variants. Texts are borrowed, and "" where the cells have no such setting. */
typedef struct {
    const char *architecture, *backbone, *tuning;
    size_t network;                /* equal in runs that differ in tuning only; from 0 */
    size_t order;                  /* of its tuning: local, global, others as planned */
    const PublishedRun *published; /* NULL: the paper has none */
    size_t variant_count;
    const size_t *variants; /* variant_count: in the order of planning; borrowed */
    const Variant *chosen;  /* NULL: none is finished */
} Run;

/* Owned through experiment_clear(). */
typedef struct {
    char *folder;
    Records records; /* a cell whose result cannot be read counts as failed */
    Axes axes;
    CellResult *results;       /* one a cell, then one a pretraining; of the finished only */
    ExternalResults externals; /* of the finished cells on further test sets */
    const char *measure; /* of validation, by which cells are compared: "validation_auc", ... */
    double *validation;  /* one a cell: NaN if not finished or not defined */
    unsigned *collapse;  /* one a cell: signs that it has learnt nothing (collapse.h) */
    size_t variant_count;
    Variant *variants;     /* in the order of planning */
    size_t *variant_cells; /* all cells, by variant */
    size_t run_count;
    Run *runs; /* the paper's in its order, then others as planned; local before global */
    size_t *run_variants; /* all variants, by run of the axes */
    size_t tuning_count;
    const char **tunings;      /* tuning_count: of the runs, in their order; "" if a run has none */
    bool has_alpha, has_gamma; /* whether a cell has these settings, or there is no cell */
    Published published;
    CsvTable readers;   /* of one's own reader study; no rows if none was given */
    ReaderStudy study;  /* the same image by image; empty if the file has means alone, or no cell
                           with answers is finished */
    bool has_control;   /* the folder says what the data tell without a network */
    Control control;    /* what it says */
    bool synthetic;     /* the images are a phantom's */
    bool hard;          /* and its hard ones */
    bool on_validation; /* there is no test split: the validation images stand for it */
    bool by_image;      /* no patients are known to split by */
    size_t unreadable;  /* finished cells whose result could not be read: now failed, with cause */
    char problem[RECORD_CAUSE_BYTES]; /* of the first of them */
} Experiment;

/* Reads DIR/journal.jsonl and DIR/cells/ID/result.h5 of every finished cell. `published` is the
 * folder of published tables, "" for none, or NULL for the one that comes with the program, which
 * is left out where finished cells have none of its classes: they are of other images. `readers` is
 * a CSV file with the columns of the published table5.csv (reader, then CLASS_seconds and
 * CLASS_accuracy for any class, in lower case), or NULL. */
Status experiment_read(const char *folder, const char *published, const char *readers,
                       Experiment *experiment);
void experiment_clear(Experiment *experiment);

/* Compares cells by another column of their histories, such as "validation_dice", and chooses anew.
 * `measure` is borrowed; a cell without that column has no validation. */
void experiment_choose_by(Experiment *experiment, const char *measure);

/* The first cell of a variant, whose settings are those of all but for the seed. */
const CellRecord *experiment_cell(const Experiment *experiment, const Variant *variant);

/* The result that stands for a run: of the chosen variant's best seed. NULL: none is finished. */
const CellResult *experiment_result(const Experiment *experiment, const Run *run);

/* The results of the chosen variant's finished seeds, which tables of counts add up: the first with
 * *at = 0, NULL after the last. */
const CellResult *experiment_next_seed(const Experiment *experiment, const Run *run, size_t *at);

/* "seed 2, one of 3": which result experiment_result() is; "" where there is only one. */
enum { EXPERIMENT_SEED_BYTES = 48 };
void experiment_describe_seed(const Experiment *experiment, const Run *run,
                              char text[EXPERIMENT_SEED_BYTES]);

/* Whether a run has the best validation of its architecture's: the one that stands for a model in
 * tables that would otherwise be long. Of equals the first. */
bool experiment_is_first_choice(const Experiment *experiment, const Run *run);

/* A metric over the finished seeds of a variant. One seed: its value and interval. More: mean and
 * standard deviation (n - 1), no interval. NaN where not defined. */
typedef struct {
    bool given;   /* the result of a seed names it */
    size_t seeds; /* for which it is defined */
    double value, low, high, deviation;
} VariantMetric;
VariantMetric experiment_metric(const Experiment *experiment, const Variant *variant,
                                const char *name);

/* Whether the result of any cell names a metric; true if there is no result at all. */
bool experiment_has_metric(const Experiment *experiment, const char *name);

#endif
