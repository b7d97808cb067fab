/* See experiment_file.h. */
#include "grid/experiment/experiment_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/text_map.h"
#include "base/utf8.h"
#include "grid/experiment/experiment_path.h"
#include "store/files.h"
#include "store/patience.h"
#include "store/yaml_text.h"
#include "store/yaml_tree.h"

typedef struct {
    const char *path;
    const char *section; /* of the settings being read */
    ExperimentFile *experiment;
    SettingValues *values; /* setting_count(): the experiment's, or a variant's */
} Reading;

/* ---- settings ---- */

static void clear_texts(size_t count, char **texts)
{
    for (size_t i = 0; texts && i < count; ++i)
        free(texts[i]);
    free(texts);
}

static void values_clear(SettingValues *values)
{
    clear_texts(values->count, values->texts);
    clear_texts(values->count, values->written);
    clear_texts(values->count, values->titles);
    *values = (SettingValues){0};
}

static void clear_all_values(SettingValues *values)
{
    for (size_t i = 0; values && i < setting_count(); ++i)
        values_clear(&values[i]);
    free(values);
}

Status experiment_file_check_path(const char *path)
{
    char quote[UTF8_QUOTE_BYTES];
    if (path[utf8_valid_bytes(path)] || utf8_has_control(path))
        FAIL(STATUS_ARGUMENT,
             "%s: a path with bytes that are no UTF-8, or with control characters, which no "
             "experiment.yaml can hold (rename it, or name it through a link)",
             utf8_quote(path, quote));
    return STATUS_OK;
}

/* `seen`: the values before it. */
static Status add_value(Reading *reading, size_t setting, YamlNode node, TextMap *seen)
{
    SettingValues *values = &reading->values[setting];
    const char *text;
    char canonical[SETTING_TEXT_BYTES];
    TRY(yaml_text(node, setting_key(setting), &text));
    if (setting_canonical(setting, text, canonical) != STATUS_OK)
        return yaml_refuse(node, "%s", status_message());
    size_t place = values->count, number = place;
    TRY(text_map_add(seen, canonical, &number));
    if (number != place)
        return yaml_refuse(node, "%s: %s is listed twice", setting_key(setting), text);
    ++values->count;
    TRY(memory_copy_text(canonical, &values->written[place]));
    return setting_is_path(setting)
               ? experiment_path_resolve(reading->path, node, canonical, &values->texts[place])
               : memory_copy_text(canonical, &values->texts[place]);
}

typedef struct {
    Reading *reading;
    size_t setting, room[3];
} MapReading;

static Status add_titled(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    MapReading *map = context;
    SettingValues *values = &map->reading->values[map->setting];
    TextMap seen = {0}; /* two networks may start from one file */
    (void)key_node;
    TRY(MEMORY_GROW(&values->texts, values->count + 1, &map->room[0]));
    TRY(MEMORY_GROW(&values->written, values->count + 1, &map->room[1]));
    TRY(MEMORY_GROW(&values->titles, values->count + 1, &map->room[2]));
    TRY(memory_copy_text(key, &values->titles[values->count]));
    const size_t before = values->count;
    Status status = add_value(map->reading, map->setting, value, &seen);
    if (values->count == before) { /* clear_texts() would miss it */
        free(values->titles[before]);
        values->titles[before] = NULL;
    }
    text_map_clear(&seen);
    return status;
}

/* A file for each network, by what it is called. */
static Status read_titled(Reading *reading, size_t setting, YamlNode node)
{
    MapReading map = {.reading = reading, .setting = setting};
    SettingValues *values = &reading->values[setting];
    values->line = yaml_line(node);
    TRY(yaml_read_mapping(node, setting_key(setting), add_titled, &map));
    return values->count ? STATUS_OK
                         : yaml_refuse(node,
                                       "%s: an empty mapping (expected a file for each "
                                       "network, such as {r50x1: a.h5})",
                                       setting_key(setting));
}

static Status read_values(Reading *reading, size_t setting, YamlNode node)
{
    if (setting_is_path(setting) && yaml_is_mapping(node))
        return read_titled(reading, setting, node);
    SettingValues *values = &reading->values[setting];
    const bool list = yaml_is_list(node);
    const size_t count = list ? yaml_count(node) : 1;
    if (!count)
        return yaml_refuse(node, "%s: an empty list (expected at least one value)",
                           setting_key(setting));
    values->line = yaml_line(node);
    TRY(MEMORY_NEW(&values->texts, count));
    TRY(MEMORY_NEW(&values->written, count));
    TextMap seen = {0};
    Status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; ++i)
        status = add_value(reading, setting, list ? yaml_item(node, i) : node, &seen);
    text_map_clear(&seen);
    return status;
}

