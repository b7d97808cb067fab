/* See experiment_file.h. libyaml builds a tree whose nodes know their lines; what is not expected
 * at its place is refused with that line. */
#include "grid/experiment_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/memory.h"
#include "store/files.h"

_Static_assert(EXPERIMENT_MAX_SETTINGS >= 24, "room for every setting");

typedef struct {
    const char *path;
    yaml_document_t document;
    ExperimentFile *experiment;
} Reading;

/* ---- the tree ---- */

static yaml_node_t *node_at(Reading *reading, int index)
{
    return yaml_document_get_node(&reading->document, index);
}

static size_t line_of(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

static Status refuse(const Reading *reading, const yaml_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static Status refuse(const Reading *reading, const yaml_node_t *node, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return status_set(STATUS_ARGUMENT, "%s:%zu: %s", reading->path, line_of(node), text);
}

static Status expect_scalar(const Reading *reading, const yaml_node_t *node, const char *key,
                            const char **text)
{
    *text = "";
    if (node->type != YAML_SCALAR_NODE)
        return refuse(reading, node, "%s: expected a single value", key);
    *text = (const char *)node->data.scalar.value;
    return STATUS_OK;
}

/* ---- unknown keys ---- */

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

static Status refuse_key(const Reading *reading, const yaml_node_t *node, const char *section,
                         const char *key, const char *const *known)
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
    const char *in = *section ? " in " : "";
    if (nearest)
        return refuse(reading, node, "unknown key '%s'%s%s (did you mean '%s'?)", key, in, section,
                      nearest);
    return refuse(reading, node, "unknown key '%s'%s%s (expected one of %s)", key, in, section,
                  list);
}

/* Calls `read` for each key of a mapping, which it may refuse. */
typedef Status (*ReadKey)(Reading *reading, const char *section, const yaml_node_t *key_node,
                          const char *key, const yaml_node_t *value);

static Status read_mapping(Reading *reading, const yaml_node_t *node, const char *section,
                           ReadKey read)
{
    if (node->type != YAML_MAPPING_NODE)
        return refuse(reading, node, "%s: expected 'key: value' lines",
                      *section ? section : "the file");
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; ++pair) {
        const yaml_node_t *key_node = node_at(reading, pair->key);
        const char *key;
        TRY(expect_scalar(reading, key_node, "a key", &key));
        for (yaml_node_pair_t *other = node->data.mapping.pairs.start; other < pair; ++other) {
            const yaml_node_t *earlier = node_at(reading, other->key);
            if (earlier->type == YAML_SCALAR_NODE &&
                strcmp((const char *)earlier->data.scalar.value, key) == 0)
                return refuse(reading, key_node, "%s is given twice (first on line %zu)", key,
                              line_of(earlier));
        }
        TRY(read(reading, section, key_node, key, node_at(reading, pair->value)));
    }
    return STATUS_OK;
}

/* ---- settings ---- */

static void values_clear(SettingValues *values)
{
    for (size_t i = 0; i < values->count; ++i)
        free(values->texts[i]);
    free(values->texts);
    *values = (SettingValues){0};
}

static Status add_value(Reading *reading, size_t setting, const yaml_node_t *node)
{
    SettingValues *values = &reading->experiment->values[setting];
    CellSettings scratch = setting_defaults();
    const char *text;
    char canonical[SETTING_TEXT_BYTES];
    TRY(expect_scalar(reading, node, setting_key(setting), &text));
    if (setting_read(&scratch, setting, text) != STATUS_OK)
        return refuse(reading, node, "%s", status_message());
    setting_write(&scratch, setting, canonical);
    for (size_t i = 0; i < values->count; ++i)
        if (strcmp(values->texts[i], canonical) == 0)
            return refuse(reading, node, "%s: %s is listed twice", setting_key(setting), text);
    TRY(memory_copy_text(canonical, &values->texts[values->count]));
    ++values->count;
    return STATUS_OK;
}

static Status read_values(Reading *reading, size_t setting, const yaml_node_t *node)
{
    SettingValues *values = &reading->experiment->values[setting];
    values_clear(values);
    values->line = line_of(node);
    if (node->type != YAML_SEQUENCE_NODE) {
        TRY(MEMORY_NEW(&values->texts, 1));
        return add_value(reading, setting, node);
    }
    const yaml_node_item_t *start = node->data.sequence.items.start;
    const yaml_node_item_t *top = node->data.sequence.items.top;
    if (start == top)
        return refuse(reading, node, "%s: an empty list (expected at least one value)",
                      setting_key(setting));
    TRY(MEMORY_NEW(&values->texts, (size_t)(top - start)));
    for (const yaml_node_item_t *item = start; item < top; ++item)
        TRY(add_value(reading, setting, node_at(reading, *item)));
    return STATUS_OK;
}

