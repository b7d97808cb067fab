/* See setting_json.h. */
#include "grid/run/setting_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Whether JSON has such a number; "007" and "0x7" it has not. */
static bool is_number(const char *text)
{
    const char *digits = text + (*text == '-');
    char *end;
    strtod(text, &end);
    return *digits >= '0' && *digits <= '9' && !*end && !text[strspn(text, "-+.0123456789eE")] &&
           (digits[0] != '0' || digits[1] < '0' || digits[1] > '9');
}

/* The text of the value in JSON, in `room` or as it is; NULL: a text that needs quotes. */
static const char *bare(size_t setting, const char *text, char room[TEXT_NUMBER_BYTES])
{
    const bool known = setting < setting_count();
    const SettingForm form = known ? setting_form(setting) : SETTING_AS_NUMBER;
    if (form == SETTING_AS_NUMBER && is_number(text))
        return text_number_in_plain(text, room);
    if ((!known || form == SETTING_AS_FLAG) &&
        (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
        return text;
    return NULL;
}

void setting_put_json(bool *fine, cJSON *object, size_t setting, const char *name, const char *text)
{
    char room[TEXT_NUMBER_BYTES];
    const char *value = bare(setting, text, room);
    *fine = *fine && (value ? cJSON_AddRawToObject(object, name, value)
                            : cJSON_AddStringToObject(object, name, text));
}

void setting_list_json(bool *fine, cJSON *list, size_t setting, const char *text)
{
    char room[TEXT_NUMBER_BYTES];
    const char *value = bare(setting, text, room);
    json_list_item(fine, list, value ? cJSON_CreateRaw(value) : cJSON_CreateString(text));
}
