/* Settings as rows of a table: one row says all there is to know of a setting.
 *
 * A row maps "section.key" of an experiment file to a field of a plain struct: its kind, its
 * bounds, its default, and when it matters. Whoever owns the struct (training, a task, an
 * architecture) keeps the rows of its fields beside it; reading, writing and defaults then need no
 * code of their own. Texts are canonical when written: a number has the fewest digits that read
 * back the same.
 */
#ifndef GISD_BASE_SETTING_H
#define GISD_BASE_SETTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { SETTING_PATH_BYTES = 1024, SETTING_TEXT_BYTES = SETTING_PATH_BYTES + 32 };

typedef enum {
    SETTING_COUNT,  /* size_t from `least` to `most` */
    SETTING_SEED,   /* uint64_t, any */
    SETTING_NUMBER, /* double from `least` to `most` */
    SETTING_FLAG,   /* bool: true or false */
    SETTING_CHOICE, /* an enum: the position in `choices` */
    SETTING_PATH,   /* char[SETTING_PATH_BYTES] */
    SETTING_OWN,    /* whatever `read` and `write` make of it */
} SettingKind;

typedef struct {
    const char *section, *key; /* section "": the top level of the file */
    SettingKind kind;
    size_t offset;         /* of the field in its owner's struct */
    const char *otherwise; /* the default, in canonical text */
    double least, most;
    const char *const *choices; /* ended by NULL */
    Status (*read)(const char *text, void *field);
    void (*write)(const void *field, char text[SETTING_TEXT_BYTES]);
    /* It matters only where the setting `when`, "section.key", of the same cell is `is`;
     * NULL: always. A setting that does not matter is no part of a cell's identity. */
    const char *when, *is;
    /* Added after results were made without it: what it was in them, whatever its default is now.
     * It is no part of an identity while it is that, so that those results stay valid. NULL: it was
     * there from the start. */
    const char *before;
    bool in_title; /* the architecture's title says it: "r50x1" */
} SettingRow;

/* Reads `text` into the row's field of `owner`. STATUS_ARGUMENT says what was expected
 * ("alpha: '2' (expected a number from 0 to 1)"). */
Status setting_row_read(const SettingRow *row, void *owner, const char *text);

/* The field in canonical text. */
void setting_row_write(const SettingRow *row, const void *owner, char text[SETTING_TEXT_BYTES]);

/* Sets every field of the rows to its default. */
void setting_rows_default(size_t count, const SettingRow *rows, void *owner);

#endif
