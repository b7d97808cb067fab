/* See marks.h. Lesions are sorted by image once, so that a mark looks at those of its own image
 * only. */
#include "eval/marks.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

/* Falling scores; of equals the first place first, which qsort alone does not promise. */
typedef struct {
    Mark mark;
    size_t position;
} PlacedMark;

static int compare_falling(const void *left, const void *right)
{
    const PlacedMark *a = left, *b = right;
    if (a->mark.score != b->mark.score)
        return a->mark.score > b->mark.score ? -1 : 1;
    return (a->position > b->position) - (a->position < b->position);
}

static bool holds_centre(const Box *lesion, const Box *place)
{
    const double x = ((double)place->x0 + (double)place->x1) / 2;
    const double y = ((double)place->y0 + (double)place->y1) / 2;
    return x >= (double)lesion->x0 && x < (double)lesion->x1 && y >= (double)lesion->y0 &&
           y < (double)lesion->y1;
}

/* The lesion that a place hits, of those of its image: by_image[first .. end). */
static size_t find_hit(const DetectionSet *set, const Box *place, const size_t *by_image,
                       size_t first, size_t end, HitRule rule, double overlap)
{
    size_t hit = SIZE_MAX;
    double best = 0;
    for (size_t k = first; k < end; ++k) {
        const Box *lesion = &set->annotated[by_image[k]].box;
        const double iou = box_iou(place, lesion);
        const bool counts = rule == HIT_OVERLAP ? iou >= overlap : holds_centre(lesion, place);
        if (counts && (hit == SIZE_MAX || iou > best)) {
            hit = by_image[k];
            best = iou;
        }
    }
    return hit;
}

/* Lesions by image: those of image i are by_image[start[i] .. start[i + 1]). */
static void sort_lesions(const DetectionSet *set, size_t images, size_t *start, size_t *by_image)
{
    for (size_t k = 0; k < set->annotated_count; ++k)
        ++start[set->annotated[k].image + 1];
    for (size_t i = 0; i < images; ++i)
        start[i + 1] += start[i];
    for (size_t k = 0; k < set->annotated_count; ++k)
        by_image[start[set->annotated[k].image]++] = k;
    for (size_t i = images; i > 0; --i)
        start[i] = start[i - 1];
    start[0] = 0;
}

/* Images densely, and the steps. */
static void condense(Marks *marks)
{
    size_t found = 0, wrong = 0;
    for (size_t first = 0, end; first < marks->count; first = end) {
        const size_t found_above = found, false_above = wrong;
        end = marks_end_of_tied(marks, first);
        for (size_t i = first; i < end; ++i) {
            const Mark *mark = &marks->marks[i];
            marks->image[i] = (uint32_t)mark->image;
            if (mark->kind == MARK_FALSE)
                marks->false_image[wrong++] = marks->image[i];
            else if (mark->kind == MARK_FOUND)
                marks->found[found++] = (FoundMark){marks->image[i], (uint32_t)mark->lesion};
        }
        if (found > found_above)
            marks->steps[marks->step_count++] = (MarkStep){
                .end = end, .found_end = found, .false_end = wrong, .false_above = false_above};
    }
}

/* Orders the marks and tells which of those on a lesion found it. */
static Status rank(Marks *marks, PlacedMark *placed)
{
    bool *found;
    TRY(MEMORY_NEW(&found, marks->lesion_count));
    qsort(placed, marks->count, sizeof *placed, compare_falling);
    for (size_t i = 0; i < marks->count; ++i) {
        Mark *mark = &marks->marks[i];
        *mark = placed[i].mark;
        if (mark->lesion == SIZE_MAX)
            continue;
        mark->kind = found[mark->lesion] ? MARK_AGAIN : MARK_FOUND;
        found[mark->lesion] = true;
    }
    free(found);
    condense(marks);
    return STATUS_OK;
}

