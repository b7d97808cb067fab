/* What a network got wrong about each image of its test, at its operating point. */
#ifndef GISD_REPORT_ERRORS_ERROR_KINDS_H
#define GISD_REPORT_ERRORS_ERROR_KINDS_H

#include "report/evidence/evidence.h"

typedef enum {
    ERROR_NONE,        /* its class is right, and so is the place, where there is one to compare */
    ERROR_MISSED,      /* a lesion is annotated, and the image was called normal */
    ERROR_FALSE_ALARM, /* the other way round */
    ERROR_CLASS,       /* a lesion was called one of another class */
    ERROR_PLACE,       /* of the right class, but no mark that reaches the operating point overlaps
                          an annotated box by an IoU of 0.5 */
    ERROR_KINDS
} ErrorKind;

/* "right", "missed lesion", ... */
const char *error_kind_name(ErrorKind kind);

/* first[i]: where the marks on image i begin among the run's places, best first; SIZE_MAX: it has
 * none. */
void error_marks_index(const EvidenceRun *run, size_t *first /* images */);

/* Whether the places of a run's marks can be compared with annotated ones; else nothing is known to
 * be in a wrong place. */
bool error_knows_places(const EvidenceRun *run);

/* Of each image. */
Status error_kinds_find(const EvidenceRun *run, const size_t *first /* images */,
                        ErrorKind *kinds /* images */);

/* How wrong: how far the lesion score is on the wrong side, for missed lesions and false alarms the
 * larger the worse; 0 for others. */
double error_weight(const EvidenceRun *run, size_t image, ErrorKind kind);

#endif
