/* Reading JSON; see json_document.h. */
#include "data/import/json_document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/files.h"

static const int64_t bytes_most = (int64_t)1 << 30;

Status json_read(const char *path, cJSON **document)
{
    struct stat about;
    char *text;
    size_t bytes;
    *document = NULL;
    if (stat(path, &about) == 0 && about.st_size > bytes_most)
        FAIL(STATUS_FORMAT, "%s: %lld bytes, expected at most 1 GiB of JSON", path,
             (long long)about.st_size);
    TRY(files_read(path, &text, &bytes));
    const char *end = NULL;
    *document = cJSON_ParseWithLengthOpts(text, bytes + 1, &end, true);
    Status status = STATUS_OK;
    if (!*document) {
        size_t line = 1;
        for (const char *c = text; end && c < end; ++c)
            line += *c == '\n';
        status = status_set(STATUS_FORMAT,
                            "%s:%zu: not JSON from here on (or nested more than %d deep), expected "
                            "one value",
                            path, line, CJSON_NESTING_LIMIT);
    }
    free(text);
    return status;
}

const cJSON *json_member(const cJSON *object, const char *name)
{
    const cJSON *member =
        cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
    return cJSON_IsNull(member) ? NULL : member;
}

const char *json_text(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(json_member(object, name));
}

bool json_integer(const cJSON *object, const char *name, int64_t *value)
{
    const cJSON *member = json_member(object, name);
    if (!cJSON_IsNumber(member) || !(fabs(member->valuedouble) < 9007199254740992.0) ||
        member->valuedouble != floor(member->valuedouble))
        return false;
    *value = (int64_t)member->valuedouble;
    return true;
}

bool json_numbers(const cJSON *array, size_t count, double *values)
{
    if (!cJSON_IsArray(array))
        return false;
    size_t filled = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (filled == count || !cJSON_IsNumber(item) || !isfinite(item->valuedouble))
            return false;
        values[filled++] = item->valuedouble;
    }
    return filled == count;
}
