/* Writing and reading of the journal's events. */
#include "../unit.h"

#include <math.h>
#include <string.h>

#include "results/events.h"

/* Writes an event and reads it again; the texts of *read live as long as *record. */
static void write_and_read(const Event *event, cJSON **record, Event *read)
{
    *record = event_write(event);
    assert_non_null(*record);
    assert_int_equal(event_read(*record, read), STATUS_OK);
    assert_int_equal(read->kind, event->kind);
    assert_string_equal(read->name, cJSON_GetStringValue(cJSON_GetObjectItem(*record, "event")));
    assert_true(event_time(read) > 0);
}

static void release(cJSON *record, Event *read)
{
    event_clear(read);
    cJSON_Delete(record);
}

static const char *names_of(const cJSON *record, char text[256])
{
    text[0] = '\0';
    for (const cJSON *item = record->child; item; item = item->next) {
        strcat(text, *text ? " " : "");
        strcat(text, item->string);
    }
    return text;
}

static void every_event_has_the_fields_that_its_comment_names(void **state)
{
    (void)state;
    static const struct {
        EventKind kind;
        const char *fields;
    } kinds[] = {
        {EVENT_OPENED, "event time experiment data fingerprint arithmetic search test_sets "
                       "version host pid ranks"},
        {EVENT_PLANNED, "event cell time settings name"},
        {EVENT_ADOPTED, "event cell time identity"},
        {EVENT_STARTED, "event cell time attempt ranks first_rank hosts"},
        {EVENT_SAVED, "event cell time epoch epochs step steps images_per_second step_seconds "
                      "validation_auc validation_dice"},
        {EVENT_STOPPED, "event cell time kind cause"},
        {EVENT_LOST, "event cell time kind cause"},
        {EVENT_FINISHED, "event cell time kind cause"},
        {EVENT_FAILED, "event cell time kind cause"},
        {EVENT_TESTED, "event cell time test_set fingerprint"},
        {EVENT_UNTESTED, "event cell time test_set kind cause"},
        {EVENT_SLOW, "event time rank host factor"},
        {EVENT_DECIDED, "event time epoch kept dropped"},
        {EVENT_CLOSED, "event time code done failed dropped left"},
    };
    assert_int_equal(sizeof kinds / sizeof *kinds, EVENT_KINDS - 1);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
        char text[256];
        bool of_cell = strstr(kinds[i].fields, "cell") != NULL;
        const Event event = {.kind = kinds[i].kind,
                             .cell = of_cell ? "id" : NULL,
                             .experiment = "e",
                             .data = "d",
                             .fingerprint = "f",
                             .search = "grid",
                             .test_sets = "a b",
                             .test_set = "a",
                             .version = "1",
                             .host = "h",
                             .cell_name = "n",
                             .identity = "i",
                             .hosts = "h",
                             .failure = "k",
                             .cause = "c",
                             .images_per_second = 1,
                             .step_seconds = 1,
                             .factor = 4};
        cJSON *record = event_write(&event);
        assert_string_equal(names_of(record, text), kinds[i].fields);
        cJSON_Delete(record);
    }
}

static void what_is_not_known_is_not_written(void **state)
{
    (void)state;
    char text[256];
    cJSON *record;
    Event read;
    write_and_read(&(Event){.kind = EVENT_SAVED,
                            .cell = "a",
                            .epoch = 3,
                            .validation_auc = (double)NAN,
                            .validation_dice = 0.25},
                   &record, &read);
    assert_string_equal(names_of(record, text),
                        "event cell time epoch epochs step steps validation_dice");
    assert_int_equal(read.epoch, 3);
    assert_true(read.images_per_second == 0 && read.step_seconds == 0);
    assert_true(isnan(read.validation_auc) && read.validation_dice == 0.25);
    release(record, &read);
    write_and_read(&(Event){.kind = EVENT_FINISHED, .cell = "a"}, &record, &read);
    assert_string_equal(names_of(record, text), "event cell time");
    assert_string_equal(read.cause, "");
    release(record, &read);
}

static void settings_come_back_with_all_their_digits(void **state)
{
    (void)state;
    EventSetting settings[] = {{"backbone", "r50x1"},
                               {"alpha", "0.25"},
                               {"learning_rate", "1e-05"},
                               {"seed", "18446744073709551615"},
                               {"epochs", "100000"},
                               {"initial", ""},
                               {"path", "007"},
                               {"other", "nan"}};
    const size_t count = sizeof settings / sizeof *settings;
    cJSON *record;
    Event read;
    write_and_read(&(Event){.kind = EVENT_PLANNED,
                            .cell = "a",
                            .cell_name = "r50x1",
                            .setting_count = count,
                            .settings = settings},
                   &record, &read);
    release(record, &read);
    /* As it comes from a file, where numbers are numbers. */
    record = event_write(
        &(Event){.kind = EVENT_PLANNED, .cell = "a", .setting_count = count, .settings = settings});
    char *line = cJSON_PrintUnformatted(record);
    cJSON_Delete(record);
    assert_non_null(strstr(line, "\"alpha\":0.25,"));
    record = cJSON_Parse(line);
    assert_non_null(record);
    assert_int_equal(event_read(record, &read), STATUS_OK);
    assert_int_equal(read.setting_count, count);
    for (size_t i = 0; i < count; ++i) {
        assert_string_equal(read.settings[i].key, settings[i].key);
        assert_string_equal(read.settings[i].text, settings[i].text);
    }
    release(record, &read);
    cJSON_free(line);
}

static void decisions_keep_their_scores(void **state)
{
    (void)state;
    EventDecision decisions[] = {{"a", false, (double)NAN}, {"b", true, 0.75}, {"c", false, 0.5}};
    cJSON *record;
    Event read;
    write_and_read(
        &(Event){.kind = EVENT_DECIDED, .epoch = 4, .decision_count = 3, .decisions = decisions},
        &record, &read);
    assert_int_equal(read.epoch, 4);
    assert_int_equal(read.decision_count, 3);
    assert_string_equal(read.decisions[0].cell, "b"); /* the kept ones first */
    assert_true(read.decisions[0].kept && read.decisions[0].score == 0.75);
    assert_true(!read.decisions[1].kept && isnan(read.decisions[1].score));
    assert_string_equal(read.decisions[2].cell, "c");
    release(record, &read);
}

static void what_a_reader_does_not_know_is_no_error(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"event\":\"rested\",\"cell\":\"a\",\"settings\":7}", "{\"event\":3}", "{\"x\":1}",
        "{\"event\":\"planned\",\"cell\":\"a\",\"settings\":[1],\"name\":{}}",
        "{\"event\":\"decided\",\"kept\":3,\"dropped\":[1]}"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; ++i) {
        Event read;
        cJSON *record = cJSON_Parse(lines[i]);
        assert_int_equal(event_read(record, &read), STATUS_OK);
        assert_int_equal(read.kind, i < 3 ? EVENT_OTHER : i == 3 ? EVENT_PLANNED : EVENT_DECIDED);
        assert_int_equal(read.setting_count, 0);
        release(record, &read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_has_the_fields_that_its_comment_names),
        cmocka_unit_test(what_is_not_known_is_not_written),
        cmocka_unit_test(settings_come_back_with_all_their_digits),
        cmocka_unit_test(decisions_keep_their_scores),
        cmocka_unit_test(what_a_reader_does_not_know_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
