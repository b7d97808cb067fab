/* Matching of priors to ground truths; see matching.h.
 *
 * The overlaps of one ground truth with all priors are a row, computed at once by a loop that
 * vectorises; two rows' worth of bests is kept, not the matrix. The greedy first step repairs its
 * bests only where somebody else took the prior: then that ground truth's row is computed again.
 */
#include "loss/matching.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/vector.h"

static const float OVERLAP_POSITIVE = 0.5f;

struct Matcher {
    const Priors *priors; /* borrowed */
    size_t most;
    float *x0, *y0, *x1, *y1, *area; /* P each: the priors as corners */
    float *row;                      /* P: overlaps with one ground truth */
    float *best;                     /* P: highest overlap with any ground truth */
    int32_t *owner;                  /* P: the ground truth of `best` */
    int32_t *taken;     /* P: the ground truth that took the prior for its own, or -1 */
    float *own_overlap; /* most: overlap with its best free prior; -1 once settled */
    size_t *own_prior;  /* most: that prior */
};

void matcher_free(Matcher *m)
{
    if (!m)
        return;
    free(m->x0);
    free(m->best);
    free(m->owner);
    free(m->own_overlap);
    free(m->own_prior);
    free(m);
}

Status matcher_new(const Priors *priors, size_t most, Matcher **matcher)
{
    *matcher = NULL;
    size_t count = priors->count;
    if (most > count)
        FAIL(STATUS_ARGUMENT, "%zu ground truths an image: expected at most the %zu priors", most,
             count);
    Matcher *m;
    TRY(MEMORY_NEW(&m, 1));
    m->priors = priors;
    m->most = most;
    Status status;
    TRY_GOTO(status, fail, MEMORY_NEW(&m->x0, 6 * count));
    TRY_GOTO(status, fail, MEMORY_NEW(&m->best, count));
    TRY_GOTO(status, fail, MEMORY_NEW(&m->owner, 2 * count));
    TRY_GOTO(status, fail, MEMORY_NEW(&m->own_overlap, most));
    TRY_GOTO(status, fail, MEMORY_NEW(&m->own_prior, most));
    m->y0 = m->x0 + count;
    m->x1 = m->y0 + count;
    m->y1 = m->x1 + count;
    m->area = m->y1 + count;
    m->row = m->area + count;
    m->taken = m->owner + count;
    for (size_t p = 0; p < count; ++p) {
        const float *prior = priors->centred[p];
        m->x0[p] = prior[0] - prior[2] / 2;
        m->y0[p] = prior[1] - prior[3] / 2;
        m->x1[p] = prior[0] + prior[2] / 2;
        m->y1[p] = prior[1] + prior[3] / 2;
        m->area[p] = prior[2] * prior[3];
    }
    *matcher = m;
    return STATUS_OK;
fail:
    matcher_free(m);
    return status;
}

static inline float smaller(float a, float b)
{
    return a < b ? a : b;
}

static inline float larger(float a, float b)
{
    return a > b ? a : b;
}

/* row[p] = overlap of prior p with the box. */
VECTORISED static void overlap_row(size_t count, const float *restrict x0, const float *restrict y0,
                                   const float *restrict x1, const float *restrict y1,
                                   const float *restrict area, const Box *box, float *restrict row)
{
    float bx0 = box->x0, by0 = box->y0, bx1 = box->x1, by1 = box->y1;
    float box_area = (bx1 - bx0) * (by1 - by0);
    for (size_t p = 0; p < count; ++p) {
        float width = larger(smaller(x1[p], bx1) - larger(x0[p], bx0), 0);
        float height = larger(smaller(y1[p], by1) - larger(y0[p], by0), 0);
        float common = width * height;
        row[p] = common / (area[p] + box_area - common);
    }
}

