/* Prior boxes; see priors.h. The sizes follow SSD's scheme (Liu et al. 2016) for m levels: 10, then
 * 20 + i floor(70 / (m - 2)) percent for i = 0 .. m - 1; level k takes the sizes k and k + 1. */
#include "model/priors.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static const double CENTRE_VARIANCE = 0.1, SIZE_VARIANCE = 0.2;
static const double MAX_LOG_RATIO = 4.135166556742356; /* ln(1000 / 16) */

/* Cells after a 3x3 of stride 2 and padding 1 (or any of the backbone's halvings). */
static size_t halved(size_t n)
{
    return (n - 1) / 2 + 1;
}

static Status find_levels(size_t size, PriorLevels *levels)
{
    if (size != 300 && (size < 64 || size > 512 || size % 32 != 0))
        FAIL(STATUS_ARGUMENT, "input size %zu: expected 300 or a multiple of 32 from 64 to 512",
             size);
    *levels = (PriorLevels){0};
    size_t *map = levels->map;
    map[0] = halved(halved(halved(size)));
    map[1] = halved(map[0]);
    map[2] = halved(map[1]);
    size_t count = PRIORS_PYRAMID_LEVELS;
    for (; map[count - 1] > 1; ++count) {
        levels->valid[count] = map[count - 1] == 3;
        map[count] = levels->valid[count] ? 1 : halved(map[count - 1]);
    }
    levels->count = count;
    for (size_t k = 0; k < count; ++k)
        levels->boxes[k] = k == 0 || k + 2 >= count ? 4 : 6;
    return STATUS_OK;
}

/* Width and height of the boxes of a cell of level k, each clamped to 1. */
static void level_shapes(const PriorLevels *levels, size_t k, double shapes[6][2])
{
    double step = floor(70.0 / (double)(levels->count - 2));
    double low = (k == 0 ? 10 : 20 + step * (double)(k - 1)) / 100;
    double high = (20 + step * (double)k) / 100;
    double mean = sqrt(low * high);
    shapes[0][0] = shapes[0][1] = low;
    shapes[1][0] = shapes[1][1] = mean;
    for (size_t i = 2; i < levels->boxes[k]; i += 2) {
        double root = sqrt(i == 2 ? 2.0 : 3.0);
        shapes[i][0] = shapes[i + 1][1] = low * root;
        shapes[i][1] = shapes[i + 1][0] = low / root;
    }
    for (size_t i = 0; i < levels->boxes[k]; ++i) {
        shapes[i][0] = fmin(shapes[i][0], 1);
        shapes[i][1] = fmin(shapes[i][1], 1);
    }
}

Status priors_new(size_t size, Priors **result)
{
    *result = NULL;
    PriorLevels levels;
    TRY(find_levels(size, &levels));
    Priors *priors;
    TRY(MEMORY_NEW(&priors, 1));
    priors->size = size;
    priors->levels = levels;
    for (size_t k = 0; k < levels.count; ++k)
        priors->count += levels.map[k] * levels.map[k] * levels.boxes[k];
    Status status = MEMORY_NEW(&priors->centred, priors->count);
    if (status != STATUS_OK) {
        free(priors);
        return status;
    }

    float(*prior)[4] = priors->centred;
    for (size_t k = 0; k < levels.count; ++k) {
        double shapes[6][2], cells = (double)levels.map[k];
        level_shapes(&levels, k, shapes);
        for (size_t y = 0; y < levels.map[k]; ++y)
            for (size_t x = 0; x < levels.map[k]; ++x)
                for (size_t i = 0; i < levels.boxes[k]; ++i, ++prior) {
                    (*prior)[0] = (float)(((double)x + 0.5) / cells);
                    (*prior)[1] = (float)(((double)y + 0.5) / cells);
                    (*prior)[2] = (float)shapes[i][0];
                    (*prior)[3] = (float)shapes[i][1];
                }
    }
    *result = priors;
    return STATUS_OK;
}

void priors_free(Priors *priors)
{
    if (!priors)
        return;
    free(priors->centred);
    free(priors);
}

void priors_encode(const float prior[4], const Box *box, float offsets[4])
{
    double width = (double)box->x1 - box->x0, height = (double)box->y1 - box->y0;
    double x = ((double)box->x0 + box->x1) / 2, y = ((double)box->y0 + box->y1) / 2;
    offsets[0] = (float)((x - prior[0]) / (prior[2] * CENTRE_VARIANCE));
    offsets[1] = (float)((y - prior[1]) / (prior[3] * CENTRE_VARIANCE));
    offsets[2] = (float)(log(width / prior[2]) / SIZE_VARIANCE);
    offsets[3] = (float)(log(height / prior[3]) / SIZE_VARIANCE);
}

void priors_decode(const float prior[4], const float offsets[4], Box *box)
{
    double x = prior[0] + offsets[0] * CENTRE_VARIANCE * prior[2];
    double y = prior[1] + offsets[1] * CENTRE_VARIANCE * prior[3];
    double width = prior[2] * exp(fmin(offsets[2] * SIZE_VARIANCE, MAX_LOG_RATIO));
    double height = prior[3] * exp(fmin(offsets[3] * SIZE_VARIANCE, MAX_LOG_RATIO));
    box->x0 = (float)fmin(fmax(x - width / 2, 0), 1);
    box->y0 = (float)fmin(fmax(y - height / 2, 0), 1);
    box->x1 = (float)fmin(fmax(x + width / 2, 0), 1);
    box->y1 = (float)fmin(fmax(y + height / 2, 0), 1);
}
