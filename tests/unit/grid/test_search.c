/* Successive halving: who is compared with whom, when, and who goes on. */
#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "grid/experiment/search.h"

enum { MOST = 64 };

/* The cells of an experiment with these axes, on imagined data, and their search. */
typedef struct {
    ExperimentFile experiment;
    GridCells cells;
    Search search;
} Grid;

static Status make(Grid *grid, const char *axes)
{
    FILE *file = fopen("test_search.yaml", "w");
    assert_non_null(file);
    fprintf(file, "name: x\nsearch: halving\n%s", axes);
    fclose(file);
    *grid = (Grid){0};
    assert_int_equal(experiment_file_read("test_search.yaml", &grid->experiment), STATUS_OK);
    remove("test_search.yaml");
    assert_int_equal(grid_cells_init(&grid->experiment, "x", &grid->cells), STATUS_OK);
    return search_init(&grid->experiment, "x", &grid->cells, &grid->search);
}

static void clear(Grid *grid)
{
    search_clear(&grid->search);
    grid_cells_clear(&grid->cells);
    experiment_file_clear(&grid->experiment);
}

/* Verdicts as letters: K kept, D dropped, - untouched; "" if nothing is due. */
static void decide(const Grid *grid, size_t group, const SearchCell *cells, char *letters)
{
    SearchVerdict verdicts[MOST];
    size_t epoch;
    bool due;
    assert_int_equal(search_decide(&grid->search, group, grid->cells.cells[0].settings.epochs,
                                   cells, verdicts, &epoch, &due),
                     STATUS_OK);
    for (size_t i = 0; i < grid->cells.count && due; ++i)
        letters[i] = "-KD"[verdicts[i]];
    letters[due ? grid->cells.count : 0] = '\0';
}

static bool same(const CellSettings *a, const CellSettings *b, const char *name)
{
    char texts[2][SETTING_TEXT_BYTES];
    setting_write(a, setting_find_name(name), texts[0]);
    setting_write(b, setting_find_name(name), texts[1]);
    return strcmp(texts[0], texts[1]) == 0;
}

static void cells_that_differ_in_alpha_gamma_and_seed_are_a_group(void **state)
{
    (void)state;
    Grid grid;
    assert_int_equal(make(&grid, "tuning: [local, global]\n"
                                 "loss: {alpha: [0.25, 0.5], gamma: [1, 2, 3]}\n"
                                 "training: {seed: [1, 2], epochs: [40, 80]}\n"),
                     STATUS_OK);
    assert_int_equal(grid.cells.count, 48);
    assert_int_equal(grid.search.candidates, 6);
    for (size_t i = 0; i < grid.cells.count; ++i)
        for (size_t k = 0; k < grid.cells.count; ++k) {
            const CellSettings *a = &grid.cells.cells[i].settings,
                               *b = &grid.cells.cells[k].settings;
            assert_int_equal(grid.search.groups[i] == grid.search.groups[k],
                             a->tuning == b->tuning && a->epochs == b->epochs);
            if (grid.search.groups[i] == grid.search.groups[k])
                assert_int_equal(grid.search.candidate[i] == grid.search.candidate[k],
                                 same(a, b, "alpha") && same(a, b, "gamma"));
        }
    clear(&grid);
}

static void six_candidates_meet_after_an_eighth_a_quarter_and_half_of_the_epochs(void **state)
{
    (void)state;
    Grid grid;
    assert_int_equal(make(&grid, "loss: {alpha: [0.25, 0.5], gamma: [1, 2, 3]}\n"), STATUS_OK);
    assert_int_equal(search_next_epoch(&grid.search, 40, 0), 5);
    assert_int_equal(search_next_epoch(&grid.search, 40, 5), 10);
    assert_int_equal(search_next_epoch(&grid.search, 40, 10), 20);
    assert_int_equal(search_next_epoch(&grid.search, 40, 20), 0);
    /* Few epochs: a rung each. */
    assert_int_equal(search_next_epoch(&grid.search, 4, 0), 1);
    assert_int_equal(search_next_epoch(&grid.search, 4, 1), 2);
    assert_int_equal(search_next_epoch(&grid.search, 4, 2), 3);
    /* 6, 3, 2, 1 candidates: what that costs if the first ones win. */
    const size_t expected[] = {40, 20, 10, 5, 5, 5};
    for (size_t i = 0; i < grid.cells.count; ++i)
        assert_int_equal(search_expected_epochs(&grid.search, i, 40),
                         expected[grid.search.candidate[i]]);
    clear(&grid);
}

