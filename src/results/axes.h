/* What tells the cells of an experiment apart: its axes.
 *
 * Architecture, backbone and tuning name a run, as far as the cells have them; whatever else
 * differs keeps cells of one run apart. A setting differs if two cells of one architecture disagree
 * about it, or one of them lacks it: settings that another architecture has not are no axis.
 */
#ifndef GISD_RESULTS_AXES_H
#define GISD_RESULTS_AXES_H

#include "model/architecture.h"
#include "results/records.h"

/* The architecture of cells that were planned before there was more than one, and do not name it.
 */
#define AXES_FIRST_ARCHITECTURE (architecture_at(0)->name)

enum { AXES_NAMING = 3 };

/* Owned through axes_clear(); keys are borrowed from the records. */
typedef struct {
    size_t naming_count;
    const char *naming[AXES_NAMING]; /* naming_count keys, of "architecture" (if it is not the same
                                        everywhere or a cell has no backbone), "backbone" and
                                        "tuning" (if a cell has one), in this order; the last
                                        two where there is no cell */
    size_t other_count;
    const char **others; /* other_count keys, all that differ but the naming ones and "seed", in the
                            order of planning */
    size_t run_count;
    size_t *runs;   /* by cell: the run that it belongs to, numbered in the order of planning */
    size_t *firsts; /* run_count: the first cell of each */
} Axes;

Status axes_init(const Records *records, Axes *axes);
void axes_clear(Axes *axes);

/* Whether a key is one of those that name runs. */
bool axes_names(const Axes *axes, const char *key);

/* The text of a cell's setting; "" if it has none. */
const char *axes_value(const CellRecord *cell, const char *key);

#endif
