/* An experiment for R and pandas: one table a kind in long form, a number a row, nothing averaged.
 *
 * Every row names the cell, its settings as far as cells differ in them, its seed, whether its
 * settings are the chosen ones of their run, and the images: "test", "validation" where these stand
 * for it, or the name of a further test set. Numbers have 15 digits; an empty field is not defined.
 */
#ifndef GISD_REPORT_TIDY_TABLES_H
#define GISD_REPORT_TIDY_TABLES_H

#include "report/experiment.h"

/* Writes into the folder, of all finished cells:
 *   metrics.csv      every metric with its 95 % interval
 *   confusion.csv    images by annotated and predicted class
 *   roc.csv          the points of the curve of the lesion score
 *   predictions.csv  what was said of each image
 *   history.csv      every quantity after each epoch */
Status tidy_tables_save(const Experiment *experiment, const char *folder);

#endif
