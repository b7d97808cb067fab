/* What cells came to on further test sets (cells/ID/test_NAME.h5), made by a grid's test_sets or by
 * gisd-eval. */
#ifndef GISD_REPORT_EXTERNAL_RESULTS_H
#define GISD_REPORT_EXTERNAL_RESULTS_H

#include "report/cell_result.h"
#include "results/records.h"
#include "train/external_test.h"

typedef struct {
    size_t cell; /* position in the experiment's cells */
    char name[EXTERNAL_TEST_NAME_BYTES];
    CellResult result;                /* of the test set's images; empty if it cannot be read */
    char problem[RECORD_CAUSE_BYTES]; /* why not; "": it was read */
} ExternalResult;

/* Owned through external_results_clear(), also after an error. */
typedef struct {
    size_t count, room;
    ExternalResult *items; /* count: by cell, then by name */
} ExternalResults;

/* Reads those of every finished cell of the folder. Files of the name that are none are left out.
 */
Status external_results_read(const char *folder, const Records *records, ExternalResults *results);
void external_results_clear(ExternalResults *results);

#endif
