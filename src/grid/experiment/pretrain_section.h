/* The section `pretrain` of an experiment file: on what, and how, each network is trained once
 * before the cells that start from it.
 *
 *     pretrain:
 *       manifest: ../phantom/manifest.csv  # relative to this file; ${NAME} is the environment's
 *       model: {size: 192}                 # of the input, and branch_scale; nothing else of it
 *       training: {epochs: 15, learning_rate: 3e-3}
 *       loss: {alpha: 0.5}
 *
 *     pretrain: {method: METHOD, manifest: ../frames/manifest.csv, training: {epochs: 100}}
 *
 * METHOD is `labels`, the default, or the one of self-supervision, which asks no label of the
 * manifest and has no losses to choose from.
 *
 * The networks are those of the cells, of the same size of input unless the section gives another.
 * Settings of training and loss, and branch_scale, that the section does not give have their
 * defaults, whatever the experiment gives to its cells, so that a further cell or axis changes no
 * pretraining.
 */
#ifndef GISD_GRID_EXPERIMENT_PRETRAIN_SECTION_H
#define GISD_GRID_EXPERIMENT_PRETRAIN_SECTION_H

#include <stdio.h>

#include "store/yaml_tree.h"
#include "train/setting_table.h"

/* Owned through pretrain_section_clear(). */
typedef struct {
    char *manifest;       /* absolute path; NULL: there is no such section */
    bool self_supervised; /* of frames without labels */
    size_t line;          /* in the file, from 1 */
    char **texts;         /* setting_count(): canonical values; NULL where it gives none */
} PretrainSection;

/* Reads the section's mapping; `file` is the experiment's path. Errors name the line. What has been
 * read is released by pretrain_section_clear(), after an error too. */
Status pretrain_section_read(const char *file, YamlNode node, PretrainSection *section);
void pretrain_section_clear(PretrainSection *section);

/* Writes it so that it reads back as the same; nothing if there is none. */
void pretrain_section_write(FILE *stream, const PretrainSection *section);

/* Whether two are the same. */
bool pretrain_section_same(const PretrainSection *one, const PretrainSection *other);

#endif
