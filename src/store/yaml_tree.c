/* See yaml_tree.h. libyaml builds the tree. */
#include "store/yaml_tree.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/memory.h"
#include "store/files.h"

struct YamlTree {
    char *path;
    yaml_document_t document;
    bool loaded;
};

/* libyaml looks nodes up in a document that it does not take as constant. */
static const yaml_node_t *node_of(YamlNode node)
{
    return yaml_document_get_node((yaml_document_t *)(uintptr_t)&node.tree->document, node.node);
}

/* ---- reading the file ---- */

/* Steps from event to event as deep as they go; a fault is for load() to tell. */
static Status follow_events(const char *path, yaml_parser_t *parser)
{
    size_t depth = 0;
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return STATUS_OK;
        yaml_event_type_t type = event.type;
        size_t line = event.start_mark.line + 1;
        yaml_event_delete(&event);
        depth += type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
        depth -= type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
        more = type != YAML_STREAM_END_EVENT && type != YAML_NO_EVENT;
        if (depth > YAML_DEPTH_MOST)
            FAIL(STATUS_FORMAT, "%s:%zu: lists or mappings in one another more than %d deep", path,
                 line, YAML_DEPTH_MOST);
    }
    return STATUS_OK;
}

Status yaml_check_depth(const char *path, const char *text, size_t bytes)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        FAIL(STATUS_NO_MEMORY, "no memory to read %s", path);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    Status status = follow_events(path, &parser);
    yaml_parser_delete(&parser);
    return status;
}

static Status load(YamlTree *tree, yaml_parser_t *parser)
{
    yaml_document_t more;
    if (!yaml_parser_load(parser, &tree->document))
        FAIL(STATUS_FORMAT, "%s:%zu: not YAML: %s", tree->path, parser->problem_mark.line + 1,
             parser->problem);
    tree->loaded = true;
    if (!yaml_document_get_root_node(&tree->document))
        FAIL(STATUS_FORMAT, "%s: an empty file (expected 'key: value' lines)", tree->path);
    if (!yaml_parser_load(parser, &more))
        FAIL(STATUS_FORMAT, "%s:%zu: not YAML: %s", tree->path, parser->problem_mark.line + 1,
             parser->problem);
    const yaml_node_t *root = yaml_document_get_root_node(&more);
    size_t line = root ? root->start_mark.line + 1 : 0;
    yaml_document_delete(&more);
    if (line)
        FAIL(STATUS_FORMAT, "%s:%zu: a second document (expected one a file)", tree->path, line);
    return STATUS_OK;
}

static Status parse(YamlTree *tree, const char *text, size_t bytes)
{
    yaml_parser_t parser;
    TRY(yaml_check_depth(tree->path, text, bytes));
    if (!yaml_parser_initialize(&parser))
        FAIL(STATUS_NO_MEMORY, "no memory to read %s", tree->path);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    Status status = load(tree, &parser);
    yaml_parser_delete(&parser);
    return status;
}

Status yaml_tree_read(const char *path, YamlTree **tree)
{
    char *text;
    size_t bytes;
    *tree = NULL;
    TRY(files_read(path, &text, &bytes));
    YamlTree *made;
    Status status = MEMORY_NEW(&made, 1);
    if (status == STATUS_OK) {
        status = memory_copy_text(path, &made->path);
        if (status == STATUS_OK)
            status = parse(made, text, bytes);
        if (status == STATUS_OK)
            *tree = made;
        else
            yaml_tree_free(made);
    }
    free(text);
    return status;
}

void yaml_tree_free(YamlTree *tree)
{
    if (!tree)
        return;
    if (tree->loaded)
        yaml_document_delete(&tree->document);
    free(tree->path);
    free(tree);
}

/* ---- nodes ---- */

YamlNode yaml_root(const YamlTree *tree)
{
    return (YamlNode){tree, 1}; /* libyaml counts from 1, the root first */
}

size_t yaml_line(YamlNode node)
{
    return node_of(node)->start_mark.line + 1;
}

Status yaml_refuse(YamlNode node, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return status_set(STATUS_ARGUMENT, "%s:%zu: %s", node.tree->path, yaml_line(node), text);
}

Status yaml_text(YamlNode node, const char *key, const char **text)
{
    *text = "";
    if (node_of(node)->type != YAML_SCALAR_NODE)
        return yaml_refuse(node, "%s: expected a single value", key);
    *text = (const char *)node_of(node)->data.scalar.value;
    return STATUS_OK;
}

