/* Which images belong together, because they are one patient's. */
#ifndef GISD_EVAL_CLUSTERS_H
#define GISD_EVAL_CLUSTERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Owned through clusters_clear(). */
typedef struct {
    size_t rows, count; /* images; patients among them */
    uint32_t *of;       /* rows: the patient of each, below count, numbered by their first row */
} Clusters;

/* `numbers`: any that tell patients apart; NULL: every row is one by itself. 2^32 rows or more are
 * STATUS_ARGUMENT. */
Status clusters_init(Clusters *clusters, const uint32_t *numbers /* rows */, size_t rows);
void clusters_clear(Clusters *clusters);

#endif
