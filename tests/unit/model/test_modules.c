/* The parts of the improved SSD, forwards and backwards, against PyTorch (golden/modules.h5). */
#include "../nn/golden_graph.h"

#include "model/detection_head.h"
#include "model/rfpn.h"
#include "model/seg_branch.h"

static const ResnetSettings settings = {.backbone = {50, 1}, .base = 16};

static void draw_residual_stages(Pen *pen)
{
    NodeId image = pen_input(pen, (Shape){1, 75, 75, 3}), taps[RESNET_TAPS];
    NodeId low = resnet_v2_low(pen->net, image, &settings);
    const NodeId feedback[RESNET_TAPS] = {pen_variable(pen, "f0", (Shape){1, 10, 10, 64}),
                                          pen_variable(pen, "f1", (Shape){1, 5, 5, 64}),
                                          pen_variable(pen, "f2", (Shape){1, 3, 3, 64})};
    resnet_v2_high(pen->net, low, &settings, feedback, taps);
    for (size_t i = 0; i < RESNET_TAPS; ++i)
        pen_output(pen, taps[i]);
}

static void draw_pyramid(Pen *pen, size_t size, size_t steps)
{
    NodeId levels[RESNET_TAPS];
    rfpn(pen->net, pen_input(pen, (Shape){1, size, size, 3}), &settings, steps, levels);
    for (size_t i = 0; i < RESNET_TAPS; ++i)
        pen_output(pen, levels[i]);
}

static void draw_recursive_pyramid(Pen *pen)
{
    draw_pyramid(pen, 96, 2);
}

static void draw_pyramid_without_recursion(Pen *pen)
{
    draw_pyramid(pen, 96, 1);
}

static void draw_levels(Pen *pen, const size_t sides[RESNET_TAPS], NodeId levels[RESNET_TAPS])
{
    static const char *const names[RESNET_TAPS] = {"p0", "p1", "p2"};
    for (size_t i = 0; i < RESNET_TAPS; ++i)
        levels[i] = pen_variable(pen, names[i], (Shape){2, sides[i], sides[i], 16});
}

static void draw_segmentation(Pen *pen)
{
    NodeId levels[RESNET_TAPS];
    draw_levels(pen, (const size_t[]){7, 4, 2}, levels);
    SegBranch branch = seg_branch(pen->net, levels, true);
    pen_output(pen, branch.mask_logit);
    pen_output(pen, branch.attention);
}

static void draw_heads(Pen *pen, const size_t sides[RESNET_TAPS])
{
    NodeId levels[RESNET_TAPS];
    draw_levels(pen, sides, levels);
    const HeadSettings settings = {3, false, "loc", "cls"};
    DetectionHead head = detection_head(pen->net, RESNET_TAPS, levels, &settings);
    pen_output(pen, head.location);
    pen_output(pen, head.classification);
}

static void draw_heads_from_three(Pen *pen)
{
    draw_heads(pen, (const size_t[]){12, 6, 3});
}

static void draw_heads_from_two(Pen *pen)
{
    draw_heads(pen, (const size_t[]){8, 4, 2});
}

static void backbone_with_feedback_is_that_of_pytorch(void **state)
{
    (void)state;
    check_golden("golden/modules.h5", "residual_stages", draw_residual_stages, 1e-4, 1e-3);
}

static void recursive_pyramid_is_that_of_pytorch(void **state)
{
    (void)state;
    check_golden("golden/modules.h5", "recursive_pyramid", draw_recursive_pyramid, 1e-4, 1e-3);
    check_golden("golden/modules.h5", "pyramid_without_recursion", draw_pyramid_without_recursion,
                 1e-4, 1e-3);
}

static void segmentation_branch_is_that_of_pytorch(void **state)
{
    (void)state;
    check_golden("golden/modules.h5", "segmentation", draw_segmentation, 1e-5, 1e-5);
}

static void detection_heads_are_those_of_pytorch(void **state)
{
    (void)state;
    check_golden("golden/modules.h5", "heads_from_three", draw_heads_from_three, 1e-5, 1e-5);
    check_golden("golden/modules.h5", "heads_from_two", draw_heads_from_two, 1e-5, 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backbone_with_feedback_is_that_of_pytorch),
        cmocka_unit_test(recursive_pyramid_is_that_of_pytorch),
        cmocka_unit_test(segmentation_branch_is_that_of_pytorch),
        cmocka_unit_test(detection_heads_are_those_of_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