/* A key that stands in the wrong section is told its own. */
static Status refuse_setting(YamlNode key_node, const char *section, const char *key,
                             const char *const *known)
{
    for (size_t i = 0; i < setting_count(); ++i) {
        const char *own = setting_section(i);
        if (strcmp(setting_key(i), key) == 0)
            return yaml_refuse(key_node, "unknown key '%s'%s%s (expected %s%s)", key,
                               *section ? " in " : "", section,
                               *own ? "in the section " : "at the top level", own);
    }
    return yaml_refuse_key(key_node, section, key, known);
}

static Status read_setting(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    Reading *reading = context;
    const char *section = reading->section;
    size_t setting = setting_find(section, key), count = 0;
    if (setting < setting_count())
        return read_values(reading, setting, value);
    const char **known;
    TRY(MEMORY_NEW(&known, setting_count() + 1));
    for (size_t i = 0; i < setting_count(); ++i)
        if (strcmp(setting_section(i), section) == 0)
            known[count++] = setting_key(i);
    Status status = refuse_setting(key_node, section, key, known);
    free(known);
    return status;
}

/* ---- data and grid ---- */

/* What a split keeps together, in the order of SplitGroup. */
static const char *const groups[] = {"patient", "scene", NULL};

static Status read_split(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    static const char *const known[] = {"train",        "validation", "test",  "seed",
                                        "ignore_given", "rule",       "group", NULL};
    ExperimentFile *experiment = ((Reading *)context)->experiment;
    SplitSettings *split = &experiment->split;
    for (size_t i = 0; i < SPLIT_COUNT; ++i)
        if (strcmp(key, known[i]) == 0)
            return yaml_share(value, key, &split->shares[i]);
    if (strcmp(key, "seed") == 0) {
        unsigned long long seed;
        TRY(yaml_whole(value, key, 0, &seed));
        split->seed = seed;
        return STATUS_OK;
    }
    if (strcmp(key, "rule") == 0) {
        const char *text;
        TRY(yaml_text(value, key, &text));
        experiment->split_rule_given = true;
        return split_rule_parse(text, &split->rule)
                   ? STATUS_OK
                   : yaml_refuse(value, "rule: '%s' (expected fair or largest_first)", text);
    }
    if (strcmp(key, "group") == 0) {
        size_t group;
        TRY(yaml_choice(value, key, groups, &group));
        split->group = (SplitGroup)group;
        return STATUS_OK;
    }
    if (strcmp(key, "ignore_given") == 0)
        return yaml_flag(value, key, &split->ignore_given);
    return yaml_refuse_key(key_node, "split", key, known);
}

static Status read_manifest(Reading *reading, YamlNode value)
{
    char expanded[SETTING_PATH_BYTES];
    const char *text;
    TRY(yaml_text(value, "manifest", &text));
    reading->experiment->manifest_line = yaml_line(value);
    /* What the environment lacks may still come from the command line. */
    if (strstr(text, "${") && experiment_path_expand(value, text, expanded) != STATUS_OK)
        return STATUS_OK;
    TRY(experiment_path_expand(value, text, expanded));
    return files_resolve(reading->path, expanded, &reading->experiment->manifest);
}

static Status read_data(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    static const char *const known[] = {"manifest", "test", "split", "denoise", NULL};
    static const char *const tests[] = {"test", "validation", NULL};
    Reading *reading = context;
    if (strcmp(key, "manifest") == 0)
        return read_manifest(reading, value);
    if (strcmp(key, "split") == 0)
        return yaml_read_mapping(value, "split", read_split, reading);
    if (strcmp(key, "test") == 0) {
        size_t choice;
        TRY(yaml_choice(value, key, tests, &choice));
        reading->experiment->test_on_validation = choice == 1;
        return STATUS_OK;
    }
    if (setting_find("data", key) < setting_count()) {
        reading->section = "data";
        return read_setting(reading, key_node, key, value);
    }
    return yaml_refuse_key(key_node, "data", key, known);
}

