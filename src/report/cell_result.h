/* What the report reads of a cell's result.h5.
 *
 * Layout (E epochs, M metrics, N test images, K lesion classes, C = K + 1 with normal first; a
 * number that is not defined is NaN):
 *
 *     /config                            text: the resolved cell as YAML
 *     /history/NAME                      E: epoch, loss and its parts (names with "loss"),
 *                                        learning_rate, validation_auc, validation_dice, ...
 *     /test/metrics/name                 M texts: the names of eval/outcome.h, then dice, mask_iou,
 *                                        ap_50, ap_50_95, median_seconds, ...
 *     /test/metrics/value, low, high     M: numbers and their 95 % intervals
 *     /test/roc/threshold, false_positive_rate, true_positive_rate        points of the lesion
 * curve /test/confusion/class_names        C texts /test/confusion/counts             C x C
 * integers, annotated x predicted /test/predictions/image            N texts: names of the images
 *     /test/predictions/scores           N x K
 *     /test/predictions/truth, predicted N integers: -1 normal, or a lesion class
 *     /test/predictions/seconds          N
 *     /test/overlap/image                lesion images: position in predictions
 *     /test/overlap/form                 their forms ("" where not given)
 *     /test/overlap/box_iou, mask_iou    overlap of the best box of the right class, of the mask
 *
 * Other groups and datasets may stand beside these and are ignored. Of these only /config,
 * /test/metrics, /test/roc and /test/confusion must be there.
 */
#ifndef GISD_REPORT_CELL_RESULT_H
#define GISD_REPORT_CELL_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store/hdf5_reader.h"

enum { CELL_RESULT_NAME_BYTES = 64 };

typedef struct {
    char name[CELL_RESULT_NAME_BYTES];
    double value, low, high;
} CellMetric;

/* One quantity over the epochs. */
typedef struct {
    char name[CELL_RESULT_NAME_BYTES];
    double *values; /* epochs */
} CellHistory;

/* Whether a result says that its images are a phantom's; files of earlier versions do not. */
typedef enum { SYNTHETIC_UNTOLD, SYNTHETIC_NO, SYNTHETIC_YES } Synthetic;

/* Owned through cell_result_clear(). Parts that the file lacks have count 0 and no arrays. */
typedef struct {
    char *config; /* YAML text */
    char *data;   /* path of the data set; NULL if not there */
    Synthetic synthetic;
    size_t metric_count;
    CellMetric *metrics;
    size_t roc_count;
    double *false_positive_rate, *true_positive_rate; /* roc_count */
    Hdf5Texts class_names;                            /* C */
    uint64_t *confusion;                              /* C x C */
    size_t epochs, history_count;
    CellHistory *history;  /* history_count */
    Hdf5Texts image_names; /* images */
    size_t images;
    double *lesion_score; /* images: the largest score */
    int64_t *truth;       /* images */
    double *seconds;      /* images; NULL if not there */
    size_t overlap_count;
    double *box_overlap, *mask_overlap; /* overlap_count */
    Hdf5Texts forms;                    /* overlap_count */
} CellResult;

/* Reads a result file. Errors name the file and the dataset. */
Status cell_result_read(const char *path, CellResult *result);
void cell_result_clear(CellResult *result);

/* The metric of a name, or NULL. */
const CellMetric *cell_result_metric(const CellResult *result, const char *name);

/* One quantity of the history, or NULL. */
const CellHistory *cell_result_history(const CellResult *result, const char *name);

#endif