static Status read_setting(Reading *reading, const char *section, const yaml_node_t *key_node,
                           const char *key, const yaml_node_t *value)
{
    size_t setting = setting_find(section, key);
    if (setting < setting_count())
        return read_values(reading, setting, value);
    const char *known[EXPERIMENT_MAX_SETTINGS + 1];
    size_t count = 0;
    for (size_t i = 0; i < setting_count(); ++i)
        if (strcmp(setting_section(i), section) == 0)
            known[count++] = setting_key(i);
    known[count] = NULL;
    return refuse_key(reading, key_node, section, key, known);
}

/* ---- data and grid ---- */

/* Replaces ${NAME} by the environment's value. */
static Status expand(const Reading *reading, const yaml_node_t *node, const char *text,
                     char expanded[SETTINGS_PATH_BYTES])
{
    size_t used = 0;
    for (const char *at = text; *at;) {
        char name[64];
        int length = 0;
        const char *piece;
        size_t bytes;
        if (sscanf(at, "${%63[A-Za-z0-9_]}%n", name, &length) == 1 && length > 0) {
            piece = getenv(name);
            if (!piece)
                return refuse(reading, node,
                              "%s: the environment variable %s is not set (set it, or name the "
                              "manifest with --data)",
                              text, name);
            bytes = strlen(piece);
            at += length;
        } else {
            piece = at++;
            bytes = 1;
        }
        if (used + bytes >= SETTINGS_PATH_BYTES)
            return refuse(reading, node, "a path longer than %d bytes", SETTINGS_PATH_BYTES);
        memcpy(expanded + used, piece, bytes);
        used += bytes;
    }
    expanded[used] = '\0';
    return STATUS_OK;
}

static Status read_double(const Reading *reading, const yaml_node_t *node, const char *key,
                          double *value)
{
    const char *text;
    char *end;
    *value = 0;
    TRY(expect_scalar(reading, node, key, &text));
    *value = strtod(text, &end);
    if (end == text || *end || !(*value >= 0 && *value <= 1))
        return refuse(reading, node, "%s: '%s' (expected a share from 0 to 1)", key, text);
    return STATUS_OK;
}

static Status read_whole(const Reading *reading, const yaml_node_t *node, const char *key,
                         unsigned long long least, unsigned long long *value)
{
    const char *text;
    char *end;
    TRY(expect_scalar(reading, node, key, &text));
    *value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || *value < least)
        return refuse(reading, node, "%s: '%s' (expected a whole number of at least %llu)", key,
                      text, least);
    return STATUS_OK;
}

static Status read_split(Reading *reading, const char *section, const yaml_node_t *key_node,
                         const char *key, const yaml_node_t *value)
{
    static const char *const known[] = {"train", "validation",   "test",
                                        "seed",  "ignore_given", NULL};
    SplitSettings *split = &reading->experiment->split;
    for (size_t i = 0; i < SPLIT_COUNT; ++i)
        if (strcmp(key, known[i]) == 0)
            return read_double(reading, value, key, &split->shares[i]);
    if (strcmp(key, "seed") == 0) {
        unsigned long long seed;
        TRY(read_whole(reading, value, key, 0, &seed));
        split->seed = seed;
        return STATUS_OK;
    }
    if (strcmp(key, "ignore_given") == 0) {
        const char *text;
        TRY(expect_scalar(reading, value, key, &text));
        split->ignore_given = strcmp(text, "true") == 0;
        return split->ignore_given || strcmp(text, "false") == 0
                   ? STATUS_OK
                   : refuse(reading, value, "ignore_given: '%s' (expected true or false)", text);
    }
    return refuse_key(reading, key_node, section, key, known);
}

static Status read_manifest(Reading *reading, const yaml_node_t *value)
{
    char expanded[SETTINGS_PATH_BYTES];
    const char *text;
    TRY(expect_scalar(reading, value, "manifest", &text));
    reading->experiment->manifest_line = line_of(value);
    /* What the environment lacks may still come from the command line. */
    if (strstr(text, "${") && expand(reading, value, text, expanded) != STATUS_OK)
        return STATUS_OK;
    TRY(expand(reading, value, text, expanded));
    return files_resolve(reading->path, expanded, &reading->experiment->manifest);
}

static Status read_data(Reading *reading, const char *section, const yaml_node_t *key_node,
                        const char *key, const yaml_node_t *value)
{
    static const char *const known[] = {"manifest", "test", "split", NULL};
    if (strcmp(key, "manifest") == 0)
        return read_manifest(reading, value);
    if (strcmp(key, "split") == 0)
        return read_mapping(reading, value, "split", read_split);
    if (strcmp(key, "test") == 0) {
        const char *text;
        TRY(expect_scalar(reading, value, key, &text));
        reading->experiment->test_on_validation = strcmp(text, "validation") == 0;
        return reading->experiment->test_on_validation || strcmp(text, "test") == 0
                   ? STATUS_OK
                   : refuse(reading, value, "test: '%s' (expected test or validation)", text);
    }
    return refuse_key(reading, key_node, section, key, known);
}

