/* See error_kinds.h. */
#include "report/errors/error_kinds.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

static const double overlap_wanted = 0.5;

const char *error_kind_name(ErrorKind kind)
{
    static const char *const names[ERROR_KINDS] = {"right", "missed lesion", "false alarm",
                                                   "wrong class", "wrong place"};
    return names[kind];
}

void error_marks_index(const EvidenceRun *run, size_t *first)
{
    for (size_t i = 0; i < run->result->images; ++i)
        first[i] = SIZE_MAX;
    for (size_t p = run->place_count; p-- > 0;)
        first[run->places[p].image] = p;
}

/* placed[i]: a mark of image i that reaches the operating point is on one of its lesions; asked[i]:
 * it has lesions with boxes. */
static void find_places(const EvidenceRun *run, const size_t *first, bool *placed, bool *asked)
{
    for (size_t k = 0; k < run->lesion_count; ++k) {
        const AnnotatedBox *lesion = &run->lesions[k];
        asked[lesion->image] = true;
        for (size_t p = first[lesion->image];
             p < run->place_count && run->places[p].image == lesion->image &&
             run->places[p].score >= run->operating_point && !placed[lesion->image];
             ++p)
            placed[lesion->image] = box_iou(&run->places[p].box, &lesion->box) >= overlap_wanted;
    }
}

bool error_knows_places(const EvidenceRun *run)
{
    return run->has_boxes && !isnan(run->operating_point);
}

static ErrorKind kind_of(const CellResult *result, size_t image, bool asked, bool placed)
{
    const int64_t truth = result->truth[image], called = result->predicted[image];
    if (truth >= 0 && called < 0)
        return ERROR_MISSED;
    if (truth < 0 && called >= 0)
        return ERROR_FALSE_ALARM;
    if (truth != called)
        return ERROR_CLASS;
    return truth >= 0 && asked && !placed ? ERROR_PLACE : ERROR_NONE;
}

Status error_kinds_find(const EvidenceRun *run, const size_t *first, ErrorKind *kinds)
{
    const size_t images = run->result->images;
    bool *placed;
    TRY(MEMORY_NEW(&placed, 2 * images));
    bool *const asked = placed + images;
    if (error_knows_places(run))
        find_places(run, first, placed, asked);
    for (size_t i = 0; i < images; ++i)
        kinds[i] = kind_of(run->result, i, asked[i], placed[i]);
    free(placed);
    return STATUS_OK;
}

double error_weight(const EvidenceRun *run, size_t image, ErrorKind kind)
{
    const double score = run->result->lesion_score[image];
    return kind == ERROR_MISSED ? 1 - score : kind == ERROR_FALSE_ALARM ? score : 0;
}
