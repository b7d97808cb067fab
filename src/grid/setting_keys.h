/* The settings of a cell as text: names, ranges, reading, writing.
 *
 * One table maps every key of an experiment file to a field of CellSettings. The experiment file
 * reads values through it, any of them may become an axis of the grid, and the resolved cell is
 * written through it in one canonical form, from which the cell's identity is made.
 */
#ifndef GISD_GRID_SETTING_KEYS_H
#define GISD_GRID_SETTING_KEYS_H

#include "base/status.h"
#include "train/settings.h"

enum { SETTING_TEXT_BYTES = SETTINGS_PATH_BYTES + 32 };

size_t setting_count(void);

/* Section ("model", "loss", "training", or "" for the top level) and key of a setting. */
const char *setting_section(size_t setting);
const char *setting_key(size_t setting);

/* The setting of that section and key, or setting_count(). */
size_t setting_find(const char *section, const char *key);

/* The setting of that key in whatever section; keys are unique. */
size_t setting_find_key(const char *key);

/* The defaults of every setting. */
CellSettings setting_defaults(void);

/* Reads `text` into its field. STATUS_ARGUMENT says what was expected ("alpha: '2' (expected a
 * number from 0 to 1)"). */
Status setting_read(CellSettings *settings, size_t setting, const char *text);

/* The value in canonical text: the fewest digits that read back the same. */
void setting_write(const CellSettings *settings, size_t setting, char text[SETTING_TEXT_BYTES]);

/* What every cell must also satisfy: shards divide the batch and are a power of two, the network
 * exists at this size. */
Status setting_check(const CellSettings *settings);

#endif