static Status read_ranks(Reading *reading, YamlNode value)
{
    unsigned long long ranks;
    const char *text;
    TRY(yaml_text(value, "ranks_per_cell", &text));
    reading->experiment->ranks_per_cell = 0;
    if (strcmp(text, "auto") == 0)
        return STATUS_OK;
    if (yaml_whole(value, "ranks_per_cell", 1, &ranks) != STATUS_OK || ranks & (ranks - 1) ||
        ranks > 256)
        return yaml_refuse(
            value, "ranks_per_cell: '%s' (expected auto, or a power of two up to 256)", text);
    reading->experiment->ranks_per_cell = ranks;
    return STATUS_OK;
}

static Status read_seconds(YamlNode value, const char *key, unsigned long long least,
                           double *seconds)
{
    unsigned long long whole = 0;
    TRY(yaml_whole(value, key, least, &whole));
    *seconds = (double)whole;
    return STATUS_OK;
}

static Status read_grid(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    static const char *const known[] = {"ranks_per_cell", "checkpoint", "silence", "patience",
                                        "keep_state",     "recompute",  NULL};
    Reading *reading = context;
    if (strcmp(key, "ranks_per_cell") == 0)
        return read_ranks(reading, value);
    if (strcmp(key, "checkpoint") == 0)
        return read_seconds(value, key, 1, &reading->experiment->checkpoint_seconds);
    if (strcmp(key, "silence") == 0)
        return read_seconds(value, key, 2, &reading->experiment->silence);
    if (strcmp(key, "patience") == 0)
        return read_seconds(value, key, 0, &reading->experiment->patience);
    if (strcmp(key, "keep_state") == 0)
        return yaml_flag(value, key, &reading->experiment->keep_state);
    if (strcmp(key, "recompute") == 0)
        return yaml_flag(value, key, &reading->experiment->recompute);
    return yaml_refuse_key(key_node, "grid", key, known);
}

static Status read_name(Reading *reading, YamlNode value)
{
    const char *text;
    char quote[UTF8_QUOTE_BYTES];
    TRY(yaml_text(value, "name", &text));
    size_t length = strlen(text);
    if (!length || length >= EXPERIMENT_NAME_BYTES || text[0] == '.' || strchr(text, '/') ||
        utf8_has_control(text))
        return yaml_refuse(value, "name: %s (expected a folder's name of less than %d characters)",
                           utf8_quote(text, quote), EXPERIMENT_NAME_BYTES);
    snprintf(reading->experiment->name, EXPERIMENT_NAME_BYTES, "%s", text);
    return STATUS_OK;
}

static Status read_search(Reading *reading, YamlNode value)
{
    static const char *const searches[] = {"grid", "halving", NULL};
    size_t choice;
    TRY(yaml_choice(value, "search", searches, &choice));
    reading->experiment->halving = choice == 1;
    return STATUS_OK;
}

/* The top level's own keys, its settings, and the sections of all other settings, each once;
 * known[setting_count() + OWN_KEYS + 1]. */
static const char *const own_keys[] = {"name",     "data",     "search",   "grid",
                                       "variants", "pretrain", "test_sets"};
enum { OWN_KEYS = sizeof own_keys / sizeof *own_keys };

static void list_top(const char **known)
{
    size_t count = 0;
    for (; count < OWN_KEYS; ++count)
        known[count] = own_keys[count];
    for (size_t i = 0; i < setting_count(); ++i) {
        const char *name = *setting_section(i) ? setting_section(i) : setting_key(i);
        bool listed = false;
        for (size_t k = 0; k < count; ++k)
            listed |= strcmp(known[k], name) == 0;
        if (!listed)
            known[count++] = name;
    }
    known[count] = NULL;
}

static bool is_section(const char *name)
{
    for (size_t i = 0; i < setting_count(); ++i)
        if (*name && strcmp(setting_section(i), name) == 0)
            return true;
    return false;
}

/* ---- variants ---- */

/* A setting of a variant, or a section of them. */
static Status read_variant_key(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    Reading *reading = context;
    reading->section = "";
    if (!is_section(key))
        return read_setting(reading, key_node, key, value);
    reading->section = key;
    return yaml_read_mapping(value, key, read_setting, reading);
}

static bool is_variant_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const size_t length = strlen(name);
    return length && length < VARIANT_NAME_BYTES && strchr(letters, name[0]) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               length;
}

static Status check_variant(const ExperimentVariant *variant, YamlNode key_node)
{
    for (size_t i = 0; i < setting_count(); ++i) {
        const char *key = setting_key(i);
        if (variant->values[i].count > 1)
            return yaml_refuse(key_node, "variant %s: %s is a list (expected one value)",
                               variant->name, key);
        if (variant->values[i].count && (setting_is_path(i) || strcmp(key, "seed") == 0))
            return yaml_refuse(key_node, "variant %s: %s (expected above the variants, for all)",
                               variant->name, key);
    }
    return STATUS_OK;
}

