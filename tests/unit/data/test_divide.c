/* Parts of a manifest have nothing in common, are in proportion, and are whole manifests. */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/divide.h"
#include "data/manifest.h"
#include "data/properties.h"

#include "../blob_picture.h"
#include "example_files.h"

static DivideSettings in_halves(void)
{
    return (DivideSettings){
        .count = 2, .parts = {{"one", 0.5}, {"two", 0.5}}, .seed = 1, .group = SPLIT_GROUP_PATIENT};
}

static Status divide(const DivideSettings *settings, const char *out)
{
    FILE *nowhere = fopen("/dev/null", "w");
    Status status = divide_manifest(scratch("set/manifest.csv"), settings, out, nowhere, nowhere);
    fclose(nowhere);
    return status;
}

static void read_part(const char *path, Manifest *manifest)
{
    assert_int_equal(manifest_read(path, NULL, manifest), STATUS_OK);
}

/* `frames` pictures of pictures alone, `patients` of them; nothing is opened where patients are
 * kept together. Patient p has 1 + p % 4 images, all of a class or normal by p % 3, at a centre by
 * p % 2; every fifth patient was given to val. */
enum { PATIENTS = 120 };

static size_t many_patients(void)
{
    static char text[40000];
    size_t images = 0;
    assert_int_equal(files_make_folder(scratch("set")), STATUS_OK);
    strcpy(text, "image,label,patient,centre,split,device\n");
    for (size_t p = 0; p < PATIENTS; ++p)
        for (size_t k = 0; k < 1 + p % 4; ++k, ++images)
            snprintf(text + strlen(text), sizeof text - strlen(text),
                     "%zu.png,%s,P%zu,%s,%s,scope %zu\n", images,
                     p % 3 == 0   ? "normal"
                     : p % 3 == 1 ? "polyp"
                                  : "ulcer",
                     p, p % 2 ? "here" : "there", p % 5 ? "" : "val", p % 7);
    write_text(scratch("set/manifest.csv"), text);
    return images;
}

static void no_patient_is_in_two_parts_and_no_row_is_lost(void **state)
{
    (void)state;
    const size_t images = many_patients();
    Manifest all, parts[3];
    DivideSettings settings = in_halves();
    settings.count = 3;
    settings.parts[0] = (DividePart){"a", 0.5};
    settings.parts[1] = (DividePart){"b", 0.3};
    settings.parts[2] = (DividePart){"c", 0.2};
    assert_int_equal(divide(&settings, scratch("three")), STATUS_OK);
    read_part(scratch("set/manifest.csv"), &all);
    read_part(scratch("three/a/manifest.csv"), &parts[0]);
    read_part(scratch("three/b/manifest.csv"), &parts[1]);
    read_part(scratch("three/c/manifest.csv"), &parts[2]);
    assert_int_equal(parts[0].count + parts[1].count + parts[2].count, images);
    size_t next[3] = {0}, found = 0;
    int of_patient[PATIENTS];
    memset(of_patient, -1, sizeof of_patient);
    /* Each row is the next one of some part, with all that it says. */
    for (size_t i = 0; i < images; ++i)
        for (int part = 0; part < 3; ++part) {
            const size_t at = next[part];
            if (at == parts[part].count ||
                strcmp(parts[part].rows[at].image + strlen("../../set/"), all.rows[i].image) != 0)
                continue;
            const ManifestRow *row = &parts[part].rows[at];
            assert_memory_equal(row->image, "../../set/", strlen("../../set/"));
            assert_string_equal(row->label, all.rows[i].label);
            assert_string_equal(row->patient, all.rows[i].patient);
            assert_string_equal(row->centre, all.rows[i].centre);
            assert_int_equal(row->split, all.rows[i].split);
            const size_t device = csv_find_column(&parts[part].table, "device");
            assert_string_equal(csv_cell(&parts[part].table, at, device),
                                csv_cell(&all.table, i, 5));
            int *of = &of_patient[atoi(row->patient + 1)];
            assert_true(*of == -1 || *of == part);
            *of = part;
            ++next[part];
            ++found;
        }
    assert_int_equal(found, images);
    for (int part = 0; part < 3; ++part)
        manifest_clear(&parts[part]);
    manifest_clear(&all);
}

