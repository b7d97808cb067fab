/* What a study tells besides numbers of accuracy: flow, failures, cost, methods, checklists. */
#include "../unit.h"

#include "fake_results.h"

#include <math.h>

#include "base/hash.h"
#include "image/image_file.h"
#include "report/errors/error_data.h"
#include "report/errors/error_kinds.h"
#include "report/report.h"

static const char *const settings = "\"backbone\":\"r50x1\",\"tuning\":\"global\"";

static void make_folder(char *folder, const FakeResult *fake)
{
    assert_non_null(mkdtemp(folder));
    fake_planned(folder, fake->id, settings);
    fake_write_result(folder, fake);
    fake_event(folder, fake->id, "started", NULL);
    fake_event(folder, fake->id, "finished", NULL);
}

static void make_report(const char *folder, ReportPictures pictures)
{
    ReportMade made;
    const ReportOptions options = {.results = folder,
                                   .csv = true,
                                   .markdown = true,
                                   .html = true,
                                   .latex = true,
                                   .pictures = pictures};
    const Status status = report_write(&options, &made);
    free(made.folder);
    if (status != STATUS_OK)
        print_error("%s\n", status_message());
    assert_int_equal(status, STATUS_OK);
}

static char *read_report(const char *folder, const char *name)
{
    char path[256], *text = NULL;
    snprintf(path, sizeof path, "%s/report/%s", folder, name);
    assert_int_equal(files_read(path, &text, NULL), STATUS_OK);
    return text;
}

static size_t count_of(const char *folder, const char *name, const char *part)
{
    char *text = read_report(folder, name);
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); ++at)
        ++count;
    free(text);
    return count;
}

static void assert_has(const char *folder, const char *name, const char *part)
{
    if (count_of(folder, name, part) == 0) {
        char *text = read_report(folder, name);
        print_error("%s lacks '%s':\n%s\n", name, part, text);
        free(text);
        fail();
    }
}

static const FakeResult plain = {
    .id = "a", .accuracy = 0.8, .auc = 0.9, .validation = 0.9, .synthetic = FAKE_UNTOLD};

/* Of two patients in training, one of them with a class alone, one in each other split. */
static Example examples[] = {
    {.label = -1, .patient = 0, .split = SPLIT_TRAIN, .has_mask = true},
    {.label = 0, .patient = 0, .split = SPLIT_TRAIN, .lesion_count = 2, .has_mask = true},
    {.label = 1, .patient = 1, .split = SPLIT_TRAIN},
    {.label = 1, .patient = 2, .split = SPLIT_VALIDATION, .lesion_count = 1},
    {.label = 0, .patient = 3, .split = SPLIT_TEST, .lesion_count = 1, .has_mask = true},
    {.label = -1, .patient = 3, .split = SPLIT_TEST},
};
static char *class_names[] = {"GC", "GU"};
static const Dataset dataset = {.count = 6,
                                .examples = examples,
                                .class_count = 2,
                                .class_names = class_names,
                                .patient_count = 4,
                                .by_patient = true,
                                .compared = true,
                                .near_pairs = 3};

static void splits_are_told_as_they_were_recorded(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-study-XXXXXX";
    FakeResult fake = plain;
    fake.dataset = &dataset;
    make_folder(folder, &fake);
    make_report(folder, REPORT_PICTURES_OF_PHANTOMS);
    assert_has(folder, "flow.csv",
               "split,images,patients,images with a lesion,lesions (boxes),lesion images with a "
               "mask,lesion images without a place,normal,GC,GU");
    assert_has(folder, "flow.csv", "training,3,2,2,2,1,1,1,1,1");
    assert_has(folder, "flow.csv", "validation,1,1,1,1,0,0,0,0,1");
    assert_has(folder, "flow.csv", "test,2,1,1,1,1,0,1,1,0");
    assert_has(folder, "flow.csv", "all,6,4,4,4,2,1,2,2,2");
    assert_has(folder, "report.md", "3 pairs of near-equal pictures stand in two splits");
    assert_has(folder, "methods.tex", "The training split had 3 images of 2 patients, 2 of them");
    fake_remove(folder);
}

