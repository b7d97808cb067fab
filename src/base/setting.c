/* See setting.h. */
#include "base/setting.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* ---- reading ---- */

static Status read_number(const SettingRow *row, const char *text, double *value)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    if (end == text || *end || errno || !(*value >= row->least && *value <= row->most))
        FAIL(STATUS_ARGUMENT, "%s: '%s' (expected a number from %s to %s)", row->key, text,
             TEXT_NUMBER(row->least), TEXT_NUMBER(row->most));
    return STATUS_OK;
}

static bool read_whole(const char *text, unsigned long long *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && !*end && !errno;
}

static Status read_count(const SettingRow *row, const char *text, size_t *value)
{
    unsigned long long number;
    if (!read_whole(text, &number) || (double)number < row->least || (double)number > row->most)
        FAIL(STATUS_ARGUMENT, "%s: '%s' (expected a whole number from %s to %s)", row->key, text,
             TEXT_NUMBER(row->least), TEXT_NUMBER(row->most));
    *value = number;
    return STATUS_OK;
}

static Status read_seed(const SettingRow *row, const char *text, uint64_t *value)
{
    unsigned long long number;
    if (!read_whole(text, &number))
        FAIL(STATUS_ARGUMENT, "%s: '%s' (expected a whole number that is not negative)", row->key,
             text);
    *value = number;
    return STATUS_OK;
}

static Status read_choice(const SettingRow *row, const char *text, int *value)
{
    char list[256] = "";
    for (int i = 0; row->choices[i]; ++i) {
        if (strcmp(text, row->choices[i]) == 0) {
            *value = i;
            return STATUS_OK;
        }
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", row->choices[i]);
    }
    FAIL(STATUS_ARGUMENT, "%s: '%s' (expected one of %s)", row->key, text, list);
}

static Status read_flag(const SettingRow *row, const char *text, bool *value)
{
    *value = strcmp(text, "true") == 0;
    if (!*value && strcmp(text, "false") != 0)
        FAIL(STATUS_ARGUMENT, "%s: '%s' (expected true or false)", row->key, text);
    return STATUS_OK;
}

static Status read_path(const SettingRow *row, const char *text, char *value)
{
    if (strlen(text) >= SETTING_PATH_BYTES)
        FAIL(STATUS_ARGUMENT, "%s: a path of %zu bytes (expected less than %d)", row->key,
             strlen(text), SETTING_PATH_BYTES);
    snprintf(value, SETTING_PATH_BYTES, "%s", text);
    return STATUS_OK;
}

Status setting_row_read(const SettingRow *row, void *owner, const char *text)
{
    void *field = (char *)owner + row->offset;
    switch (row->kind) {
    case SETTING_COUNT:
        return read_count(row, text, field);
    case SETTING_SEED:
        return read_seed(row, text, field);
    case SETTING_NUMBER:
        return read_number(row, text, field);
    case SETTING_FLAG:
        return read_flag(row, text, field);
    case SETTING_CHOICE:
        return read_choice(row, text, field);
    case SETTING_OWN:
        return row->read(text, field);
    case SETTING_PATH:
    default:
        return read_path(row, text, field);
    }
}

/* ---- writing ---- */

void setting_row_write(const SettingRow *row, const void *owner, char text[SETTING_TEXT_BYTES])
{
    const void *field = (const char *)owner + row->offset;
    switch (row->kind) {
    case SETTING_COUNT:
        snprintf(text, SETTING_TEXT_BYTES, "%zu", *(const size_t *)field);
        break;
    case SETTING_SEED:
        snprintf(text, SETTING_TEXT_BYTES, "%llu", (unsigned long long)*(const uint64_t *)field);
        break;
    case SETTING_NUMBER:
        text_from_number(*(const double *)field, 1, text);
        break;
    case SETTING_FLAG:
        snprintf(text, SETTING_TEXT_BYTES, "%s", *(const bool *)field ? "true" : "false");
        break;
    case SETTING_CHOICE:
        snprintf(text, SETTING_TEXT_BYTES, "%s", row->choices[*(const int *)field]);
        break;
    case SETTING_OWN:
        row->write(field, text);
        break;
    case SETTING_PATH:
    default:
        snprintf(text, SETTING_TEXT_BYTES, "%s", (const char *)field);
        break;
    }
}

void setting_rows_default(size_t count, const SettingRow *rows, void *owner)
{
    for (size_t i = 0; i < count; ++i) {
        Status status = setting_row_read(&rows[i], owner, rows[i].otherwise);
        assert(status == STATUS_OK);
        (void)status;
    }
}
