/* Several manifests made one. */
#ifndef GISD_DATA_JOIN_H
#define GISD_DATA_JOIN_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    const char *manifest; /* path */
    const char *name;     /* told apart by; goes in front of patients and lesions */
} JoinPart;

/* Writes out/manifest.csv with the rows of all parts, in their order: paths as seen from `out`,
 * "NAME/P1" for patient P1 of a part, every column that any part has. `out` must be new or empty
 * and appears whole or not at all. Each part must be a valid manifest, and so must the whole: an
 * image in two parts is an error. *rows is how many there are. */
Status join_manifests(size_t count, const JoinPart *parts, const char *out, size_t *rows);

#endif
