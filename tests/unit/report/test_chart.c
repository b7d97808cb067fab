#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/chart.h"
#include "report/chart_axes.h"
#include "report/matrix_figure.h"
#include "store/files.h"

static char folder[] = "/tmp/gisd-chart-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static char *read_bytes(const char *name, size_t *bytes)
{
    char path[128];
    char *data = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(files_read(path, &data, bytes), STATUS_OK);
    return data;
}

static char *read_figure(const char *name)
{
    return read_bytes(name, NULL);
}

static const char *stem(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void tick_steps_are_1_2_or_5_times_a_power_of_ten(void **state)
{
    (void)state;
    assert_true(fabs(chart_tick_step(1, 6) - 0.2) < 1e-12);
    assert_true(fabs(chart_tick_step(100, 6) - 20) < 1e-12);
    assert_true(fabs(chart_tick_step(0.0031, 6) - 0.001) < 1e-12);
    assert_true(fabs(chart_tick_step(29, 6) - 5) < 1e-12);
}

static void a_chart_is_saved_as_png_and_svg(void **state)
{
    (void)state;
    const double x[] = {0, 0, 0.25, 1}, y[] = {0, 0.5, 0.9, 1};
    ChartSeries series = {.label = "r50x1", .x = x, .y = y, .count = 4};
    Chart chart = {.title = "ROC",
                   .x_label = "1 - specificity",
                   .y_label = "sensitivity",
                   .x_range = {0, 1},
                   .y_range = {0, 1},
                   .diagonal = true,
                   .legend_width = 100,
                   .series = &series,
                   .series_count = 1};
    assert_int_equal(chart_save(stem("roc"), &chart, 1), STATUS_OK);
    char *png = read_figure("roc.png"), *svg = read_figure("roc.svg");
    assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
    assert_non_null(strstr(svg, "<svg"));
    assert_non_null(strstr(svg, "</svg>"));
    free(png);
    free(svg);
}

static void curves_of_other_data_give_another_figure_and_the_same_data_the_same(void **state)
{
    (void)state;
    double x[] = {0, 1, 2}, y[] = {3, (double)NAN, 5};
    ChartSeries series = {.label = "loss", .x = x, .y = y, .count = 3};
    Chart chart = {.title = "t",
                   .x_label = "x",
                   .y_label = "y",
                   .series = &series,
                   .series_count = 1,
                   .markers = true};
    assert_int_equal(chart_save(stem("one"), &chart, 1), STATUS_OK);
    assert_int_equal(chart_save(stem("two"), &chart, 1), STATUS_OK);
    y[0] = 4;
    assert_int_equal(chart_save(stem("other"), &chart, 1), STATUS_OK);
    size_t bytes[3];
    char *pictures[3] = {read_bytes("one.png", &bytes[0]), read_bytes("two.png", &bytes[1]),
                         read_bytes("other.png", &bytes[2])};
    assert_int_equal(bytes[0], bytes[1]);
    assert_memory_equal(pictures[0], pictures[1], bytes[0]);
    assert_true(bytes[0] != bytes[2] || memcmp(pictures[0], pictures[2], bytes[0]) != 0);
    for (int i = 0; i < 3; ++i)
        free(pictures[i]);
}

static void charts_without_points_are_still_drawn(void **state)
{
    (void)state;
    Chart empty = {.title = "t", .x_label = "x", .y_label = "y"};
    assert_int_equal(chart_save(stem("empty"), &empty, 1), STATUS_OK);
    const double x[] = {1}, y[] = {(double)NAN};
    ChartSeries series = {.label = "none", .x = x, .y = y, .count = 1};
    empty.series = &series;
    empty.series_count = 1;
    assert_int_equal(chart_save(stem("undefined"), &empty, 1), STATUS_OK);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    Chart empty = {.title = "t", .x_label = "x", .y_label = "y"};
    assert_int_not_equal(chart_save("/nonexistent/figure", &empty, 1), STATUS_OK);
    assert_non_null(strstr(status_message(), "/nonexistent/figure"));
}

static void a_matrix_is_saved_with_an_empty_row(void **state)
{
    (void)state;
    const char *const names[] = {"normal", "GC"};
    const uint64_t counts[] = {0, 0, 2, 31};
    MatrixFigure figure = {.title = "r50x1", .names = names, .counts = counts, .classes = 2};
    assert_int_equal(matrix_figure_save(stem("matrix"), &figure), STATUS_OK);
    char *svg = read_figure("matrix.svg");
    assert_non_null(strstr(svg, "</svg>"));
    free(svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tick_steps_are_1_2_or_5_times_a_power_of_ten),
        cmocka_unit_test(a_chart_is_saved_as_png_and_svg),
        cmocka_unit_test(curves_of_other_data_give_another_figure_and_the_same_data_the_same),
        cmocka_unit_test(charts_without_points_are_still_drawn),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
        cmocka_unit_test(a_matrix_is_saved_with_an_empty_row),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
