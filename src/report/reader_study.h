/* A reader study image by image: what people answered to the test images, and how long they took.
 *
 * A CSV file with a row for each answer: image (as the manifest writes it), reader, answer (a
 * class, or "normal"), and, where it was measured, seconds. A reader need not have seen all images,
 * and images that are not among the test's are left out and counted: people often read more than
 * one split. The example experiments/readers-example.csv is not of people.
 */
#ifndef GISD_REPORT_READER_STUDY_H
#define GISD_REPORT_READER_STUDY_H

#include <stdbool.h>

#include "report/cell_result.h"
#include "store/csv.h"

enum { READER_SILENT = -2 };

typedef struct {
    const char *name; /* borrowed from the table */
    int64_t *answer;  /* images: a lesion class, -1 normal, or READER_SILENT */
    double *seconds;  /* images: NaN where not given */
    size_t answered;  /* images */
} Reader;

/* Empty if zeroed; owned through reader_study_clear(). */
typedef struct {
    const CellResult *of; /* whose images these are; borrowed */
    size_t count;
    Reader *readers;  /* count: in the order of their first answers to these images */
    size_t elsewhere; /* rows of other images */
} ReaderStudy;

/* Whether a table of readers is of single images, and not of their means. */
bool reader_study_is(const CsvTable *table);

/* Answers to the images of a result, of which answers_has(). Errors name file and line: a class
 * that there is not, a second answer of one reader to one image, seconds that are no number, no
 * image of these at all. The table must outlive the study. */
Status reader_study_init(const CsvTable *table, const CellResult *result, ReaderStudy *study);
void reader_study_clear(ReaderStudy *study);

/* Of a reader and a class ("normal" is class -1): the images annotated with it that were answered,
 * how many of these rightly, and the mean of their seconds, NaN if none has any. */
typedef struct {
    size_t images, right;
    double seconds;
} ReaderClass;
ReaderClass reader_study_class(const ReaderStudy *study, size_t reader, int64_t class_index);

#endif
