/* See improved_ssd.h. */
#include "model/improved_ssd.h"

#include <string.h>

#include "model/detection_head.h"
#include "model/rfpn.h"
#include "model/seg_branch.h"

enum { SMALLEST_SIZE = 64, LARGEST_SIZE = 512, SIZE_STEP = 32, PAPER_SIZE = 300 };
enum { BASE_STEP = 4, LARGEST_BASE = 256 };

static Status check(const ImprovedSsdSettings *settings)
{
    size_t size = settings->size;
    if (size != PAPER_SIZE && (size % SIZE_STEP || size < SMALLEST_SIZE || size > LARGEST_SIZE))
        FAIL(STATUS_ARGUMENT, "input size %zu (expected 300 or a multiple of 32 from 64 to 512)",
             size);
    /* A quarter of the pyramid's channels goes to each view of the pooling pyramid. */
    if (settings->base < BASE_STEP || settings->base > LARGEST_BASE || settings->base % BASE_STEP)
        FAIL(STATUS_ARGUMENT, "base of %zu channels (expected a multiple of %d up to %d)",
             settings->base, BASE_STEP, LARGEST_BASE);
    if (!settings->classes || !settings->recursion_steps)
        FAIL(STATUS_ARGUMENT, "%zu classes and %zu recursion steps (expected at least 1 of each)",
             settings->classes, settings->recursion_steps);
    if (!backbone_units(settings->backbone.depth) || !settings->backbone.width)
        FAIL(STATUS_ARGUMENT, "backbone of depth %zu and width %zu (expected 50, 100 or 150; 1..3)",
             settings->backbone.depth, settings->backbone.width);
    return STATUS_OK;
}

Status improved_ssd_build(Net *net, const ImprovedSsdSettings *settings, size_t batch,
                          ImprovedSsd *network)
{
    TRY(check(settings));
    const ResnetSettings resnet = {settings->backbone, settings->base};
    NodeId levels[RESNET_TAPS];
    network->image = net_input(net, (Shape){batch, settings->size, settings->size, 3});
    rfpn(net, network->image, &resnet, settings->recursion_steps, levels);
    SegBranch branch = seg_branch(net, levels);
    levels[0] = net_multiply(net, levels[0], branch.attention);
    DetectionHead head = detection_head(net, RESNET_TAPS, levels, settings->classes);
    network->location = net_output(net, head.location);
    network->classification = net_output(net, head.classification);
    network->mask = net_output(net, branch.mask_logit);
    return STATUS_OK;
}

void improved_ssd_tune(ParameterList *parameters, bool local)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        Parameter *parameter = &parameters->items[i];
        bool frozen = local && strncmp(parameter->name, "backbone.", 9) == 0 &&
                      !strstr(parameter->name, ".feedback.") &&
                      !strstr(parameter->name, ".tap_gn.");
        parameter->trainable = !frozen;
    }
}
