/* Two experiments beside each other: the runs that both have, and the best of each.
 *
 * Both of a pair were tested on the same images (paired), or on others. Paired runs are compared
 * image by image: the areas by DeLong's test, right answers by McNemar's, both with a patient's
 * images taken together (clustered_delong.h, mcnemar.h). Of other images each area has its own
 * variance, and right answers have no test. Of a run with several seeds the tests take the one with
 * the best validation, and metrics all.
 */
#ifndef GISD_REPORT_RUN_PAIRS_H
#define GISD_REPORT_RUN_PAIRS_H

#include "eval/clustered_delong.h"
#include "eval/mcnemar.h"
#include "report/answers.h"
#include "report/experiment.h"
#include "report/labels.h"

typedef struct {
    const Run *runs[2];
    char label[2 * LABEL_BYTES + 32];
    const CellResult **seeds[2]; /* seed_counts: the finished ones that tell what they said of
                                    images; owned */
    size_t seed_counts[2];       /* 0 where none does, and then there are no tests */
    size_t images[2], patients[2];
    bool paired;
    double auc[2], difference, z, p; /* the second's area less the first's */
    Interval interval;
    McnemarTest mcnemar; /* the first run first; only if paired and seed_counts > 0 */
    double p_holm, mcnemar_p_holm;
} RunPair;

/* Owned through run_pairs_clear(); experiments are borrowed. */
typedef struct {
    const Experiment *experiments[2];
    size_t count;
    RunPair *items; /* the best of each first, if they are not of one name; then in the first's
                       order */
} RunPairs;

Status run_pairs_find(const Experiment *first, const Experiment *second, RunPairs *pairs);
void run_pairs_clear(RunPairs *pairs);

#endif
