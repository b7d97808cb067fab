/* The files below the folder of a data set that is being imported: listed once, found by name, and
 * each accounted for in the end as imported or left out for a reason.
 *
 * Names are matched exactly where that succeeds and without regard to case (of ASCII) where it does
 * not, since data sets travel through systems that do not tell a.JPG from a.jpg. Nothing is found
 * that is not below the folders that were listed, whatever dots a name may have in it.
 */
#ifndef GISD_DATA_IMPORT_SOURCE_TREE_H
#define GISD_DATA_IMPORT_SOURCE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct {
    char *path;        /* absolute; owned */
    const char *shown; /* from the data set's folder on, for people; into path */
    const char *name;  /* its last part; into path */
    bool taken;        /* imported, or read for what it says of images */
    char *reason;      /* why it was not; owned; NULL if it was, or was not looked at */
} SourceFile;

typedef struct {
    char *root; /* absolute; owned */
    size_t count, capacity;
    SourceFile *files;    /* count, sorted by path */
    SourceFile **by_name; /* count, sorted by name without regard to case, then by path */
} SourceTree;

/* Lists all files below `folder`, links followed. Files that are not plain ones get their reason at
 * once. `second`, unless NULL, is a folder more (of images elsewhere), relative to the first or to
 * the working folder; *inside receives its name as files show it, released with free(). */
Status source_tree_read(const char *folder, SourceTree *tree);
Status source_tree_add(SourceTree *tree, const char *folder, char **inside);
void source_tree_clear(SourceTree *tree);

/* The file of that name in a folder as files show it ("" is the data set's own); NULL if there is
 * none. The name may have folders in it. */
SourceFile *source_find(const SourceTree *tree, const char *folder, const char *name);

/* The image STEM.jpg, STEM.PNG and so on of a folder; *count is how many there are. The stem may
 * have folders in it. */
SourceFile *source_find_image(const SourceTree *tree, const char *folder, const char *stem,
                              size_t *count);

/* The file whose path ends in as many parts of `path` as possible, but at least in its last one;
 * *count is how many do so alike. Parts are separated by slashes of either kind. */
SourceFile *source_find_ending(const SourceTree *tree, const char *path, size_t *count);

/* Whether any file is below that folder. */
bool source_has_folder(const SourceTree *tree, const char *folder);

/* Whether the file is below that folder, or (deep = false) directly in it. */
bool source_is_in(const SourceFile *file, const char *folder, bool deep);

/* Whether the name ends as those of images do (.jpg, .png, .tif, ...), or in `suffix`, of any case.
 * Files that systems leave behind (a dot in front) are no images. */
bool source_is_image(const SourceFile *file);
bool source_names_image(const char *name);
bool source_ends_in(const SourceFile *file, const char *suffix);

/* The length of a name without its suffix ("a.b.jpg": 3). */
size_t source_stem_length(const char *name);

/* Notes why a file is not imported; a reason noted before stays. */
Status source_leave_out(SourceFile *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
