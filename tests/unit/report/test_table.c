#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "report/page/table_view.h"
#include "report/published.h"
#include "report/table.h"
#include "report/table_latex.h"
#include "store/files.h"

static void fill(Table *table)
{
    const char *const headings[] = {"model", "accuracy_%"};
    table_init(table, 2, headings);
    table_add(table, "a|b & <c>");
    table_add_number(table, 92.786, 2);
    table_add(table, "r_2, \"x\"");
    table_add_number(table, (double)NAN, 2);
}

static char *written(void (*write)(const Table *, FILE *))
{
    Table table;
    fill(&table);
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    write(&table, stream);
    fclose(stream);
    table_clear(&table);
    return text;
}

static void markdown_escapes_bars_and_sets_numbers_right(void **state)
{
    (void)state;
    char *text = written(table_write_markdown);
    assert_string_equal(text,
                        "| model | accuracy\\_% |\n| --- | ---: |\n| a\\|b & \\<c\\> | 92.79 |\n"
                        "| r\\_2, \"x\" |  |\n");
    free(text);
}

static void write_page(const Table *table, FILE *stream)
{
    table_view_write(table, "50 % & more", 1, stream);
}

/* A row without a source, then one that has one; and what a column is of. */
static void the_page_tells_where_numbers_come_from(void **state)
{
    (void)state;
    const char *const headings[] = {"model", "auc"};
    Table table;
    char *text = NULL;
    size_t bytes;
    table_init(&table, 2, headings);
    table_column_source(&table, 1, "/test/metrics, <auc>");
    table_add(&table, "a");
    table_add(&table, "0.5");
    table_row_source(&table, "cells/%s/result.h5", "<b>");
    table_add(&table, "b");
    table_add(&table, "0.75");
    assert_int_equal(table_check(&table), STATUS_OK);
    assert_null(table_source_of_row(&table, 0));
    assert_string_equal(table_source_of_row(&table, 1), "cells/<b>/result.h5");
    FILE *stream = open_memstream(&text, &bytes);
    table_view_write(&table, "areas", 3, stream);
    fclose(stream);
    assert_non_null(strstr(text, "<tr><th scope=\"row\">a</th>"));
    assert_non_null(strstr(text, "<tr title=\"cells/&lt;b&gt;/result.h5\"><th scope=\"row\">b"));
    assert_non_null(strstr(text, "class=\"number\" title=\"/test/metrics, &lt;auc&gt;\">auc</th>"));
    assert_non_null(strstr(text, "<li>b: cells/&lt;b&gt;/result.h5</li>"));
    free(text);
    table_clear(&table);
}

static void html_escapes_its_signs(void **state)
{
    (void)state;
    char *text = written(write_page);
    assert_non_null(strstr(text, "<caption>50 % &amp; more</caption>"));
    assert_non_null(
        strstr(text, "<th scope=\"row\">a|b &amp; &lt;c&gt;</th><td class=\"number\">92.79</td>"));
    assert_non_null(strstr(text, "<th scope=\"col\" class=\"number\">accuracy_%</th>"));
    free(text);
}

static void write_latex(const Table *table, FILE *stream)
{
    table_write_latex(table, "50 % of all", stream);
}

static void latex_escapes_its_signs(void **state)
{
    (void)state;
    char *text = written(write_latex);
    assert_non_null(strstr(text, "\\caption{50 \\% of all}"));
    assert_non_null(strstr(text, "\\begin{tabular}{lr}"));
    assert_non_null(strstr(text, "a\\textbar{}b \\& \\textless{}c\\textgreater{} & 92.79 \\\\\n"));
    free(text);
}

static void latex_parts_what_is_longer_than_a_page(void **state)
{
    (void)state;
    static const char *const columns[] = {"item", "where"};
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    Table table;
    table_init(&table, 2, columns);
    for (int row = 0; row < 120; ++row) {
        table_addf(&table, "[%d]", row);
        table_add(&table,
                  row ? "short" : "a sentence that is a good deal too long for one line of a page");
    }
    assert_int_equal(table_check(&table), STATUS_OK);
    table_write_latex(&table, "Items", stream);
    fclose(stream);
    table_clear(&table);
    assert_non_null(strstr(text, "\\begin{tabular}{lp{26em}}"));
    assert_non_null(strstr(text, "{[}119] & short")); /* no option of the row before */
    size_t parts = 0;
    for (const char *at = text; (at = strstr(at, "\\caption{Items")); ++at)
        ++parts;
    assert_int_equal(parts, 3);
    assert_non_null(strstr(text, "\\addtocounter{table}{-1}\n\\caption{Items (continued)}"));
    free(text);
}