static Status read_ranks(Reading *reading, const yaml_node_t *value)
{
    unsigned long long ranks;
    const char *text;
    TRY(expect_scalar(reading, value, "ranks_per_cell", &text));
    reading->experiment->ranks_per_cell = 0;
    if (strcmp(text, "auto") == 0)
        return STATUS_OK;
    if (read_whole(reading, value, "ranks_per_cell", 1, &ranks) != STATUS_OK ||
        ranks & (ranks - 1) || ranks > 256)
        return refuse(reading, value,
                      "ranks_per_cell: '%s' (expected auto, or a power of two up to 256)", text);
    reading->experiment->ranks_per_cell = ranks;
    return STATUS_OK;
}

static Status read_seconds(const Reading *reading, const yaml_node_t *value, const char *key,
                           unsigned long long least, double *seconds)
{
    unsigned long long whole = 0;
    TRY(read_whole(reading, value, key, least, &whole));
    *seconds = (double)whole;
    return STATUS_OK;
}

static Status read_grid(Reading *reading, const char *section, const yaml_node_t *key_node,
                        const char *key, const yaml_node_t *value)
{
    static const char *const known[] = {"ranks_per_cell", "checkpoint", "silence", NULL};
    if (strcmp(key, "ranks_per_cell") == 0)
        return read_ranks(reading, value);
    if (strcmp(key, "checkpoint") == 0)
        return read_seconds(reading, value, key, 1, &reading->experiment->checkpoint_seconds);
    if (strcmp(key, "silence") == 0)
        return read_seconds(reading, value, key, 2, &reading->experiment->silence);
    return refuse_key(reading, key_node, section, key, known);
}

static Status read_name(Reading *reading, const yaml_node_t *value)
{
    const char *text;
    TRY(expect_scalar(reading, value, "name", &text));
    size_t length = strlen(text);
    if (!length || length >= EXPERIMENT_NAME_BYTES || text[0] == '.' || strchr(text, '/'))
        return refuse(reading, value,
                      "name: '%s' (expected a folder's name of less than %d characters)", text,
                      EXPERIMENT_NAME_BYTES);
    snprintf(reading->experiment->name, EXPERIMENT_NAME_BYTES, "%s", text);
    return STATUS_OK;
}

static Status read_search(Reading *reading, const yaml_node_t *value)
{
    const char *text;
    TRY(expect_scalar(reading, value, "search", &text));
    reading->experiment->halving = strcmp(text, "halving") == 0;
    return reading->experiment->halving || strcmp(text, "grid") == 0
               ? STATUS_OK
               : refuse(reading, value, "search: '%s' (expected grid or halving)", text);
}

static Status read_top(Reading *reading, const char *section, const yaml_node_t *key_node,
                       const char *key, const yaml_node_t *value)
{
    static const char *const known[] = {"name",     "data",   "model", "tuning", "loss",
                                        "training", "search", "grid",  NULL};
    if (strcmp(key, "name") == 0)
        return read_name(reading, value);
    if (strcmp(key, "data") == 0)
        return read_mapping(reading, value, key, read_data);
    if (strcmp(key, "search") == 0)
        return read_search(reading, value);
    if (strcmp(key, "grid") == 0)
        return read_mapping(reading, value, key, read_grid);
    if (strcmp(key, "tuning") == 0)
        return read_setting(reading, section, key_node, key, value);
    if (strcmp(key, "model") == 0 || strcmp(key, "loss") == 0 || strcmp(key, "training") == 0)
        return read_mapping(reading, value, key, read_setting);
    return refuse_key(reading, key_node, section, key, known);
}

/* ---- the file ---- */

static Status fill_defaults(ExperimentFile *experiment)
{
    const CellSettings defaults = setting_defaults();
    experiment->split = split_defaults();
    experiment->checkpoint_seconds = 600;
    experiment->silence = 600;
    for (size_t i = 0; i < setting_count(); ++i) {
        char text[SETTING_TEXT_BYTES];
        setting_write(&defaults, i, text);
        TRY(MEMORY_NEW(&experiment->values[i].texts, 1));
        TRY(memory_copy_text(text, &experiment->values[i].texts[0]));
        experiment->values[i].count = 1;
    }
    return STATUS_OK;
}

static Status check_shares(const Reading *reading)
{
    const double *shares = reading->experiment->split.shares;
    double sum = shares[0] + shares[1] + shares[2];
    if (sum < 1 - 1e-9 || sum > 1 + 1e-9)
        FAIL(STATUS_ARGUMENT, "%s: the shares of data.split add up to %g (expected 1)",
             reading->path, sum);
    return STATUS_OK;
}

