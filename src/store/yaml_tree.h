/* A YAML document as a tree of mappings, lists and single values that know their lines.
 *
 * The reader of a file walks the tree and refuses what it does not expect, in one line that names
 * the file, the line and what was expected; an unknown key is told with the known one that it
 * resembles. Exactly one document is read.
 */
#ifndef GISD_STORE_YAML_TREE_H
#define GISD_STORE_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* More levels than any file of ours has; libyaml's time grows with the square of what it is given.
 */
enum { YAML_DEPTH_MOST = 32 };

typedef struct YamlTree YamlTree;

/* A place in the tree, borrowed from it. */
typedef struct {
    const YamlTree *tree;
    int node;
} YamlNode;

/* STATUS_FORMAT names the line of what is not YAML; an empty file and a second document are
 * refused too. yaml_tree_free() takes NULL. */
Status yaml_tree_read(const char *path, YamlTree **tree);
void yaml_tree_free(YamlTree *tree);

/* STATUS_FORMAT if lists and mappings lie deeper in one another than YAML_DEPTH_MOST. For those who
 * read YAML by themselves; yaml_tree_read() asks it too. */
Status yaml_check_depth(const char *path, const char *text, size_t bytes);

YamlNode yaml_root(const YamlTree *tree);

/* The node's line in the file, from 1. */
size_t yaml_line(YamlNode node);

/* STATUS_ARGUMENT with "PATH:LINE: " and the text. */
Status yaml_refuse(YamlNode node, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text of a single value; anything else is refused with "KEY: expected a single value". */
Status yaml_text(YamlNode node, const char *key, const char **text);

/* A whole number of at least `least`, and a share from 0 to 1. */
Status yaml_whole(YamlNode node, const char *key, unsigned long long least,
                  unsigned long long *value);
Status yaml_share(YamlNode node, const char *key, double *value);

/* true or false. */
Status yaml_flag(YamlNode node, const char *key, bool *value);

/* The position of a single value among `choices` (ended by NULL), else refused with the list. */
Status yaml_choice(YamlNode node, const char *key, const char *const *choices, size_t *position);

/* Whether the node is a list or a mapping, how many items a list has, and one of them. */
bool yaml_is_list(YamlNode node);
bool yaml_is_mapping(YamlNode node);
size_t yaml_count(YamlNode list);
YamlNode yaml_item(YamlNode list, size_t position);

/* Calls `read` for each key of a mapping, in order; a key that is given twice is refused. `name` is
 * the mapping's, "" for the whole file. `read` refuses a key that it does not know with
 * yaml_refuse_key(). */
typedef Status (*YamlReadKey)(void *context, YamlNode key_node, const char *key, YamlNode value);
Status yaml_read_mapping(YamlNode node, const char *name, YamlReadKey read, void *context);

/* "unknown key 'x' in NAME (did you mean 'y'?)", or with all known ones; `known` ends with NULL. */
Status yaml_refuse_key(YamlNode key_node, const char *name, const char *key,
                       const char *const *known);

#endif
