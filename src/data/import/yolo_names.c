/* Reading data.yaml and its ancestors; see yolo_names.h. */
#include "data/import/yolo_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/import/text_lines.h"
#include "store/files.h"
#include "store/yaml_tree.h"

enum { BYTES_MOST = 1 << 20, CLASSES_MOST = 10000 };

void yolo_names_clear(YoloNames *names)
{
    for (size_t i = 0; i < names->class_count; ++i)
        free(names->classes[i]);
    free(names->classes);
    for (size_t i = 0; i < names->place_count; ++i)
        free(names->places[i].place);
    free(names->places);
    free(names->root);
    *names = (YoloNames){0};
}

static Status add_class(YoloNames *names, size_t number, const char *name)
{
    TRY(MEMORY_GROW(&names->classes, number + 1, &names->class_capacity));
    if (number >= names->class_count)
        names->class_count = number + 1;
    if (names->classes[number])
        FAIL(STATUS_FORMAT, "%s: class %zu is named twice, expected once", names->file->path,
             number);
    return memory_copy_text(name, &names->classes[number]);
}

static Status add_place(YoloNames *names, Split split, const char *place)
{
    TRY(MEMORY_GROW(&names->places, names->place_count + 1, &names->place_capacity));
    names->places[names->place_count].split = split;
    return memory_copy_text(place, &names->places[names->place_count++].place);
}

/* ---- data.yaml ---- */

static const char *scalar(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

/* A text or a list of texts. */
static Status read_places(yaml_document_t *document, const yaml_node_t *node, Split split,
                          YoloNames *names)
{
    if (scalar(node))
        return *scalar(node) ? add_place(names, split, scalar(node)) : STATUS_OK;
    if (node->type != YAML_SEQUENCE_NODE)
        FAIL(STATUS_FORMAT, "%s:%zu: expected a folder, a .txt file or a list of them",
             names->file->path, node->start_mark.line + 1);
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; ++item) {
        const char *place = scalar(yaml_document_get_node(document, *item));
        if (!place)
            FAIL(STATUS_FORMAT, "%s:%zu: expected a list of folders or .txt files",
                 names->file->path, node->start_mark.line + 1);
        TRY(add_place(names, split, place));
    }
    return STATUS_OK;
}

/* "names" as a list, or as a map from numbers. */
static Status read_classes(yaml_document_t *document, const yaml_node_t *node, YoloNames *names)
{
    size_t number = 0;
    if (node->type == YAML_SEQUENCE_NODE)
        for (yaml_node_item_t *item = node->data.sequence.items.start;
             item < node->data.sequence.items.top; ++item) {
            const char *name = scalar(yaml_document_get_node(document, *item));
            if (!name)
                FAIL(STATUS_FORMAT, "%s:%zu: name %zu is no text", names->file->path,
                     node->start_mark.line + 1, number);
            TRY(add_class(names, number++, name));
        }
    if (node->type == YAML_MAPPING_NODE)
        for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
             pair < node->data.mapping.pairs.top; ++pair) {
            const yaml_node_t *key_node = yaml_document_get_node(document, pair->key);
            const char *key = scalar(key_node);
            const char *name = scalar(yaml_document_get_node(document, pair->value));
            int64_t value;
            if (!key || !name || text_to_integer("name", key, 0, CLASSES_MOST, &value) != STATUS_OK)
                FAIL(STATUS_FORMAT, "%s:%zu: expected \"NUMBER: name\"", names->file->path,
                     key_node->start_mark.line + 1);
            TRY(add_class(names, (size_t)value, name));
        }
    if (node->type == YAML_SCALAR_NODE)
        FAIL(STATUS_FORMAT, "%s:%zu: names is a text, expected a list or a map", names->file->path,
             node->start_mark.line + 1);
    return STATUS_OK;
}

static Status read_root(yaml_document_t *document, YoloNames *names)
{
    const yaml_node_t *root = yaml_document_get_root_node(document);
    if (!root || root->type != YAML_MAPPING_NODE)
        FAIL(STATUS_FORMAT, "%s: expected keys names, train, val", names->file->path);
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; ++pair) {
        const char *key = scalar(yaml_document_get_node(document, pair->key));
        const yaml_node_t *value = yaml_document_get_node(document, pair->value);
        Split split = key ? collection_split_of(key, strlen(key)) : SPLIT_NONE;
        if (!key)
            continue;
        if (split != SPLIT_NONE)
            TRY(read_places(document, value, split, names));
        else if (strcmp(key, "names") == 0)
            TRY(read_classes(document, value, names));
        else if (strcmp(key, "path") == 0 && scalar(value) && !names->root)
            TRY(memory_copy_text(scalar(value), &names->root));
        else if (strcmp(key, "kpt_shape") == 0)
            names->keypoints = true;
    }
    if (names->class_count == 0)
        FAIL(STATUS_FORMAT, "%s: no names, expected a list or a map of the classes",
             names->file->path);
    return STATUS_OK;
}

