/* See imagined.h. */
#include "imagined.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"

/* Qualities that patients and images have. */
enum { SHARED, FIRST, SECOND, CLASS, OUTLINE, PLACE, QUALITIES };
enum { OWN = QUALITIES - CLASS }; /* qualities of a program's answers, other than its score */

static const double separation = 1.8; /* of scores with a lesion, in standard deviations */
const double imagined_threshold = 0.9;

/* Each quality of an image, a standard normal: the patient's part and its own. */
static void draw_image(RandomStream *stream, double correlation, const double *of_patient,
                       size_t qualities, double *quality)
{
    for (size_t i = 0; i < qualities; ++i)
        quality[i] = sqrt(correlation) * of_patient[i] +
                     sqrt(1 - correlation) * (double)random_normal(stream);
}

/* A box of the annotated one's size whose overlap with it is `iou`: moved aside. */
static Box moved_box(double iou)
{
    float aside = (float)(100 * (1 - iou) / (1 + iou));
    return (Box){aside, 0, 100 + aside, 100};
}

/* What a program answers; quality: OWN, from CLASS on. */
static void fill_answers(Imagined *imagined, size_t i, size_t program, bool lesion,
                         int64_t class_index, const double *quality)
{
    const double score = imagined->score[program][i];
    /* One class in ten is mistaken for the next. */
    int64_t named = quality[0] < 1.28 ? class_index : (class_index + 1) % IMAGINED_CLASSES;
    imagined->right[program][i] = (score >= imagined_threshold) == lesion;
    imagined->predicted[program][i] = score >= imagined_threshold ? named : -1;
    imagined->dice[program][i] =
        lesion ? 1 / (1 + exp(-(1.5 + quality[OUTLINE - CLASS]))) : (double)NAN;
    imagined->found[program][i] =
        (FoundBox){.image = (uint32_t)i,
                   .score = score,
                   .box = moved_box(1 / (1 + exp(-(1 + quality[PLACE - CLASS]))))};
}

/* `other`: what the second program's qualities do not share with the first's. */
static void fill_image(Imagined *imagined, size_t i, bool lesion, int64_t class_index,
                       const double *quality, const double *other)
{
    static const size_t own[2] = {FIRST, SECOND};
    imagined->positive[i] = lesion;
    imagined->truth[i] = lesion ? class_index : -1;
    double second[OWN];
    for (size_t k = 0; k < 2; ++k)
        imagined->score[k][i] =
            (lesion ? separation : 0) + sqrt(0.5) * (quality[SHARED] + quality[own[k]]);
    for (size_t k = 0; k < OWN; ++k)
        second[k] = sqrt(0.5) * (quality[CLASS + k] + other[k]);
    fill_answers(imagined, i, 0, lesion, class_index, quality + CLASS);
    fill_answers(imagined, i, 1, lesion, class_index, second);
    if (lesion)
        imagined->annotated[imagined->annotated_count++] =
            (AnnotatedBox){.image = (uint32_t)i, .box = {0, 0, 100, 100}};
}

static void fill_patient(const Imagining *imagining, uint32_t set, size_t patient,
                         Imagined *imagined)
{
    RandomStream stream, other_stream;
    double of_patient[QUALITIES], quality[QUALITIES], other_of_patient[OWN], other[OWN];
    random_init(&stream, imagining->seed, "imagined patient", set, (uint32_t)patient);
    random_init(&other_stream, imagining->seed, "imagined second", set, (uint32_t)patient);
    for (size_t i = 0; i < QUALITIES; ++i)
        of_patient[i] = (double)random_normal(&stream);
    for (size_t i = 0; i < OWN; ++i)
        other_of_patient[i] = (double)random_normal(&other_stream);
    const bool ill =
        imagining->by_chance ? (double)random_uniform(&other_stream) < 0.5 : patient % 2 == 1;
    for (size_t k = 0; k < imagining->images_each; ++k) {
        draw_image(&stream, imagining->correlation, of_patient, QUALITIES, quality);
        draw_image(&other_stream, imagining->correlation, other_of_patient, OWN, other);
        bool lesion = ill && (double)random_uniform(&stream) < imagining->shown;
        fill_image(imagined, patient * imagining->images_each + k, lesion,
                   (int64_t)(patient / 2 % IMAGINED_CLASSES), quality, other);
    }
}

static Status allocate(const Imagining *imagining, Imagined *imagined)
{
    const size_t images = imagined->images;
    uint32_t *numbers;
    TRY(MEMORY_NEW(&numbers, images));
    for (size_t i = 0; i < images; ++i)
        numbers[i] = (uint32_t)(i / imagining->images_each);
    Status status = clusters_init(&imagined->clusters, numbers, images);
    free(numbers);
    TRY(status);
    for (size_t k = 0; k < 2; ++k) {
        TRY(MEMORY_NEW(&imagined->score[k], images));
        TRY(MEMORY_NEW(&imagined->right[k], images));
        TRY(MEMORY_NEW(&imagined->predicted[k], images));
        TRY(MEMORY_NEW(&imagined->dice[k], images));
        TRY(MEMORY_NEW(&imagined->found[k], images));
    }
    TRY(MEMORY_NEW(&imagined->positive, images));
    TRY(MEMORY_NEW(&imagined->truth, images));
    return MEMORY_NEW(&imagined->annotated, images);
}

Status imagined_init(const Imagining *imagining, uint32_t set, Imagined *imagined)
{
    *imagined = (Imagined){.images = imagining->patients * imagining->images_each};
    Status status = allocate(imagining, imagined);
    if (status != STATUS_OK) {
        imagined_clear(imagined);
        return status;
    }
    for (size_t patient = 0; patient < imagining->patients; ++patient)
        fill_patient(imagining, set, patient, imagined);
    return STATUS_OK;
}

void imagined_clear(Imagined *imagined)
{
    clusters_clear(&imagined->clusters);
    for (size_t k = 0; k < 2; ++k) {
        free(imagined->score[k]);
        free(imagined->right[k]);
        free(imagined->predicted[k]);
        free(imagined->dice[k]);
        free(imagined->found[k]);
    }
    free(imagined->positive);
    free(imagined->truth);
    free(imagined->annotated);
    *imagined = (Imagined){0};
}

ImageAnswers imagined_answers(const Imagined *imagined, size_t program)
{
    return (ImageAnswers){.given = {.images = imagined->images,
                                    .classes = IMAGINED_CLASSES,
                                    .truth = imagined->truth,
                                    .predicted = imagined->predicted[program]},
                          .lesion_score = imagined->score[program],
                          .dice = imagined->dice[program]};
}

DetectionSet imagined_boxes(const Imagined *imagined, size_t program)
{
    return (DetectionSet){.found = imagined->found[program],
                          .found_count = imagined->images,
                          .annotated = imagined->annotated,
                          .annotated_count = imagined->annotated_count};
}