static Status read_variant(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    Reading *reading = context;
    ExperimentFile *experiment = reading->experiment;
    size_t room = experiment->variant_count;
    if (!is_variant_name(key))
        return yaml_refuse(key_node,
                           "variants: '%s' (expected a name of less than %d letters, digits and "
                           "underscores that begins with a letter)",
                           key, VARIANT_NAME_BYTES);
    TRY(MEMORY_GROW(&experiment->variants, experiment->variant_count + 1, &room));
    ExperimentVariant *variant = &experiment->variants[experiment->variant_count];
    *variant = (ExperimentVariant){0};
    snprintf(variant->name, sizeof variant->name, "%s", key);
    TRY(MEMORY_NEW(&variant->values, setting_count()));
    ++experiment->variant_count;
    reading->values = variant->values;
    Status status = yaml_read_mapping(value, key, read_variant_key, reading);
    reading->values = experiment->values;
    TRY(status);
    return check_variant(variant, key_node);
}

static Status read_top(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    Reading *reading = context;
    reading->section = "";
    if (strcmp(key, "name") == 0)
        return read_name(reading, value);
    if (strcmp(key, "data") == 0)
        return yaml_read_mapping(value, key, read_data, reading);
    if (strcmp(key, "search") == 0)
        return read_search(reading, value);
    if (strcmp(key, "grid") == 0)
        return yaml_read_mapping(value, key, read_grid, reading);
    if (strcmp(key, "variants") == 0)
        return yaml_read_mapping(value, key, read_variant, reading);
    if (strcmp(key, "pretrain") == 0)
        return pretrain_section_read(reading->path, value, &reading->experiment->pretrain);
    if (strcmp(key, "test_sets") == 0)
        return test_sets_section_read(reading->path, value, &reading->experiment->test_sets);
    if (setting_find("", key) < setting_count())
        return read_setting(reading, key_node, key, value);
    if (is_section(key)) {
        reading->section = key;
        return yaml_read_mapping(value, key, read_setting, reading);
    }
    const char **known;
    TRY(MEMORY_NEW(&known, setting_count() + OWN_KEYS + 1));
    list_top(known);
    Status status = refuse_setting(key_node, "", key, known);
    free(known);
    return status;
}

/* ---- the file ---- */

/* The first architecture stands for a file that names none. */
static size_t listed_architectures(const ExperimentFile *experiment)
{
    size_t count = experiment->values[setting_find("model", "architecture")].count;
    return count ? count : 1;
}

size_t experiment_file_architectures(const ExperimentFile *experiment)
{
    return listed_architectures(experiment) + experiment->variant_count;
}

CellSettings experiment_file_architecture(const ExperimentFile *experiment, size_t position)
{
    const size_t setting = setting_find("model", "architecture");
    const size_t listed = listed_architectures(experiment);
    const SettingValues *chosen = &experiment->values[setting];
    if (position >= listed && experiment->variants[position - listed].values[setting].count)
        chosen = &experiment->variants[position - listed].values[setting];
    position = position < listed ? position : 0;
    return setting_defaults(chosen->count ? architecture_find(chosen->texts[position]) : 0);
}

const SettingValues *experiment_file_bases(const ExperimentFile *experiment, size_t position)
{
    const size_t setting = setting_find("model", "base"), listed = listed_architectures(experiment);
    if (position >= listed && experiment->variants[position - listed].values[setting].count)
        return &experiment->variants[position - listed].values[setting];
    return &experiment->values[setting];
}

/* A variant's settings are its architecture's, and nothing but the seed may be a list beside them.
 */
static Status check_variants(const Reading *reading)
{
    const ExperimentFile *experiment = reading->experiment;
    const size_t seed = setting_find("training", "seed");
    for (size_t i = 0; experiment->variant_count && i < setting_count(); ++i) {
        for (size_t v = 0; v < experiment->variant_count; ++v) {
            const CellSettings defaults =
                experiment_file_architecture(experiment, listed_architectures(experiment) + v);
            const ExperimentVariant *variant = &experiment->variants[v];
            if (variant->values[i].count && !setting_applies(&defaults, i))
                FAIL(STATUS_ARGUMENT,
                     "%s:%zu: variant %s: %s: its architecture has no such setting", reading->path,
                     variant->values[i].line, variant->name, setting_key(i));
        }
        if (experiment->values[i].count > 1 && i != seed)
            FAIL(STATUS_ARGUMENT,
                 "%s:%zu: %s is a list beside variants (expected one value; of lists only the "
                 "seed's)",
                 reading->path, experiment->values[i].line, setting_key(i));
    }
    if (experiment->variant_count && experiment->halving)
        FAIL(STATUS_ARGUMENT,
             "%s: search: halving with variants (expected search: grid: beside variants alpha and "
             "gamma have one value each, of which there is nothing to choose)",
             reading->path);
    return STATUS_OK;
}

