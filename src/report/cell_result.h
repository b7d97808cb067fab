/* What the report reads of a cell's result.h5, whose datasets results/result_schema.h lists. What
 * that table lets a file lack is left empty here; other datasets are ignored. */
#ifndef GISD_REPORT_CELL_RESULT_H
#define GISD_REPORT_CELL_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "report/cell_speed.h"
#include "store/hdf5_reader.h"

enum { CELL_RESULT_NAME_BYTES = 96 };

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

/* What computed a cell; texts are owned, and NULL where a file of an earlier version lacks them. */
typedef struct {
    char *engine, *engine_version, *processor;
    int64_t threads, ranks; /* threads of a rank; 0: not given */
} CellMachine;

/* Owned through cell_result_clear(). Parts that the file lacks have count 0 and no arrays. C: the
 * classes, normal first. */
typedef struct {
    char *config;            /* YAML text */
    bool on_validation;      /* the validation split stood for the test split */
    bool half;               /* computed in bfloat16 */
    char *data;              /* path of the data set */
    bool by_image;           /* no patients are known: the splits keep images together at most */
    CellMachine machine;     /* what computed it */
    Hdf5Texts data_warnings; /* about the data set; none in files of earlier versions */
    Synthetic synthetic;
    bool hard; /* the images are the phantom's hard ones */
    size_t metric_count;
    CellMetric *metrics;
    size_t roc_count;
    double *false_positive_rate, *true_positive_rate; /* roc_count */
    Hdf5Texts class_names;                            /* C */
    uint64_t *confusion;                              /* C x C: annotated x predicted */
    uint64_t *lesion_confusion; /* (C - 1) x (C - 1): the lesion images alone, by their highest
                                   score; NULL: not given */
    size_t epochs, history_count;
    CellHistory *history; /* history_count */
    size_t images;
    Hdf5Texts image_names;  /* images */
    Hdf5Texts patients;     /* images: "" where not known */
    Hdf5Texts scenes;       /* images: of the manifest's column; none if it has none */
    double *dice;           /* images: of masks; NaN where none is annotated */
    double *lesion_score;   /* images: the largest score */
    int64_t *best_class;    /* images: the lesion class that has it, the first of equals */
    int64_t *truth;         /* images: -1 normal, or a lesion class */
    int64_t *predicted;     /* the same, at the operating point; NULL: not given */
    double *seconds;        /* images: of the cell's test */
    CellSpeed speed;        /* measured alone, of another file */
    size_t overlap_count;   /* images with a lesion */
    int64_t *overlap_image; /* overlap_count: positions among the images */
    double *box_overlap, *mask_overlap; /* overlap_count: of the best box of the right class, of the
                                           mask */
    Hdf5Texts forms;                    /* overlap_count: of the lesions, "" where not given */
} CellResult;

/* Reads a result file. Errors name the file and the dataset. */
Status cell_result_read(const char *path, CellResult *result);
void cell_result_clear(CellResult *result);

/* The metric of a name, or NULL. */
const CellMetric *cell_result_metric(const CellResult *result, const char *name);

/* One quantity of the history, or NULL. */
const CellHistory *cell_result_history(const CellResult *result, const char *name);

#endif