static Status read_yaml(YoloNames *names)
{
    yaml_parser_t parser;
    yaml_document_t document;
    char *text;
    size_t bytes;
    TRY(files_read(names->file->path, &text, &bytes));
    if (bytes > BYTES_MOST) {
        free(text);
        FAIL(STATUS_FORMAT, "%s: %zu bytes, expected at most %d", names->file->path, bytes,
             BYTES_MOST);
    }
    Status status = yaml_check_depth(names->file->path, text, bytes);
    if (status != STATUS_OK) {
        free(text);
        return status;
    }
    if (!yaml_parser_initialize(&parser)) {
        free(text);
        FAIL(STATUS_NO_MEMORY, "%s: out of memory", names->file->path);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    if (!yaml_parser_load(&parser, &document)) {
        status =
            status_set(STATUS_FORMAT, "%s:%zu: %s, expected YAML", names->file->path,
                       parser.problem_mark.line + 1, parser.problem ? parser.problem : "fault");
    } else {
        status = read_root(&document, names);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    free(text);
    return status;
}

/* ---- lists ---- */

static Status read_class_list(YoloNames *names, SourceFile *file)
{
    TextLines lines;
    file->taken = true;
    TRY(text_lines_read(file->path, &lines));
    Status status = STATUS_OK;
    for (size_t i = 0; i < lines.count && status == STATUS_OK; ++i)
        status = add_class(names, i, lines.lines[i].text);
    text_lines_clear(&lines);
    return status;
}

/* Darknet's obj.data: "key = value" lines; the paths in it end as files of the source do. */
static Status read_obj_data(Collection *all, YoloNames *names)
{
    TextLines lines;
    size_t count;
    TRY(text_lines_read(names->file->path, &lines));
    Status status = STATUS_OK;
    for (size_t i = 0; i < lines.count && status == STATUS_OK; ++i) {
        const char *text = lines.lines[i].text, *equals = strchr(text, '=');
        size_t length = strcspn(text, " \t=");
        if (!equals)
            continue;
        const char *value = equals + 1 + strspn(equals + 1, " \t");
        Split split = collection_split_of(text, length);
        SourceFile *list = source_find_ending(&all->tree, value, &count);
        if (strncmp(text, "names", length) == 0 && list && count == 1)
            status = read_class_list(names, list);
        else if (split != SPLIT_NONE && list)
            status = add_place(names, split, list->shown);
    }
    text_lines_clear(&lines);
    return status;
}

/* ---- which of them ---- */

static SourceFile *find_yaml(const SourceTree *tree)
{
    SourceFile *found = source_find(tree, "", "data.yaml"), *only = NULL;
    size_t count = 0;
    for (size_t i = 0; i < tree->count; ++i) {
        SourceFile *file = &tree->files[i];
        if (source_is_in(file, "", false) && file->name[0] != '.' &&
            (source_ends_in(file, ".yaml") || source_ends_in(file, ".yml"))) {
            only = file;
            ++count;
        }
    }
    return found ? found : count == 1 ? only : NULL;
}

static Status read_any(Collection *all, YoloNames *names)
{
    static const char *const lists[] = {"classes.txt", "obj.names", "data/obj.names",
                                        "labels/classes.txt"};
    names->file = find_yaml(&all->tree);
    if (names->file)
        return names->file->taken = true, read_yaml(names);
    names->file = source_find(&all->tree, "", "obj.data");
    if (names->file) {
        names->file->taken = true;
        TRY(read_obj_data(all, names));
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists && names->class_count == 0; ++i) {
        SourceFile *file = source_find(&all->tree, "", lists[i]);
        if (!file)
            continue;
        if (!names->file)
            names->file = file;
        TRY(read_class_list(names, file));
    }
    if (names->class_count == 0)
        FAIL(STATUS_MISSING,
             "%s: no names of classes, expected data.yaml, classes.txt or obj.names",
             all->settings->source);
    return STATUS_OK;
}

Status yolo_names_read(Collection *all, YoloNames *names)
{
    *names = (YoloNames){0};
    Status status = read_any(all, names);
    if (status != STATUS_OK)
        yolo_names_clear(names);
    return status;
}
