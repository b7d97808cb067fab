/* gisd-detect: what is printed and listed of an image: a few lines, a JSON object, a row of CSV. */
#ifndef GISD_CMD_DETECT_REPORT_H
#define GISD_CMD_DETECT_REPORT_H

#include <cjson/cJSON.h>

#include "cmd/detect_found.h"
#include "store/csv.h"

/* An image that was looked at; all is borrowed. */
typedef struct {
    const char *path;
    const GisdDetector *detector;
    const GisdResult *result;
    const FoundRule *rule;
    const Found *found;
    const char *overlay, *mask; /* files that were written; NULL: none */
} Seen;

/* The verdict on a line, and a line for each box, on the standard output. */
void report_text(const Seen *seen);

/* Objects of an image and of one that could not be looked at, with this thread's message; NULL for
 * want of memory. `checkpoint_point`: the operating point that the checkpoint itself has. */
cJSON *report_json(const Seen *seen, double checkpoint_point);
cJSON *report_json_failure(const char *path);

/* The header, and rows of the same. `report_csv_is_own`: whether a file begins with the header. */
void report_csv_header(CsvWriter *writer);
Status report_csv(const Seen *seen, CsvWriter *writer);
void report_csv_failure(const char *path, CsvWriter *writer);
bool report_csv_is_own(const char *path);

#endif
