/* JSON as text that every reader takes: cJSON copies the bytes of texts as they are, but names of
 * files and what comes from other programs' files may be any bytes, and JSON is UTF-8; and a
 * terminal may be shown it.
 */
#ifndef GISD_STORE_JSON_H
#define GISD_STORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "base/status.h"

/* Adding a member to an object, with `name` borrowed for good (a literal). *fine becomes false
 * where the memory ends, and stays so; then nothing is added any more. A text that is NULL, a
 * number that is not finite and a time that is 0 are null. A number has all its digits, which
 * cJSON's own printing may cut by the last; a time is a text in UTC, ISO 8601. */
void json_put_text(bool *fine, cJSON *object, const char *name, const char *text);
void json_put_number(bool *fine, cJSON *object, const char *name, double number);
void json_put_whole(bool *fine, cJSON *object, const char *name, size_t number);
void json_put_flag(bool *fine, cJSON *object, const char *name, bool flag);
void json_put_time(bool *fine, cJSON *object, const char *name, time_t when);
cJSON *json_put_object(bool *fine, cJSON *object, const char *name);
cJSON *json_put_list(bool *fine, cJSON *object, const char *name);

/* The same for lists. The item is taken over; NULL is a want of memory. Returns it, or NULL. */
cJSON *json_list_item(bool *fine, cJSON *list, cJSON *item);

/* The value on one line, in *text, released with free(). A byte that is no part of UTF-8 is written
 * out as the four characters \xNN, a control character as \u00NN. */
Status json_print(const cJSON *value, char **text);

#endif
