/* JSON that others wrote: read whole, with messages that name the file and the place. */
#ifndef GISD_DATA_IMPORT_JSON_DOCUMENT_H
#define GISD_DATA_IMPORT_JSON_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/status.h"

/* Parses a file of at most 1 GiB whose values nest at most 1000 deep; released with
 * cJSON_Delete(). STATUS_FORMAT names the line. */
Status json_read(const char *path, cJSON **document);

/* The member of an object; NULL if there is none, it is null, or `object` is no object. */
const cJSON *json_member(const cJSON *object, const char *name);

/* The text of a member; NULL if it is no text. */
const char *json_text(const cJSON *object, const char *name);

/* A member that is a whole number below 2^53; false if it is not. */
bool json_integer(const cJSON *object, const char *name, int64_t *value);

/* Reads an array of exactly `count` finite numbers; false if `array` is not one. */
bool json_numbers(const cJSON *array, size_t count, double *values);

#endif
