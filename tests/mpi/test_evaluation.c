/* What a network says of a split, gathered from any number of ranks and threads. */
#include "mpi_unit.h"

#include <omp.h>
#include <string.h>

#include "../helpers/cell_settings.h"
#include "../unit/data/example_data.h"
#include "train/evaluation.h"

enum { SIZE = 64, IMAGES = 5, BATCH = 2 };

typedef struct {
    Dataset *dataset;
    ParameterList parameters;
    Network network;
} Case;

static void case_init(Case *c)
{
    NetworkPlan plan = {
        .model = cell_settings("base=4 size=64").model, .batch = BATCH, .one_thread = true};
    c->dataset = example_data(IMAGES, 0, SIZE);
    plan.model.classes = c->dataset->class_count;
    parameters_init(&c->parameters);
    assert_int_equal(network_init(&c->network, &plan, &c->parameters), STATUS_OK);
    parameters_randomise(&c->parameters, 1);
}

static void case_clear(Case *c)
{
    network_clear(&c->network);
    parameters_clear(&c->parameters);
    dataset_free(c->dataset);
}

static Status ask(Case *c, MPI_Comm group, Evaluation *evaluation)
{
    static const size_t indices[IMAGES] = {0, 1, 2, 3, 4};
    return evaluation_init(evaluation, &c->network, c->dataset, IMAGES, indices,
                           (size_t)omp_get_max_threads(), group);
}

static void a_group_says_what_one_rank_of_two_threads_says(void **state)
{
    (void)state;
    Case c;
    Evaluation alone, group;
    case_init(&c);
    omp_set_num_threads(2);
    assert_int_equal(ask(&c, MPI_COMM_SELF, &alone), STATUS_OK);
    omp_set_num_threads(1);
    assert_int_equal(ask(&c, MPI_COMM_WORLD, &group), STATUS_OK);
    assert_memory_equal(alone.scores, group.scores, IMAGES * alone.classes * sizeof *alone.scores);
    assert_memory_equal(alone.mask_share, group.mask_share, IMAGES * sizeof *alone.mask_share);
    assert_int_equal(alone.found_count, group.found_count);
    for (size_t i = 0; i < alone.found_count; ++i) {
        assert_int_equal(alone.found[i].image, group.found[i].image);
        assert_true(alone.found[i].score == group.found[i].score);
    }
    evaluation_clear(&alone);
    evaluation_clear(&group);
    case_clear(&c);
}

/* Scores and boxes are found by comparisons, in which what is no number would vanish. */
static void outputs_that_are_no_numbers_are_an_error_on_every_rank(void **state)
{
    (void)state;
    static const char *const spoilt[] = {"loc.0.weight", "cls.0.weight", "seg.mask.weight"};
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; ++i) {
        Case c;
        Evaluation evaluation;
        case_init(&c);
        Parameter *parameter = parameters_find(&c.parameters, spoilt[i]);
        assert_non_null(parameter);
        for (size_t k = 0; k < parameter->count; ++k)
            parameter->value[k] = 3e38F;
        assert_int_equal(ask(&c, MPI_COMM_WORLD, &evaluation), STATUS_DIVERGED);
        case_clear(&c);
    }
}

static Status count_stems(void *context, const char *weight, const ConvolutionShape *shape,
                          Numbers input)
{
    (void)shape;
    (void)input;
    *(size_t *)context += strcmp(weight, "backbone.stem.weight") == 0;
    return STATUS_OK;
}

/* What a calibration measures is of the images, and of no picture that only warms up. */
static void who_observes_the_network_sees_each_batch_once(void **state)
{
    (void)state;
    static const size_t indices[IMAGES] = {0, 1, 2, 3, 4};
    Case c;
    Evaluation evaluation;
    size_t seen = 0;
    case_init(&c);
    net_observe(c.network.net, count_stems, &seen);
    assert_int_equal(
        evaluation_init(&evaluation, &c.network, c.dataset, IMAGES, indices, 1, MPI_COMM_SELF),
        STATUS_OK);
    assert_int_equal(seen, (IMAGES + BATCH - 1) / BATCH);
    evaluation_clear(&evaluation);
    case_clear(&c);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_group_says_what_one_rank_of_two_threads_says),
    cmocka_unit_test(outputs_that_are_no_numbers_are_an_error_on_every_rank),
    cmocka_unit_test(who_observes_the_network_sees_each_batch_once),
};
RUN_MPI_TESTS(tests)