VECTORISED static void keep_best(size_t count, const float *restrict row, int32_t truth,
                                 float *restrict best, int32_t *restrict owner)
{
    for (size_t p = 0; p < count; ++p) {
        owner[p] = row[p] > best[p] ? truth : owner[p];
        best[p] = row[p] > best[p] ? row[p] : best[p];
    }
}

/* The highest overlap of `row` over priors that are not taken, and the first prior that has it. */
static void best_free(const Matcher *m, float *overlap, size_t *prior)
{
    *overlap = -1;
    *prior = 0;
    for (size_t p = 0; p < m->priors->count; ++p)
        if (m->row[p] > *overlap && m->taken[p] < 0) {
            *overlap = m->row[p];
            *prior = p;
        }
}

static void compute_row(Matcher *m, const Box *box)
{
    overlap_row(m->priors->count, m->x0, m->y0, m->x1, m->y1, m->area, box, m->row);
}

/* Every ground truth takes one prior of its own. */
static void take_own_priors(Matcher *m, size_t count, const GroundTruth *truths)
{
    for (size_t settled = 0; settled < count; ++settled) {
        size_t next = 0;
        for (size_t g = 1; g < count; ++g)
            if (m->own_overlap[g] > m->own_overlap[next])
                next = g;
        size_t prior = m->own_prior[next];
        m->taken[prior] = (int32_t)next;
        m->own_overlap[next] = -1;
        for (size_t g = 0; g < count; ++g)
            if (m->own_overlap[g] >= 0 && m->own_prior[g] == prior) {
                compute_row(m, &truths[g].box);
                best_free(m, &m->own_overlap[g], &m->own_prior[g]);
            }
    }
}

static Status check_truths(const Matcher *m, size_t count, const GroundTruth *truths)
{
    if (count > m->most)
        FAIL(STATUS_ARGUMENT, "%zu annotated boxes in an image: expected at most %zu", count,
             m->most);
    for (size_t g = 0; g < count; ++g) {
        const Box *box = &truths[g].box;
        if (!(box->x0 < box->x1 && box->y0 < box->y1 && isfinite(box->x0) && isfinite(box->y0) &&
              isfinite(box->x1) && isfinite(box->y1)))
            FAIL(STATUS_ARGUMENT,
                 "annotated box %zu (%s %s %s %s): expected finite corners with x0 < x1, y0 < y1",
                 g, TEXT_NUMBER(box->x0), TEXT_NUMBER(box->y0), TEXT_NUMBER(box->x1),
                 TEXT_NUMBER(box->y1));
        if (truths[g].class_index < 0)
            FAIL(STATUS_ARGUMENT, "annotated box %zu: expected a class, found %d", g,
                 (int)truths[g].class_index);
    }
    return STATUS_OK;
}

Status matcher_match(Matcher *m, size_t count, const GroundTruth *truths, int32_t *targets,
                     float (*offsets)[4], size_t *positives)
{
    TRY(check_truths(m, count, truths));
    size_t priors = m->priors->count;
    for (size_t p = 0; p < priors; ++p) {
        m->best[p] = -1;
        m->owner[p] = m->taken[p] = -1;
    }
    for (size_t g = 0; g < count; ++g) {
        compute_row(m, &truths[g].box);
        keep_best(priors, m->row, (int32_t)g, m->best, m->owner);
        best_free(m, &m->own_overlap[g], &m->own_prior[g]);
    }
    take_own_priors(m, count, truths);

    *positives = 0;
    for (size_t p = 0; p < priors; ++p) {
        int32_t truth = m->taken[p];
        if (truth < 0 && m->best[p] >= OVERLAP_POSITIVE)
            truth = m->owner[p];
        if (truth < 0) {
            targets[p] = TARGET_BACKGROUND;
            offsets[p][0] = offsets[p][1] = offsets[p][2] = offsets[p][3] = 0;
            continue;
        }
        targets[p] = truths[truth].class_index;
        priors_encode(m->priors->centred[p], &truths[truth].box, offsets[p]);
        ++*positives;
    }
    return STATUS_OK;
}
