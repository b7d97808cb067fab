/* Average precision and overlap of boxes; definitions in detection.h. */
#include "eval/detection.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

/* A found box of the class, with the annotated box that it overlaps most. */
typedef struct {
    double score;
    size_t position;  /* in the array of found boxes: breaks ties */
    size_t annotated; /* index of the annotated box, or SIZE_MAX */
    double iou;
} Candidate;

static int compare_candidates(const void *left, const void *right)
{
    const Candidate *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return (a->position > b->position) - (a->position < b->position);
}

static Candidate make_candidate(const DetectionSet *set, size_t position)
{
    const FoundBox *found = &set->found[position];
    Candidate candidate = {.score = found->score, .position = position, .annotated = SIZE_MAX};
    for (size_t i = 0; i < set->annotated_count; ++i) {
        const AnnotatedBox *truth = &set->annotated[i];
        if (truth->image != found->image || truth->class_index != found->class_index)
            continue;
        double iou = box_iou(&found->box, &truth->box);
        if (candidate.annotated == SIZE_MAX || iou > candidate.iou) {
            candidate.iou = iou;
            candidate.annotated = i;
        }
    }
    return candidate;
}

/* The class's found boxes by falling score, each with its best annotated box: the part of the work
 * that does not depend on the threshold. */
typedef struct {
    Candidate *candidates;
    size_t count;
    size_t annotated_count; /* boxes of the class */
    bool *taken;            /* scratch: one flag an annotated box of the set */
    double *precision;      /* scratch: one number a candidate */
    double *recall;
} Ranking;

static void ranking_clear(Ranking *ranking)
{
    free(ranking->candidates);
    free(ranking->taken);
    free(ranking->precision);
    free(ranking->recall);
    *ranking = (Ranking){0};
}

static Status ranking_fill(Ranking *ranking, const DetectionSet *set, uint32_t class_index)
{
    TRY(MEMORY_NEW(&ranking->candidates, set->found_count));
    TRY(MEMORY_NEW(&ranking->taken, set->annotated_count));
    TRY(MEMORY_NEW(&ranking->precision, set->found_count));
    TRY(MEMORY_NEW(&ranking->recall, set->found_count));
    for (size_t i = 0; i < set->annotated_count; ++i)
        ranking->annotated_count += set->annotated[i].class_index == class_index;
    for (size_t i = 0; i < set->found_count; ++i) {
        if (set->found[i].class_index != class_index)
            continue;
        if (isnan(set->found[i].score))
            FAIL(STATUS_ARGUMENT, "average precision: the score of box %zu is not a number", i);
        ranking->candidates[ranking->count++] = make_candidate(set, i);
    }
    qsort(ranking->candidates, ranking->count, sizeof *ranking->candidates, compare_candidates);
    return STATUS_OK;
}

static Status ranking_init(Ranking *ranking, const DetectionSet *set, uint32_t class_index)
{
    *ranking = (Ranking){0};
    Status status = ranking_fill(ranking, set, class_index);
    if (status != STATUS_OK)
        ranking_clear(ranking);
    return status;
}

static double ranking_average_precision(Ranking *ranking, size_t annotated_of_set, double threshold)
{
    if (ranking->annotated_count == 0)
        return (double)NAN;
    for (size_t i = 0; i < annotated_of_set; ++i)
        ranking->taken[i] = false;
    size_t right = 0;
    for (size_t i = 0; i < ranking->count; ++i) {
        const Candidate *candidate = &ranking->candidates[i];
        if (candidate->annotated != SIZE_MAX && candidate->iou >= threshold &&
            !ranking->taken[candidate->annotated]) {
            ranking->taken[candidate->annotated] = true;
            ++right;
        }
        ranking->precision[i] = (double)right / (double)(i + 1);
        ranking->recall[i] = (double)right / (double)ranking->annotated_count;
    }
    double area = 0, envelope = 0;
    for (size_t i = ranking->count; i-- > 0;) {
        envelope = fmax(envelope, ranking->precision[i]);
        double before = i == 0 ? 0 : ranking->recall[i - 1];
        area += (ranking->recall[i] - before) * envelope;
    }
    return area;
}

