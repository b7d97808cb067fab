/* See all_answers.h. Every size that a file tells is checked before it is used. */
#include "report/all_answers.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/answers.h"
#include "results/result_schema.h"

/* A number an image, or `each` of them; NULL if the file lacks the dataset. */
static Status read_numbers(const Hdf5Reader *reader, const char *name, size_t count,
                           double **values)
{
    size_t stored;
    if (!hdf5_has(reader, name))
        return STATUS_OK;
    TRY(hdf5_count(reader, name, &stored));
    if (stored != count)
        FAIL(STATUS_FORMAT, "%s: /%s: %zu numbers expected, not %zu", hdf5_reader_path(reader),
             name, count, stored);
    TRY(MEMORY_NEW(values, count));
    return hdf5_read_f64(reader, name, count, *values);
}

/* Where boxes of a group are, and of which class. */
typedef struct {
    size_t count;
    int64_t *image, *class_index; /* count */
    float (*corners)[4];          /* count */
} Places;

static void places_clear(Places *places)
{
    free(places->image);
    free(places->class_index);
    free(places->corners);
}

static Status read_places(const Hdf5Reader *reader, const char *group, const CellResult *result,
                          Places *places)
{
    char image[64], class_index[64], box[64];
    snprintf(image, sizeof image, "%s/image", group);
    snprintf(class_index, sizeof class_index, "%s/class", group);
    snprintf(box, sizeof box, "%s/box", group);
    TRY(hdf5_count(reader, image, &places->count));
    TRY(MEMORY_NEW(&places->image, places->count));
    TRY(MEMORY_NEW(&places->class_index, places->count));
    TRY(MEMORY_NEW(&places->corners, places->count));
    TRY(hdf5_read_i64(reader, image, places->count, places->image));
    TRY(hdf5_read_i64(reader, class_index, places->count, places->class_index));
    TRY(hdf5_read_f32(reader, box, 4 * places->count, (float *)places->corners));
    for (size_t i = 0; i < places->count; ++i)
        if (places->image[i] < 0 || (size_t)places->image[i] >= result->images ||
            places->class_index[i] < 0 ||
            (size_t)places->class_index[i] + 1 >= result->class_names.count)
            FAIL(STATUS_FORMAT, "%s: /%s: box %zu is of no image or of no class",
                 hdf5_reader_path(reader), group, i);
    return STATUS_OK;
}

static Box box_at(const Places *places, size_t i)
{
    const float *corners = places->corners[i];
    return (Box){corners[0], corners[1], corners[2], corners[3]};
}

static Status fill_found(const Hdf5Reader *reader, const Places *places, AllAnswers *answers)
{
    double *scores = NULL;
    TRY(MEMORY_NEW(&answers->found, places->count));
    Status status = read_numbers(reader, "test/detections/score", places->count, &scores);
    for (size_t i = 0; scores && i < places->count && status == STATUS_OK; ++i)
        answers->found[i] = (FoundBox){.image = (uint32_t)places->image[i],
                                       .class_index = (uint32_t)places->class_index[i],
                                       .score = scores[i],
                                       .box = box_at(places, i)};
    free(scores);
    answers->boxes.found = answers->found;
    answers->boxes.found_count = places->count;
    return status;
}

static Status fill_annotated(const Places *places, AllAnswers *answers)
{
    TRY(MEMORY_NEW(&answers->annotated, places->count));
    for (size_t i = 0; i < places->count; ++i)
        answers->annotated[i] = (AnnotatedBox){.image = (uint32_t)places->image[i],
                                               .class_index = (uint32_t)places->class_index[i],
                                               .box = box_at(places, i)};
    answers->boxes.annotated = answers->annotated;
    answers->boxes.annotated_count = places->count;
    return STATUS_OK;
}

/* Files of earlier versions keep no annotated boxes, and then have no average precision here. */
static Status read_boxes(const Hdf5Reader *reader, AllAnswers *answers)
{
    Places found = {0}, annotated = {0};
    Status status = STATUS_OK;
    if (!hdf5_has(reader, "test/detections/image") || !hdf5_has(reader, "test/annotations/image"))
        return STATUS_OK;
    TRY_GOTO(status, end, read_places(reader, "test/detections", answers->result, &found));
    TRY_GOTO(status, end, read_places(reader, "test/annotations", answers->result, &annotated));
    TRY_GOTO(status, end, fill_found(reader, &found, answers));
    TRY_GOTO(status, end, fill_annotated(&annotated, answers));
end:
    places_clear(&found);
    places_clear(&annotated);
    return status;
}

/* The overlaps stand by lesion. */
static Status place_overlaps(AllAnswers *answers)
{
    const CellResult *result = answers->result;
    if (!result->box_overlap)
        return STATUS_OK;
    TRY(MEMORY_NEW(&answers->box_overlap, result->images));
    for (size_t i = 0; i < result->images; ++i)
        answers->box_overlap[i] = (double)NAN;
    for (size_t i = 0; i < result->overlap_count; ++i)
        answers->box_overlap[result->overlap_image[i]] = result->box_overlap[i];
    return STATUS_OK;
}

static Status read_all(const Hdf5Reader *reader, AllAnswers *answers)
{
    const CellResult *result = answers->result;
    const size_t classes = result->class_names.count - 1;
    TRY(read_numbers(reader, "test/predictions/scores", result->images * classes,
                     &answers->scores));
    TRY(read_numbers(reader, "test/predictions/mask_iou", result->images, &answers->mask_iou));
    TRY(read_numbers(reader, "test/predictions/mask_share", result->images, &answers->mask_share));
    for (size_t i = 0; answers->mask_iou && i < result->images; ++i)
        if (result->truth[i] < 0) /* earlier versions have numbers there */
            answers->mask_iou[i] = (double)NAN;
    TRY(place_overlaps(answers));
    return read_boxes(reader, answers);
}

Status all_answers_read(const char *path, const CellResult *result, AllAnswers *answers)
{
    Hdf5Reader *reader;
    *answers = (AllAnswers){.result = result};
    TRY(result_open(path, &reader)); /* cell_result_read() has probed it */
    Status status = hdf5_reader_end(reader, read_all(reader, answers));
    if (status != STATUS_OK)
        all_answers_clear(answers);
    return status;
}

void all_answers_clear(AllAnswers *answers)
{
    free(answers->scores);
    free(answers->mask_iou);
    free(answers->mask_share);
    free(answers->box_overlap);
    free(answers->found);
    free(answers->annotated);
    *answers = (AllAnswers){0};
}

SetAnswers all_answers_set(const AllAnswers *answers)
{
    const CellResult *result = answers->result;
    return (SetAnswers){.given = answers_classes(result),
                        .scores = answers->scores,
                        .class_names = (const char *const *)result->class_names.items + 1,
                        .dice = result->dice,
                        .mask_iou = answers->mask_iou,
                        .mask_share = answers->mask_share,
                        .box_overlap = answers->box_overlap,
                        .boxes = answers->annotated ? &answers->boxes : NULL};
}