static void csv_quotes_where_needed(void **state)
{
    (void)state;
    char path[] = "/tmp/gisd-table-XXXXXX";
    close(mkstemp(path));
    Table table;
    fill(&table);
    assert_int_equal(table_check(&table), STATUS_OK);
    assert_int_equal(table_save_csv(&table, path), STATUS_OK);
    table_clear(&table);
    char *text = NULL;
    assert_int_equal(files_read(path, &text, NULL), STATUS_OK);
    assert_string_equal(text, "model,accuracy_%\na|b & <c>,92.79\n\"r_2, \"\"x\"\"\",\n");
    free(text);
    unlink(path);
}

/* A number's interval stands in a line of its own; a text is no number because it begins as one. */
static void texts_of_others_stay_texts(void **state)
{
    (void)state;
    const char *const headings[] = {"1<b> (x)", "=HYPERLINK(1)"};
    const char *const cells[] = {"1<script> (x)", "-0.5",    "0.5 (0.4, 0.6)", "@SUM(A1)",
                                 "2 <i> (y)",     "+1 more", "3 (2, 4)",       "-"};
    char path[] = "/tmp/gisd-table-XXXXXX", *text = NULL;
    size_t bytes;
    Table table;
    close(mkstemp(path));
    table_init(&table, 2, headings);
    for (size_t i = 0; i < sizeof cells / sizeof *cells; ++i)
        table_add(&table, cells[i]);
    FILE *stream = open_memstream(&text, &bytes);
    write_page(&table, stream);
    fclose(stream);
    assert_null(strstr(text, "<script>"));
    assert_null(strstr(text, "<b>"));
    assert_null(strstr(text, "<i>"));
    assert_non_null(strstr(text, "0.5<br>(0.4, 0.6)"));
    free(text);
    assert_int_equal(table_save_csv(&table, path), STATUS_OK);
    table_clear(&table);
    assert_int_equal(files_read(path, &text, NULL), STATUS_OK);
    assert_string_equal(text, "1<b> (x),'=HYPERLINK(1)\n1<script> (x),-0.5\n\"0.5 (0.4, 0.6)\",'"
                              "@SUM(A1)\n2 <i> (y),'+1 more\n\"3 (2, 4)\",-\n");
    free(text);
    unlink(path);
}

static void running_out_of_memory_is_reported_at_the_end(void **state)
{
    (void)state;
    Table table;
    memory_fail_after(2);
    fill(&table);
    memory_fail_after(-1);
    assert_int_equal(table_check(&table), STATUS_NO_MEMORY);
    table_clear(&table);
}

static void the_published_tables_are_found_and_read(void **state)
{
    (void)state;
    Published published;
    assert_int_equal(published_read(NULL, &published), STATUS_OK);
    assert_int_equal(published.count, 14);
    const PublishedRun *run = published_run(&published, "r150x3", "global");
    assert_non_null(run);
    assert_true(fabs(run->accuracy - 98.52) < 1e-9 && fabs(run->auc - 0.996) < 1e-9);
    assert_null(published_run(&published, "r18x1", "global"));
    assert_string_equal(published.forms[1].form, "flat");
    assert_true(published.forms[1].overlap[3] == 14);
    published_clear(&published);
    assert_int_equal(published_read("/nonexistent", &published), STATUS_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markdown_escapes_bars_and_sets_numbers_right),
        cmocka_unit_test(html_escapes_its_signs),
        cmocka_unit_test(the_page_tells_where_numbers_come_from),
        cmocka_unit_test(latex_escapes_its_signs),
        cmocka_unit_test(latex_parts_what_is_longer_than_a_page),
        cmocka_unit_test(csv_quotes_where_needed),
        cmocka_unit_test(texts_of_others_stay_texts),
        cmocka_unit_test(running_out_of_memory_is_reported_at_the_end),
        cmocka_unit_test(the_published_tables_are_found_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
