/* JSON as text that every reader takes: cJSON copies the bytes of texts as they are, but names of
 * files and what comes from other programs' files may be any bytes, and JSON is UTF-8; and a
 * terminal may be shown it.
 */
#ifndef GISD_STORE_JSON_H
#define GISD_STORE_JSON_H

#include <cjson/cJSON.h>

#include "base/status.h"

/* The value on one line, in *text, released with free(). A byte that is no part of UTF-8 is written
 * out as the four characters \xNN, a control character as \u00NN. */
Status json_print(const cJSON *value, char **text);

#endif
