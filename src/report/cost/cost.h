/* What cells took: time, ranks, energy, memory, and how large their networks are. */
#ifndef GISD_REPORT_COST_COST_H
#define GISD_REPORT_COST_COST_H

#include "report/cell_provenance.h"
#include "report/tables/results_table.h"

/* What a cell took. NaN, or 0 where it says so, if that is not known. */
typedef struct {
    double wall_hours;        /* of all attempts, as the journal has them */
    double rank_hours;        /* the same times the ranks of each */
    double processor_hours;   /* the same times the threads of a rank */
    double watt_hours;        /* see `measured` */
    bool measured;            /* by RAPL, from the cell's last start; else estimated from the
                                 processors' hours at COST_WATTS each */
    bool in_part;             /* measured, and the cell had earlier starts */
    double images_per_second; /* in training; 0: not known */
    double memory_bytes;      /* the most that rank 0 held; 0: not known */
    double parameters;        /* 0: not known */
    double checkpoint_bytes;  /* of its file; 0: it is not there */
} CellCost;

#define COST_WATTS 12.0 /* of a busy thread, assumed */

/* `provenance`: of the cell, which is finished. */
CellCost cost_of_cell(const Experiment *experiment, size_t cell, const CellProvenance *provenance);

/* Rank hours of all cells of a run, whatever came of them, or of the experiment if `run` is NULL.
 */
double cost_rank_hours(const Experiment *experiment, const Run *run);

/* The representative cells of the chosen runs, and all cells together. `provenance`: one a cell. */
Status cost_table(const Experiment *experiment, const CellProvenance *provenance,
                  ResultsTable *table);

/* Writes stem.png and stem.svg: what the same cells reached against their rank hours; *drawn is
 * false, and nothing written, if no cell has both. */
Status cost_figure_save(const char *stem, const Experiment *experiment,
                        const CellProvenance *provenance, bool *drawn);

#endif
