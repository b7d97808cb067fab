/* The classification task: what its settings make of the loss. */
#include "../golden.h"

#include "loss/cross_entropy.h"
#include "task/task.h"

enum { IMAGES = 4, CLASSES = 4, LESION_CLASSES = 3 };

/* Normal, the second class twice, the third. No image has the first one. */
static const int32_t labels[IMAGES] = {0, 2, 2, 3};
static const int32_t others[IMAGES] = {3, 0, 2, 0}; /* labels that may be mixed in */
static const float logits[2][IMAGES * CLASSES] = {
    {1, 2, 3, 4, 0.5F, -1, 2, 0, 3, 1, -2, 0, 0, 0, 1, 1},
    {0, 1, 0, 2, 1, 1, 3, -1, 0, 2, 2, 2, -1, 0, 1, 3}};

/* A net whose outputs hold what the test puts there. */
typedef struct {
    ParameterList parameters;
    Net *net;
    NetworkNodes nodes;
    Objective *objective;
    double sums[2];
} Bench;

static const Task *classification(void)
{
    for (size_t t = 0; t < task_count(); ++t)
        if (strcmp(task_at(t)->name, "classification") == 0)
            return task_at(t);
    fail();
    return NULL;
}

static TaskSettings settings_of(const char *weights, const char *smoothing)
{
    const Task *task = classification();
    TaskSettings settings = {0};
    setting_rows_default(task->row_count, task->rows, settings.own);
    for (size_t i = 0; i < task->row_count; ++i) {
        const char *key = task->rows[i].key;
        if (strcmp(key, "class_weights") == 0)
            assert_int_equal(setting_row_read(&task->rows[i], settings.own, weights), STATUS_OK);
        if (strcmp(key, "label_smoothing") == 0)
            assert_int_equal(setting_row_read(&task->rows[i], settings.own, smoothing), STATUS_OK);
    }
    return settings;
}

static void bench_init(Bench *bench, const TaskSettings *settings, bool auxiliary)
{
    const Engine *engine;
    *bench = (Bench){0};
    parameters_init(&bench->parameters);
    assert_int_equal(engine_find("auto", &engine), STATUS_OK);
    assert_int_equal(net_new(&bench->parameters, engine, true, &bench->net), STATUS_OK);
    const LinearSettings linear = {.outputs = CLASSES};
    NodeId image = net_input(bench->net, (Shape){IMAGES, 1, 1, 2});
    bench->nodes = (NetworkNodes){
        image,
        {net_output(bench->net, net_linear(bench->net, image, "main", &linear)),
         auxiliary ? net_output(bench->net, net_linear(bench->net, image, "auxiliary", &linear))
                   : NETWORK_NO_OUTPUT}};
    assert_int_equal(net_plan(bench->net), STATUS_OK);
    for (size_t k = 0; k < (auxiliary ? 2 : 1); ++k)
        memcpy(net_value(bench->net, bench->nodes.outputs[k]), logits[k], sizeof logits[k]);
    /* Twelve images to learn from: six normal, four and two of the classes that there are. */
    size_t classes[LESION_CLASSES] = {0, 4, 2};
    const SplitFacts training = {.images = 12, .normal = 6, .lesions = 6, .classes = classes};
    const ModelSettings model = {.classes = LESION_CLASSES};
    assert_int_equal(classification()->objective.make(&(ObjectivePlan){.model = &model,
                                                                       .settings = settings,
                                                                       .net = bench->net,
                                                                       .nodes = &bench->nodes,
                                                                       .training = &training,
                                                                       .images = IMAGES},
                                                      &bench->objective),
                     STATUS_OK);
}

/* The loss of the batch, of whose images `share` is their own. */
static double loss_of(Bench *bench, const TaskSettings *settings, double share)
{
    BatchExample examples[IMAGES] = {0};
    const ObjectiveFunctions *functions = &classification()->objective;
    for (size_t i = 0; i < IMAGES; ++i)
        examples[i] = (BatchExample){.label = labels[i] + LABEL_NORMAL,
                                     .other_label = others[i] + LABEL_NORMAL,
                                     .share = share};
    const Batch batch = {.count = IMAGES, .examples = examples};
    unsigned long long counts[TASK_COUNTS_MOST] = {0};
    assert_int_equal(functions->match(bench->objective, &batch, counts), STATUS_OK);
    assert_int_equal(counts[0], IMAGES);
    functions->apply(bench->objective, bench->net, &bench->nodes, &batch, 0, IMAGES, counts,
                     bench->sums);
    return functions->total(settings, bench->sums, counts);
}

static void bench_clear(Bench *bench)
{
    classification()->objective.free(bench->objective);
    net_free(bench->net);
    parameters_clear(&bench->parameters);
}

static void balanced_weights_are_inverse_to_the_images_of_a_class_also_in_a_mixture(void **state)
{
    (void)state;
    const double weights[CLASSES] = {12. / (3 * 6), 0, 12. / (3 * 4), 12. / (3 * 2)};
    const double share = 0.6;
    MixedLabel mixed[IMAGES];
    for (size_t i = 0; i < IMAGES; ++i)
        mixed[i] = (MixedLabel){labels[i], others[i], share};
    const TaskSettings settings = settings_of("balanced", "0.2");
    Bench bench;
    double sum;
    float gradient[IMAGES * CLASSES];
    bench_init(&bench, &settings, false);
    double loss = loss_of(&bench, &settings, share);
    smoothed_cross_entropy_loss(IMAGES, CLASSES, logits[0], mixed, weights, 0.2, 1. / IMAGES, &sum,
                                gradient);
    assert_near(loss, sum / IMAGES, 1e-12);
    for (size_t i = 0; i < IMAGES * CLASSES; ++i)
        assert_near(net_gradient(bench.net, bench.nodes.outputs[0])[i], gradient[i], 1e-8);
    bench_clear(&bench);
}

static void the_auxiliary_head_counts_two_fifths(void **state)
{
    (void)state;
    const TaskSettings settings = settings_of("none", "0");
    Bench bench;
    double sums[2];
    float gradients[2][IMAGES * CLASSES];
    bench_init(&bench, &settings, true);
    double loss = loss_of(&bench, &settings, 1);
    for (size_t k = 0; k < 2; ++k) {
        cross_entropy_loss(IMAGES, CLASSES, logits[k], labels, (k ? 0.4 : 1) / IMAGES, &sums[k],
                           gradients[k]);
        assert_near(bench.sums[k], sums[k], 1e-12);
        for (size_t i = 0; i < IMAGES * CLASSES; ++i)
            assert_near(net_gradient(bench.net, bench.nodes.outputs[k])[i], gradients[k][i], 1e-8);
    }
    assert_near(loss, (sums[0] + 0.4 * sums[1]) / IMAGES, 1e-12);
    bench_clear(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balanced_weights_are_inverse_to_the_images_of_a_class_also_in_a_mixture),
        cmocka_unit_test(the_auxiliary_head_counts_two_fifths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
