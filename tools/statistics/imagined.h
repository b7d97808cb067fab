/* Test sets of imagined patients, of whom everything is known.
 *
 * A patient has several images. What makes an image easy or hard, for each of a few qualities, is a
 * normal number, part of which is the patient's and part the image's own: the patient's share of
 * the variance is the correlation within patients. Every second patient is ill, or each by an even
 * chance; of an ill one's images a given share show the lesion. Numbers depend only on seed, set
 * and patient.
 */
#ifndef GISD_TOOLS_IMAGINED_H
#define GISD_TOOLS_IMAGINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "eval/clusters.h"
#include "eval/detection.h"
#include "eval/image_metrics.h"

enum { IMAGINED_CLASSES = 3 };

extern const double imagined_threshold; /* the score from which an image is called lesion */

typedef struct {
    size_t patients, images_each;
    double correlation; /* within patients, 0 to 1 */
    double shown;       /* of an ill patient's images, those with the lesion */
    bool by_chance;     /* who is ill */
    uint64_t seed;
} Imagining;

/* Arrays of `images`, owned through imagined_clear(). */
typedef struct {
    size_t images;
    Clusters clusters;
    bool *positive;
    double *score[2]; /* of two programs that are equally good, and alike to a half */
    int64_t *truth, *predicted[2];
    bool *right[2]; /* lesion or none */
    double *dice[2];
    FoundBox *found[2];      /* one an image, of class 0, with the program's score */
    AnnotatedBox *annotated; /* annotated_count: one a lesion, of class 0 */
    size_t annotated_count;
} Imagined;

Status imagined_init(const Imagining *imagining, uint32_t set, Imagined *imagined);
void imagined_clear(Imagined *imagined);

/* The answers of a program, 0 or 1; borrowed. */
ImageAnswers imagined_answers(const Imagined *imagined, size_t program);
DetectionSet imagined_boxes(const Imagined *imagined, size_t program);

#endif