/* Of the rows that `has` says, how many `part` has for each that all have. */
static double share_of(const Manifest *part, const Manifest *all,
                       bool (*has)(const ManifestRow *row))
{
    size_t here = 0, there = 0;
    for (size_t i = 0; i < part->count; ++i)
        here += has(&part->rows[i]);
    for (size_t i = 0; i < all->count; ++i)
        there += has(&all->rows[i]);
    assert_true(there > 0);
    return (double)here / (double)there;
}

static bool is_image(const ManifestRow *row)
{
    (void)row;
    return true;
}

static bool is_normal(const ManifestRow *row)
{
    return row->label_index == LABEL_NORMAL;
}

static bool is_ulcer(const ManifestRow *row)
{
    return strcmp(row->label, "ulcer") == 0;
}

static bool is_here(const ManifestRow *row)
{
    return strcmp(row->centre, "here") == 0;
}

static bool is_given(const ManifestRow *row)
{
    return row->split == SPLIT_VALIDATION;
}

static void classes_centres_and_given_splits_are_in_proportion(void **state)
{
    (void)state;
    many_patients();
    Manifest all, part;
    DivideSettings settings = in_halves();
    settings.parts[0].share = 0.4;
    settings.parts[1].share = 0.6;
    for (settings.seed = 1; settings.seed < 4; ++settings.seed) {
        char name[32], path[64];
        snprintf(name, sizeof name, "fair%d", (int)settings.seed);
        snprintf(path, sizeof path, "%s/one/manifest.csv", name);
        assert_int_equal(divide(&settings, scratch(name)), STATUS_OK);
        read_part(scratch("set/manifest.csv"), &all);
        read_part(scratch(path), &part);
        bool (*const kinds[])(const ManifestRow *) = {is_image, is_normal, is_ulcer, is_here,
                                                      is_given};
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; ++k)
            assert_float_equal(share_of(&part, &all, kinds[k]), 0.4, 0.04);
        manifest_clear(&part);
        manifest_clear(&all);
    }
}

static void a_seed_gives_one_division_and_another_one_another(void **state)
{
    (void)state;
    many_patients();
    DivideSettings settings = in_halves();
    char *texts[3];
    const char *const out[3] = {"first", "again", "other"};
    for (int i = 0; i < 3; ++i) {
        char path[64];
        settings.seed = i < 2 ? 7 : 8;
        assert_int_equal(divide(&settings, scratch(out[i])), STATUS_OK);
        snprintf(path, sizeof path, "%s/one/manifest.csv", out[i]);
        assert_int_equal(files_read(scratch(path), &texts[i], NULL), STATUS_OK);
    }
    assert_string_equal(texts[0], texts[1]);
    assert_string_not_equal(texts[0], texts[2]);
    for (int i = 0; i < 3; ++i)
        free(texts[i]);
}

/* 40 pictures, of which 2k + 1 is a copy of 2k, larger and brighter: no name tells. */
static void picture_pairs(const char *column, const char *(*text)(size_t))
{
    char *table = calloc(1, 8000);
    assert_int_equal(files_make_folder(scratch("set")), STATUS_OK);
    snprintf(table, 8000, "image,label%s%s\n", *column ? "," : "", column);
    for (size_t i = 0; i < 40; ++i) {
        char name[64];
        Image image;
        const size_t scale = i % 2 ? 2 : 1;
        blob_picture(&image, 80 * scale, 64 * scale, i / 2, i % 2 ? 1.1f : 1, 0);
        snprintf(name, sizeof name, "set/%zu.png", i);
        assert_int_equal(image_write_png(scratch(name), &image), STATUS_OK);
        image_clear(&image);
        snprintf(table + strlen(table), 8000 - strlen(table), "%zu.png,%s%s%s\n", i,
                 i % 4 < 2 ? "normal" : "polyp", *column ? "," : "", *column ? text(i) : "");
    }
    write_text(scratch("set/manifest.csv"), table);
    free(table);
}