Status yaml_whole(YamlNode node, const char *key, unsigned long long least,
                  unsigned long long *value)
{
    const char *text;
    char *end;
    TRY(yaml_text(node, key, &text));
    *value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || *value < least)
        return yaml_refuse(node, "%s: '%s' (expected a whole number of at least %llu)", key, text,
                           least);
    return STATUS_OK;
}

Status yaml_share(YamlNode node, const char *key, double *value)
{
    const char *text;
    char *end;
    *value = 0;
    TRY(yaml_text(node, key, &text));
    *value = strtod(text, &end);
    if (end == text || *end || !(*value >= 0 && *value <= 1))
        return yaml_refuse(node, "%s: '%s' (expected a share from 0 to 1)", key, text);
    return STATUS_OK;
}

Status yaml_flag(YamlNode node, const char *key, bool *value)
{
    const char *text;
    TRY(yaml_text(node, key, &text));
    *value = strcmp(text, "true") == 0;
    if (!*value && strcmp(text, "false") != 0)
        return yaml_refuse(node, "%s: '%s' (expected true or false)", key, text);
    return STATUS_OK;
}

Status yaml_choice(YamlNode node, const char *key, const char *const *choices, size_t *position)
{
    const char *text;
    char list[256] = "";
    TRY(yaml_text(node, key, &text));
    for (*position = 0; choices[*position]; ++*position) {
        if (strcmp(text, choices[*position]) == 0)
            return STATUS_OK;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s",
                 !*position               ? ""
                 : choices[*position + 1] ? ", "
                                          : " or ",
                 choices[*position]);
    }
    return yaml_refuse(node, "%s: '%s' (expected %s)", key, text, list);
}

bool yaml_is_list(YamlNode node)
{
    return node_of(node)->type == YAML_SEQUENCE_NODE;
}

bool yaml_is_mapping(YamlNode node)
{
    return node_of(node)->type == YAML_MAPPING_NODE;
}

size_t yaml_count(YamlNode list)
{
    const yaml_node_t *node = node_of(list);
    return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

YamlNode yaml_item(YamlNode list, size_t position)
{
    return (YamlNode){list.tree, node_of(list)->data.sequence.items.start[position]};
}

/* ---- mappings ---- */

static Status refuse_twice(YamlNode key_node, const char *key, const yaml_node_pair_t *start,
                           const yaml_node_pair_t *pair)
{
    for (; start < pair; ++start) {
        YamlNode earlier = {key_node.tree, start->key};
        const char *text;
        TRY(yaml_text(earlier, "a key", &text));
        if (strcmp(text, key) == 0)
            return yaml_refuse(key_node, "%s is given twice (first on line %zu)", key,
                               yaml_line(earlier));
    }
    return STATUS_OK;
}

Status yaml_read_mapping(YamlNode node, const char *name, YamlReadKey read, void *context)
{
    const yaml_node_t *mapping = node_of(node);
    if (mapping->type != YAML_MAPPING_NODE)
        return yaml_refuse(node, "%s: expected 'key: value' lines", *name ? name : "the file");
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; ++pair) {
        YamlNode key_node = {node.tree, pair->key};
        const char *key;
        TRY(yaml_text(key_node, "a key", &key));
        TRY(refuse_twice(key_node, key, mapping->data.mapping.pairs.start, pair));
        TRY(read(context, key_node, key, (YamlNode){node.tree, pair->value}));
    }
    return STATUS_OK;
}

/* Levenshtein distance, for "did you mean". */
static size_t distance(const char *a, const char *b)
{
    enum { MOST = 32 };
    size_t row[MOST + 1], m = strlen(b);
    if (m > MOST)
        return MOST;
    for (size_t j = 0; j <= m; ++j)
        row[j] = j;
    for (size_t i = 0; a[i]; ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < m; ++j) {
            size_t change = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            size_t least = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;
            row[j + 1] = change < least ? change : least;
        }
    }
    return row[m];
}

Status yaml_refuse_key(YamlNode key_node, const char *name, const char *key,
                       const char *const *known)
{
    const char *nearest = NULL;
    size_t best = 3;
    char list[384] = "";
    for (size_t i = 0; known[i]; ++i) {
        size_t apart = distance(key, known[i]), used = strlen(list);
        if (apart < best) {
            best = apart;
            nearest = known[i];
        }
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", known[i]);
    }
    const char *in = *name ? " in " : "";
    if (nearest)
        return yaml_refuse(key_node, "unknown key '%s'%s%s (did you mean '%s'?)", key, in, name,
                           nearest);
    return yaml_refuse(key_node, "unknown key '%s'%s%s (expected one of %s)", key, in, name, list);
}
