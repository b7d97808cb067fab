/* What a YOLO data set says of itself: data.yaml, or the lists of older tools. */
#ifndef GISD_DATA_IMPORT_YOLO_NAMES_H
#define GISD_DATA_IMPORT_YOLO_NAMES_H

#include "data/import/collection.h"

/* A place with images of a split: a folder or a list of files. */
typedef struct {
    Split split;
    char *place; /* as written */
} YoloPlace;

typedef struct {
    SourceFile *file; /* that says it; for messages */
    char *root;       /* "path" of data.yaml; NULL: none */
    size_t class_count, class_capacity;
    char **classes; /* class_count; NULL where a map leaves a number out */
    size_t place_count, place_capacity;
    YoloPlace *places;
    bool keypoints; /* the labels have key points */
} YoloNames;

/* Reads data.yaml (or the only .yaml or .yml file of the source's folder), else obj.data with
 * obj.names, else classes.txt or obj.names. STATUS_MISSING: none of them is there. */
Status yolo_names_read(Collection *all, YoloNames *names);
void yolo_names_clear(YoloNames *names);

#endif
