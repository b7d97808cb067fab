/* A trained network at work: from an image's pixels to boxes, scores and a mask.
 *
 * Made once from a checkpoint, with the graph planned for a batch of one. Images are prepared as a
 * data set's are: resized to 8 bits, then scaled, so that an image scores here what it scores in
 * the test of its cell. One detector serves one thread at a time; its convolutions use all OpenMP
 * threads.
 */
#ifndef GISD_TRAIN_DETECTOR_H
#define GISD_TRAIN_DETECTOR_H

#include "image/image.h"
#include "loss/detections.h"

typedef struct Detector Detector;

/* What the checkpoint says of the network; borrowed from the detector. */
typedef struct {
    const char *backbone; /* such as "r50x1" */
    size_t size;          /* side of the network's input */
    size_t classes;
    const char *const *class_names; /* classes */
    double operating_point;         /* lesion score from which an image counts as diseased */
    size_t priors;                  /* P, rows of the heads' outputs */
    size_t mask_side;               /* s, side of the map of mask logits */
} DetectorAbout;

/* Everything found on one image. */
typedef struct {
    size_t count;
    Detection detections[DETECTIONS_MOST]; /* count, best first; boxes in fractions of the image */
    const float *class_scores;             /* classes: the highest score of each; borrowed */
    double lesion_score;                   /* the highest of them */
    int32_t predicted_class;               /* LABEL_NORMAL below the operating point */
    uint8_t *mask;                         /* height x width of 0 and 1, owned */
    size_t mask_pixels;                    /* how many are 1 */
    double seconds;                        /* from pixels to all of the above */
} DetectorResult;

/* The network's own numbers for the last image; borrowed until the next run. */
typedef struct {
    const float *input;    /* S x S x 3: (value - 127.5) / 127.5 */
    const float *location; /* P x 4 */
    const float *logits;   /* P x classes */
    const float *mask;     /* s x s, logits */
} DetectorRaw;

/* Reads the checkpoint and plans the network. Errors name the file and what it lacks. */
Status detector_new(const char *checkpoint, Detector **detector);
void detector_free(Detector *detector);

DetectorAbout detector_about(const Detector *detector);

/* Looks at an RGB image of any size. STATUS_DIVERGED if the network's outputs are not numbers.
 * detector_result_clear() releases the result's mask. */
Status detector_run(Detector *detector, const Image *image, DetectorResult *result);
void detector_result_clear(DetectorResult *result);

DetectorRaw detector_raw(const Detector *detector);

#endif
