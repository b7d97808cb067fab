/* How long a trained network takes for an image, measured by itself.
 *
 * The seconds of a cell's test are not that: there images are at the network's size already, and
 * other cells train on the same processors meanwhile. Here one process looks at image after image,
 * after a few that warm it up, and takes two times of each: end to end, from the decoded pixels of
 * the image to boxes and mask of its size, which is what a user waits for once the frame is there;
 * and of the network alone. Both in the precision of the checkpoint, with the threads that OpenMP
 * has. That it was alone is measured too: how many processors were busy with something else.
 */
#ifndef GISD_TRAIN_SPEED_TEST_H
#define GISD_TRAIN_SPEED_TEST_H

#include "data/manifest.h"

/* The attribute `kind` of the files. */
#define SPEED_TEST_KIND "gisd seconds"

/* From so many processors busy with other work on, a measurement was not alone. */
#define SPEED_TEST_DISTURBED 0.2

/* All borrowed. */
typedef struct {
    const char *checkpoint; /* path */
    const Manifest *manifest;
    size_t images;   /* at most so many of the manifest's are taken, evenly from all of it */
    const char *out; /* the file to write: the groups /speed and /provenance of
                        results/result_schema.h */
} SpeedTest;

typedef struct {
    double median, low, high; /* the 5th and the 95th percentile */
} SpeedSpread;

typedef struct {
    size_t images;
    int threads;
    SpeedSpread end_to_end, network;
    double others_busy; /* processors, on average; NaN where the system does not tell */
} SpeedSummary;

/* Measures and writes. Errors name the file. */
Status speed_test_run(const SpeedTest *test, SpeedSummary *summary);

#endif
