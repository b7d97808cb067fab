/* An experiment file: which data, which settings, and which of those are axes of a grid.
 *
 *     name: table2
 *     data:
 *       manifest: ${GISD_DATA}/manifest.csv   # relative to this file; ${NAME} is the environment's
 *       test: validation                      # if the data has no test split of its own
 *       split: {train: 0.6, validation: 0.15, test: 0.25, seed: 1, rule: fair}   # where the
 *                                             # manifest has none
 *     model: {backbone: [r50x1, r100x1], base: 64, size: 300, initial: weights.h5}
 *     tuning: [local, global]
 *     loss: {alpha: [0.25, 0.5], gamma: 2}
 *     training: {epochs: 40, batch: 16, seed: [1, 2, 3]}
 *     search: halving                         # over alpha and gamma: see search.h; else grid
 *     variants: {full: {}, without_attention: {model: {attention: false}}}
 *     pretrain: {manifest: ...}               # before the cells: see pretrain_section.h
 *     test_sets: [{name: elsewhere, manifest: ...}]   # after them: see test_sets_section.h
 *     grid: {ranks_per_cell: 2, checkpoint: 600, silence: 600, patience: 600, keep_state: false}
 *
 * Every setting of setting_table.h may be a single value or a list; a list of more than one value
 * is an axis. model.initial may be a mapping too, from what networks are called
 * (architecture_title()) to the file of each: then it is none. `variants` are partial settings on
 * top of the others, for changing one thing at a time where axes would make a product: then only
 * the seed may be a list. The first variant is the one that others are compared with. Paths are
 * relative to the file. Errors are one line with file and line number.
 */
#ifndef GISD_GRID_EXPERIMENT_EXPERIMENT_FILE_H
#define GISD_GRID_EXPERIMENT_EXPERIMENT_FILE_H

#include "data/split.h"
#include "grid/experiment/pretrain_section.h"
#include "grid/experiment/test_sets_section.h"
#include "train/setting_table.h"

enum { EXPERIMENT_NAME_BYTES = 64, VARIANT_NAME_BYTES = 48 };

/* The values that the file gives a setting. */
typedef struct {
    size_t count;   /* 0: none, each architecture has its default */
    char **texts;   /* count; canonical, and paths as seen from the working folder */
    char **written; /* count; canonical, and paths as they stand in the file */
    char **titles;  /* count: of the networks that they are for; NULL: for all */
    size_t line;    /* in the file, from 1 */
} SettingValues;

/* Settings of some of the cells, in place of the experiment's. */
typedef struct {
    char name[VARIANT_NAME_BYTES];
    SettingValues *values; /* setting_count(), each of one value or none */
} ExperimentVariant;

/* Owned through experiment_file_clear(). */
typedef struct {
    char name[EXPERIMENT_NAME_BYTES];
    char *manifest; /* resolved path, or NULL: the file names none */
    size_t manifest_line;
    SplitSettings split;
    bool split_rule_given; /* else split.rule is the default */
    bool test_on_validation;
    bool halving;              /* successive halving in place of the whole grid */
    size_t ranks_per_cell;     /* 0: auto, as the work left asks for */
    double checkpoint_seconds; /* from one checkpoint to the next, at the most */
    double silence;            /* seconds after which a rank that says nothing counts as dead */
    double patience;           /* seconds for which is tried again what the storage refuses */
    bool keep_state;           /* finished cells keep what going on would need */
    bool recompute;            /* training keeps nothing that can be made again */
    SettingValues *values;     /* setting_count() */
    size_t variant_count;      /* 0: there are none */
    ExperimentVariant *variants;
    PretrainSection pretrain;
    TestSetsSection test_sets; /* no cell's identity knows of them */
} ExperimentFile;

/* Reads and checks a file. After an error there is nothing to clear. */
Status experiment_file_read(const char *path, ExperimentFile *experiment);
void experiment_file_clear(ExperimentFile *experiment);

/* Architectures of the experiment: as the file lists them, then each variant's; there is one at
 * least. A variant's are its own; one may come twice. */
size_t experiment_file_architectures(const ExperimentFile *experiment);
CellSettings experiment_file_architecture(const ExperimentFile *experiment, size_t position);

/* The values of model.base that the architecture is trained with; none: its default. */
const SettingValues *experiment_file_bases(const ExperimentFile *experiment, size_t position);

/* What a setting that the file does not give is in all of the experiment's architectures that have
 * it, at each width; false if they differ, or none has it. */
bool experiment_file_default(const ExperimentFile *experiment, size_t setting,
                             char text[SETTING_TEXT_BYTES]);

/* STATUS_ARGUMENT if a path cannot stand in a resolved file: YAML is UTF-8, and a path with line
 * ends or other control characters would end a line of it. */
Status experiment_file_check_path(const char *path);

/* The whole experiment with every default filled in, as YAML that reads back as the same
 * experiment, in *text (released with free()). `manifest` is the path to write. */
Status experiment_file_resolve(const ExperimentFile *experiment, const char *manifest, char **text);

#endif
