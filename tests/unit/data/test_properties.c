#include "../unit.h"

#include "data/manifest.h"
#include "data/properties.h"

#include "example_files.h"

/* What the example's manifest says with that file beside it. */
static Status read_with(const char *text, bool *synthetic)
{
    write_text(scratch("set/" PROPERTIES_FILE), text);
    Manifest manifest;
    Status status = manifest_read(scratch("set/manifest.csv"), NULL, &manifest);
    *synthetic = status == STATUS_OK && manifest.synthetic;
    if (status == STATUS_OK)
        manifest_clear(&manifest);
    return status;
}

static void a_manifest_has_the_properties_of_its_folder(void **state)
{
    (void)state;
    const char *path = example_files();
    Manifest manifest;
    assert_int_equal(manifest_read(path, NULL, &manifest), STATUS_OK);
    assert_false(manifest.synthetic);
    manifest_clear(&manifest);
    for (int synthetic = 0; synthetic < 2; ++synthetic) {
        const DatasetProperties properties = {.synthetic = synthetic};
        assert_int_equal(properties_write(scratch("set"), &properties), STATUS_OK);
        assert_int_equal(manifest_read(path, NULL, &manifest), STATUS_OK);
        assert_int_equal(manifest.synthetic, synthetic);
        manifest_clear(&manifest);
    }
}

static void properties_that_mean_nothing_are_refused(void **state)
{
    (void)state;
    example_files();
    bool synthetic;
    assert_int_equal(read_with(" { }", &synthetic), STATUS_OK);
    assert_false(synthetic);
    assert_int_equal(read_with("{\"synthetic\":true}", &synthetic), STATUS_OK);
    assert_true(synthetic);
    static const char *const wrong[] = {
        "",
        "{\"synthetic\": true",
        "[true]",
        "{\"synthetic\": \"yes\"}",
        "{\"synthetic\": 1}",
        "{}}",
        "{\"mask_values\": 1}",
        "{\"mask_values\": \"0-1\"}",
        "{\"sythetic\": true}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        assert_int_equal(read_with(wrong[i], &synthetic), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "unknown key \"sythetic\", expected synthetic"));
}

static void masks_of_a_folder_are_read_as_it_says(void **state)
{
    (void)state;
    example_files();
    write_text(scratch("set/" PROPERTIES_FILE), "{\"mask_values\": \"inverted\"}");
    edit_manifest("image,mask,label,patient,lesion,", "image,mask,label,patient,mask_values,");
    edit_manifest("images/1.png,masks/1.png,GC,A,,", "images/1.png,masks/1.png,GC,A,=1,");
    Manifest manifest;
    assert_int_equal(manifest_read(scratch("set/manifest.csv"), NULL, &manifest), STATUS_OK);
    assert_int_equal(manifest.rows[0].mask_rule.kind, MASK_RULE_INVERTED);
    assert_int_equal(manifest.rows[1].mask_rule.kind, MASK_RULE_LISTED);
    assert_false(manifest.synthetic);
    manifest_clear(&manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manifest_has_the_properties_of_its_folder),
        cmocka_unit_test(properties_that_mean_nothing_are_refused),
        cmocka_unit_test(masks_of_a_folder_are_read_as_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
