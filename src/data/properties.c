/* gisd-dataset.json; see properties.h. */
#include "data/properties.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/files.h"

static Status parse_item(const char *path, const cJSON *item, DatasetProperties *properties)
{
    if (strcmp(item->string, "synthetic") == 0) {
        if (!cJSON_IsBool(item))
            FAIL(STATUS_FORMAT, "%s: synthetic is neither true nor false", path);
        properties->synthetic = cJSON_IsTrue(item);
        return STATUS_OK;
    }
    if (strcmp(item->string, "level") == 0) {
        const char *level = cJSON_IsString(item) ? item->valuestring : "";
        properties->hard = strcmp(level, "hard") == 0;
        if (!properties->hard && strcmp(level, "easy") != 0)
            FAIL(STATUS_FORMAT, "%s: level is neither \"easy\" nor \"hard\"", path);
        return STATUS_OK;
    }
    if (strcmp(item->string, "mask_values") == 0) {
        if (!cJSON_IsString(item) || !mask_rule_parse(item->valuestring, &properties->mask_rule))
            FAIL(STATUS_FORMAT, "%s: mask_values is no text such as " MASK_RULE_EXPECTED, path);
        return STATUS_OK;
    }
    if (strcmp(item->string, "denoised") == 0) {
        const char *text = cJSON_IsString(item) ? item->valuestring : NULL;
        if (!text || strlen(text) >= sizeof properties->denoised)
            FAIL(STATUS_FORMAT, "%s: denoised is no text of less than %zu bytes", path,
                 sizeof properties->denoised);
        strcpy(properties->denoised, text);
        return STATUS_OK;
    }
    FAIL(STATUS_FORMAT, "%s: unknown key \"%s\", expected synthetic, level, mask_values, denoised",
         path, item->string);
}

static Status parse(const char *path, const char *text, DatasetProperties *properties)
{
    cJSON *root = cJSON_ParseWithOpts(text, NULL, true);
    Status status = STATUS_OK;
    if (!cJSON_IsObject(root))
        status = status_set(STATUS_FORMAT, "%s: expected {\"synthetic\": true} or false", path);
    const cJSON *item = root ? root->child : NULL;
    for (; item && status == STATUS_OK; item = item->next)
        status = parse_item(path, item, properties);
    cJSON_Delete(root);
    return status;
}

Status properties_read(const char *manifest_path, DatasetProperties *properties)
{
    *properties = (DatasetProperties){0};
    char *path, *text;
    TRY(files_resolve(manifest_path, PROPERTIES_FILE, &path));
    Status status = files_read(path, &text, NULL);
    if (status == STATUS_OK) {
        status = parse(path, text, properties);
        free(text);
    } else if (status == STATUS_MISSING) {
        status = STATUS_OK;
    }
    free(path);
    return status;
}

Status properties_write(const char *folder, const DatasetProperties *properties)
{
    const char *level = properties->synthetic && properties->hard ? ", \"level\": \"hard\"" : "";
    const bool denoised = properties->denoised[0] != '\0';
    char text[PROPERTIES_DENOISED_BYTES + 100], *path;
    snprintf(text, sizeof text, "{\"synthetic\": %s%s%s%s%s}\n",
             properties->synthetic ? "true" : "false", level, denoised ? ", \"denoised\": \"" : "",
             properties->denoised, denoised ? "\"" : "");
    TRY(files_join(folder, PROPERTIES_FILE, &path));
    Status status = files_write(path, text, strlen(text));
    free(path);
    return status;
}
