/* Listing and finding the files of a data set; see source_tree.h. */
#include "data/import/source_tree.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "store/files.h"

enum { DEPTH_MOST = 32 };

/* ---- listing ---- */

static Status add_file(SourceTree *tree, char *path, const char *shown, const char *reason)
{
    Status status = MEMORY_GROW(&tree->files, tree->count + 1, &tree->capacity);
    if (status != STATUS_OK) {
        free(path);
        return status;
    }
    SourceFile *file = &tree->files[tree->count++];
    *file = (SourceFile){.path = path, .shown = shown, .name = strrchr(path, '/') + 1};
    return reason ? source_leave_out(file, "%s", reason) : STATUS_OK;
}

static Status list_folder(SourceTree *tree, const char *path, size_t skip, int depth);

/* One entry of a folder. `skip` is where in its path the part for people begins. */
static Status list_entry(SourceTree *tree, const char *folder, const char *name, size_t skip,
                         int depth)
{
    char *path;
    struct stat about;
    TRY(files_join(folder, name, &path));
    const char *reason = NULL;
    if (stat(path, &about) != 0) {
        reason = errno == ENOENT ? "a link to a file that is not there" : strerror(errno);
    } else if (S_ISDIR(about.st_mode)) {
        Status status = list_folder(tree, path, skip, depth + 1);
        free(path);
        return status;
    } else if (!S_ISREG(about.st_mode)) {
        reason = "not a plain file";
    }
    return add_file(tree, path, path + skip, reason);
}

static Status list_folder(SourceTree *tree, const char *path, size_t skip, int depth)
{
    if (depth > DEPTH_MOST)
        FAIL(STATUS_FORMAT, "%s: folders in folders, expected at most %d (does a link lead back?)",
             path, DEPTH_MOST);
    DIR *listing = opendir(path);
    if (!listing)
        FAIL(errno == ENOENT ? STATUS_MISSING : STATUS_IO, "%s: cannot open the folder: %s", path,
             strerror(errno));
    Status status = STATUS_OK;
    for (const struct dirent *entry; status == STATUS_OK && (entry = readdir(listing));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = list_entry(tree, path, entry->d_name, skip, depth);
    closedir(listing);
    return status;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const SourceFile *)a)->path, ((const SourceFile *)b)->path);
}

static int by_name_then_path(const void *a, const void *b)
{
    const SourceFile *x = *(SourceFile *const *)a, *y = *(SourceFile *const *)b;
    int order = strcasecmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->path, y->path);
}

static Status sort_files(SourceTree *tree)
{
    free(tree->by_name);
    TRY(MEMORY_NEW(&tree->by_name, tree->count));
    if (tree->count == 0)
        return STATUS_OK;
    qsort(tree->files, tree->count, sizeof *tree->files, by_path);
    for (size_t i = 0; i < tree->count; ++i)
        tree->by_name[i] = &tree->files[i];
    qsort(tree->by_name, tree->count, sizeof *tree->by_name, by_name_then_path);
    return STATUS_OK;
}

Status source_tree_read(const char *folder, SourceTree *tree)
{
    *tree = (SourceTree){0};
    tree->root = realpath(folder, NULL);
    if (!tree->root)
        FAIL(errno == ENOENT ? STATUS_MISSING : STATUS_IO, "%s: cannot open the folder: %s", folder,
             strerror(errno));
    Status status = list_folder(tree, tree->root, strlen(tree->root) + 1, 0);
    if (status == STATUS_OK)
        status = sort_files(tree);
    if (status != STATUS_OK)
        source_tree_clear(tree);
    return status;
}

Status source_tree_add(SourceTree *tree, const char *folder, char **inside)
{
    char *joined;
    TRY(files_join(tree->root, folder, &joined));
    char *path = realpath(files_is_folder(joined) ? joined : folder, NULL);
    free(joined);
    *inside = NULL;
    if (!path)
        FAIL(errno == ENOENT ? STATUS_MISSING : STATUS_IO, "%s: cannot open the folder: %s", folder,
             strerror(errno));
    size_t length = strlen(tree->root);
    Status status;
    if (strncmp(path, tree->root, length) == 0 && (path[length] == '/' || path[length] == '\0')) {
        status = memory_copy_text(path[length] ? path + length + 1 : "", inside);
    } else {
        status = memory_copy_text(path, inside);
        if (status == STATUS_OK)
            status = list_folder(tree, path, 0, 0);
        if (status == STATUS_OK)
            status = sort_files(tree);
    }
    free(path);
    return status;
}

void source_tree_clear(SourceTree *tree)
{
    for (size_t i = 0; i < tree->count; ++i) {
        free(tree->files[i].path);
        free(tree->files[i].reason);
    }
    free(tree->files);
    free(tree->by_name);
    free(tree->root);
    *tree = (SourceTree){0};
}

/* ---- finding ---- */

/* The first of the files by name that does not stand before `name`, of which `length` bytes
 * count. */
