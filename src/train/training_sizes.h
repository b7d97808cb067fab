/* The setting training.sizes: the sizes of input that a training meets, a step one of them.
 *
 * A network is laid out for one size. The trainer has one for each, over the same parameters, so
 * only sizes at which the architecture has the same parameters go together. Validation, test and
 * the checkpoint know model.size alone.
 */
#ifndef GISD_TRAIN_TRAINING_SIZES_H
#define GISD_TRAIN_TRAINING_SIZES_H

#include "train/settings.h"

/* The field's text: "64+80+96", or "" for none; STATUS_ARGUMENT says what was expected. */
Status training_sizes_read(const char *text, void *sizes /* InputSizes */);
void training_sizes_write(const void *sizes, char text[SETTING_TEXT_BYTES]);

/* Those of a cell's steps: the setting's and model.size. */
InputSizes training_sizes_of(const CellSettings *settings);

/* Whether the cell's network exists at each of them with the same parameters; STATUS_ARGUMENT names
 * the size, and those that would do. */
Status training_sizes_check(const CellSettings *settings);

/* Whether two cells have the same setting. */
bool training_sizes_same(const CellSettings *one, const CellSettings *other);

#endif
