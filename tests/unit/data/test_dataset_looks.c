#include "../blob_picture.h"
#include "../scratch.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/dataset_looks.h"
#include "data/pack.h"
#include "image/image_file.h"
#include "store/files.h"

enum { SIZE = 32, PICTURES = 24 };

/* 24 pictures without masks or patients: those of numbers 0, 8 and 16 are near-equal, the others
 * are not; the labels take turns. `split` is written behind those numbers alone. */
static void make_files(const char *const splits[3], const char *more_columns,
                       const char *more_texts)
{
    char text[4096], name[64];
    assert_int_equal(files_make_folder(scratch("set")), STATUS_OK);
    snprintf(text, sizeof text, "image,label,split%s\n", more_columns);
    for (unsigned i = 0; i < PICTURES; ++i) {
        Image image;
        bool near = i % 8 == 0;
        blob_picture(&image, 96, 80, near ? 100 : i, near ? 1 - 0.05f * (float)(i / 8) : 1, 0);
        snprintf(name, sizeof name, "set/%u.png", i);
        assert_int_equal(image_write_png(scratch(name), &image), STATUS_OK);
        image_clear(&image);
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%u.png,%s,%s%s\n", i, i % 2 ? "GC" : "normal",
                 near ? splits[i / 8] : "", more_texts);
    }
    assert_int_equal(files_write(scratch("set/m.csv"), text, strlen(text)), STATUS_OK);
}

static const char *const unsplit[3] = {"", "", ""};

static void add_row(const char *row)
{
    FILE *file = fopen(scratch("set/m.csv"), "a");
    assert_non_null(file);
    fputs(row, file);
    fclose(file);
}

static Dataset *load(const char *path, const SplitSettings *split)
{
    Dataset *dataset;
    Status status = dataset_load(path, SIZE, split, &dataset);
    if (status != STATUS_OK)
        fail_msg("%s", status_message());
    return dataset;
}

static bool together(const Dataset *dataset)
{
    return dataset->examples[0].split == dataset->examples[8].split &&
           dataset->examples[0].split == dataset->examples[16].split;
}

static void scenes_stay_in_one_split_where_the_experiment_says_so(void **state)
{
    (void)state;
    make_files(unsplit, "", "");
    assert_int_equal(pack_write(scratch("set/m.csv"), SIZE, scratch("p.h5")), STATUS_OK);
    size_t apart = 0;
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        SplitSettings split = {.shares = {0.5, 0.25, 0.25}, .seed = seed};
        Dataset *dataset = load(scratch("set/m.csv"), &split);
        bool warned = false;
        for (size_t i = 0; i < dataset->warning_count; ++i)
            warned |= strstr(dataset->warnings[i], ": near-equal to ") != NULL;
        assert_int_equal(warned, !together(dataset));
        apart += !together(dataset);
        dataset_free(dataset);

        split.group = SPLIT_GROUP_SCENE;
        dataset = load(scratch("set/m.csv"), &split);
        assert_true(together(dataset));
        assert_int_equal(dataset->warning_count, 0);
        Dataset *packed = load(scratch("p.h5"), &split);
        assert_string_equal(packed->fingerprint, dataset->fingerprint);
        for (size_t i = 0; i < PICTURES; ++i)
            assert_int_equal(packed->examples[i].split, dataset->examples[i].split);
        dataset_free(packed);
        dataset_free(dataset);
    }
    assert_true(apart > 0); /* else this proves nothing */
}

static void a_split_by_patient_does_not_depend_on_what_pictures_look_like(void **state)
{
    (void)state;
    make_files(unsplit, "", "");
    SplitSettings split = split_defaults();
    Dataset *dataset = load(scratch("set/m.csv"), &split);
    int32_t labels[PICTURES];
    Split expected[PICTURES];
    for (size_t i = 0; i < PICTURES; ++i) {
        labels[i] = i % 2 ? 0 : LABEL_NORMAL;
        expected[i] = SPLIT_NONE;
    }
    const int32_t forms[PICTURES] = {0};
    const int32_t *const values[] = {labels, forms};
    uint32_t patients[PICTURES];
    for (size_t i = 0; i < PICTURES; ++i)
        patients[i] = dataset->examples[i].patient;
    assert_int_equal(split_assign(&split, PICTURES, &(SplitLabels){.count = 2, .values = values},
                                  patients, expected),
                     STATUS_OK);
    for (size_t i = 0; i < PICTURES; ++i)
        assert_int_equal(dataset->examples[i].split, expected[i]);
    dataset_free(dataset);
}

