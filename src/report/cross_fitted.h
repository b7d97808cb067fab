/* Honest numbers where the validation split stands for the test split: its images chose the
 * operating point that they are judged at. The report judges them at cross-fitted points
 * (eval/cross_fit.h) instead, from the scores that each result has, so that results of earlier
 * versions gain too. The files stay as they are.
 */
#ifndef GISD_REPORT_CROSS_FITTED_H
#define GISD_REPORT_CROSS_FITTED_H

#include "report/experiment.h"

/* Of every finished cell without a test split of its own: the class that each image is given, the
 * confusion matrix, and the metrics that follow from it, without intervals. Metrics that rest on no
 * operating point stay. */
Status cross_fitted_renew(Experiment *experiment);

#endif