Status detection_average_precision(const DetectionSet *set, uint32_t class_index, double iou,
                                   double *average_precision)
{
    Ranking ranking;
    TRY(ranking_init(&ranking, set, class_index));
    *average_precision = ranking_average_precision(&ranking, set->annotated_count, iou);
    ranking_clear(&ranking);
    return STATUS_OK;
}

Status detection_average_precision_50_95(const DetectionSet *set, uint32_t class_index,
                                         double *average_precision)
{
    Ranking ranking;
    TRY(ranking_init(&ranking, set, class_index));
    double sum = 0;
    for (int percent = 50; percent <= 95; percent += 5)
        sum += ranking_average_precision(&ranking, set->annotated_count, percent / 100.0);
    *average_precision = sum / 10;
    ranking_clear(&ranking);
    return STATUS_OK;
}

Status detection_means(const DetectionSet *set, uint32_t classes, DetectionMeans *means,
                       double *each)
{
    DetectionMeans sum = {0, 0};
    size_t defined = 0;
    for (uint32_t class_index = 0; class_index < classes; ++class_index) {
        double ap_50 = 0, ap_50_95 = 0;
        TRY(detection_average_precision(set, class_index, 0.5, &ap_50));
        if (each)
            each[class_index] = ap_50;
        if (isnan(ap_50))
            continue;
        TRY(detection_average_precision_50_95(set, class_index, &ap_50_95));
        sum.ap_50 += ap_50;
        sum.ap_50_95 += ap_50_95;
        ++defined;
    }
    means->ap_50 = defined ? sum.ap_50 / (double)defined : (double)NAN;
    means->ap_50_95 = defined ? sum.ap_50_95 / (double)defined : (double)NAN;
    return STATUS_OK;
}

/* ---- images that stand several times ---- */

enum { THRESHOLDS = 10 }; /* 0.50, 0.55, ... 0.95 */

typedef struct {
    size_t count;
    uint32_t *image;   /* count: of each found box, by falling score */
    uint16_t *right;   /* count: bit t is set if the box is right at threshold t */
    size_t *annotated; /* images: boxes of the class in each */
} RepeatedClass;

struct DetectionRepeats {
    size_t images, class_count;
    RepeatedClass *classes; /* class_count */
};

static void mark_right(const Ranking *ranking, size_t annotated_of_set, RepeatedClass *result)
{
    for (int t = 0; t < THRESHOLDS; ++t) {
        double threshold = (50 + 5 * t) / 100.0;
        for (size_t i = 0; i < annotated_of_set; ++i)
            ranking->taken[i] = false;
        for (size_t i = 0; i < ranking->count; ++i) {
            const Candidate *candidate = &ranking->candidates[i];
            if (candidate->annotated == SIZE_MAX || candidate->iou < threshold ||
                ranking->taken[candidate->annotated])
                continue;
            ranking->taken[candidate->annotated] = true;
            result->right[i] = (uint16_t)(result->right[i] | 1U << t);
        }
    }
}

static Status repeated_class_init(const DetectionSet *set, uint32_t class_index, size_t images,
                                  RepeatedClass *result)
{
    Ranking ranking;
    TRY(ranking_init(&ranking, set, class_index));
    Status status = MEMORY_NEW(&result->image, ranking.count);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&result->right, ranking.count);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&result->annotated, images);
    if (status == STATUS_OK) {
        result->count = ranking.count;
        for (size_t i = 0; i < ranking.count; ++i)
            result->image[i] = set->found[ranking.candidates[i].position].image;
        for (size_t i = 0; i < set->annotated_count; ++i)
            result->annotated[set->annotated[i].image] +=
                set->annotated[i].class_index == class_index;
        mark_right(&ranking, set->annotated_count, result);
    }
    ranking_clear(&ranking);
    return status;
}

