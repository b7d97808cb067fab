/* The layouts that are read, each in a file of its own. */
#ifndef GISD_DATA_IMPORT_LAYOUT_H
#define GISD_DATA_IMPORT_LAYOUT_H

#include "data/import/collection.h"

/* Settings that a layout has a use for, beside those that all have. */
enum {
    LAYOUT_IMAGES = 1, /* --images */
    LAYOUT_MASKS = 2,  /* --masks */
    LAYOUT_LABELS = 4, /* --labels */
    LAYOUT_CLASS = 8,  /* the layout has no classes: --class must be given */
};

typedef struct {
    const char *name;
    const char *help; /* for people: an example and the rules, lines indented by two */
    unsigned uses;
    /* Gathers images and lesions; all->tree is listed. `images` and `masks` are the folders that
     * the settings name, as files show them; NULL where they name none. */
    Status (*read)(Collection *all, const char *images, const char *masks);
} ImportLayout;

extern const ImportLayout layout_coco, layout_voc, layout_yolo, layout_labelme, layout_cvat,
    layout_folders, layout_masks, layout_kvasir_seg;

#endif