/* How many pairs (pair(i) equal) have rows in both parts; each part has some. */
static size_t pairs_apart(const char *out, size_t (*pair)(size_t))
{
    bool in[2][64] = {{0}};
    const char *const names[2] = {"one", "two"};
    for (int part = 0; part < 2; ++part) {
        Manifest manifest;
        char path[64];
        snprintf(path, sizeof path, "%s/%s/manifest.csv", out, names[part]);
        read_part(scratch(path), &manifest);
        assert_true(manifest.count > 0);
        for (size_t i = 0; i < manifest.count; ++i)
            in[part][pair((size_t)atoi(strrchr(manifest.rows[i].image, '/') + 1))] = true;
        manifest_clear(&manifest);
    }
    size_t apart = 0;
    for (size_t i = 0; i < 64; ++i)
        apart += in[0][i] && in[1][i];
    return apart;
}

static size_t picture_of(size_t row)
{
    return row / 2;
}

static void near_equal_pictures_are_in_one_part_under_scene_alone(void **state)
{
    (void)state;
    picture_pairs("", NULL);
    DivideSettings settings = in_halves();
    assert_int_equal(divide(&settings, scratch("apart")), STATUS_OK);
    assert_true(pairs_apart("apart", picture_of) > 0);
    settings.group = SPLIT_GROUP_SCENE;
    assert_int_equal(divide(&settings, scratch("together")), STATUS_OK);
    assert_int_equal(pairs_apart("together", picture_of), 0);
}

static const char *scene_text(size_t row)
{
    static char text[16];
    snprintf(text, sizeof text, "s%zu", (row + 1) / 2 % 20); /* no pair of pictures */
    return text;
}

static size_t scene_of(size_t row)
{
    return (row + 1) / 2 % 20;
}

static size_t any(size_t row)
{
    (void)row;
    return 0;
}

static void what_a_scene_links_to_all_is_refused(void **state)
{
    (void)state;
    picture_pairs("scene", scene_text);
    DivideSettings settings = in_halves();
    assert_int_equal(divide(&settings, scratch("scenes")), STATUS_OK);
    assert_true(pairs_apart("scenes", scene_of) > 0);
    /* The scene of 1 and 2, the pictures 2 and 3, the scene of 3 and 4: all hang together. */
    settings.group = SPLIT_GROUP_SCENE;
    assert_int_equal(divide(&settings, scratch("linked")), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "40 images are 1 groups"));
    assert_false(files_exists(scratch("linked")));
    assert_false(files_exists(scratch(".linked.partial")));
    assert_int_equal(pairs_apart("scenes", any), 1);
}

static void what_stands_beside_the_manifest_goes_along(void **state)
{
    (void)state;
    example_files();
    edit_manifest("masks/1.png", "masks/1.png;masks/2.png");
    write_text(scratch("set/" PROPERTIES_FILE),
               "{\"synthetic\": true, \"level\": \"hard\", \"mask_values\": \">=100\"}");
    write_text(scratch("set/overlays.csv"), "class,image,x0,y0,x1,y1,score\n"
                                            "text,images/0.png,1,2,3,4,1\n"
                                            "text,images/5.png,5,6,7,8,0.5\n"
                                            "tube,images/5.png,1,1,9,9,1\n"
                                            "tube,elsewhere.png,1,1,9,9,1\n");
    DivideSettings settings = in_halves();
    assert_int_equal(divide(&settings, scratch("beside")), STATUS_OK);
    size_t rows = 0;
    const char *const folders[2] = {"beside/one", "beside/two"};
    for (int part = 0; part < 2; ++part) {
        char path[64], *text;
        Manifest manifest;
        snprintf(path, sizeof path, "%s/manifest.csv", folders[part]);
        read_part(scratch(path), &manifest);
        assert_true(manifest.synthetic && manifest.hard);
        snprintf(path, sizeof path, "%s/overlays.csv", folders[part]);
        assert_int_equal(files_read(scratch(path), &text, NULL), STATUS_OK);
        for (size_t i = 0; i < manifest.count; ++i, ++rows) {
            assert_int_equal(manifest.rows[i].mask_rule.kind, MASK_RULE_FROM);
            const char *name = manifest.rows[i].image;
            assert_memory_equal(name, "../../set/images/", strlen("../../set/images/"));
            if (strcmp(name, "../../set/images/1.png") == 0)
                assert_string_equal(manifest.rows[i].mask,
                                    "../../set/masks/1.png;../../set/masks/2.png");
            if (strcmp(name, "../../set/images/0.png") == 0)
                assert_non_null(strstr(text, "\ntext,../../set/images/0.png,1,2,3,4,1\n"));
            if (strcmp(name, "../../set/images/5.png") == 0)
                assert_non_null(strstr(text, "\ntext,../../set/images/5.png,5,6,7,8,0.5\n"
                                             "tube,../../set/images/5.png,1,1,9,9,1\n"));
        }
        /* A part has the rows of its own images alone. */
        bool first = false, sixth = false;
        for (size_t i = 0; i < manifest.count; ++i) {
            first |= strstr(manifest.rows[i].image, "/0.png") != NULL;
            sixth |= strstr(manifest.rows[i].image, "/5.png") != NULL;
        }
        assert_int_equal(strstr(text, "/0.png") != NULL, first);
        assert_int_equal(strstr(text, "/5.png") != NULL, sixth);
        assert_null(strstr(text, "elsewhere"));
        free(text);
        manifest_clear(&manifest);
    }
    assert_int_equal(rows, 8);
}

