/* See plan_view.h. */
#include "grid/run/plan_view.h"

#include <math.h>

#include "grid/run/progress.h"

/* Of each rank that trains the cell, the data left out; 0: nothing, or it is not known. */
static double rank_bytes(const Plan *plan, size_t cell)
{
    MemoryNeed need;
    return plan_memory(plan, cell, &need) ? MEMORY_PROGRAM_BYTES + need.total : 0;
}

static void print_cells(const Plan *plan, FILE *stream)
{
    fprintf(stream, "%-12s  %-32s %-8s %10s %6s %9s %12s %12s\n", "cell", "name", "state",
            "rank hours", "ranks", "GB a rank", "starts after", "done after");
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
            fprintf(stream, " %10.3f %6zu %9.2f %12s %12s", plan->cells[i].work / 3600,
                    outcome->ranks, 1e-9 * rank_bytes(plan, i), isnan(outcome->start) ? "-" : start,
                    outcome->done ? end : "-");
        }
        fputc('\n', stream);
    }
}

/* The cell that takes most, and what for. */
static void print_largest(const Plan *plan, FILE *stream)
{
    size_t largest = 0;
    MemoryNeed need;
    for (size_t i = 1; i < plan->job.cells.count; ++i)
        if (rank_bytes(plan, i) > rank_bytes(plan, largest))
            largest = i;
    if (!plan_memory(plan, largest, &need))
        return;
    fprintf(stream,
            "a rank of %zu thread%s takes up to %.2f GB of memory: the program %.2f, and for "
            "%s parameters %.2f, packed weights %.2f, gradients %.2f, messages %.2f, optimiser "
            "%.2f, activations %.2f, batches %.2f, validation or test %.2f, code %.2f\n",
            plan->nodes.threads, plan->nodes.threads == 1 ? "" : "s",
            1e-9 * rank_bytes(plan, largest), 1e-9 * MEMORY_PROGRAM_BYTES,
            plan->job.cells.cells[largest].name, 1e-9 * need.parameters, 1e-9 * need.packed,
            1e-9 * need.gradients, 1e-9 * need.messages, 1e-9 * need.optimiser,
            1e-9 * need.activations, 1e-9 * need.batches, 1e-9 * need.evaluation, 1e-9 * need.code);
}

static void print_memory(const Plan *plan, FILE *stream)
{
    const double bytes = plan_node_bytes(plan);
    const bool stated = plan->settings->memory.bytes > 0;
    print_largest(plan, stream);
    if (!plan->left)
        return;
    fprintf(stream, "%s takes up to %.2f GB at once, the data among them, %.2f",
            plan->nodes.count > 1 ? "a node" : "the node", 1e-9 * bytes, 1e-9 * plan->data_bytes);
    if (isfinite(plan->limit.bytes))
        fprintf(stream, "; %s %.2f GB (%s)%s", stated ? "it has" : "this one has",
                1e-9 * plan->limit.bytes, plan->limit.source,
                !stated && bytes > plan->limit.bytes
                    ? ": here fewer cells run at a time, or none (see --memory)"
                    : "");
    fputc('\n', stream);
}

static void print_too_large(const Plan *plan, FILE *stream)
{
    for (size_t i = 0; i < plan->job.cells.count; ++i) {
        char text[CELL_MEMORY_TEXT_BYTES];
        if (!plan->too_large[i])
            continue;
        cell_memory_refusal(&plan->job, &plan->nodes, &plan->cells[i], text);
        fprintf(stream, "%s  %s would fail: %s\n", plan->job.cells.cells[i].id,
                plan->job.cells.cells[i].name, text);
    }
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
    print_memory(plan, stream);
    print_too_large(plan, stream);
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
