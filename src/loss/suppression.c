/* See suppression.h. The best of a class are kept in a heap whose root is the worst of them, so
 * that a network that scores everything costs no sort of all places. */
#include "loss/suppression.h"

#include <stdlib.h>

#include "base/memory.h"
#include "image/letterbox.h"

enum { MOST_OF_A_CLASS = 400 };
static const float MOST_OVERLAP = 0.45f;

typedef struct {
    float score;
    int32_t class_index;
    uint32_t place;
    Box box; /* of a survivor of the heap */
} Candidate;

struct Suppression {
    size_t count;    /* in the heap */
    Candidate *heap; /* MOST_OF_A_CLASS */
    size_t survivor_count;
    Candidate *survivors; /* classes x MOST_OF_A_CLASS at most */
};

Status suppression_new(size_t classes, Suppression **suppression)
{
    *suppression = NULL;
    Suppression *s;
    TRY(MEMORY_NEW(&s, 1));
    Status status = MEMORY_NEW(&s->heap, (size_t)MOST_OF_A_CLASS);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&s->survivors, classes * MOST_OF_A_CLASS);
    if (status != STATUS_OK) {
        suppression_free(s);
        return status;
    }
    *suppression = s;
    return STATUS_OK;
}

void suppression_free(Suppression *s)
{
    if (!s)
        return;
    free(s->heap);
    free(s->survivors);
    free(s);
}

void suppression_begin(Suppression *s)
{
    s->count = s->survivor_count = 0;
}

/* Order of quality: negative if a is better than b. */
static int compare(const void *left, const void *right)
{
    const Candidate *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->class_index != b->class_index)
        return a->class_index < b->class_index ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
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

void suppression_offer(Suppression *s, float score, size_t class_index, size_t place)
{
    const Candidate item = {
        .score = score, .class_index = (int32_t)class_index, .place = (uint32_t)place};
    if (!(score > DETECTION_LOWEST_SCORE))
        return;
    if (s->count < MOST_OF_A_CLASS) {
        s->heap[s->count++] = item;
        if (s->count == MOST_OF_A_CLASS)
            for (size_t i = s->count / 2; i-- > 0;)
                sink(s->heap, s->count, i, s->heap[i]);
    } else if (compare(&item, &s->heap[0]) < 0) {
        sink(s->heap, s->count, 0, item);
    }
}

void suppression_end_class(Suppression *s, BoxOfPlace box_of, const void *context)
{
    Candidate *kept = s->survivors + s->survivor_count;
    size_t survivors = 0;
    qsort(s->heap, s->count, sizeof *s->heap, compare);
    for (size_t i = 0; i < s->count; ++i) {
        Candidate item = s->heap[i];
        item.box = box_of(context, item.place);
        if (box_is_empty(&item.box))
            continue;
        size_t rival = 0;
        while (rival < survivors && box_iou_f32(&kept[rival].box, &item.box) <= MOST_OVERLAP)
            ++rival;
        if (rival == survivors)
            kept[survivors++] = item;
    }
    s->survivor_count += survivors;
    s->count = 0;
}

void suppression_take(Suppression *s, Detection *detections, size_t *count)
{
    static const Letterbox whole = {0, 0, 1, 1};
    qsort(s->survivors, s->survivor_count, sizeof *s->survivors, compare);
    *count = s->survivor_count < DETECTIONS_MOST ? s->survivor_count : DETECTIONS_MOST;
    for (size_t i = 0; i < *count; ++i)
        detections[i] = (Detection){.box = letterbox_out(&whole, &s->survivors[i].box),
                                    .score = s->survivors[i].score,
                                    .class_index = s->survivors[i].class_index};
}
