/* Structure loss against PyTorch, against its own differences, and on masks worked out by hand. */
#include "../golden.h"

#include <omp.h>

#include "base/memory.h"
#include "base/random.h"
#include "loss/structure.h"

static const char GOLDEN[] = "golden/losses.txt";

static StructureLoss *loss_of(size_t size, size_t low)
{
    StructureLoss *loss;
    assert_int_equal(structure_loss_new(size, low, &loss), STATUS_OK);
    return loss;
}

static void losses_and_gradients_are_those_of_pytorch(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t size, low;
    } cases[] = {{"a", 64, 8}, {"b", 44, 6}, {"empty", 40, 5}, {"full", 48, 6}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        size_t size = cases[i].size, low = cases[i].low;
        char name[64];
        snprintf(name, sizeof name, "structure_low_%s", cases[i].name);
        float *logits = golden_floats(GOLDEN, name, low * low);
        snprintf(name, sizeof name, "structure_mask_%s", cases[i].name);
        float *pixels = golden_floats(GOLDEN, name, size * size);
        snprintf(name, sizeof name, "structure_gradient_%s", cases[i].name);
        float *expected_gradient = golden_floats(GOLDEN, name, low * low);
        snprintf(name, sizeof name, "structure_loss_%s", cases[i].name);
        double expected = golden_number(GOLDEN, name), value;
        uint8_t mask[64 * 64];
        for (size_t j = 0; j < size * size; ++j)
            mask[j] = (uint8_t)pixels[j];
        StructureLoss *loss = loss_of(size, low);
        float gradient[64];
        structure_loss(loss, logits, mask, 0.5, &value, gradient);
        assert_near(value, expected, 1e-6);
        for (size_t j = 0; j < low * low; ++j)
            assert_near(gradient[j], 0.5 * (double)expected_gradient[j],
                        1e-5 * fabs((double)expected_gradient[j]) + 1e-9);
        structure_loss_free(loss);
        free(logits);
        free(pixels);
        free(expected_gradient);
    }
}

static void a_lone_pixel_weighs_as_worked_out_by_hand(void **state)
{
    (void)state;
    /* One logit 0, so p = 1/2 everywhere. One pixel set in the middle of 9 x 9: every window holds
     * it, so its weight is 1 + 5 (960/961) and all others weigh 1 + 5/961. */
    StructureLoss *loss = loss_of(9, 1);
    uint8_t mask[81] = {0};
    mask[40] = 1;
    const float logit = 0;
    double value, own = 1 + 5 * 960. / 961, other = 1 + 5 / 961.;
    structure_loss(loss, &logit, mask, 1, &value, NULL);
    double common = own / 2, both = own * 1.5 + 80 * other / 2;
    assert_near(value, log(2) + 1 - (common + 1) / (both - common + 1), 1e-6);
    structure_loss_free(loss);
}

static void a_perfect_answer_costs_nothing_and_the_opposite_much(void **state)
{
    (void)state;
    /* Same size in and out: no interpolation between the two halves. */
    StructureLoss *loss = loss_of(40, 40);
    static uint8_t mask[1600];
    static float logits[1600];
    for (size_t i = 0; i < 1600; ++i) {
        mask[i] = i % 40 < 20;
        logits[i] = mask[i] ? 500 : -500;
    }
    double value;
    static float gradient[1600];
    structure_loss(loss, logits, mask, 1, &value, gradient);
    assert_near(value, 0, 1e-12);
    for (size_t i = 0; i < 1600; ++i) {
        assert_near(gradient[i], 0, 1e-12);
        logits[i] = -logits[i];
    }
    structure_loss(loss, logits, mask, 1, &value, gradient);
    assert_near(value, 501, 0.01); /* every pixel 500, nothing in common */
    logits[3] = NAN;
    structure_loss(loss, logits, mask, 1, &value, gradient);
    assert_true(isnan(value));
    structure_loss_free(loss);
}

static void the_gradient_is_the_slope_of_the_loss(void **state)
{
    (void)state;
    StructureLoss *loss = loss_of(50, 7);
    RandomStream stream;
    random_init(&stream, 1, "structure", 0, 0);
    uint8_t mask[2500];
    for (size_t i = 0; i < 2500; ++i)
        mask[i] = i / 50 > 20 && i % 50 < 30 && random_uniform(&stream) < 0.9f;
    float logits[49], gradient[49], other[49];
    for (size_t i = 0; i < 49; ++i)
        logits[i] = 2 * random_normal(&stream);
    double value, low, high;
    structure_loss(loss, logits, mask, 10, &value, gradient);
    for (size_t i = 0; i < 49; ++i) {
        memcpy(other, logits, sizeof other);
        other[i] = logits[i] + 0x1p-8f;
        double step = (double)other[i];
        structure_loss(loss, other, mask, 1, &high, NULL);
        other[i] = logits[i] - 0x1p-8f;
        step -= (double)other[i];
        structure_loss(loss, other, mask, 1, &low, NULL);
        assert_near(gradient[i], 10 * (high - low) / step, 1e-5);
    }
    structure_loss_free(loss);
}

static void the_number_of_threads_changes_no_bit(void **state)
{
    (void)state;
    StructureLoss *loss = loss_of(300, 38);
    static uint8_t mask[300 * 300];
    float logits[38 * 38], one[38 * 38], many[38 * 38];
    RandomStream stream;
    random_init(&stream, 2, "structure", 0, 0);
    for (size_t i = 0; i < 300 * 300; ++i)
        mask[i] = (i / 300 - 100) * (i / 300 - 100) + (i % 300) * 50 < 4000;
    for (size_t i = 0; i < 38 * 38; ++i)
        logits[i] = random_normal(&stream);
    double value_one, value_many;
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    structure_loss(loss, logits, mask, 1, &value_one, one);
    omp_set_num_threads(3);
    structure_loss(loss, logits, mask, 1, &value_many, many);
    omp_set_num_threads(threads);
    assert_memory_equal(&value_one, &value_many, sizeof value_one);
    assert_memory_equal(one, many, sizeof one);
    structure_loss_free(loss);
}

static void sizes_that_make_no_sense_and_full_memory_are_refused(void **state)
{
    (void)state;
    StructureLoss *loss;
    assert_int_equal(structure_loss_new(10, 0, &loss), STATUS_ARGUMENT);
    assert_int_equal(structure_loss_new(10, 11, &loss), STATUS_ARGUMENT);
    Status status = STATUS_NO_MEMORY;
    for (long successes = 0; status != STATUS_OK; ++successes) {
        memory_fail_after(successes);
        status = structure_loss_new(40, 5, &loss);
        assert_true(status == STATUS_NO_MEMORY ? !loss : successes == 8);
    }
    memory_fail_after(-1);
    structure_loss_free(loss);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_and_gradients_are_those_of_pytorch),
        cmocka_unit_test(a_lone_pixel_weighs_as_worked_out_by_hand),
        cmocka_unit_test(a_perfect_answer_costs_nothing_and_the_opposite_much),
        cmocka_unit_test(the_gradient_is_the_slope_of_the_loss),
        cmocka_unit_test(the_number_of_threads_changes_no_bit),
        cmocka_unit_test(sizes_that_make_no_sense_and_full_memory_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