static void what_nobody_recorded_is_no_zero(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-study-XXXXXX";
    make_folder(folder, &plain);
    make_report(folder, REPORT_PICTURES_OF_PHANTOMS);
    assert_has(folder, "flow.csv", "training,,,,,,");
    assert_has(folder, "flow.md", "| training | not recorded | not recorded |");
    assert_has(folder, "flow.csv", "test,6,4,3,3,,"); /* of the predictions */
    assert_has(folder, "flow.csv", "all,,,,,,");
    assert_has(folder, "report.md", "Near-equal pictures in two splits: not recorded.");
    assert_has(folder, "cost.md", "not known");
    assert_has(folder, "cost.md", "not measured");
    fake_remove(folder);
}

static void every_image_is_right_or_wrong_in_one_way(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-study-XXXXXX";
    make_folder(folder, &plain);
    make_report(folder, REPORT_PICTURES_OF_PHANTOMS);
    /* c.png is missed, f.png a false alarm; the mark on e.png is below the operating point. */
    assert_has(folder, "failures.csv", "r50x1,global,6,3,1,1,0,1");
    assert_has(folder, "errors.csv", "r50x1 global,c.png,q,GU,normal,0.8,0.5,missed lesion");
    assert_has(folder, "errors.csv", "r50x1 global,f.png,,normal,GU,0.4,0.5,false alarm");
    assert_has(folder, "errors.csv", "r50x1 global,e.png,r,GC,GC,0.7,0.5,wrong place");
    assert_has(folder, "errors.csv", "r50x1 global,b.png,p,GC,GC,0.81,0.5,right");
    assert_has(folder, "report.html", "Missed lesions: 1");
    assert_has(folder, "report.html", "False alarms: 1");
    fake_remove(folder);

    char without[] = "/tmp/gisd-study-XXXXXX";
    FakeResult fake = plain;
    fake.no_annotations = true;
    make_folder(without, &fake);
    make_report(without, REPORT_PICTURES_OF_PHANTOMS);
    assert_has(without, "failures.csv", "r50x1,global,6,4,1,1,0,");
    assert_has(without, "failures.md", "not recorded");
    fake_remove(without);
}

/* The first class is number 0. */
static void a_normal_image_called_any_class_is_a_false_alarm(void **state)
{
    (void)state;
    enum { IMAGES = 6, NORMAL = 5 /* f.png */ };
    char folder[] = "/tmp/gisd-study-XXXXXX";
    Experiment experiment;
    Evidence evidence;
    size_t first[IMAGES];
    ErrorKind kinds[IMAGES];
    make_folder(folder, &plain);
    assert_int_equal(experiment_read(folder, NULL, NULL, &experiment), STATUS_OK);
    assert_int_equal(experiment.results[0].images, IMAGES);
    assert_int_equal(experiment.results[0].truth[NORMAL], -1);
    for (int64_t class_index = -1; class_index < 2; ++class_index) {
        experiment.results[0].predicted[NORMAL] = class_index;
        assert_int_equal(evidence_read(&experiment, 0, &evidence), STATUS_OK);
        error_marks_index(&evidence.runs[0], first);
        assert_int_equal(error_kinds_find(&evidence.runs[0], first, kinds), STATUS_OK);
        assert_int_equal(kinds[NORMAL], class_index < 0 ? ERROR_NONE : ERROR_FALSE_ALARM);
        evidence_clear(&evidence);
    }
    experiment_clear(&experiment);
    fake_remove(folder);
}

static void save_frame(const char *folder, const char *name, size_t width, size_t height)
{
    char path[256];
    Image image;
    snprintf(path, sizeof path, "%s/data/%s", folder, name);
    assert_int_equal(image_init(&image, width, height, 3), STATUS_OK);
    assert_int_equal(image_write_png(path, &image), STATUS_OK);
    image_clear(&image);
}

