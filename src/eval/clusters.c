/* See clusters.h: one sort brings the rows of a patient together, a second pass numbers patients in
 * the order of their first rows. */
#include "eval/clusters.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

typedef struct {
    uint32_t number, row;
} NumberedRow;

static int compare_numbers(const void *left, const void *right)
{
    const NumberedRow *a = left, *b = right;
    if (a->number != b->number)
        return a->number > b->number ? 1 : -1;
    return (a->row > b->row) - (a->row < b->row);
}

/* of[row]: for now the first row of its patient. */
static Status find_first_rows(Clusters *clusters, const uint32_t *numbers)
{
    NumberedRow *sorted;
    TRY(MEMORY_NEW(&sorted, clusters->rows));
    for (size_t i = 0; i < clusters->rows; ++i)
        sorted[i] = (NumberedRow){.number = numbers[i], .row = (uint32_t)i};
    qsort(sorted, clusters->rows, sizeof *sorted, compare_numbers);
    for (size_t i = 0; i < clusters->rows; ++i) {
        bool first = i == 0 || sorted[i].number != sorted[i - 1].number;
        clusters->of[sorted[i].row] = first ? sorted[i].row : clusters->of[sorted[i - 1].row];
    }
    free(sorted);
    return STATUS_OK;
}

Status clusters_init(Clusters *clusters, const uint32_t *numbers, size_t rows)
{
    *clusters = (Clusters){.rows = rows};
    if (rows >= UINT32_MAX)
        FAIL(STATUS_ARGUMENT, "patients of images: fewer than 2^32 images expected");
    TRY(MEMORY_NEW(&clusters->of, rows));
    for (size_t i = 0; i < rows; ++i)
        clusters->of[i] = (uint32_t)i;
    Status status = numbers ? find_first_rows(clusters, numbers) : STATUS_OK;
    if (status != STATUS_OK) {
        clusters_clear(clusters);
        return status;
    }
    /* A patient's first row comes before its others, and so has its number already. */
    for (size_t i = 0; i < rows; ++i)
        clusters->of[i] =
            clusters->of[i] == i ? (uint32_t)clusters->count++ : clusters->of[clusters->of[i]];
    return STATUS_OK;
}

void clusters_clear(Clusters *clusters)
{
    free(clusters->of);
    *clusters = (Clusters){0};
}