static size_t first_named(const SourceTree *tree, const char *name, size_t length)
{
    size_t low = 0, high = tree->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strncasecmp(tree->by_name[middle]->name, name, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "folder/name" as files show it; false if it is too long to be one. */
static bool place(const char *folder, const char *name, char path[PATH_MAX])
{
    while (strncmp(name, "./", 2) == 0)
        name += 2;
    int length = snprintf(path, PATH_MAX, "%s%s%s", folder, *folder ? "/" : "", name);
    return length > 0 && length < PATH_MAX;
}

SourceFile *source_find(const SourceTree *tree, const char *folder, const char *name)
{
    char path[PATH_MAX];
    if (!place(folder, name, path))
        return NULL;
    const char *last = last_part(path);
    SourceFile *found = NULL;
    for (size_t i = first_named(tree, last, strlen(last) + 1);
         i < tree->count && strcasecmp(tree->by_name[i]->name, last) == 0; ++i) {
        if (strcmp(tree->by_name[i]->shown, path) == 0)
            return tree->by_name[i];
        if (!found && strcasecmp(tree->by_name[i]->shown, path) == 0)
            found = tree->by_name[i];
    }
    return found;
}

SourceFile *source_find_image(const SourceTree *tree, const char *folder, const char *stem,
                              size_t *count)
{
    char path[PATH_MAX];
    *count = 0;
    if (!place(folder, stem, path))
        return NULL;
    const char *last = last_part(path);
    size_t length = strlen(last), whole = strlen(path), inexact = 0;
    SourceFile *found = NULL, *other = NULL;
    for (size_t i = first_named(tree, last, length);
         i < tree->count && strncasecmp(tree->by_name[i]->name, last, length) == 0; ++i) {
        SourceFile *file = tree->by_name[i];
        if (source_stem_length(file->name) != length || !source_is_image(file) ||
            strncasecmp(file->shown, path, whole) != 0 || file->shown[whole] != '.')
            continue;
        if (strncmp(file->shown, path, whole) == 0) {
            found = found ? found : file;
            ++*count;
        } else {
            other = other ? other : file;
            ++inexact;
        }
    }
    if (!found)
        *count = inexact;
    return found ? found : other;
}

/* How many characters two paths have in common at their end, in whole parts. */
static size_t common_ending(const char *a, const char *b)
{
    size_t i = strlen(a), k = strlen(b), length = 0, whole = 0;
    for (;; ++length, --i, --k) {
        bool end_a = i == 0 || a[i - 1] == '/',
             end_b = k == 0 || b[k - 1] == '/' || b[k - 1] == '\\';
        if (end_a && end_b)
            whole = length;
        if (i == 0 || k == 0 || end_a != end_b)
            return whole;
        if (!end_a && strncasecmp(&a[i - 1], &b[k - 1], 1) != 0)
            return whole;
    }
}

SourceFile *source_find_ending(const SourceTree *tree, const char *path, size_t *count)
{
    const char *last = last_part(path), *backslash = strrchr(last, '\\');
    if (backslash)
        last = backslash + 1;
    SourceFile *found = NULL;
    size_t longest = 0;
    *count = 0;
    for (size_t i = first_named(tree, last, strlen(last) + 1);
         i < tree->count && strcasecmp(tree->by_name[i]->name, last) == 0; ++i) {
        size_t length = common_ending(tree->by_name[i]->shown, path);
        if (length > longest) {
            longest = length;
            found = tree->by_name[i];
            *count = 0;
        }
        *count += length == longest && length > 0;
    }
    return found;
}

bool source_has_folder(const SourceTree *tree, const char *folder)
{
    for (size_t i = 0; i < tree->count; ++i)
        if (source_is_in(&tree->files[i], folder, true))
            return true;
    return false;
}

bool source_is_in(const SourceFile *file, const char *folder, bool deep)
{
    size_t length = strlen(folder);
    if (length > 0 && (strncmp(file->shown, folder, length) != 0 || file->shown[length] != '/'))
        return false;
    return deep || file->name == file->shown + length + (length > 0);
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t length = strlen(name), wanted = strlen(suffix);
    return length > wanted && strcasecmp(name + length - wanted, suffix) == 0;
}

bool source_ends_in(const SourceFile *file, const char *suffix)
{
    return ends_in(file->name, suffix);
}

bool source_names_image(const char *name)
{
    static const char *const suffixes[] = {".jpg", ".jpeg", ".jpe", ".jfif", ".png",
                                           ".tif", ".tiff", ".bmp", ".webp"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; ++i)
        if (ends_in(name, suffixes[i]))
            return true;
    return false;
}

bool source_is_image(const SourceFile *file)
{
    return file->name[0] != '.' && source_names_image(file->name);
}

size_t source_stem_length(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? (size_t)(dot - name) : strlen(name);
}

Status source_leave_out(SourceFile *file, const char *format, ...)
{
    if (file->reason)
        return STATUS_OK;
    va_list values;
    va_start(values, format);
    int length = vasprintf(&file->reason, format, values);
    va_end(values);
    if (length < 0) {
        file->reason = NULL;
        FAIL(STATUS_NO_MEMORY, "%s: out of memory", file->path);
    }
    return STATUS_OK;
}