/* A value that no cell can have was meant for something else. */
static Status check_settings(const Reading *reading)
{
    const ExperimentFile *experiment = reading->experiment;
    for (size_t i = 0; i < setting_count(); ++i) {
        bool applies = !experiment->values[i].count;
        for (size_t k = 0; k < experiment_file_architectures(experiment) && !applies; ++k) {
            const CellSettings defaults = experiment_file_architecture(experiment, k);
            applies = setting_applies(&defaults, i);
        }
        if (!applies)
            FAIL(STATUS_ARGUMENT, "%s:%zu: %s: no architecture of this experiment has it",
                 reading->path, experiment->values[i].line, setting_key(i));
    }
    return STATUS_OK;
}

/* What the pretraining may not say, and that a cell starts from one thing. */
static Status check_pretrain(const Reading *reading)
{
    const ExperimentFile *experiment = reading->experiment;
    const PretrainSection *section = &experiment->pretrain;
    const SettingValues *initial = &experiment->values[setting_find("model", "initial")];
    const bool from_file = initial->count > 1 || (initial->count == 1 && *initial->texts[0]);
    if (section->manifest && from_file)
        FAIL(STATUS_ARGUMENT,
             "%s:%zu: initial: the cells start from their pretraining (expected one of "
             "model.initial "
             "and pretrain)",
             reading->path, initial->line);
    for (size_t i = 0; section->manifest && i < setting_count(); ++i) {
        bool applies = !section->texts[i];
        for (size_t k = 0; k < experiment_file_architectures(experiment) && !applies; ++k) {
            const CellSettings defaults = experiment_file_architecture(experiment, k);
            applies = setting_applies(&defaults, i);
        }
        if (!applies)
            FAIL(STATUS_ARGUMENT, "%s:%zu: pretrain: %s: no architecture of this experiment has it",
                 reading->path, section->line, setting_key(i));
    }
    return STATUS_OK;
}

static Status check_shares(const Reading *reading)
{
    const double *shares = reading->experiment->split.shares;
    double sum = shares[0] + shares[1] + shares[2];
    if (sum < 1 - 1e-9 || sum > 1 + 1e-9)
        FAIL(STATUS_ARGUMENT, "%s: the shares of data.split add up to %s (expected 1)",
             reading->path, TEXT_NUMBER(sum));
    return STATUS_OK;
}

static Status read_tree(Reading *reading, const YamlTree *tree)
{
    ExperimentFile *experiment = reading->experiment;
    experiment->split = split_defaults();
    experiment->checkpoint_seconds = 600;
    experiment->silence = 600;
    experiment->patience = PATIENCE_SECONDS;
    TRY(MEMORY_NEW(&experiment->values, setting_count()));
    reading->values = experiment->values;
    TRY(yaml_read_mapping(yaml_root(tree), "", read_top, reading));
    if (!experiment->name[0])
        FAIL(STATUS_ARGUMENT, "%s: name is missing", reading->path);
    TRY(check_settings(reading));
    TRY(check_variants(reading));
    TRY(check_pretrain(reading));
    return check_shares(reading);
}

Status experiment_file_read(const char *path, ExperimentFile *experiment)
{
    Reading reading = {.path = path, .experiment = experiment};
    YamlTree *tree;
    *experiment = (ExperimentFile){0};
    TRY(yaml_tree_read(path, &tree));
    Status status = read_tree(&reading, tree);
    yaml_tree_free(tree);
    if (status != STATUS_OK)
        experiment_file_clear(experiment);
    return status;
}

void experiment_file_clear(ExperimentFile *experiment)
{
    clear_all_values(experiment->values);
    for (size_t v = 0; v < experiment->variant_count; ++v)
        clear_all_values(experiment->variants[v].values);
    free(experiment->variants);
    free(experiment->manifest);
    pretrain_section_clear(&experiment->pretrain);
    test_sets_section_clear(&experiment->test_sets);
    *experiment = (ExperimentFile){0};
}
