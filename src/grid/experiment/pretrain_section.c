/* See pretrain_section.h. */
#include "grid/experiment/pretrain_section.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/experiment/experiment_path.h"
#include "model/embedding_head.h"
#include "store/yaml_text.h"

#define LABELS "labels" /* the method of those that have them */

typedef struct {
    const char *file;
    const char *section; /* of the settings being read */
    PretrainSection *read;
    YamlNode loss; /* the key of that section, once there is one */
} Reading;

/* What the section may give. The networks are the cells', but for their size and how they
 * begin, and so are the data's forms; all of them trains. */
static bool is_given(size_t setting)
{
    const char *section = setting_section(setting);
    if (strcmp(section, "model") == 0)
        return setting == setting_find("model", "size") ||
               setting == setting_find("model", "branch_scale");
    return *section && strcmp(section, "data") != 0 && !setting_is_path(setting);
}

static bool has_section(const char *name)
{
    size_t i = 0;
    while (i < setting_count() && !(is_given(i) && strcmp(setting_section(i), name) == 0))
        ++i;
    return i < setting_count();
}

/* "manifest", "method" and the sections, or the keys of one section; known[setting_count() + 3]. */
static void list_known(const char *section, const char **known)
{
    size_t count = 0;
    if (!*section) {
        known[count++] = "manifest";
        known[count++] = "method";
    }
    for (size_t i = 0; i < setting_count(); ++i) {
        const char *name = *section ? setting_key(i) : setting_section(i);
        bool listed = !is_given(i) || (*section && strcmp(setting_section(i), section) != 0);
        for (size_t k = 0; k < count; ++k)
            listed |= strcmp(known[k], name) == 0;
        if (!listed)
            known[count++] = name;
    }
    known[count] = NULL;
}

static Status refuse_key(YamlNode key_node, const char *section, const char *key)
{
    const char **known;
    TRY(MEMORY_NEW(&known, setting_count() + 3));
    list_known(section, known);
    Status status = yaml_refuse_key(key_node, *section ? section : "pretrain", key, known);
    free(known);
    return status;
}

static Status read_setting(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    const Reading *reading = context;
    const size_t setting = setting_find(reading->section, key);
    const char *text;
    char canonical[SETTING_TEXT_BYTES];
    if (setting == setting_count() || !is_given(setting))
        return refuse_key(key_node, reading->section, key);
    TRY(yaml_text(value, key, &text));
    if (setting_canonical(setting, text, canonical) != STATUS_OK)
        return yaml_refuse(value, "%s", status_message());
    return memory_copy_text(canonical, &reading->read->texts[setting]);
}

static Status read_method(YamlNode value, PretrainSection *section)
{
    const char *text;
    TRY(yaml_text(value, "method", &text));
    section->self_supervised = strcmp(text, EMBEDDING_METHOD) == 0;
    if (!section->self_supervised && strcmp(text, LABELS) != 0)
        return yaml_refuse(value, "method: '%s' (expected " LABELS " or " EMBEDDING_METHOD ")",
                           text);
    return STATUS_OK;
}

static Status read_key(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    Reading *reading = context;
    const char *text;
    if (strcmp(key, "manifest") == 0) {
        TRY(yaml_text(value, key, &text));
        if (!*text)
            return yaml_refuse(value, "manifest: expected a path");
        return experiment_path_resolve(reading->file, value, text, &reading->read->manifest);
    }
    if (strcmp(key, "method") == 0)
        return read_method(value, reading->read);
    if (!has_section(key))
        return refuse_key(key_node, "", key);
    if (strcmp(key, "loss") == 0)
        reading->loss = key_node;
    reading->section = key;
    return yaml_read_mapping(value, key, read_setting, reading);
}

Status pretrain_section_read(const char *file, YamlNode node, PretrainSection *section)
{
    Reading reading = {.file = file, .read = section};
    section->line = yaml_line(node);
    TRY(MEMORY_NEW(&section->texts, setting_count()));
    TRY(yaml_read_mapping(node, "pretrain", read_key, &reading));
    if (!section->manifest)
        return yaml_refuse(node, "pretrain: manifest is missing (expected the images on which the "
                                 "networks are trained first)");
    for (size_t i = 0; i < setting_count() && section->self_supervised; ++i)
        if (section->texts[i] && strcmp(setting_section(i), "loss") == 0)
            return yaml_refuse(reading.loss, "pretrain: loss: not with method: " EMBEDDING_METHOD
                                             ", whose loss has no settings");
    return STATUS_OK;
}

void pretrain_section_clear(PretrainSection *section)
{
    for (size_t i = 0; section->texts && i < setting_count(); ++i)
        free(section->texts[i]);
    free(section->texts);
    free(section->manifest);
    *section = (PretrainSection){0};
}

/* A section with all that it gives of it, from its first setting on. */
static void write_section(FILE *stream, const PretrainSection *section, size_t first)
{
    bool begun = false;
    for (size_t i = first; i < setting_count(); ++i) {
        if (!section->texts[i] || strcmp(setting_section(i), setting_section(first)) != 0)
            continue;
        if (!begun)
            fprintf(stream, "  %s:\n", setting_section(first));
        begun = true;
        fprintf(stream, "    %s: ", setting_key(i));
        setting_write_yaml(stream, i, section->texts[i]);
        fputc('\n', stream);
    }
}

void pretrain_section_write(FILE *stream, const PretrainSection *section)
{
    if (!section->manifest)
        return;
    fputs("pretrain:\n  manifest: ", stream);
    yaml_write_text(stream, section->manifest);
    fputc('\n', stream);
    if (section->self_supervised) /* which earlier versions cannot read */
        fputs("  method: " EMBEDDING_METHOD "\n", stream);
    for (size_t i = 0; i < setting_count(); ++i) {
        bool first = true;
        for (size_t k = 0; k < i && first; ++k)
            first = strcmp(setting_section(k), setting_section(i)) != 0;
        if (first)
            write_section(stream, section, i);
    }
}

bool pretrain_section_same(const PretrainSection *one, const PretrainSection *other)
{
    if (!one->manifest != !other->manifest || one->self_supervised != other->self_supervised)
        return false;
    bool same = !one->manifest || strcmp(one->manifest, other->manifest) == 0;
    for (size_t i = 0; same && one->manifest && i < setting_count(); ++i)
        same = !one->texts[i] == !other->texts[i] &&
               (!one->texts[i] || strcmp(one->texts[i], other->texts[i]) == 0);
    return same;
}
