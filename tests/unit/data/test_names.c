#include "../scratch.h"
#include "../unit.h"

#include "data/names.h"

static Findings found;

/* Reads a manifest of the given rows; what is found is sorted in `found`. */
static void look_for(const char *text)
{
    Manifest manifest;
    findings_clear(&found);
    found.keep_errors = true;
    FILE *file = fopen(scratch("m.csv"), "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(manifest_read(scratch("m.csv"), &found, &manifest), STATUS_OK);
    assert_int_equal(names_check_normal(&manifest, &found), STATUS_OK);
    manifest_clear(&manifest);
    findings_sort(&found);
}

/* Finding `index` is of that level and says `text` behind the manifest's path. */
static void assert_found(size_t index, FindingLevel level, const char *text)
{
    assert_true(index < found.count);
    const char *path = scratch("m.csv"), *whole = found.findings[index].text;
    assert_int_equal(found.findings[index].level, level);
    assert_memory_equal(whole, path, strlen(path));
    assert_string_equal(whole + strlen(path), text);
}

/* Nothing but one error for a class of that name, on line 3, in two rows. */
static void assert_class_refused(const char *name, const char *quoted, const char *fault)
{
    char text[1024];
    snprintf(text, sizeof text, "image,label\na.png,normal\nb.png,%s\nc.png,%s\n", name, name);
    look_for(text);
    assert_int_equal(found.count, 1);
    snprintf(text, sizeof text, ":3: b.png: class is \"%s\" (2 rows), %s", quoted, fault);
    assert_found(0, FINDING_ERROR, text);
}

static void names_that_results_cannot_hold_are_refused(void **state)
{
    (void)state;
    const char *taken = "a name that results use themselves, expected another";
    assert_class_refused("lesion", "lesion", taken);
    assert_class_refused("class", "class", taken);
    assert_class_refused("mask", "mask", taken);
    assert_class_refused(".", ".", taken);
    assert_class_refused("..", "..", taken);
    assert_class_refused("Ia/Ib", "Ia/Ib",
                         "with a slash, which parts groups in result files, expected none (as "
                         "\"Ia+Ib\")");
    assert_class_refused(" GC", " GC", "with a blank at an end, expected none");
    assert_class_refused("GC ", "GC ", "with a blank at an end, expected none");
    char name[66] = "";
    memset(name, 'x', 65);
    assert_class_refused(name, name, "longer than 64 bytes, expected a shorter name");
}

static void names_of_64_bytes_and_of_any_letters_are_fine(void **state)
{
    (void)state;
    char name[65] = "", text[1024];
    memset(name, 'x', 64);
    snprintf(text, sizeof text,
             "image,label,patient\na.png,normal,p1\nb.png,%s,M\xc3\xbcller\nc.png,L\xc3\xa4sion,"
             "\xe8\x83\x83\nd.png,lesions,p-1\ne.png,type IIa + IIc,p1_\nf.png,abnormal,P.1\n",
             name);
    look_for(text);
    assert_int_equal(found.count, 0);
}

static void texts_that_are_no_utf_8_are_refused(void **state)
{
    (void)state;
    look_for("image,label,patient,boxes\n"
             "a.png,normal,M\xfcller,\n"
             "b.png,L\xe4sion,p,1 2 3 4 L\xe4sion\n"
             "c.png,L\xe4sion,M\xfcller,\n");
    const char *advice = ", expected UTF-8 (iconv -f LATIN1 -t UTF-8 converts Western European "
                         "text)";
    char text[256];
    assert_int_equal(found.count, 2);
    snprintf(text, sizeof text,
             ":2: a.png: patient is \"M\\xfcller\" (2 rows), no UTF-8 from byte 2 on%s", advice);
    assert_found(0, FINDING_ERROR, text);
    snprintf(text, sizeof text,
             ":3: b.png: label is \"L\\xe4sion\" (2 rows), no UTF-8 from byte 2 on%s", advice);
    assert_found(1, FINDING_ERROR, text);

    /* A class that stands in boxes alone, and a file's name. */
    look_for("image,label,boxes\na.png,normal,\nb\xe4.png,,1 2 3 4 L\xe4sion\n");
    assert_int_equal(found.count, 2);
    assert_int_equal(found.levels[FINDING_ERROR], 1);
    assert_found(0, FINDING_WARNING,
                 ":3: image is \"b\\xe4.png\", no UTF-8 from byte 2 on, expected UTF-8");
    assert_non_null(strstr(found.findings[1].text, "label is \"L\\xe4sion\", no UTF-8"));
}

static void control_characters_are_refused(void **state)
{
    (void)state;
    look_for("image,label,patient\na.png,normal,p1\nb.png,\"G\nC\",p\x1b[31m\n");
    assert_int_equal(found.count, 2);
    assert_found(0, FINDING_ERROR,
                 ":3: b.png: patient is \"p\\x1b[31m\", with a control character, expected none");
    assert_found(1, FINDING_ERROR,
                 ":3: b.png: label is \"G\\x0aC\", with a control character, expected none");
}

static void normal_in_another_spelling_is_refused(void **state)
{
    (void)state;
    static const char *const spellings[] = {"Normal", "NORMAL", " normal", "nor mal",
                                            "\xef\xbd\x8eormal"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; ++i) {
        char text[256];
        snprintf(text, sizeof text, "image,label\na.png,normal\nb.png,GC\nc.png,%s\n",
                 spellings[i]);
        look_for(text);
        assert_int_equal(found.count, 1);
        snprintf(text, sizeof text,
                 ":4: c.png: label is \"%s\", a class of lesions to the program, expected normal "
                 "in small letters for an image without a lesion",
                 spellings[i]);
        assert_found(0, FINDING_ERROR, text);
    }
}

static void two_spellings_of_one_name_are_refused(void **state)
{
    (void)state;
    look_for(
        "image,label,patient\na.png,polyp,p1\nb.png,Polyp,p2\nc.png,normal,P1\nd.png,pol yp,p2\n"
        "e.png,Polyp,p 1\n");
    assert_int_equal(found.count, 4);
    assert_found(0, FINDING_ERROR,
                 ":3: b.png: class \"Polyp\" (2 rows) differs from \"polyp\" on line 2 only in "
                 "case, blanks or form of letters, expected one spelling of one name");
    assert_found(1, FINDING_ERROR,
                 ":4: c.png: patient \"P1\" differs from \"p1\" on line 2 only in case, blanks or "
                 "form of letters, expected one spelling of one name");
    assert_found(2, FINDING_ERROR,
                 ":5: d.png: class \"pol yp\" differs from \"polyp\" on line 2 only in case, "
                 "blanks or form of letters, expected one spelling of one name");
    assert_found(3, FINDING_ERROR,
                 ":6: e.png: patient \"p 1\" differs from \"p1\" on line 2 only in case, blanks or "
                 "form of letters, expected one spelling of one name");
    /* Composed and decomposed, as Windows and macOS write them. */
    look_for("image,label\na.png,normal\nb.png,L\xc3\xa4sion\nc.png,La\xcc\x88sion\n");
    assert_int_equal(found.levels[FINDING_ERROR], 1);
}

static void labels_that_mean_no_lesion_are_a_warning(void **state)
{
    (void)state;
    static const char *const labels[] = {"healthy",  "Background",   "0",
                                         "no polyp", "no_polyp",     "non-lesion",
                                         "negative", "normal-cecum", "none"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; ++i) {
        char text[256];
        snprintf(text, sizeof text, "image,label\na.png,normal\nb.png,GC\nc.png,%s\n", labels[i]);
        look_for(text);
        assert_int_equal(found.count, 1);
        snprintf(text, sizeof text,
                 ":4: c.png: class \"%s\" counts as a kind of lesion, expected the label normal "
                 "where there is none",
                 labels[i]);
        assert_found(0, FINDING_WARNING, text);
    }
    look_for("image,label\na.png,0\nb.png,1\nc.png,1\n");
    assert_int_equal(found.count, 2);
    assert_found(0, FINDING_WARNING,
                 ": no image is labelled normal (the labels are \"0\", \"1\"): specificity and the "
                 "ROC curve need images without a lesion");
    assert_found(1, FINDING_WARNING,
                 ":2: a.png: class \"0\" counts as a kind of lesion, expected the label normal "
                 "where there is none");
}

static void names_for_what_is_not_known_are_a_warning(void **state)
{
    (void)state;
    look_for("image,label,patient\na.png,nan,unknown\nb.png,normal,unknown\nc.png,GC,?\n");
    assert_int_equal(found.count, 2);
    assert_found(0, FINDING_WARNING,
                 ":2: a.png: class \"nan\" counts as a kind of lesion, expected no row for an "
                 "image whose label is not known");
    assert_found(1, FINDING_WARNING,
                 ":2: a.png: patient \"unknown\" of 2 rows counts as one patient, expected nothing "
                 "where the patient is not known");
}

static void rows_without_a_patient_among_others_are_a_warning(void **state)
{
    (void)state;
    look_for("image,label,patient\na.png,GC,p1\nb.png,normal,\nc.png,GC,\n");
    assert_int_equal(found.count, 1);
    assert_found(0, FINDING_WARNING,
                 ":3: b.png: no patient here (in 2 of 3 rows), while other rows name theirs: each "
                 "such image counts as a patient of its own and may stand in another split than "
                 "the rest of that patient");
    look_for("image,label\na.png,GC\nb.png,normal\n");
    assert_int_equal(found.count, 0);
}

static void a_run_stops_at_the_first_name(void **state)
{
    (void)state;
    Manifest manifest;
    const char *text = "image,label\na.png,normal\nb.png,lesion\nc.png,GC/GU\n";
    assert_int_equal(manifest_parse("m.csv", text, strlen(text), &manifest), STATUS_FORMAT);
    assert_string_equal(status_message(), "m.csv:4: c.png: class is \"GC/GU\", with a slash, which "
                                          "parts groups in result files, expected none (as "
                                          "\"Ia+Ib\")");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_results_cannot_hold_are_refused),
        cmocka_unit_test(names_of_64_bytes_and_of_any_letters_are_fine),
        cmocka_unit_test(texts_that_are_no_utf_8_are_refused),
        cmocka_unit_test(control_characters_are_refused),
        cmocka_unit_test(normal_in_another_spelling_is_refused),
        cmocka_unit_test(two_spellings_of_one_name_are_refused),
        cmocka_unit_test(labels_that_mean_no_lesion_are_a_warning),
        cmocka_unit_test(names_for_what_is_not_known_are_a_warning),
        cmocka_unit_test(rows_without_a_patient_among_others_are_a_warning),
        cmocka_unit_test(a_run_stops_at_the_first_name),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    findings_clear(&found);
    return failed;
}
