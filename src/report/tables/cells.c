/* Every planned cell; see results_table.h. */
#include <math.h>

#include "report/collapse.h"
#include "report/labels.h"
#include "report/tables/results_table.h"

/* What the report calls a cell's standing. */
static const char *const states[CELL_STANDINGS] = {
    [CELL_NEW] = "missing",   [CELL_PARTIAL] = "started", [CELL_DONE] = "done",
    [CELL_FAILED] = "failed", [CELL_DROPPED] = "dropped",
};

static void init_table(const Experiment *experiment, Table *table)
{
    static const char *const names[] = {"others", "seed", "state", "validation", "cause", "signs"};
    ResultsColumns columns = {0};
    results_columns_add(&columns, "cell");
    results_columns_add_run(&columns, experiment, true);
    results_columns_add_loss(&columns, experiment, true);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        results_columns_add(&columns, names[i]);
    table_init(table, columns.count, columns.names);
}

Status results_cells(const Experiment *experiment, ResultsTable *table)
{
    const Axes *axes = &experiment->axes;
    Table *numbers = &table->numbers;
    init_table(experiment, &table->text);
    init_table(experiment, numbers);
    for (size_t i = 0; i < experiment->records.count; ++i) {
        const CellRecord *cell = &experiment->records.cells[i];
        char others[LABEL_OTHERS_BYTES], signs[COLLAPSE_TEXT_BYTES];
        label_others(experiment, cell, others);
        table_add(numbers, cell->id);
        for (size_t k = 0; k < axes->naming_count; ++k)
            table_add(numbers, axes_value(cell, axes->naming[k]));
        results_add_loss(numbers, experiment, cell);
        table_add(numbers, others);
        table_add_number(numbers, label_number(cell, "seed"), 0);
        table_add(numbers, states[cell->standing]);
        table_add_exact(numbers, experiment->validation[i]);
        table_add(numbers, cell->standing == CELL_FAILED ? cell->cause : "");
        collapse_describe(experiment->collapse[i], signs);
        table_add(numbers, signs);
    }
    return results_table_check(table);
}
