/* See detect_inputs.h. */
#include "cmd/detect_inputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/import/source_tree.h"
#include "image/image_file.h"
#include "store/files.h"

/* Takes over the path, also where it fails. */
static Status add(ImageList *list, char *path)
{
    Status status = MEMORY_GROW(&list->paths, list->count + 1, &list->capacity);
    if (status == STATUS_OK)
        list->paths[list->count++] = path;
    else
        free(path);
    return status;
}

static Status add_word(ImageList *list, const char *word)
{
    char *path;
    TRY(memory_copy_text(word, &path));
    return add(list, path);
}

/* A part of the path below the folder begins with a dot. */
static bool is_hidden(const SourceFile *file)
{
    return file->shown[0] == '.' || strstr(file->shown, "/.");
}

static Status add_files(ImageList *list, const char *folder, const char *program,
                        const SourceTree *tree)
{
    for (size_t i = 0; i < tree->count; ++i) {
        const SourceFile *file = &tree->files[i];
        char *path;
        if (is_hidden(file) || !source_is_image(file) || image_png_is_by(file->path, program))
            continue;
        TRY(files_join(folder, file->shown, &path));
        TRY(add(list, path));
    }
    return STATUS_OK;
}

static Status add_folder(ImageList *list, const char *folder, const char *program)
{
    SourceTree tree;
    const size_t before = list->count;
    TRY(source_tree_read(folder, &tree));
    Status status = add_files(list, folder, program, &tree);
    source_tree_clear(&tree);
    if (status == STATUS_OK && list->count == before)
        FAIL(STATUS_MISSING,
             "%s: no image in this folder or below (expected .png, .jpg, .tif, .bmp or .webp)",
             folder);
    return status;
}

Status image_list_init(size_t count, char *const *words, const char *program, FILE *notes,
                       ImageList *list)
{
    *list = (ImageList){0};
    for (size_t i = 0; i < count; ++i) {
        const bool folder = files_is_folder(words[i]);
        Status status = folder ? add_folder(list, words[i], program) : add_word(list, words[i]);
        if (status == STATUS_NO_MEMORY)
            return status;
        if (status != STATUS_OK) {
            fprintf(notes, "%s: %s\n", program, status_message());
            ++list->unusable;
        }
    }
    return STATUS_OK;
}

void image_list_clear(ImageList *list)
{
    for (size_t i = 0; i < list->count; ++i)
        free(list->paths[i]);
    free(list->paths);
    *list = (ImageList){0};
}
