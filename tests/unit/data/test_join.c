/* What a folder says of its images goes along with their rows. */
#include "../unit.h"

#include "data/dataset.h"
#include "data/join.h"
#include "data/manifest.h"
#include "data/properties.h"

#include "example_files.h"

static void how_masks_are_read_goes_along_with_their_rows(void **state)
{
    (void)state;
    example_files();
    assert_int_equal(files_make_folder(scratch("other")), STATUS_OK);
    write_text(scratch("other/manifest.csv"), "image,mask,label\n../set/images/one.png,,GC\n");
    write_text(scratch("set/" PROPERTIES_FILE), "{\"mask_values\": \">=128\"}");
    const JoinPart parts[2] = {{scratch("set/manifest.csv"), "first"},
                               {scratch("other/manifest.csv"), "second"}};
    size_t rows;
    assert_int_equal(join_manifests(2, parts, scratch("joined"), &rows), STATUS_OK);
    assert_int_equal(rows, 9);
    Manifest manifest;
    assert_int_equal(manifest_read(scratch("joined/manifest.csv"), NULL, &manifest), STATUS_OK);
    for (size_t i = 0; i < 9; ++i)
        assert_int_equal(manifest.rows[i].mask_rule.kind, i < 8 ? MASK_RULE_FROM : MASK_RULE_FOUND);
    manifest_clear(&manifest);
}

static void several_masks_stay_the_files_they_were(void **state)
{
    (void)state;
    example_files();
    assert_int_equal(files_make_folder(scratch("other")), STATUS_OK);
    write_text(scratch("other/manifest.csv"), "image,mask,label\n../set/images/one.png,,GC\n");
    edit_manifest("masks/0.png", "masks/0.png;");
    edit_manifest("masks/1.png", "masks/1.png ; masks/2.png\t;");
    const JoinPart parts[2] = {{scratch("set/manifest.csv"), "first"},
                               {scratch("other/manifest.csv"), "second"}};
    size_t rows;
    assert_int_equal(join_manifests(2, parts, scratch("masks"), &rows), STATUS_OK);
    Manifest manifest;
    assert_int_equal(manifest_read(scratch("masks/manifest.csv"), NULL, &manifest), STATUS_OK);
    assert_string_equal(manifest.rows[0].mask, "../set/masks/0.png");
    assert_string_equal(manifest.rows[1].mask, "../set/masks/1.png;../set/masks/2.png");
    assert_string_equal(manifest.rows[7].mask, "");
    manifest_clear(&manifest);
    /* A folder of that name stands in no column of masks. */
    assert_int_equal(rename(scratch("set"), scratch("a;b")), 0);
    write_text(scratch("other/manifest.csv"), "image,mask,label\n../a;b/images/one.png,,GC\n");
    const JoinPart moved[2] = {{scratch("a;b/manifest.csv"), "first"},
                               {scratch("other/manifest.csv"), "second"}};
    assert_int_equal(join_manifests(2, moved, scratch("refused"), &rows), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "manifest.csv:2: masks/0.png: its path is ../a;b/"));
    assert_false(files_exists(scratch("refused")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_masks_are_read_goes_along_with_their_rows),
        cmocka_unit_test(several_masks_stay_the_files_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
