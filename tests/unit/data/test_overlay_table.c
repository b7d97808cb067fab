#include "../unit.h"

#include <math.h>
#include <string.h>

#include "../scratch.h"
#include "data/overlay_table.h"
#include "store/files.h"

static Example frames[] = {{.name = (char *)"images/a.png", .width = 200, .height = 100},
                           {.name = (char *)"images/b.png", .width = 200, .height = 100}};
static const Dataset dataset = {.count = 2, .examples = frames};

static Status read_with(const char *rows, OverlayTable *table)
{
    char text[512];
    snprintf(text, sizeof text, "image,x0,y0,x1,y1,class,score\n%s", rows);
    assert_int_equal(files_write(scratch(OVERLAY_TABLE_FILE), text, strlen(text)), STATUS_OK);
    return overlay_table_read(scratch("manifest.csv"), &dataset, table);
}

static void boxes_are_summed_up_by_frame_and_class(void **state)
{
    (void)state;
    OverlayTable table;
    assert_int_equal(read_with("images/a.png,0,0,20,10,text,1\n"
                               "images/a.png,0,50,60,60,text,0.5\n"
                               "images/a.png,150,50,400,200,tube,1\n" /* cut to the frame */
                               "images/a.png,300,0,400,10,digits,1\n" /* beside it */
                               "others/c.png,0,0,20,10,text,1\n",
                               &table),
                     STATUS_OK);
    assert_true(table.given);
    const OverlaySummary *text = &table.frames[0][0], *tube = &table.frames[0][2];
    assert_true(text->boxes == 2);
    assert_true(fabs(text->area - 0.04) < 1e-12); /* 200 and 600 of 20,000 pixels */
    assert_true(fabs(text->x - (0.01 * 0.05 + 0.03 * 0.15) / 0.04) < 1e-12);
    assert_true(fabs(text->y - (0.01 * 0.05 + 0.03 * 0.55) / 0.04) < 1e-12);
    assert_true(tube->boxes == 1 && fabs(tube->area - 0.125) < 1e-12);
    assert_true(table.frames[0][1].boxes == 0 && table.frames[1][0].boxes == 0);
    overlay_table_clear(&table);
}

static void a_table_of_other_frames_or_none_is_not_given(void **state)
{
    (void)state;
    OverlayTable table;
    assert_int_equal(read_with("others/c.png,0,0,20,10,text,1\n", &table), STATUS_OK);
    assert_false(table.given);
    overlay_table_clear(&table);
    assert_int_equal(remove(scratch(OVERLAY_TABLE_FILE)), 0);
    assert_int_equal(overlay_table_read(scratch("manifest.csv"), &dataset, &table), STATUS_OK);
    assert_false(table.given);
    overlay_table_clear(&table);
}

static void wrong_rows_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *row, *message;
    } cases[] = {{"images/a.png,0,0,2,2,label,1\n", "overlays.csv:2: class 'label', expected"},
                 {"images/a.png,0,0,2,high,text,1\n", "overlays.csv:2: 'high', expected"},
                 {"images/a.png,0,0,nan,2,text,1\n", "overlays.csv:2: 'nan', expected"},
                 {"images/a.png,2,0,2,2,text,1\n", "overlays.csv:2: an empty box"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        OverlayTable table;
        assert_int_equal(read_with(cases[i].row, &table), STATUS_FORMAT);
        assert_non_null(strstr(status_message(), cases[i].message));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_are_summed_up_by_frame_and_class),
        cmocka_unit_test(a_table_of_other_frames_or_none_is_not_given),
        cmocka_unit_test(wrong_rows_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
