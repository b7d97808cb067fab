/* A test set's marks by falling score, and what each of them hit: what FROC curves and
 * precision-recall curves are made of.
 *
 * A mark is a place that a network points at, whatever class it gives it. It hits the annotated
 * lesion of its image that it overlaps most, if the overlap (IoU) reaches a bound; or, by its
 * centre, the lesion in whose box its centre lies (of several the one it overlaps most; the first
 * of equals). The best-scored mark on a lesion finds it; others on the same lesion only say so
 * again.
 */
#ifndef GISD_EVAL_MARKS_H
#define GISD_EVAL_MARKS_H

#include <stdbool.h>

#include "eval/detection.h"

typedef enum { HIT_OVERLAP, HIT_CENTRE } HitRule;

typedef enum {
    MARK_FALSE, /* on no lesion */
    MARK_FOUND, /* the best on its lesion */
    MARK_AGAIN  /* on a lesion that a better one has found */
} MarkKind;

typedef struct {
    double score;
    size_t image;
    size_t lesion; /* position among the annotated boxes; SIZE_MAX: it hit none */
    MarkKind kind;
} Mark;

/* A score at which lesions are found, as ends in the arrays of Marks: of all marks of at least it,
 * of those that found a lesion, of those that are false; and of the false ones above it. */
typedef struct {
    size_t end, found_end, false_end, false_above;
} MarkStep;

/* A mark that found a lesion. */
typedef struct {
    uint32_t image, lesion;
} FoundMark;

/* Owned through marks_clear(). The bootstrap goes over all marks thousands of times, and of most
 * of them needs the image only: so images stand beside the marks once more, densely. */
typedef struct {
    size_t images, count, lesion_count;
    Mark *marks;           /* count: by falling score; of one score in the order of the places */
    size_t *lesion_image;  /* lesion_count: the image that each lesion is on */
    uint32_t *image;       /* count: of each mark */
    uint32_t *false_image; /* count at most: of the false ones, in their order */
    FoundMark *found;      /* lesion_count at most: in their order */
    size_t step_count;
    MarkStep *steps; /* step_count, scores falling */
} Marks;

/* The marks of a set whose images are numbered below `images`; `overlap` is the least IoU of
 * HIT_OVERLAP. Classes are not looked at. Scores that are NaN are STATUS_ARGUMENT. */
Status marks_init(Marks *marks, const DetectionSet *set, size_t images, HitRule rule,
                  double overlap);

/* Whole images as marks: each is one, and a lesion to be found if it is positive. */
Status marks_of_images(Marks *marks, const double *scores /* images */,
                       const bool *positive /* images */, size_t images);
void marks_clear(Marks *marks);

/* How often the images stand in a list in which each stands weights[i] times; NULL: once. */
double marks_weigh(const uint32_t *image /* count */, size_t count, const size_t *weights);

/* The end of the marks that have the score of mark `first`, which move together. */
size_t marks_end_of_tied(const Marks *marks, size_t first);

#endif
