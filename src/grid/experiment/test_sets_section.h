/* The test sets of an experiment: images of another hospital, device or year, on which every cell's
 * network is tested once it is done.
 *
 *     test_sets:
 *       - {name: clinicdb, manifest: ../data/clinicdb/manifest.csv}
 *
 * They come after training, decide nothing about it, and are no part of any cell's identity: one
 * may be added to an experiment that is done. Paths are relative to the file.
 */
#ifndef GISD_GRID_EXPERIMENT_TEST_SETS_SECTION_H
#define GISD_GRID_EXPERIMENT_TEST_SETS_SECTION_H

#include <stdint.h>
#include <stdio.h>

#include "store/yaml_tree.h"
#include "train/external_test.h"

/* Sets of test sets are the bits of a number. */
typedef uint32_t TestSetMask;
enum { TEST_SETS_MOST = 32 };

typedef struct {
    char name[EXTERNAL_TEST_NAME_BYTES];
    char *manifest; /* absolute path of a manifest, a pack, or a folder with a manifest.csv */
    size_t line;    /* in the file, from 1 */
} TestSetEntry;

/* Owned through test_sets_section_clear(), also after an error. */
typedef struct {
    size_t count; /* up to TEST_SETS_MOST */
    TestSetEntry *entries;
} TestSetsSection;

/* Reads the list of the file at path `file`. Errors are one line with file and line number. */
Status test_sets_section_read(const char *file, YamlNode node, TestSetsSection *section);
void test_sets_section_clear(TestSetsSection *section);

/* As YAML that reads back as the same; nothing if there are none, as earlier versions know none. */
void test_sets_section_write(FILE *stream, const TestSetsSection *section);

#endif
