/* See test_sets_section.h. */
#include "grid/experiment/test_sets_section.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/experiment/experiment_path.h"
#include "store/yaml_text.h"

typedef struct {
    const char *file;
    TestSetsSection *section;
    TestSetEntry *entry; /* being read */
} Reading;

static Status read_name(const Reading *reading, YamlNode value)
{
    const char *text;
    TRY(yaml_text(value, "name", &text));
    if (!external_test_is_name(text))
        return yaml_refuse(value,
                           "test_sets: '%.80s' cannot be a test set's name (expected less than %d "
                           "letters, digits, . _ -, as it names a file)",
                           text, EXTERNAL_TEST_NAME_BYTES);
    for (size_t i = 0; i < reading->section->count; ++i)
        if (strcmp(reading->section->entries[i].name, text) == 0)
            return yaml_refuse(value, "test_sets: %s is listed twice", text);
    snprintf(reading->entry->name, sizeof reading->entry->name, "%s", text);
    return STATUS_OK;
}

static Status read_key(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    static const char *const known[] = {"name", "manifest", NULL};
    const Reading *reading = context;
    const char *text;
    if (strcmp(key, "name") == 0)
        return read_name(reading, value);
    if (strcmp(key, "manifest") != 0)
        return yaml_refuse_key(key_node, "test_sets", key, known);
    TRY(yaml_text(value, key, &text));
    if (!*text)
        return yaml_refuse(value, "manifest: expected a path");
    return experiment_path_resolve(reading->file, value, text, &reading->entry->manifest);
}

static Status read_entry(Reading *reading, YamlNode node)
{
    TestSetEntry entry = {.line = yaml_line(node)};
    reading->entry = &entry;
    Status status = yaml_is_mapping(node)
                        ? yaml_read_mapping(node, "test_sets", read_key, reading)
                        : yaml_refuse(node, "test_sets: expected {name: NAME, manifest: PATH}");
    if (status == STATUS_OK && (!*entry.name || !entry.manifest))
        status = yaml_refuse(node,
                             "test_sets: %s is missing (expected {name: NAME, manifest: "
                             "PATH})",
                             *entry.name ? "manifest" : "name");
    if (status == STATUS_OK)
        reading->section->entries[reading->section->count++] = entry;
    else
        free(entry.manifest);
    return status;
}

Status test_sets_section_read(const char *file, YamlNode node, TestSetsSection *section)
{
    Reading reading = {.file = file, .section = section};
    if (!yaml_is_list(node))
        return yaml_refuse(node, "test_sets: expected a list, [{name: NAME, manifest: PATH}]");
    if (yaml_count(node) > TEST_SETS_MOST)
        return yaml_refuse(node, "test_sets: %zu of them (expected up to %d)", yaml_count(node),
                           TEST_SETS_MOST);
    TRY(MEMORY_NEW(&section->entries, yaml_count(node)));
    for (size_t i = 0; i < yaml_count(node); ++i)
        TRY(read_entry(&reading, yaml_item(node, i)));
    return STATUS_OK;
}

void test_sets_section_clear(TestSetsSection *section)
{
    for (size_t i = 0; i < section->count; ++i)
        free(section->entries[i].manifest);
    free(section->entries);
    *section = (TestSetsSection){0};
}

void test_sets_section_write(FILE *stream, const TestSetsSection *section)
{
    if (section->count)
        fputs("test_sets:\n", stream);
    for (size_t i = 0; i < section->count; ++i) {
        fputs("  - name: ", stream);
        yaml_write_text(stream, section->entries[i].name);
        fputs("\n    manifest: ", stream);
        yaml_write_text(stream, section->entries[i].manifest);
        fputc('\n', stream);
    }
}