static void the_better_half_goes_on_once_all_are_there(void **state)
{
    (void)state;
    Grid grid;
    char letters[MOST];
    assert_int_equal(make(&grid, "loss: {alpha: [0.1, 0.2, 0.3, 0.4, 0.5]}\n"), STATUS_OK);
    SearchCell cells[5] = {{.epoch = 5, .score = 0.7},
                           {.epoch = 5, .score = 0.9},
                           {.epoch = 4, .score = 0.99},
                           {.epoch = 5, .score = (double)NAN},
                           {.epoch = 5, .score = 0.7}};
    decide(&grid, 0, cells, letters);
    assert_string_equal(letters, ""); /* the third has not arrived */
    cells[2] = (SearchCell){.epoch = 5, .score = 0.6};
    decide(&grid, 0, cells, letters);
    assert_string_equal(letters, "KKDDK"); /* three of five; equals in the file's order */
    for (size_t i = 0; i < 5; ++i) {
        cells[i].out = letters[i] == 'D';
        cells[i].kept_epoch = letters[i] == 'K' ? 5 : 0;
    }
    decide(&grid, 0, cells, letters);
    assert_string_equal(letters, "");
    cells[0].epoch = cells[1].epoch = cells[4].epoch = 10;
    cells[4].score = 0.95;
    decide(&grid, 0, cells, letters);
    assert_string_equal(letters, "DK--K");
    clear(&grid);
}

static void seeds_count_together_and_failed_candidates_are_not_kept(void **state)
{
    (void)state;
    Grid grid;
    char letters[MOST];
    /* Cells: alpha 0.1 with seeds 1 and 2, alpha 0.2 with both, alpha 0.3 with both. */
    assert_int_equal(make(&grid, "loss: {alpha: [0.1, 0.2, 0.3]}\ntraining: {seed: [1, 2]}\n"),
                     STATUS_OK);
    SearchCell cells[6] = {{.epoch = 10, .score = 0.9}, {.epoch = 10, .score = 0.1},
                           {.epoch = 10, .score = 0.6}, {.epoch = 10, .score = 0.6},
                           {.epoch = 10, .score = 1.0}, {.out = true, .epoch = 3}};
    decide(&grid, 0, cells, letters);
    assert_string_equal(letters, "KKKKD-"); /* two of three; the failed one stays failed */
    cells[5] = (SearchCell){.epoch = 10, .score = 0.4};
    decide(&grid, 0, cells, letters);
    assert_string_equal(letters, "DDKKKK"); /* means 0.5, 0.6, 0.7 */
    for (size_t i = 0; i < 6; ++i)
        cells[i].out = true;
    decide(&grid, 0, cells, letters);
    assert_string_equal(letters, ""); /* nobody is left */
    clear(&grid);
}

static void what_cannot_be_searched_is_refused(void **state)
{
    (void)state;
    Grid grid;
    assert_int_equal(make(&grid, "loss: {alpha: 0.25}\n"), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "expected a list of either"));
    clear(&grid);
    assert_int_equal(make(&grid, "loss: {alpha: [0.1, 0.2, 0.3]}\ntraining: {epochs: 2}\n"),
                     STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "needs more than 2 epochs"));
    clear(&grid);
    assert_int_equal(make(&grid, "tuning: [local, global]\nloss: {alpha: [0.1, 0.2]}\n"),
                     STATUS_OK);
    const bool whole[] = {true, true, false, false}, part[] = {true, false, true, false};
    assert_int_equal(search_check_selection(&grid.search, whole), STATUS_OK);
    assert_int_equal(search_check_selection(&grid.search, part), STATUS_ARGUMENT);
    clear(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_that_differ_in_alpha_gamma_and_seed_are_a_group),
        cmocka_unit_test(six_candidates_meet_after_an_eighth_a_quarter_and_half_of_the_epochs),
        cmocka_unit_test(the_better_half_goes_on_once_all_are_there),
        cmocka_unit_test(seeds_count_together_and_failed_candidates_are_not_kept),
        cmocka_unit_test(what_cannot_be_searched_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