static void frames_are_shown_only_if_asked_for_and_if_they_are_the_tested_ones(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-study-XXXXXX", data[64], path[96];
    FakeResult fake = plain;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/data", folder);
    assert_int_equal(files_make_folder(path), STATUS_OK);
    snprintf(data, sizeof data, "%s/data/manifest.csv", folder);
    assert_int_equal(files_write(data, "image\n", 6), STATUS_OK);
    save_frame(folder, "b.png", 100, 50);  /* its box of 10 x 10 is 0.02 of it */
    save_frame(folder, "c.png", 100, 100); /* its box of 40 x 40 is 0.1 of another */
    fake.data = data;
    fake_planned(folder, fake.id, settings);
    fake_write_result(folder, &fake);
    fake_event(folder, fake.id, "finished", NULL);
    make_report(folder, REPORT_PICTURES_OF_PHANTOMS);
    assert_int_equal(count_of(folder, "report.html", "data:image/jpeg"), 0);
    assert_has(folder, "report.md", "they are patients' data");
    make_report(folder, REPORT_PICTURES);
    assert_int_equal(count_of(folder, "report.html", "data:image/jpeg"), 1);
    assert_has(folder, "report.html", "\"w\":100,\"h\":50,\"a\":[[10,10,20,20]]");
    assert_has(folder, "report.md", "Shown are 1 frames; 5 cannot be read");
    make_report(folder, REPORT_NO_PICTURES);
    assert_int_equal(count_of(folder, "report.html", "data:image/jpeg"), 0);
    fake_remove(folder);
}

static void names_from_files_cannot_end_the_script(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-study-XXXXXX", *text = NULL;
    size_t bytes = 0;
    Experiment experiment;
    Evidence evidence;
    ErrorCases cases;
    make_folder(folder, &plain);
    assert_int_equal(experiment_read(folder, NULL, NULL, &experiment), STATUS_OK);
    free(experiment.results[0].image_names.items[0]);
    experiment.results[0].image_names.items[0] = strdup("</script>\"&\xff");
    assert_int_equal(evidence_read(&experiment, 0, &evidence), STATUS_OK);
    assert_int_equal(error_cases_make(&evidence, false, &cases), STATUS_OK);
    FILE *stream = open_memstream(&text, &bytes);
    assert_non_null(stream);
    error_data_write(&cases, stream);
    fclose(stream);
    assert_null(strchr(text, '<'));
    assert_non_null(strstr(text, "\"\\u003c/script\\u003e\\u0022\\u0026\\ufffd\""));
    cJSON *parsed = cJSON_Parse(text);
    assert_non_null(parsed);
    cJSON_Delete(parsed);
    free(text);
    error_cases_clear(&cases);
    evidence_clear(&evidence);
    experiment_clear(&experiment);
    fake_remove(folder);
}

static void checklists_answer_with_value_file_and_hash(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-study-XXXXXX", path[96], hash[HASH_TEXT_BYTES], wanted[256];
    char *file = NULL;
    size_t bytes;
    make_folder(folder, &plain);
    make_report(folder, REPORT_PICTURES_OF_PHANTOMS);
    snprintf(path, sizeof path, "%s/cells/a/result.h5", folder);
    assert_int_equal(files_read(path, &file, &bytes), STATUS_OK);
    hash_text(file, bytes, hash);
    free(file);
    snprintf(wanted, sizeof wanted,
             "23,Index test by reference standard,\"images: 2 true positive, 1 false positive, 1 "
             "false negative, 2 true negative\",cells/a/result.h5 /test/confusion/counts; "
             "table4_normal.csv,%s",
             hash);
    assert_has(folder, "checklist_stard.csv", wanted);
    assert_has(folder, "checklist_stard.csv", "30,Funding,for the author,,");
    assert_has(folder, "checklist_tripod_ai.csv", "27c,Next steps of research,for the author,,");
    assert_has(folder, "checklist_claim.csv", "42,Funding,for the author,,");
    assert_int_equal(count_of(folder, "checklist_stard.csv", "\n"), 1 + 34);
    assert_int_equal(count_of(folder, "checklist_tripod_ai.csv", "\n"), 1 + 52);
    assert_int_equal(count_of(folder, "checklist_claim.csv", "\n"), 1 + 42);
    assert_has(folder, "checklist_quaide.csv", "Results: failures");
    fake_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_are_told_as_they_were_recorded),
        cmocka_unit_test(what_nobody_recorded_is_no_zero),
        cmocka_unit_test(every_image_is_right_or_wrong_in_one_way),
        cmocka_unit_test(a_normal_image_called_any_class_is_a_false_alarm),
        cmocka_unit_test(frames_are_shown_only_if_asked_for_and_if_they_are_the_tested_ones),
        cmocka_unit_test(names_from_files_cannot_end_the_script),
        cmocka_unit_test(checklists_answer_with_value_file_and_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
