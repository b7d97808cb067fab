/* All settings that a cell can have, found by section and key: those of training, which every cell
 * has, those of the tasks and those of the architectures.
 *
 * Each owner keeps the rows of its own settings (base/setting.h); this is their sum. Two owners may
 * have a setting of one name, such as two architectures with dropout: it is one setting here, and a
 * cell's own architecture decides what it means. Settings are numbered from 0 in a fixed order,
 * which is that of a grid's axes, the last varying fastest, and of resolved texts.
 */
#ifndef GISD_TRAIN_SETTING_TABLE_H
#define GISD_TRAIN_SETTING_TABLE_H

#include <stdio.h>

#include "train/settings.h"

size_t setting_count(void);

/* Section ("model", "loss", "training", or "" for the top level) and key of a setting. */
const char *setting_section(size_t setting);
const char *setting_key(size_t setting);

/* What it is called where there are no sections: its key, or "section.key" if an earlier setting
 * has that key. */
const char *setting_name(size_t setting);

/* The setting of that section and key, or setting_count(). */
size_t setting_find(const char *section, const char *key);

/* The setting of that name, or of that "section.key"; or setting_count(). */
size_t setting_find_name(const char *name);

/* The setting at a place, from 0, in the alphabetical order of "section.key", or of keys at the top
 * level; unlike its number, this order stays when others come. */
size_t setting_alphabetical(size_t place);

/* Whether it is one of the settings that results were made with before cells said which
 * architecture they have; these keep their former order. */
bool setting_is_former(size_t setting);

/* The defaults of an architecture (its position in the table) and its task. */
CellSettings setting_defaults(size_t architecture);

/* Sets the learning rate to the default of the cell's network. */
void setting_default_rate(CellSettings *settings);

/* Sets every setting that was added later than others to what it was before. */
void setting_take_back(CellSettings *settings);

/* Whether the cell's architecture or task, or training itself, has the setting. */
bool setting_applies(const CellSettings *settings, size_t setting);

/* Whether it can change the cell's result: it applies, and what it depends on is chosen. */
bool setting_matters(const CellSettings *settings, size_t setting);

/* Whether it was added later than others and is what it was before. */
bool setting_is_as_before(const CellSettings *settings, size_t setting);

/* Whether its value is a file's path. */
bool setting_is_path(size_t setting);

/* What its values are to other programs. */
typedef enum { SETTING_AS_TEXT, SETTING_AS_NUMBER, SETTING_AS_FLAG } SettingForm;
SettingForm setting_form(size_t setting);

/* Whether the cell's title says it. */
bool setting_is_in_title(const CellSettings *settings, size_t setting);

/* Reads `text` into its field, if it applies. STATUS_ARGUMENT says what was expected ("alpha: '2'
 * (expected a number from 0 to 1)"). Reading the architecture sets everything that belongs to it
 * and its task to defaults, so it comes first; reading the network's base sets the learning rate to
 * that of such a width, so a rate of its own comes later. */
Status setting_read(CellSettings *settings, size_t setting, const char *text);

/* The value in canonical text: the fewest digits that read back the same; "" if it does not apply.
 */
void setting_write(const CellSettings *settings, size_t setting, char text[SETTING_TEXT_BYTES]);

/* Writes a canonical text as a scalar of YAML. Every reader takes a number for that number, whereas
 * canonical texts, of which identities are made, have forms that some take for texts (1e+01). */
void setting_write_yaml(FILE *stream, size_t setting, const char *canonical);

/* `text` in canonical form, as any owner of the setting reads it; STATUS_ARGUMENT if none does. */
Status setting_canonical(size_t setting, const char *text, char canonical[SETTING_TEXT_BYTES]);

/* What every cell must also satisfy: shards divide the batch and are a power of two, the network
 * exists with these settings. */
Status setting_check(const CellSettings *settings);

/* The cell's title and tuning: "r50x1-global". */
enum { SETTING_TITLE_BYTES = ARCHITECTURE_NAME_BYTES + 16 };
void setting_title(const CellSettings *settings, char title[SETTING_TITLE_BYTES]);

#endif
