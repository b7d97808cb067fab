/* How much memory the processes of this job may take on this node: the least of what the control
 * group, Slurm and the kernel say.
 */
#ifndef GISD_GRID_RUN_NODE_LIMIT_H
#define GISD_GRID_RUN_NODE_LIMIT_H

#include "base/status.h"

enum { NODE_SOURCE_BYTES = 32 };

typedef struct {
    double bytes;                   /* INFINITY: nothing says */
    char source[NODE_SOURCE_BYTES]; /* who says so: "memory.max of the cgroup", "MemAvailable" */
} NodeLimit;

/* `root`: where /proc and /sys are looked for; "". */
NodeLimit node_limit_find(const char *root);

/* Reads "8G", "500M", "1.5T" or bytes as the limit that --memory states; units are powers of 1024,
 * as Slurm's. */
Status node_limit_read(const char *text, NodeLimit *limit);

#endif
