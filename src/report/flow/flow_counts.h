/* How many patients, images and lesions went which way, as the results recorded it.
 *
 * Results of earlier versions say nothing of the splits that they were not tested on: that is not
 * recorded, and no 0. */
#ifndef GISD_REPORT_FLOW_FLOW_COUNTS_H
#define GISD_REPORT_FLOW_FLOW_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "data/split.h"
#include "report/experiment.h"

/* In a FlowSplit and in `near_pairs`: nobody has written it down. */
enum { FLOW_UNRECORDED = -1 };

typedef struct {
    int64_t images, patients, lesion_images;
    int64_t lesions;       /* annotated boxes */
    int64_t masks;         /* lesion images with a mask */
    int64_t without_place; /* lesion images with neither */
} FlowSplit;

/* Owned through flow_counts_clear(). */
typedef struct {
    size_t cell;       /* of whose result they are; SIZE_MAX: none is finished */
    size_t disagree;   /* finished cells whose data had other splits */
    bool recorded;     /* all splits; else the tested one alone, from its predictions */
    bool by_image;     /* patients are not known */
    size_t classes;    /* with normal; 0: not recorded */
    int64_t *of_class; /* SPLIT_COUNT x classes */
    FlowSplit splits[SPLIT_COUNT];
    int64_t near_pairs; /* of near-equal pictures in two splits */
} FlowCounts;

/* Of the first finished cell that recorded them, else of the first that was tested. */
Status flow_counts_read(const Experiment *experiment, FlowCounts *counts);
void flow_counts_clear(FlowCounts *counts);

/* Those of one result, of the file that it was read from. */
Status flow_counts_of(const char *path, const CellResult *result, size_t cell, FlowCounts *counts);

/* The sum over the splits; FLOW_UNRECORDED if one is. `member` is an offset into FlowSplit. */
int64_t flow_total(const FlowCounts *counts, size_t member);

/* "12", or "not recorded". */
enum { FLOW_NUMBER_BYTES = 24 };
const char *flow_number(int64_t count, char text[FLOW_NUMBER_BYTES]);

#endif
