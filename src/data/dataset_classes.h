/* A data set seen by a network that was trained on another one: its lesion classes become the
 * network's, by name. */
#ifndef GISD_DATA_DATASET_CLASSES_H
#define GISD_DATA_DATASET_CLASSES_H

#include "data/dataset.h"

/* Gives the data set these classes in this order, and its labels and boxes their indices in them. A
 * class of an image or a box that is not among them is STATUS_ARGUMENT, which names it and what is
 * known; the data set is then as it was. `path` is what the user calls the data. The fingerprint
 * stays that of the data as they were read. */
Status dataset_take_classes(Dataset *dataset, const char *path, size_t count,
                            const char *const *names);

#endif
