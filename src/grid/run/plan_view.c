/* See plan_view.h. */
#include "grid/run/plan_view.h"

#include <math.h>

#include "grid/run/progress.h"

static void print_cells(const Plan *plan, FILE *stream)
{
    fprintf(stream, "%-12s  %-32s %-8s %10s %6s %12s %12s\n", "cell", "name", "state", "rank hours",
            "ranks", "starts after", "done after");
    for (size_t i = 0; i < plan->job.cells.count; ++i) {
        const GridCell *cell = &plan->job.cells.cells[i];
        const SimulatedCell *outcome = &plan->outcomes[i];
        char start[DURATION_BYTES] = "", end[DURATION_BYTES] = "";
        if (!plan->selected[i])
            continue;
        fprintf(stream, "%-12s  %-32s %-8s", cell->id, cell->name, plan_state(plan, i));
        if (plan->cells[i].work > 0) {
            duration_text(outcome->start, start);
            duration_text(outcome->end, end);
            fprintf(stream, " %10.3f %6zu %12s %12s", plan->cells[i].work / 3600, outcome->ranks,
                    isnan(outcome->start) ? "-" : start, outcome->done ? end : "-");
        }
        fputc('\n', stream);
    }
}

static double most_memory(const Plan *plan)
{
    double most = 0;
    for (size_t i = 0; i < plan->job.cells.count; ++i)
        most = fmax(most, plan->memory_bytes[i]);
    return most;
}

static size_t count_pretrainings(const Plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->job.cells.count; ++i)
        count += plan->job.cells.cells[i].pretrains;
    return count;
}

static void print_tests(const Plan *plan, FILE *stream)
{
    for (size_t i = 0; i < plan->job.tests.count; ++i) {
        const TestSet *set = &plan->job.tests.sets[i];
        const size_t cells = plan_tests(plan, i);
        fprintf(stream, "%zu cell%s to be tested on %s: %zu images, %s\n", cells,
                cells == 1 ? " is" : "s are", set->name, set->datasets[0]->count, set->manifest);
    }
}

static void print_sum(const Plan *plan, FILE *stream)
{
    const size_t ranks = plan->simulation.scheduling.ranks;
    char span[DURATION_BYTES], limit[DURATION_BYTES];
    duration_text(plan->end.makespan, span);
    duration_text(plan->simulation.end, limit);
    fprintf(stream, "\n%zu of %zu cells are left: %.2f rank hours, done after %s on %zu rank%s\n",
            plan->left, plan->job.cells.count, plan->work / 3600, span, ranks,
            ranks == 1 ? "" : "s");
    if (plan->job.source_count)
        fprintf(stream, "%zu of the cells are pretrainings: a network's cells wait for its own\n",
                count_pretrainings(plan));
    print_tests(plan, stream);
    if (isfinite(plan->simulation.end))
        fprintf(stream, "%zu of %zu cells fit %s\n", plan->end.done, plan->left, limit);
    if (most_memory(plan) > 0)
        fprintf(stream, "a rank of one thread needs up to %.2f GB of memory\n",
                1e-9 * most_memory(plan));
    if (plan->search.candidates)
        fputs("the search is taken to keep the first cells of each group: which ones it keeps is "
              "known only as they train\n",
              stream);
    fputs(cost_model_calibrated(&plan->cost)
              ? "times are from steps measured in this folder\n"
              : "times are from a guess of the processor's speed: nothing has been measured yet\n",
          stream);
}

void plan_print(const Plan *plan, FILE *stream)
{
    print_cells(plan, stream);
    print_sum(plan, stream);
    for (size_t i = 0; i < plan->job.warning_count; ++i)
        fprintf(stream, "warning: %s\n", plan->job.warnings[i]);
}
