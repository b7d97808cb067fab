/* Self-supervision: head and loss against PyTorch (golden/embedding.h5), and that a collapse is
 * told. */
#include "../nn/golden_graph.h"

#include "model/embedding_head.h"
#include "task/task.h"

enum { IMAGES = 4, VIEWS = 2, WIDTH = 12 };

static const Task *self_supervision(void)
{
    return task_of(&(ModelSettings){.self_supervised = true});
}

static void draw_head(Pen *pen)
{
    NodeId features = pen_variable(pen, "features", (Shape){VIEWS * IMAGES, 1, 1, WIDTH});
    NodeId outputs[EMBEDDING_OUTPUTS];
    embedding_head(pen->net, features, outputs);
    for (size_t k = 0; k < EMBEDDING_OUTPUTS; ++k)
        pen_output(pen, outputs[k]);
}

/* The task's own steps on the drawing's net. */
static double apply_task(const Bench *bench)
{
    const Task *task = self_supervision();
    const NetworkNodes nodes = {.outputs = {bench->pen.outputs[EMBEDDING_PROJECTION],
                                            bench->pen.outputs[EMBEDDING_PREDICTION]}};
    const ObjectivePlan plan = {.net = bench->net, .nodes = &nodes, .images = IMAGES};
    const Batch batch = {.count = VIEWS * IMAGES};
    unsigned long long counts[TASK_COUNTS_MOST] = {0};
    double sums[TASK_LOSSES_MOST] = {0};
    Objective *objective;
    assert_int_equal(task->objective.make(&plan, &objective), STATUS_OK);
    assert_int_equal(task->objective.match(objective, &batch, counts), STATUS_OK);
    assert_int_equal(counts[0], IMAGES);
    task->objective.apply(objective, bench->net, &nodes, &batch, 0, IMAGES, counts, sums);
    task->objective.free(objective);
    assert_in_range((size_t)(1e3 * sums[1] / IMAGES), 100, 1000); /* the deviation */
    return task->objective.total(&(TaskSettings){0}, sums, counts);
}

/* As deep in the graph as features: through both halves of the head, and through the predictor
 * alone where the projection is the other view's constant. */
static void loss_and_gradients_are_those_of_pytorch(void **state)
{
    (void)state;
    const char *const path = "golden/embedding.h5";
    const Engine *engines[2] = {engine_blas(), engine_onednn()};
    Hdf5Reader *reader;
    GoldenCase golden;
    double expected;
    assert_int_equal(hdf5_reader_new(path, &reader), STATUS_OK);
    assert_int_equal(hdf5_read_f64(reader, "simsiam/loss", 1, &expected), STATUS_OK);
    hdf5_reader_free(reader);
    golden_case_init(&golden, path, "simsiam");
    for (size_t i = 0; i < 2; ++i) {
        Bench bench;
        if (!engines[i])
            continue;
        bench_init(&bench, draw_head, engines[i], true, NULL);
        golden_fill_bench(&golden, &bench);
        bench_forward(&bench);
        golden_check_outputs(&golden, &bench, 1e-5);
        assert_near(apply_task(&bench), expected, 1e-6);
        parameters_zero_gradients(&bench.parameters);
        assert_int_equal(net_backward(bench.net, NULL), STATUS_OK);
        golden_check_gradients(&golden, &bench.parameters, 1e-4);
        bench_clear(&bench);
    }
    golden_case_clear(&golden);
}

static void one_vector_for_all_views_is_told(void **state)
{
    (void)state;
    const Task *task = self_supervision();
    assert_int_equal(task->check_epoch((const double[]){-0.9, 0.5}), STATUS_OK);
    assert_int_equal(task->check_epoch((const double[]){-1, 0.02}), STATUS_DIVERGED);
    assert_non_null(strstr(status_message(), "collapsed: their deviation is 0.020"));
    assert_int_equal(task->check_epoch((const double[]){-1, (double)NAN}), STATUS_DIVERGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_and_gradients_are_those_of_pytorch),
        cmocka_unit_test(one_vector_for_all_views_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
