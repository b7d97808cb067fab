/* The order of an import: list the source's files, let the layout read them, complete what it
 * gathered, write. See import.h. */
#include "data/import/import.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/import/collection.h"
#include "data/import/completion.h"
#include "data/import/layout.h"
#include "data/import/tables.h"
#include "store/files.h"
#include "store/new_folder.h"

/* To add a layout: a file of its own, its name in layout.h, its line here. */
static const ImportLayout *const layouts[] = {&layout_coco,    &layout_voc,       &layout_yolo,
                                              &layout_labelme, &layout_cvat,      &layout_folders,
                                              &layout_masks,   &layout_kvasir_seg};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

const char *import_layout_name(size_t index)
{
    return index < LAYOUTS ? layouts[index]->name : NULL;
}

const char *import_layout_help(size_t index)
{
    return index < LAYOUTS ? layouts[index]->help : NULL;
}

static Status find_layout(const char *name, const ImportLayout **layout)
{
    char known[256] = "";
    for (size_t i = 0, used = 0; i < LAYOUTS; ++i) {
        *layout = layouts[i];
        if (strcmp(layouts[i]->name, name) == 0)
            return STATUS_OK;
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 layouts[i]->name);
    }
    FAIL(STATUS_ARGUMENT, "unknown layout '%s', expected %s", name, known);
}

static Status check_settings(const ImportLayout *layout, const ImportSettings *settings)
{
    const struct {
        const char *option, *value;
        unsigned use;
    } options[] = {{"--images", settings->images, LAYOUT_IMAGES},
                   {"--masks", settings->masks, LAYOUT_MASKS},
                   {"--labels", settings->labels, LAYOUT_LABELS}};
    for (size_t i = 0; i < sizeof options / sizeof *options; ++i)
        if (options[i].value && !(layout->uses & options[i].use))
            FAIL(STATUS_ARGUMENT, "%s has no use for %s", layout->name, options[i].option);
    if ((layout->uses & LAYOUT_CLASS) && !settings->class_name)
        FAIL(STATUS_ARGUMENT, "%s names no classes, expected --class NAME for its lesions",
             layout->name);
    return STATUS_OK;
}

static Status read_source(const ImportLayout *layout, Collection *all)
{
    const ImportSettings *settings = all->settings;
    char *images = NULL, *masks = NULL;
    Status status;
    TRY(source_tree_read(settings->source, &all->tree));
    if (settings->images)
        TRY_GOTO(status, done, source_tree_add(&all->tree, settings->images, &images));
    if (settings->masks)
        TRY_GOTO(status, done, source_tree_add(&all->tree, settings->masks, &masks));
    status = layout->read(all, images, masks);
done:
    free(images);
    free(masks);
    return status;
}

static void remove_if_empty(const NewFolder *folder, const char *name)
{
    char *path;
    if (files_join(folder->partial, name, &path) != STATUS_OK)
        return;
    rmdir(path);
    free(path);
}

Status import_data_set(const char *name, const ImportSettings *settings, FILE *summary, FILE *notes)
{
    const ImportLayout *layout;
    Collection all = {.settings = settings};
    NewFolder folder = {0};
    char *target = NULL;
    Status status;
    TRY(find_layout(name, &layout));
    TRY(check_settings(layout, settings));
    if (!files_is_folder(settings->source))
        FAIL(STATUS_MISSING, "%s: no such folder, expected one as '--help' shows for %s",
             settings->source, layout->name);
    TRY_GOTO(status, done, new_folder_begin(settings->out, &folder));
    TRY_GOTO(status, done, new_folder_target(&folder, &target));
    TRY_GOTO(status, done, read_source(layout, &all));
    TRY_GOTO(status, done, completion_run(&all, &folder));
    remove_if_empty(&folder, "masks");
    TRY_GOTO(status, done, tables_write(&all, target, &folder));
    TRY_GOTO(status, done, new_folder_commit(&folder));
    status = tables_tell(&all, folder.target, summary, notes);
done:
    new_folder_clear(&folder);
    collection_clear(&all);
    free(target);
    return status;
}
