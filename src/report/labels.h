/* What a report calls runs and cells, from the axes that they have. Texts are cut to the room. */
#ifndef GISD_REPORT_LABELS_H
#define GISD_REPORT_LABELS_H

#include "report/experiment.h"

enum { LABEL_BYTES = 96, LABEL_OTHERS_BYTES = 256, LABEL_TITLE_BYTES = 160 };

/* "r50x1", "vgg19": the run's network. */
void label_network(const Experiment *experiment, const Run *run, char text[LABEL_BYTES]);

/* "r50x1 local"; "r50x1 local, random backbone" where that is so. */
void label_run(const Experiment *experiment, const Run *run, char text[LABEL_BYTES]);

/* Whether local tuning trains heads on a backbone that has learnt nothing: what to expect of such a
 * cell is not what local tuning is for. */
bool label_random_backbone(const CellRecord *cell);
#define LABEL_RANDOM_BACKBONE "random backbone"

/* The same of the cells that stand for a run: of the chosen variant, or of the first. */
bool label_run_is_random(const Experiment *experiment, const Run *run);

/* "base=64, learning_rate=0.001": the settings that keep a cell apart from others of its run, but
 * for the focal loss's, which have columns of their own, and the seed. */
void label_others(const Experiment *experiment, const CellRecord *cell,
                  char text[LABEL_OTHERS_BYTES]);

/* "r50x1, local tuning, alpha 0.25, gamma 2, seed 1, base=64": what tells a cell from others. */
void label_cell(const Experiment *experiment, const CellRecord *cell, char text[LABEL_TITLE_BYTES]);

/* A setting as a number; NaN if the cell has none, or has it and it does nothing: alpha and gamma
 * of another loss than the focal one. */
double label_number(const CellRecord *cell, const char *key);

#endif
