/* The resolved text of an experiment; see experiment_file.h. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "grid/experiment/experiment_file.h"
#include "store/patience.h"
#include "store/yaml_text.h"

static void write_values(FILE *stream, size_t setting, const SettingValues *values)
{
    const char *brackets = values->titles ? "{}" : "[]";
    if (values->count == 1 && !values->titles) {
        setting_write_yaml(stream, setting, values->texts[0]);
        return;
    }
    for (size_t i = 0; i < values->count; ++i) {
        if (i)
            fputs(", ", stream);
        else
            fputc(brackets[0], stream);
        if (values->titles) {
            yaml_write_text(stream, values->titles[i]);
            fputs(": ", stream);
        }
        setting_write_yaml(stream, setting, values->texts[i]);
    }
    fputc(brackets[1], stream);
}

/* The default of one network; false if another one's is in `text` already. */
static bool add_default(const CellSettings *defaults, size_t setting, bool *found,
                        char text[SETTING_TEXT_BYTES])
{
    char own[SETTING_TEXT_BYTES];
    if (!setting_applies(defaults, setting))
        return true;
    setting_write(defaults, setting, own);
    if (*found && strcmp(own, text) != 0)
        return false;
    snprintf(text, SETTING_TEXT_BYTES, "%s", own);
    *found = true;
    return true;
}

bool experiment_file_default(const ExperimentFile *experiment, size_t setting,
                             char text[SETTING_TEXT_BYTES])
{
    bool found = false;
    text[0] = '\0';
    for (size_t i = 0; i < experiment_file_architectures(experiment); ++i) {
        CellSettings defaults = experiment_file_architecture(experiment, i);
        const SettingValues *bases = experiment_file_bases(experiment, i);
        for (size_t k = 0; k == 0 || k < bases->count; ++k) {
            if (bases->count && setting_read(&defaults, setting_find("model", "base"),
                                             bases->texts[k]) != STATUS_OK)
                continue; /* another architecture's */
            if (!add_default(&defaults, setting, &found, text))
                return false;
        }
    }
    return found;
}

static void write_section(FILE *stream, const ExperimentFile *experiment, const char *section)
{
    bool begun = !*section || strcmp(section, "data") == 0; /* whose other keys stand before */
    for (size_t i = 0; i < setting_count(); ++i) {
        char text[SETTING_TEXT_BYTES];
        const bool given = experiment->values[i].count > 0;
        if (strcmp(setting_section(i), section) != 0 ||
            (!given && !experiment_file_default(experiment, i, text)))
            continue;
        if (!begun)
            fprintf(stream, "%s:\n", section);
        begun = true;
        fprintf(stream, "%s%s: ", *section ? "  " : "", setting_key(i));
        if (given)
            write_values(stream, i, &experiment->values[i]);
        else
            setting_write_yaml(stream, i, text);
        fputc('\n', stream);
    }
}

/* Every section of the settings, in the order of their first one. */
static void write_sections(FILE *stream, const ExperimentFile *experiment)
{
    for (size_t i = 0; i < setting_count(); ++i) {
        bool written = false;
        for (size_t k = 0; k < i; ++k)
            written |= strcmp(setting_section(k), setting_section(i)) == 0;
        if (!written && strcmp(setting_section(i), "data") != 0)
            write_section(stream, experiment, setting_section(i));
    }
}

static void write_split(FILE *stream, const SplitSettings *split)
{
    static const char *const names[] = {"train", "validation", "test"};
    fputs("  split: {", stream);
    for (size_t i = 0; i < SPLIT_COUNT; ++i) {
        char share[TEXT_NUMBER_BYTES];
        text_plain_number(split->shares[i], share);
        fprintf(stream, "%s: %s, ", names[i], share);
    }
    fprintf(stream, "seed: %llu, ignore_given: %s, rule: %s, group: %s}\n",
            (unsigned long long)split->seed, split->ignore_given ? "true" : "false",
            split_rule_name(split->rule), split->group == SPLIT_GROUP_SCENE ? "scene" : "patient");
}

/* Each in braces on a line of its own, its sections in the order of the settings. */
static void write_variant(FILE *stream, const ExperimentVariant *variant)
{
    const char *section = "", *between = "";
    fprintf(stream, "  %s: {", variant->name);
    for (size_t i = 0; i < setting_count(); ++i) {
        bool first = variant->values[i].count > 0; /* of its section */
        for (size_t k = 0; k < i && first; ++k)
            first = !variant->values[k].count || !*setting_section(k) ||
                    strcmp(setting_section(k), setting_section(i)) != 0;
        if (!first)
            continue;
        section = setting_section(i);
        fprintf(stream, "%s%s%s", between, section, *section ? ": {" : "");
        for (size_t k = i; k < setting_count(); ++k) {
            if (!variant->values[k].count || strcmp(setting_section(k), section) != 0 ||
                (!*section && k != i))
                continue;
            fprintf(stream, "%s%s: ", k > i ? ", " : "", setting_key(k));
            setting_write_yaml(stream, k, variant->values[k].texts[0]);
        }
        fputs(*section ? "}" : "", stream);
        between = ", ";
    }
    fputs("}\n", stream);
}

Status experiment_file_resolve(const ExperimentFile *experiment, const char *manifest, char **text)
{
    size_t bytes = 0;
    FILE *stream = open_memstream(text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for the resolved experiment");
    fputs("name: ", stream);
    yaml_write_text(stream, experiment->name);
    fputs("\ndata:\n  manifest: ", stream);
    yaml_write_text(stream, manifest);
    fprintf(stream, "\n  test: %s\n", experiment->test_on_validation ? "validation" : "test");
    write_split(stream, &experiment->split);
    write_section(stream, experiment, "data");
    write_sections(stream, experiment);
    if (experiment->variant_count)
        fputs("variants:\n", stream);
    for (size_t i = 0; i < experiment->variant_count; ++i)
        write_variant(stream, &experiment->variants[i]);
    char ranks[24] = "auto";
    if (experiment->ranks_per_cell)
        snprintf(ranks, sizeof ranks, "%zu", experiment->ranks_per_cell);
    fprintf(stream, "search: %s\n", experiment->halving ? "halving" : "grid");
    fprintf(stream, "grid:\n  ranks_per_cell: %s\n  checkpoint: %.0f\n  silence: %.0f\n", ranks,
            experiment->checkpoint_seconds, experiment->silence);
    /* What earlier versions cannot read stands there only where it says something. */
    if (experiment->patience != PATIENCE_SECONDS)
        fprintf(stream, "  patience: %.0f\n", experiment->patience);
    if (experiment->keep_state)
        fputs("  keep_state: true\n", stream);
    if (experiment->recompute)
        fputs("  recompute: true\n", stream);
    pretrain_section_write(stream, &experiment->pretrain);
    test_sets_section_write(stream, &experiment->test_sets);
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for the resolved experiment");
    return STATUS_OK;
}
