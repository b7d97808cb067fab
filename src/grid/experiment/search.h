/* Successive halving over the focal loss's alpha and gamma (Jamieson and Talwalkar 2016, "Non-
 * stochastic best arm identification and hyperparameter optimization", algorithm 1): every pair of
 * them trains for a few epochs, the better half goes on, and so on until one is left, which trains
 * to the end.
 *
 * Cells that are equal in all settings but alpha, gamma and seed are a group; its candidates are
 * the pairs of alpha and gamma, and a candidate's score is the mean over its seeds of a cell's
 * score: the validation AUC, or the validation Dice where the data have no AUC. n candidates are
 * halved in r = ceil(log2 n) rungs, after E/2^r, ..., E/4 and E/2 of the E epochs. A rung is
 * decided when all its cells have reached it, so that the decision does not depend on who came
 * first; a candidate with a failed cell is not kept. Cells go on from where they stand, so the last
 * one has the bits of a plain grid.
 *
 * Plain code without files or MPI: the master asks it, carries out what it says, and journals that.
 */
#ifndef GISD_GRID_EXPERIMENT_SEARCH_H
#define GISD_GRID_EXPERIMENT_SEARCH_H

#include "grid/experiment/cells.h"

/* Owned through search_clear(). */
typedef struct {
    size_t count; /* cells; a pretraining is a group of its own, about which nothing is decided */
    size_t candidates; /* of every group; 0: there is no search, and every cell goes to the end */
    size_t *groups;    /* by cell */
    size_t *candidate; /* by cell: its place among its group's candidates */
} Search;

/* How far a cell of a search is. */
typedef struct {
    bool out;          /* failed or dropped */
    size_t kept_epoch; /* of the last decision that kept it; 0: none yet */
    size_t epoch;      /* finished epochs */
    double score;      /* after that epoch; NaN is the worst */
} SearchCell;

typedef enum { SEARCH_UNTOUCHED, SEARCH_KEPT, SEARCH_DROPPED } SearchVerdict;

/* Errors name `path`: too few epochs for the rungs, or nothing to search over. */
Status search_init(const ExperimentFile *experiment, const char *path, const GridCells *cells,
                   Search *search);
void search_clear(Search *search);

/* Refuses a choice of cells that takes some of a group, which could never be decided:
 * selected[count].
 */
Status search_check_selection(const Search *search, const bool *selected);

/* The epoch after which a cell of `epochs` epochs waits for the next decision, if the last one was
 * after `decided` (0: none); 0: it goes on to the end. */
size_t search_next_epoch(const Search *search, size_t epochs, size_t decided);

/* The epoch of a group's last decision; 0: none. cells[count]. */
size_t search_decided_epoch(const Search *search, size_t group, const SearchCell *cells);

/* Decides a group's next rung, if that is due. verdicts[count] get this decision's, *epoch its
 * epoch. `epochs`: of the group's cells. */
Status search_decide(const Search *search, size_t group, size_t epochs, const SearchCell *cells,
                     SearchVerdict *verdicts, size_t *epoch, bool *due);

/* Epochs that a cell trains if always the first candidates were kept: what can be planned before
 * anything is known. */
size_t search_expected_epochs(const Search *search, size_t cell, size_t epochs);

#endif
