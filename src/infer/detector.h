/* A trained network at work: from an image's pixels to scores, and to boxes and a mask where its
 * task gives them.
 *
 * Made once from a checkpoint, with the graph planned for a batch of one, in the precision that its
 * cell was tested in. Images are prepared as a
 * data set's are: denoised if the network was trained so, resized to 8 bits, then scaled, so that
 * an image scores here what it scores in the test of its cell. One detector serves one thread at a
 * time; its convolutions use all OpenMP threads.
 */
#ifndef GISD_INFER_DETECTOR_H
#define GISD_INFER_DETECTOR_H

#include "image/image.h"
#include "infer/network.h"

typedef struct Detector Detector;

/* What the checkpoint says of the network; borrowed from the detector. */
typedef struct {
    const char *architecture; /* its name in the registry */
    const char *title;        /* of the variant, such as "r50x1" */
    const Task *task;
    Precision precision;
    size_t size; /* side of the network's input */
    size_t classes;
    const char *const *class_names; /* classes */
    double operating_point;         /* lesion score from which an image counts as diseased; 0.5 if
                                       the checkpoint has none */
} DetectorAbout;

/* Everything found on one image, in places of the whole image, also if the network saw a crop. */
typedef struct {
    size_t count;                          /* 0 where the task gives no boxes */
    Detection detections[DETECTIONS_MOST]; /* count, best first; boxes in fractions of the image */
    size_t places[DETECTIONS_MOST];        /* count: the best box at the place of each; places.h */
    const float *class_scores;             /* classes; borrowed */
    double lesion_score;                   /* the highest of them */
    int32_t predicted_class;               /* LABEL_NORMAL below the operating point */
    uint8_t *mask;          /* height x width of 0 and 1, owned; NULL where the task gives none */
    size_t mask_pixels;     /* how many are 1 */
    double seconds;         /* from pixels to all of the above */
    double network_seconds; /* of them, the network's own */
} DetectorResult;

/* The network's own numbers for the last image; borrowed until the next run. */
typedef struct {
    const char *name, *description;
    Shape shape; /* n is 1 */
    const float *values;
} DetectorOutput;

/* Reads the checkpoint and plans the network. Errors name the file and what it lacks, or a
 * precision that this processor lacks. */
Status detector_new(const char *checkpoint, Detector **detector);
void detector_free(Detector *detector);

/* One that shares the other's parameters and packed weights, so that both may run at the same time;
 * the other must outlive it. */
Status detector_twin(Detector *of, Detector **twin);

DetectorAbout detector_about(const Detector *detector);

/* Lets images count as diseased from another lesion score on. */
void detector_set_operating_point(Detector *detector, double operating_point);

/* Looks at an RGB image of any size. STATUS_DIVERGED if the network's outputs are not numbers.
 * detector_result_clear() releases the result's mask; after an error there is none. */
Status detector_run(Detector *detector, const Image *image, DetectorResult *result);
void detector_result_clear(DetectorResult *result);

/* Output 0 is the network's input, "input", S x S x 3; then come its task's. */
size_t detector_output_count(const Detector *detector);
DetectorOutput detector_output(const Detector *detector, size_t position);

#endif
