/* check_schema SCHEMA.json < DOCUMENT: whether the document has every member that the schema
 * requires, none that it does not describe, and each of the right type. Knows of JSON Schema what
 * docs/schema uses: type, const, enum, required, properties, additionalProperties, items. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

static char *read_all(FILE *stream)
{
    char *text = NULL;
    size_t room = 0;
    return stream && getdelim(&text, &room, '\0', stream) > 0 ? text : NULL;
}

static _Noreturn void refuse(const char *path, const char *text, const char *detail)
{
    fprintf(stderr, "check_schema: %s: %s%s\n", *path ? path : "the document", text, detail);
    exit(EXIT_FAILURE);
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool is_type(const cJSON *value, const char *type)
{
    return strcmp(type, "object") == 0    ? cJSON_IsObject(value)
           : strcmp(type, "array") == 0   ? cJSON_IsArray(value)
           : strcmp(type, "string") == 0  ? cJSON_IsString(value)
           : strcmp(type, "boolean") == 0 ? cJSON_IsBool(value)
           : strcmp(type, "null") == 0    ? cJSON_IsNull(value)
           : strcmp(type, "number") == 0  ? cJSON_IsNumber(value)
           : strcmp(type, "integer") == 0
               ? cJSON_IsNumber(value) && value->valuedouble == floor(value->valuedouble)
               : false;
}

static void check_type(const cJSON *schema, const cJSON *value, const char *path)
{
    const cJSON *types = member(schema, "type"), *type, *choice;
    bool fits = is_type(value, cJSON_IsString(types) ? types->valuestring : "");
    cJSON_ArrayForEach(type, types) fits |= is_type(value, type->valuestring);
    if (!fits)
        refuse(path, "another type than the schema's: ", cJSON_PrintUnformatted(value));
    if (member(schema, "const") && !cJSON_Compare(member(schema, "const"), value, true))
        refuse(path, "another value than the schema's: ", cJSON_PrintUnformatted(value));
    bool listed = !member(schema, "enum");
    cJSON_ArrayForEach(choice, member(schema, "enum")) listed |= cJSON_Compare(choice, value, true);
    if (!listed)
        refuse(path, "none of the schema's values: ", cJSON_PrintUnformatted(value));
}

static void check(const cJSON *schema, const cJSON *value, const char *path)
{
    const cJSON *item, *required, *properties = member(schema, "properties");
    const cJSON *others = member(schema, "additionalProperties");
    check_type(schema, value, path);
    cJSON_ArrayForEach(required,
                       member(schema, "required")) if (cJSON_IsObject(value) &&
                                                       !member(value, required->valuestring))
        refuse(path, "lacks ", required->valuestring);
    cJSON_ArrayForEach(item, value)
    {
        char place[512];
        snprintf(place, sizeof place, "%s%s%s", path, *path ? "." : "",
                 item->string ? item->string : "[]");
        const cJSON *own = cJSON_IsArray(value)               ? member(schema, "items")
                           : member(properties, item->string) ? member(properties, item->string)
                                                              : others;
        if (!own)
            refuse(place, "is not in the schema", "");
        check(own, item, place);
    }
}

int main(int count, char **words)
{
    FILE *file = count == 2 ? fopen(words[1], "r") : NULL;
    char *schema_text = read_all(file), *text = read_all(stdin);
    cJSON *schema = schema_text ? cJSON_Parse(schema_text) : NULL;
    cJSON *document = text ? cJSON_Parse(text) : NULL;
    if (!schema || !document)
        refuse(count == 2 ? words[1] : "", schema ? "the document is no JSON" : "no JSON", "");
    check(schema, document, "");
    cJSON_Delete(schema);
    cJSON_Delete(document);
    free(schema_text);
    free(text);
    fclose(file);
    return EXIT_SUCCESS;
}