Status detection_repeats_new(const DetectionSet *set, uint32_t classes, size_t images,
                             DetectionRepeats **repeats)
{
    TRY(MEMORY_NEW(repeats, 1));
    DetectionRepeats *made = *repeats;
    made->images = images;
    Status status = MEMORY_NEW(&made->classes, classes);
    for (uint32_t k = 0; k < classes && status == STATUS_OK; ++k) {
        ++made->class_count;
        status = repeated_class_init(set, k, images, &made->classes[k]);
    }
    if (status != STATUS_OK) {
        detection_repeats_free(made);
        *repeats = NULL;
    }
    return status;
}

void detection_repeats_free(DetectionRepeats *repeats)
{
    if (!repeats)
        return;
    for (size_t k = 0; k < repeats->class_count; ++k) {
        free(repeats->classes[k].image);
        free(repeats->classes[k].right);
        free(repeats->classes[k].annotated);
    }
    free(repeats->classes);
    free(repeats);
}

/* The areas at all thresholds. The copies of a box follow each other; of right ones the last has
 * the highest precision, so that the envelope over all of them is that of the last. The envelope
 * runs from the lowest score up, with the counts of what stands above. A box that is not right has
 * less precision than the right one above it, and so no part in any envelope that counts. */
static void repeated_average_precisions(const RepeatedClass *class, const size_t *weights,
                                        size_t annotated, double area[THRESHOLDS])
{
    size_t right[THRESHOLDS] = {0}, seen = 0;
    double envelope[THRESHOLDS] = {0};
    for (size_t i = 0; i < class->count; ++i) {
        const size_t weight = weights[class->image[i]];
        seen += weight;
        for (int t = 0; class->right[i] >> t; ++t)
            right[t] += class->right[i] >> t & 1 ? weight : 0;
    }
    for (int t = 0; t < THRESHOLDS; ++t)
        area[t] = 0;
    for (size_t i = class->count; i-- > 0;) {
        const size_t weight = weights[class->image[i]];
        for (int t = 0; weight && class->right[i] >> t; ++t) {
            if (!(class->right[i] >> t & 1))
                continue;
            envelope[t] = fmax(envelope[t], (double)right[t] / (double)seen);
            area[t] += (double)weight / (double)annotated * envelope[t];
            right[t] -= weight;
        }
        seen -= weight;
    }
}

DetectionMeans detection_repeats_means(const DetectionRepeats *repeats, const size_t *weights,
                                       double *each)
{
    DetectionMeans sum = {0, 0};
    size_t defined = 0;
    for (size_t k = 0; k < repeats->class_count; ++k) {
        const RepeatedClass *class = &repeats->classes[k];
        size_t annotated = 0;
        for (size_t i = 0; i < repeats->images; ++i)
            annotated += class->annotated[i] * weights[i];
        if (each)
            each[k] = annotated ? 0 : (double)NAN;
        if (annotated == 0)
            continue;
        ++defined;
        double area[THRESHOLDS];
        repeated_average_precisions(class, weights, annotated, area);
        sum.ap_50 += area[0];
        if (each)
            each[k] = area[0];
        for (int t = 0; t < THRESHOLDS; ++t)
            sum.ap_50_95 += area[t] / THRESHOLDS;
    }
    double classes = defined ? (double)defined : (double)NAN;
    return (DetectionMeans){sum.ap_50 / classes, sum.ap_50_95 / classes};
}

double detection_overlap(const DetectionSet *set, uint32_t image, uint32_t class_index)
{
    const FoundBox *best = NULL;
    for (size_t i = 0; i < set->found_count; ++i) {
        const FoundBox *found = &set->found[i];
        if (found->image == image && found->class_index == class_index &&
            (best == NULL || found->score > best->score))
            best = found;
    }
    double overlap = (double)NAN;
    for (size_t i = 0; i < set->annotated_count; ++i) {
        const AnnotatedBox *truth = &set->annotated[i];
        if (truth->image != image || truth->class_index != class_index)
            continue;
        double iou = best == NULL ? 0 : box_iou(&best->box, &truth->box);
        overlap = isnan(overlap) ? iou : fmax(overlap, iou);
    }
    return overlap;
}
