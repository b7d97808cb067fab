/* Cells that have collapsed: trained to the end, with numbers, and without having learnt anything.
 *
 * Nothing else shows it: such a cell is "done", and its numbers stand in the tables like others'.
 * There are three signs. One alone may have another cause (a hard task, a start from good weights,
 * a small network in a grid of large ones) and is only told; a cell with two is marked as
 * collapsed:
 *
 *   - the 95 % interval of its AUC reaches down to 0.5, as scores drawn at random would;
 *   - its loss has not fallen: the mean of the last quarter of the epochs is above 95 % of that of
 *     the first epoch;
 *   - it is far from its neighbours, the finished cells of the same tuning, of which there must be
 *     three others: its validation lies below their median by more than 0.1, and by more than three
 *     times their usual distance from it (1.4826 times the median absolute deviation).
 */
#ifndef GISD_REPORT_COLLAPSE_H
#define GISD_REPORT_COLLAPSE_H

#include "report/experiment.h"

/* Fills experiment->collapse: one set of signs a cell, 0 for cells without a result. */
Status collapse_find(Experiment *experiment);

/* Whether the signs of a cell are enough to mark it. */
bool collapse_is(unsigned signs);

/* "loss did not fall", "COLLAPSED: AUC interval reaches 0.5, loss did not fall"; "" without a sign.
 */
enum { COLLAPSE_TEXT_BYTES = 128 };
void collapse_describe(unsigned signs, char text[COLLAPSE_TEXT_BYTES]);

/* How many cells of a variant have a sign, and the signs of the one that has most. */
size_t collapse_count(const Experiment *experiment, const Variant *variant, unsigned *signs);

#endif
