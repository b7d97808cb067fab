/* An experiment as the report sees it: its cells, their results, and which settings were chosen.
 *
 * Cells that differ only in their seed form a variant; variants of one backbone and tuning differ
 * in the focal loss's alpha and gamma. Of those the one with the best validation area is chosen
 * (mean over its finished seeds, at the last epoch, whose parameters are the ones tested), never by
 * anything of the test split; where no validation area is defined, by the validation Dice, and of
 * equals the first planned. The chosen variant's seed with the best validation stands for it in
 * curves and tests.
 */
#ifndef GISD_REPORT_EXPERIMENT_H
#define GISD_REPORT_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "report/cell_result.h"
#include "report/cells.h"
#include "report/published.h"

typedef struct {
    const char *backbone, *tuning, *others; /* borrowed from the first cell */
    double focal_alpha, focal_gamma;
    size_t count;  /* planned cells: seeds */
    size_t *cells; /* count: positions in the experiment's cells, in the order of planning */
    size_t finished;
    double validation; /* mean over the finished cells; NaN if there is none */
    size_t best;       /* the finished cell with the best validation, if finished > 0 */
    bool chosen;       /* among the variants of its backbone and tuning */
} Variant;

/* Owned through experiment_clear(). */
typedef struct {
    char *folder;
    ReportCells cells;
    CellResult *results; /* one a cell; of the finished cells only */
    double *validation;  /* one a cell: NaN if not finished or not defined */
    size_t variant_count;
    Variant *variants; /* in the order of planning */
    Published published;
    CsvTable readers;  /* of one's own reader study; no rows if none was given */
    bool phantom;      /* the images are synthetic */
    size_t unreadable; /* finished cells whose result could not be read: now failed, with cause */
    char problem[REPORT_CAUSE_BYTES]; /* of the first of them */
} Experiment;

/* Reads DIR/journal.jsonl and DIR/cells/ID/result.h5 of every finished cell. `published` is the
 * folder of published tables, or NULL for the one that comes with the program. `readers` is a CSV
 * file with the columns of the published table5.csv (reader, then CLASS_seconds and CLASS_accuracy
 * for any class, in lower case), or NULL. */
Status experiment_read(const char *folder, const char *published, const char *readers,
                       Experiment *experiment);
void experiment_clear(Experiment *experiment);

/* A metric over the finished seeds of a variant. One seed: its value and interval. More: mean and
 * standard deviation (n - 1), no interval. NaN where not defined. */
typedef struct {
    size_t seeds;
    double value, low, high, deviation;
} VariantMetric;
VariantMetric experiment_metric(const Experiment *experiment, const Variant *variant,
                                const char *name);

/* The chosen variant of a backbone and a tuning, or NULL if none is finished. */
const Variant *experiment_chosen(const Experiment *experiment, const char *backbone,
                                 const char *tuning);

/* How far a variant got, in words: "done", "1 of 3 seeds done", "failed: CAUSE", "running",
 * "missing". */
void experiment_describe_state(const Experiment *experiment, const Variant *variant, char *text,
                               size_t room);

/* The backbones to report, each once: the paper's in its order, then others as planned. Returns
 * how many; names are borrowed. `names` holds `room`. */
size_t experiment_backbones(const Experiment *experiment, const char **names, size_t room);

#endif
