/* How fast a cell is trained against others like it, as the journal tells: its ranks, or their
 * host, may be held up by something that nobody knows of. */
#ifndef GISD_GRID_RUN_RELATIVE_PACE_H
#define GISD_GRID_RUN_RELATIVE_PACE_H

#include "results/axes.h"

/* How many times longer than the median of its like the cell takes for a step, as if on one rank;
 * NaN: it has not been measured, or fewer than three of its like. Cells are alike if they differ in
 * nothing that can change how long a step takes. */
double relative_pace(const Records *records, const Axes *axes, size_t cell);

#endif