static void settings_that_make_no_sense_are_told(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        DividePart parts[3];
        const char *message;
    } cases[] = {
        {1, {{"a", 1}}, "1 parts, expected 2 or 3"},
        {2, {{"a", 0.5}, {"a", 0.5}}, "part a is there twice"},
        {2, {{"a", 0.5}, {"b", 0.4}}, "add up to 0.9, expected 1"},
        {2, {{"a", 1}, {"b", 0}}, "the share of b is 0, expected more than 0"},
        {2, {{"../a", 0.5}, {"b", 0.5}}, "part '../a': expected the name of a folder"},
        {2, {{"a/b", 0.5}, {"b", 0.5}}, "part 'a/b': expected the name of a folder"},
        {2, {{"a\n", 0.5}, {"b", 0.5}}, "expected the name of a folder"},
        {2, {{"", 0.5}, {"b", 0.5}}, "part '': expected the name of a folder"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        DivideSettings settings = {.count = cases[i].count};
        memcpy(settings.parts, cases[i].parts, sizeof settings.parts);
        assert_int_equal(divide_check(&settings), STATUS_ARGUMENT);
        assert_non_null(strstr(status_message(), cases[i].message));
    }
}

static void a_part_without_a_class_is_told(void **state)
{
    (void)state;
    write_text(scratch("set/manifest.csv"), "image,label,patient\n"
                                            "0.png,normal,A\n1.png,GC,B\n2.png,normal,C\n");
    DivideSettings settings = in_halves();
    char *text = NULL;
    size_t bytes;
    FILE *warnings = open_memstream(&text, &bytes), *nowhere = fopen("/dev/null", "w");
    assert_int_equal(
        divide_manifest(scratch("set/manifest.csv"), &settings, scratch("rare"), nowhere, warnings),
        STATUS_OK);
    fclose(warnings);
    fclose(nowhere);
    assert_non_null(strstr(text, "has no image of GC\n"));
    free(text);
}

static void lack_of_memory_leaves_nothing_behind(void **state)
{
    (void)state;
    many_patients();
    DivideSettings settings = in_halves();
    Status status = STATUS_NO_MEMORY;
    for (long successes = 0; status == STATUS_NO_MEMORY; successes += 7) {
        assert_false(files_exists(scratch("lean")));
        assert_false(files_exists(scratch(".lean.partial")));
        memory_fail_after(successes);
        status = divide(&settings, scratch("lean"));
        memory_fail_after(-1);
    }
    assert_int_equal(status, STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_patient_is_in_two_parts_and_no_row_is_lost),
        cmocka_unit_test(classes_centres_and_given_splits_are_in_proportion),
        cmocka_unit_test(a_seed_gives_one_division_and_another_one_another),
        cmocka_unit_test(near_equal_pictures_are_in_one_part_under_scene_alone),
        cmocka_unit_test(what_a_scene_links_to_all_is_refused),
        cmocka_unit_test(what_stands_beside_the_manifest_goes_along),
        cmocka_unit_test(settings_that_make_no_sense_are_told),
        cmocka_unit_test(a_part_without_a_class_is_told),
        cmocka_unit_test(lack_of_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
