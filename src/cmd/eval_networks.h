/* gisd-eval: which networks are meant, and where their results go. */
#ifndef GISD_CMD_EVAL_NETWORKS_H
#define GISD_CMD_EVAL_NETWORKS_H

#include <stddef.h>

#include "base/status.h"

/* All owned by the list. */
typedef struct {
    char *name;       /* for a person: of the cell, or the checkpoint's path */
    char *checkpoint; /* path */
    char *result;     /* of its cell; NULL if there is none */
    char *out;        /* test_NAME.h5 or seconds.h5 beside the checkpoint */
} EvalNetwork;

typedef struct {
    size_t count, capacity;
    EvalNetwork *items; /* count */
} EvalNetworks;

/* `word` is a checkpoint, the folder of a cell, or a results folder, of which every finished cell
 * is taken; `test_set` is NULL where seconds are measured. STATUS_MISSING: it is none of these, or
 * no cell is finished. *networks begins zeroed; eval_networks_clear() also takes what an error
 * leaves. */
Status eval_networks_find(const char *word, const char *test_set, EvalNetworks *networks);
void eval_networks_clear(EvalNetworks *networks);

#endif
