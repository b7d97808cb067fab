/* A first experiment for a data set: settings that fit what there is to learn from and this
 * machine, and a file of them whose comments say why, and what a cell will take.
 *
 * The choice follows from the data and the number of threads alone, so the same call writes the
 * same settings again. The network is the largest of five whose cell is guessed to train in half an
 * hour, by the cost model that --plan uses; few images get a small one in any case, since it begins
 * with random weights. Then some steps are trained, and what the comments say of time and memory
 * follows from these: measured for the network in the file, predicted for its neighbours.
 *
 *     draft_init()  ->  draft_measure()  ->  draft_text()
 */
#ifndef GISD_GRID_RUN_DRAFT_H
#define GISD_GRID_RUN_DRAFT_H

#include <mpi.h>

#include "data/dataset_facts.h"
#include "train/settings.h"

/* A network that could be in the file, with its prediction. */
typedef struct {
    CellSettings settings;
    double seconds; /* of training a cell */
    double bytes;   /* that a rank needs; NaN: not known */
} DraftRow;

enum { DRAFT_ROWS_MOST = 16 };

/* Owned through draft_clear(). */
typedef struct {
    Dataset *data;
    DatasetFacts facts;
    Concerns concerns;       /* about the data as the draft uses it; none refuses */
    size_t packed_size;      /* of a pack: the only size that it serves; else 0 */
    bool given;              /* every image has its split from the manifest */
    bool test_on_validation; /* there is no test split */
    SplitSettings split;
    size_t threads;
    CellSettings cell;
    size_t row_count, chosen; /* rows[chosen] is the cell */
    DraftRow
        rows[DRAFT_ROWS_MOST]; /* the networks by size, then the backbones of the chosen size */
    size_t steps;              /* timed; 0: times are from a guess */
    double share;              /* of the threads' processors that these had */
} Draft;

/* Reads the data (a manifest, a pack, or a folder with a manifest.csv) and chooses. `threads`: of a
 * rank. STATUS_ARGUMENT: no network of gisd's can learn from the data, with the reason. */
Status draft_init(Draft *draft, const char *data, size_t threads);
void draft_clear(Draft *draft);

/* Whether other programs had so much of the processors that a quiet machine is much faster. */
static inline bool draft_was_disturbed(const Draft *draft)
{
    return draft->steps > 0 && draft->share < 0.6;
}

/* Trains some steps on random pictures by the chosen cell's own trainer, and predicts time and
 * memory of the rows from the quickest: the least disturbed by what else runs here. */
Status draft_measure(Draft *draft, MPI_Comm self);

/* The rows' seconds, from `step_seconds` of the chosen cell, or from the guess where that is 0. */
Status draft_predict(Draft *draft, double step_seconds);

/* The experiment file in *text, released with free(). `name`: of the experiment; `manifest`: the
 * data's path as seen from the file; `path`: the file's own, for what the comments tell to type. */
Status draft_text(const Draft *draft, const char *name, const char *manifest, const char *path,
                  char **text);

#endif
