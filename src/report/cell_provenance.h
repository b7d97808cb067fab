/* What a result says of its making beyond what tables of accuracy need: for the cost of cells, the
 * methods paragraph and checklists. Files of earlier versions lack some of it. */
#ifndef GISD_REPORT_CELL_PROVENANCE_H
#define GISD_REPORT_CELL_PROVENANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "report/experiment.h"

/* A text that is not given is NULL, a whole number -1, a
 * number NaN. */
typedef struct {
    bool read; /* else the cell has no result */
    char *version, *revision, *fingerprint, *identity, *host, *finished;
    int64_t arithmetic, seed, parameters, trained_parameters;
    int64_t memory_peak;    /* bytes of rank 0 */
    double seconds, joules; /* from the last start of the cell to its result */
} CellProvenance;

/* Of one result file; to be released with cell_provenance_clear(), also after an error. */
Status cell_provenance_read(const char *path, CellProvenance *item);
void cell_provenance_clear(CellProvenance *item);

/* Those of all finished cells of an experiment: items[its cells], released with
 * cell_provenances_free(). */
Status cell_provenances_read(const Experiment *experiment, CellProvenance **items);
void cell_provenances_free(const Experiment *experiment, CellProvenance *items);

/* "FOLDER/cells/ID/NAME" in *path, released with free(). */
Status cell_file_path(const Experiment *experiment, size_t cell, const char *name, char **path);

#endif
