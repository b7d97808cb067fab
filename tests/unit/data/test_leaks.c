#include "../blob_picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/leaks.h"
#include "data/near_equal.h"

/* Up to eight pictures and the manifest that lists them. */
typedef struct {
    Manifest manifest;
    Look looks[8];
    Split splits[8];
    Findings findings;
} Case;

/* A picture: the seed of its blobs and its contrast. */
typedef struct {
    uint64_t seed;
    float contrast;
} Shot;

static void begin(Case *one, const char *rows, size_t count, const Shot *shots)
{
    char text[1024];
    *one = (Case){.findings.keep_errors = true};
    snprintf(text, sizeof text, "image,label,patient,split\n%s", rows);
    assert_int_equal(manifest_parse("m.csv", text, strlen(text), &one->manifest), STATUS_OK);
    assert_int_equal(one->manifest.count, count);
    for (size_t i = 0; i < count; ++i) {
        Image image;
        blob_picture(&image, 80, 60, shots[i].seed, shots[i].contrast, 0);
        assert_int_equal(look_take(&image, &one->looks[i]), STATUS_OK);
        image_clear(&image);
        one->splits[i] = one->manifest.rows[i].split;
    }
}

static void end(Case *one)
{
    manifest_clear(&one->manifest);
    findings_clear(&one->findings);
}

static void check(Case *one)
{
    assert_int_equal(leaks_check(&one->manifest, one->looks, one->splits, &one->findings),
                     STATUS_OK);
    findings_sort(&one->findings);
}

static void assert_finding(const Case *one, size_t index, FindingLevel level, const char *text)
{
    assert_true(index < one->findings.count);
    assert_int_equal(one->findings.findings[index].level, level);
    assert_string_equal(one->findings.findings[index].text, text);
}

static void equal_pixels_in_two_splits_are_an_error(void **state)
{
    (void)state;
    Case one;
    begin(&one,
          "a.png,normal,p1,train\nb.png,GC,p2,train\nc.png,normal,p3,test\ncopy.png,GC,p4,test\n"
          "./b.png,GC,p5,val\n",
          5, (const Shot[]){{1, 1}, {2, 1}, {3, 1}, {2, 1}, {2, 1}});
    check(&one);
    assert_int_equal(one.findings.count, 2);
    assert_finding(&one, 0, FINDING_ERROR,
                   "m.csv:5: copy.png: the same pixels as b.png on line 3, in test here and in "
                   "train there, expected each picture in one split");
    assert_finding(&one, 1, FINDING_ERROR,
                   "m.csv:6: ./b.png: the same pixels as b.png on line 3, in val here and in train "
                   "there, expected each picture in one split");
    end(&one);
}

static void whoever_keeps_no_errors_gets_the_first(void **state)
{
    (void)state;
    Case one;
    begin(&one, "a.png,GC,p1,train\nb.png,GC,p2,val\n", 2, (const Shot[]){{1, 1}, {1, 1}});
    one.findings.keep_errors = false;
    assert_int_equal(leaks_check(&one.manifest, one.looks, one.splits, &one.findings),
                     STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "m.csv:3: b.png: the same pixels as a.png on line 2"));
    end(&one);
}

static void equal_pixels_with_two_labels_are_an_error(void **state)
{
    (void)state;
    Case one;
    begin(&one, "a.png,GC,p1,train\nb.png,normal,p1,train\nc.png,GC,p1,\n", 3,
          (const Shot[]){{1, 1}, {1, 1}, {1, 1}});
    check(&one);
    assert_int_equal(one.findings.count, 2);
    assert_finding(&one, 0, FINDING_ERROR,
                   "m.csv:3: b.png: the same pixels as a.png on line 2, labelled normal here and "
                   "GC there, expected one label a picture");
    assert_finding(&one, 1, FINDING_ERROR,
                   "m.csv:4: c.png: the same pixels as b.png on line 3, labelled GC here and "
                   "normal there, expected one label a picture");
    end(&one);
}

static void equal_pixels_in_one_split_are_a_warning(void **state)
{
    (void)state;
    Case one;
    begin(&one, "a.png,GC,p1,train\nb.png,GC,p2,train\nc.png,GC,p3,\n", 3,
          (const Shot[]){{1, 1}, {1, 1}, {1, 1}});
    check(&one);
    assert_int_equal(one.findings.count, 2);
    assert_finding(
        &one, 0, FINDING_WARNING,
        "m.csv:3: b.png: the same pixels as a.png on line 2, expected each picture once");
    assert_finding(&one, 1, FINDING_WARNING,
                   "m.csv:4: c.png: the same pixels as a.png on line 2, expected each picture once "
                   "(split: {group: scene} keeps such pictures in one)");
    end(&one);
}