static Status read_document(Reading *reading)
{
    const yaml_node_t *root = yaml_document_get_root_node(&reading->document);
    if (!root)
        FAIL(STATUS_FORMAT, "%s: an empty file (expected an experiment)", reading->path);
    TRY(fill_defaults(reading->experiment));
    TRY(read_mapping(reading, root, "", read_top));
    if (!reading->experiment->name[0])
        FAIL(STATUS_ARGUMENT, "%s: name is missing", reading->path);
    return check_shares(reading);
}

Status experiment_file_read(const char *path, ExperimentFile *experiment)
{
    Reading reading = {.path = path, .experiment = experiment};
    yaml_parser_t parser;
    char *text;
    size_t bytes;
    *experiment = (ExperimentFile){0};
    TRY(files_read(path, &text, &bytes));
    if (!yaml_parser_initialize(&parser)) {
        free(text);
        FAIL(STATUS_NO_MEMORY, "no memory to read %s", path);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    Status status;
    if (!yaml_parser_load(&parser, &reading.document)) {
        status = status_set(STATUS_FORMAT, "%s:%zu: not YAML: %s", path,
                            parser.problem_mark.line + 1, parser.problem);
    } else {
        status = read_document(&reading);
        yaml_document_delete(&reading.document);
    }
    yaml_parser_delete(&parser);
    free(text);
    if (status != STATUS_OK)
        experiment_file_clear(experiment);
    return status;
}

void experiment_file_clear(ExperimentFile *experiment)
{
    for (size_t i = 0; i < EXPERIMENT_MAX_SETTINGS; ++i)
        values_clear(&experiment->values[i]);
    free(experiment->manifest);
    *experiment = (ExperimentFile){0};
}

/* ---- writing ---- */

/* Texts are quoted where YAML could take them for something else. */
static void write_scalar(FILE *stream, const char *text)
{
    bool plain = *text != '\0';
    for (const char *at = text; *at; ++at)
        plain &= strchr(" :#{}[],&*!|>'\"%@`\\\n", *at) == NULL;
    if (plain) {
        fputs(text, stream);
        return;
    }
    fputc('\'', stream);
    for (const char *at = text; *at; ++at) {
        if (*at == '\'')
            fputc('\'', stream);
        fputc(*at, stream);
    }
    fputc('\'', stream);
}

static void write_values(FILE *stream, const SettingValues *values)
{
    if (values->count == 1) {
        write_scalar(stream, values->texts[0]);
        return;
    }
    for (size_t i = 0; i < values->count; ++i) {
        fputs(i ? ", " : "[", stream);
        write_scalar(stream, values->texts[i]);
    }
    fputc(']', stream);
}

static void write_section(FILE *stream, const ExperimentFile *experiment, const char *section)
{
    if (*section)
        fprintf(stream, "%s:\n", section);
    for (size_t i = 0; i < setting_count(); ++i) {
        if (strcmp(setting_section(i), section) != 0)
            continue;
        fprintf(stream, "%s%s: ", *section ? "  " : "", setting_key(i));
        write_values(stream, &experiment->values[i]);
        fputc('\n', stream);
    }
}

Status experiment_file_resolve(const ExperimentFile *experiment, const char *manifest, char **text)
{
    size_t bytes = 0;
    FILE *stream = open_memstream(text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for the resolved experiment");
    fputs("name: ", stream);
    write_scalar(stream, experiment->name);
    fputs("\ndata:\n  manifest: ", stream);
    write_scalar(stream, manifest);
    const SplitSettings *split = &experiment->split;
    fprintf(stream,
            "\n  test: %s\n  split: {train: %.17g, validation: %.17g, test: %.17g, seed: %llu, "
            "ignore_given: %s}\n",
            experiment->test_on_validation ? "validation" : "test", split->shares[SPLIT_TRAIN],
            split->shares[SPLIT_VALIDATION], split->shares[SPLIT_TEST],
            (unsigned long long)split->seed, split->ignore_given ? "true" : "false");
    static const char *const sections[] = {"model", "", "loss", "training"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; ++i)
        write_section(stream, experiment, sections[i]);
    char ranks[24] = "auto";
    if (experiment->ranks_per_cell)
        snprintf(ranks, sizeof ranks, "%zu", experiment->ranks_per_cell);
    fprintf(stream, "search: %s\n", experiment->halving ? "halving" : "grid");
    fprintf(stream, "grid:\n  ranks_per_cell: %s\n  checkpoint: %.0f\n  silence: %.0f\n", ranks,
            experiment->checkpoint_seconds, experiment->silence);
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for the resolved experiment");
    return STATUS_OK;
}
