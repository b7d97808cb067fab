/* Decoding and suppression; see detections.h.
 *
 * The best 400 of a class are kept in a heap whose root is the worst of them, so that a network
 * that scores everything costs no sort of all priors. */
#include "loss/detections.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

enum { MOST_OF_A_CLASS = 400 };
static const float LOWEST_SCORE = 0.01f, MOST_OVERLAP = 0.45f;

typedef struct {
    float score;
    int32_t class_index;
    uint32_t prior;
    Box box; /* of a survivor of the heap */
} Candidate;

struct DetectionDecoder {
    const Priors *priors; /* borrowed */
    size_t classes;
    bool background;
    Candidate *heap;      /* MOST_OF_A_CLASS */
    Candidate *survivors; /* classes x MOST_OF_A_CLASS at most */
};

Status detection_decoder_new(const Priors *priors, size_t classes, bool background,
                             DetectionDecoder **decoder)
{
    *decoder = NULL;
    DetectionDecoder *d;
    TRY(MEMORY_NEW(&d, 1));
    d->priors = priors;
    d->classes = classes;
    d->background = background;
    Status status;
    TRY_GOTO(status, fail, MEMORY_NEW(&d->heap, (size_t)MOST_OF_A_CLASS));
    TRY_GOTO(status, fail, MEMORY_NEW(&d->survivors, classes * MOST_OF_A_CLASS));
    *decoder = d;
    return STATUS_OK;
fail:
    detection_decoder_free(d);
    return status;
}

void detection_decoder_free(DetectionDecoder *d)
{
    if (!d)
        return;
    free(d->heap);
    free(d->survivors);
    free(d);
}

/* Order of quality: negative if a is better than b. */
static int compare(const void *left, const void *right)
{
    const Candidate *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->class_index != b->class_index)
        return a->class_index < b->class_index ? -1 : 1;
    return a->prior < b->prior ? -1 : a->prior > b->prior;
}

/* Puts `item` at the root of a heap of `count` and lets it sink below everything that is worse. */
static void sink(Candidate *heap, size_t count, size_t at, Candidate item)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare(&heap[child + 1], &heap[child]) > 0)
            ++child;
        if (compare(&heap[child], &item) <= 0)
            break;
        heap[at] = heap[child];
    }
    heap[at] = item;
}

/* The number whose sigmoid is the class's score at a prior: its logit, or with a softmax what it
 * has before the logarithm of the sum of the others' exponentials. */
static float log_odds(const DetectionDecoder *d, const float *logits, size_t prior,
                      size_t class_index)
{
    if (!d->background)
        return logits[prior * d->classes + class_index];
    const float *row = logits + prior * (d->classes + 1);
    const size_t own = class_index + 1;
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k <= d->classes; ++k)
        most = k == own ? most : fmax(most, (double)row[k]);
    for (size_t k = 0; k <= d->classes; ++k)
        sum += k == own ? 0 : exp((double)row[k] - most);
    return (float)((double)row[own] - most - log(sum));
}

/* Fills the heap with the best candidates of a class, best first, and returns how many. */
static size_t select_class(DetectionDecoder *d, const float *logits, size_t class_index,
                           float *image_score)
{
    size_t count = 0;
    float best = -INFINITY;
    for (size_t p = 0; p < d->priors->count; ++p) {
        float logit = log_odds(d, logits, p, class_index);
        best = logit > best ? logit : best;
        if (!(logit > -5)) /* a score below 0.0067 */
            continue;
        Candidate item = {.score = (float)(1 / (1 + exp(-(double)logit))),
                          .class_index = (int32_t)class_index,
                          .prior = (uint32_t)p};
        if (!(item.score > LOWEST_SCORE))
            continue;
        if (count < MOST_OF_A_CLASS) {
            d->heap[count++] = item;
            if (count == MOST_OF_A_CLASS)
                for (size_t i = count / 2; i-- > 0;)
                    sink(d->heap, count, i, d->heap[i]);
        } else if (compare(&item, &d->heap[0]) < 0) {
            sink(d->heap, count, 0, item);
        }
    }
    *image_score = (float)(1 / (1 + exp(-(double)best)));
    qsort(d->heap, count, sizeof *d->heap, compare);
    return count;
}

/* Appends the class's survivors to `kept` and returns how many they are. */
static size_t suppress(const DetectionDecoder *d, const float (*offsets)[4], size_t count,
                       Candidate *kept)
{
    size_t survivors = 0;
    for (size_t i = 0; i < count; ++i) {
        Candidate item = d->heap[i];
        priors_decode(d->priors->centred[item.prior], offsets[item.prior], &item.box);
        if (!(item.box.x0 < item.box.x1 && item.box.y0 < item.box.y1))
            continue; /* wholly outside the image */
        size_t rival = 0;
        while (rival < survivors && box_iou_f32(&kept[rival].box, &item.box) <= MOST_OVERLAP)
            ++rival;
        if (rival == survivors)
            kept[survivors++] = item;
    }
    return survivors;
}

void detection_decode(DetectionDecoder *d, const float (*offsets)[4], const float *logits,
                      Detection *detections, size_t *count, float *image_scores)
{
    size_t survivors = 0;
    for (size_t k = 0; k < d->classes; ++k) {
        size_t candidates = select_class(d, logits, k, &image_scores[k]);
        survivors += suppress(d, offsets, candidates, d->survivors + survivors);
    }
    qsort(d->survivors, survivors, sizeof *d->survivors, compare);
    *count = survivors < DETECTIONS_MOST ? survivors : DETECTIONS_MOST;
    for (size_t i = 0; i < *count; ++i)
        detections[i] = (Detection){.box = d->survivors[i].box,
                                    .score = d->survivors[i].score,
                                    .class_index = d->survivors[i].class_index};
}