static Status allocate(Marks *marks, PlacedMark **placed)
{
    TRY(MEMORY_NEW(&marks->marks, marks->count));
    TRY(MEMORY_NEW(&marks->lesion_image, marks->lesion_count));
    TRY(MEMORY_NEW(&marks->image, marks->count));
    TRY(MEMORY_NEW(&marks->false_image, marks->count));
    TRY(MEMORY_NEW(&marks->found, marks->lesion_count));
    TRY(MEMORY_NEW(&marks->steps, marks->lesion_count));
    return MEMORY_NEW(placed, marks->count);
}

static Status check_score(double score, size_t position)
{
    if (isnan(score))
        FAIL(STATUS_ARGUMENT, "marks: the score of mark %zu is not a number", position);
    return STATUS_OK;
}

static Status fill(Marks *marks, const DetectionSet *set, HitRule rule, double overlap,
                   PlacedMark *placed)
{
    size_t *start, *by_image = NULL;
    TRY(MEMORY_NEW(&start, marks->images + 1));
    Status status = MEMORY_NEW(&by_image, marks->lesion_count);
    if (status == STATUS_OK)
        sort_lesions(set, marks->images, start, by_image);
    for (size_t k = 0; k < marks->lesion_count && status == STATUS_OK; ++k)
        marks->lesion_image[k] = set->annotated[k].image;
    for (size_t i = 0; i < marks->count && status == STATUS_OK; ++i) {
        const FoundBox *place = &set->found[i];
        const size_t hit = find_hit(set, &place->box, by_image, start[place->image],
                                    start[place->image + 1], rule, overlap);
        placed[i] = (PlacedMark){
            .mark = {.score = place->score, .image = place->image, .lesion = hit}, .position = i};
        status = check_score(place->score, i);
    }
    if (status == STATUS_OK)
        status = rank(marks, placed);
    free(start);
    free(by_image);
    return status;
}

Status marks_init(Marks *marks, const DetectionSet *set, size_t images, HitRule rule,
                  double overlap)
{
    PlacedMark *placed = NULL;
    *marks =
        (Marks){.images = images, .count = set->found_count, .lesion_count = set->annotated_count};
    Status status = allocate(marks, &placed);
    if (status == STATUS_OK)
        status = fill(marks, set, rule, overlap, placed);
    free(placed);
    if (status != STATUS_OK)
        marks_clear(marks);
    return status;
}

Status marks_of_images(Marks *marks, const double *scores, const bool *positive, size_t images)
{
    PlacedMark *placed = NULL;
    *marks = (Marks){.images = images, .count = images};
    for (size_t i = 0; i < images; ++i)
        marks->lesion_count += positive[i];
    Status status = allocate(marks, &placed);
    for (size_t i = 0, lesion = 0; i < images && status == STATUS_OK; ++i) {
        placed[i] = (PlacedMark){.mark = {.score = scores[i], .image = i, .lesion = SIZE_MAX},
                                 .position = i};
        if (positive[i]) {
            marks->lesion_image[lesion] = i;
            placed[i].mark.lesion = lesion++;
        }
        status = check_score(scores[i], i);
    }
    if (status == STATUS_OK)
        status = rank(marks, placed);
    free(placed);
    if (status != STATUS_OK)
        marks_clear(marks);
    return status;
}

void marks_clear(Marks *marks)
{
    free(marks->marks);
    free(marks->lesion_image);
    free(marks->image);
    free(marks->false_image);
    free(marks->found);
    free(marks->steps);
    *marks = (Marks){0};
}

double marks_weigh(const uint32_t *image, size_t count, const size_t *weights)
{
    size_t sum = 0;
    if (!weights)
        return (double)count;
    for (size_t i = 0; i < count; ++i)
        sum += weights[image[i]];
    return (double)sum;
}

size_t marks_end_of_tied(const Marks *marks, size_t first)
{
    size_t end = first + 1;
    while (end < marks->count && marks->marks[end].score == marks->marks[first].score)
        ++end;
    return end;
}