static void near_equal_pictures_in_two_splits_are_a_warning_of_the_nearest(void **state)
{
    (void)state;
    Case one;
    begin(&one,
          "a.png,GC,p1,train\nb.png,GC,p2,train\nc.png,normal,p3,val\nd.png,GC,p4,val\n"
          "e.png,GC,p5,train\n",
          5, (const Shot[]){{1, 1}, {2, 1}, {3, 1}, {1, 0.9f}, {1, 0.8f}});
    NearPairs near;
    assert_int_equal(leaks_near_pairs(&one.manifest, one.looks, one.splits, &near), STATUS_OK);
    /* d is nearest to one of a and e; all three are in the list. */
    unsigned to_a = difference_hash_distance(&one.looks[3].field, &one.looks[0].field);
    unsigned to_e = difference_hash_distance(&one.looks[3].field, &one.looks[4].field);
    assert_true(to_a <= NEAR_EQUAL_BITS && to_e <= NEAR_EQUAL_BITS && to_a > 0);
    assert_int_equal(near.count, 2);
    assert_int_equal(near.pairs[0].bits, to_a < to_e ? to_a : to_e);
    for (size_t i = 0; i < 2; ++i) {
        bool with_a = near.pairs[i].first == 0;
        assert_int_equal(near.pairs[i].first, with_a ? 0 : 3);
        assert_int_equal(near.pairs[i].second, with_a ? 3 : 4);
        assert_int_equal(near.pairs[i].bits, with_a ? to_a : to_e);
        assert_true(near.pairs[i].apart);
    }
    near_pairs_clear(&near);
    check(&one);
    assert_int_equal(one.findings.count, 2);
    assert_int_equal(one.findings.levels[FINDING_WARNING], 2);
    char expected[256];
    snprintf(expected, sizeof expected,
             "m.csv:5: d.png: near-equal to a.png on line 2 (%u of 256 bits differ), in val here "
             "and in train there",
             to_a);
    assert_finding(&one, 0, FINDING_WARNING, expected);
    end(&one);
}

static void near_equal_pictures_of_one_split_or_patient_are_fine(void **state)
{
    (void)state;
    Case one;
    begin(&one, "a.png,GC,p1,train\nb.png,GC,p2,train\nc.png,GC,p3,\nd.png,GC,p3,\n", 4,
          (const Shot[]){{1, 1}, {1, 0.9f}, {2, 1}, {2, 0.9f}});
    check(&one);
    assert_int_equal(one.findings.count, 0);
    end(&one);
}

static void near_equal_pictures_of_two_patients_without_a_split_are_one_warning(void **state)
{
    (void)state;
    Case one;
    begin(&one, "a.png,GC,p1,\nb.png,GC,p2,\nc.png,GC,p3,\nd.png,GC,p4,\n", 4,
          (const Shot[]){{2, 1}, {1, 1}, {2, 0.9f}, {1, 0.9f}});
    check(&one);
    assert_int_equal(one.findings.count, 1);
    assert_int_equal(one.findings.findings[0].line, 0);
    assert_non_null(strstr(one.findings.findings[0].text,
                           "m.csv: 2 pairs of near-equal pictures of different patients, first "));
    /* Once an experiment has assigned splits, those apart are named. */
    findings_clear(&one.findings);
    one.splits[0] = one.splits[1] = one.splits[3] = SPLIT_TRAIN;
    one.splits[2] = SPLIT_TEST;
    check(&one);
    assert_int_equal(one.findings.count, 1);
    assert_non_null(
        strstr(one.findings.findings[0].text, "m.csv:4: c.png: near-equal to a.png on"));
    end(&one);
}

static void many_pairs_are_counted(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    char text[4096] = "image,label,split\n";
    Look *looks;
    Split splits[COUNT];
    assert_int_equal(MEMORY_NEW(&looks, COUNT), STATUS_OK);
    RandomStream stream;
    random_init(&stream, 1, "hashes", 0, 0);
    for (size_t i = 0; i < COUNT; ++i) {
        size_t used = strlen(text);
        splits[i] = i % 2 ? SPLIT_TEST : SPLIT_TRAIN;
        snprintf(text + used, sizeof text - used, "%zu.png,GC,%s\n", i, split_name(splits[i]));
        looks[i] = (Look){.taken = true, .pixels = {i, 0}, .field.telling = true};
        for (int w = 0; w < 4; ++w)
            looks[i].field.words[w] =
                i % 2 ? looks[i - 1].field.words[w]
                      : (uint64_t)random_below(&stream, UINT32_MAX) << 32 | i << 8;
        looks[i].field.words[0] ^= i % 2;
    }
    Manifest manifest;
    Findings findings = {.keep_errors = true};
    assert_int_equal(manifest_parse("m.csv", text, strlen(text), &manifest), STATUS_OK);
    assert_int_equal(leaks_check(&manifest, looks, splits, &findings), STATUS_OK);
    findings_sort(&findings);
    assert_int_equal(findings.count, 21);
    assert_non_null(strstr(findings.findings[0].text,
                           "m.csv: 30 pairs of near-equal pictures stand in two splits, of which "
                           "the 20 nearest are named"));
    manifest_clear(&manifest);
    findings_clear(&findings);
    free(looks);
}

static void a_picture_that_could_not_be_read_is_equal_to_none(void **state)
{
    (void)state;
    Case one;
    begin(&one, "a.png,GC,p1,train\nb.png,GC,p2,val\n", 2, (const Shot[]){{1, 1}, {1, 1}});
    one.looks[0] = one.looks[1] = (Look){0};
    check(&one);
    assert_int_equal(one.findings.count, 0);
    end(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_pixels_in_two_splits_are_an_error),
        cmocka_unit_test(whoever_keeps_no_errors_gets_the_first),
        cmocka_unit_test(equal_pixels_with_two_labels_are_an_error),
        cmocka_unit_test(equal_pixels_in_one_split_are_a_warning),
        cmocka_unit_test(near_equal_pictures_in_two_splits_are_a_warning_of_the_nearest),
        cmocka_unit_test(near_equal_pictures_of_one_split_or_patient_are_fine),
        cmocka_unit_test(near_equal_pictures_of_two_patients_without_a_split_are_one_warning),
        cmocka_unit_test(many_pairs_are_counted),
        cmocka_unit_test(a_picture_that_could_not_be_read_is_equal_to_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