static void a_column_of_scenes_counts_too(void **state)
{
    (void)state;
    make_files(unsplit, ",scene", ",colon"); /* all in one scene, then, but for those without */
    add_row("0.png.png,GC,,\n1.png.png,normal,,\n");
    for (int i = 0; i < 2; ++i) {
        Image image;
        char name[32];
        blob_picture(&image, 96, 80, 200 + (uint64_t)i, 1, 0);
        snprintf(name, sizeof name, "set/%d.png.png", i);
        assert_int_equal(image_write_png(scratch(name), &image), STATUS_OK);
        image_clear(&image);
    }
    SplitSettings split = {.shares = {0.5, 0.25, 0.25}, .seed = 1, .group = SPLIT_GROUP_SCENE};
    Dataset *dataset = load(scratch("set/m.csv"), &split);
    for (size_t i = 1; i < PICTURES; ++i)
        assert_int_equal(dataset->examples[i].split, dataset->examples[0].split);
    assert_int_not_equal(dataset->examples[PICTURES].split, dataset->examples[0].split);
    assert_int_not_equal(dataset->examples[PICTURES + 1].split, dataset->examples[0].split);
    dataset_free(dataset);
}

static void a_scene_that_was_given_two_splits_is_an_error(void **state)
{
    (void)state;
    make_files((const char *const[3]){"train", "", "test"}, "", "");
    SplitSettings split = split_defaults();
    Dataset *dataset;
    split.group = SPLIT_GROUP_SCENE;
    assert_int_equal(dataset_load(scratch("set/m.csv"), SIZE, &split, &dataset), STATUS_FORMAT);
    char expected[256];
    snprintf(expected, sizeof expected,
             "%s:18: 16.png: of one scene with 0.png on line 2, in test here and in train there, "
             "expected one split (ignore_given: true splits anew)",
             scratch("set/m.csv"));
    assert_string_equal(status_message(), expected);
    split.ignore_given = true;
    dataset = load(scratch("set/m.csv"), &split);
    assert_true(together(dataset));
    dataset_free(dataset);
}

static void a_copy_in_two_splits_is_refused_by_runs_and_packs(void **state)
{
    (void)state;
    char *bytes, expected[256];
    size_t count;
    make_files(unsplit, "", "");
    assert_int_equal(files_read(scratch("set/5.png"), &bytes, &count), STATUS_OK);
    assert_int_equal(files_write(scratch("set/copy.png"), bytes, count), STATUS_OK);
    free(bytes);
    add_row("./copy.png,GC,test\n");
    SplitSettings split = {.shares = {1, 0, 0}};
    Dataset *dataset;
    assert_int_equal(dataset_load(scratch("set/m.csv"), SIZE, &split, &dataset), STATUS_FORMAT);
    snprintf(expected, sizeof expected,
             "%s:26: ./copy.png: the same pixels as 5.png on line 7, in test here and in train "
             "there, expected each picture in one split (split: {group: scene} keeps such "
             "pictures in one)",
             scratch("set/m.csv"));
    assert_string_equal(status_message(), expected);
    /* The pack does not know how an experiment will split; the run on it does. */
    assert_int_equal(pack_write(scratch("set/m.csv"), SIZE, scratch("p.h5")), STATUS_OK);
    assert_int_equal(dataset_load(scratch("p.h5"), SIZE, &split, &dataset), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), ":26: ./copy.png: the same pixels as 5.png"));
    split.group = SPLIT_GROUP_SCENE;
    dataset = load(scratch("p.h5"), &split);
    assert_int_equal(dataset->examples[5].split, SPLIT_TEST);
    assert_int_equal(dataset->examples[PICTURES].split, SPLIT_TEST);
    dataset_free(dataset);

    make_files((const char *const[3]){"train", "", ""}, "", "");
    add_row("copy.png,normal,test\n");
    assert_int_equal(files_read(scratch("set/0.png"), &bytes, &count), STATUS_OK);
    assert_int_equal(files_write(scratch("set/copy.png"), bytes, count), STATUS_OK);
    free(bytes);
    assert_int_equal(pack_write(scratch("set/m.csv"), SIZE, scratch("q.h5")), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), ":26: copy.png: the same pixels as 0.png on line 2"));
    assert_false(files_exists(scratch("q.h5")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenes_stay_in_one_split_where_the_experiment_says_so),
        cmocka_unit_test(a_split_by_patient_does_not_depend_on_what_pictures_look_like),
        cmocka_unit_test(a_column_of_scenes_counts_too),
        cmocka_unit_test(a_scene_that_was_given_two_splits_is_an_error),
        cmocka_unit_test(a_copy_in_two_splits_is_refused_by_runs_and_packs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
