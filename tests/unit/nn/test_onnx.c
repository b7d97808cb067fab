/* Every architecture's graph in ONNX has the operators that its operations stand for.
 * commands.onnx compares what they compute. */
#include "../unit.h"

#include "../../helpers/cell_settings.h"
#include "../scratch.h"

#include <stdlib.h>
#include <string.h>

#include "infer/network.h"
#include "nn/onnx.h"
#include "store/files.h"

/* Writes the network of these settings; the file's bytes for free() in *bytes. */
static Status export(const char *settings, size_t batch, char **bytes, size_t *count)
{
    const CellSettings cell = cell_settings(settings);
    const char *path = scratch("network.onnx");
    NetworkPlan plan = {.model = cell.model, .batch = batch};
    ParameterList parameters;
    Network network;
    OnnxModel *onnx;
    NodeId nodes[NETWORK_OUTPUTS_MOST];
    const char *names[NETWORK_OUTPUTS_MOST];
    plan.model.classes = 2;
    parameters_init(&parameters);
    if (network_init(&network, &plan, &parameters) != STATUS_OK)
        fail_msg("%s: %s", settings, status_message());
    parameters_randomise(&parameters, 3);
    const InputForm *form = &network.architecture->input;
    NetOnnxEnds ends = {.image = network.nodes.image,
                        .image_name = "image",
                        .offset = form->offset,
                        .scale = form->scale,
                        .outputs = nodes,
                        .output_names = names};
    for (size_t i = 0; i < network.task->output_count; ++i)
        if (network_has_output(&network, i)) {
            nodes[ends.output_count] = network.nodes.outputs[i];
            names[ends.output_count++] = network.task->outputs[i].name;
        }
    assert_int_equal(onnx_new("test", &onnx), STATUS_OK);
    Status status = net_to_onnx(network.net, &ends, onnx);
    if (status == STATUS_OK)
        status = onnx_write(onnx, path);
    onnx_free(onnx);
    network_clear(&network);
    parameters_clear(&parameters);
    if (status == STATUS_OK)
        assert_int_equal(files_read(path, bytes, count), STATUS_OK);
    return status;
}

/* The operators are names with their length before them. */
static void check(const char *settings, const char *const *operators)
{
    char *bytes, name[64];
    size_t count;
    if (export(settings, 1, &bytes, &count) != STATUS_OK)
        fail_msg("%s: %s", settings, status_message());
    for (; *operators; ++operators) {
        snprintf(name, sizeof name, "%c%s", (int)strlen(*operators), *operators);
        if (!memmem(bytes, count, name, strlen(name)))
            fail_msg("%s: no operator %s", settings, *operators);
    }
    free(bytes);
}

static void every_architecture_has_its_operators(void **state)
{
    (void)state;
    const char *const improved[] = {
        "InstanceNormalization", "Resize", "Sigmoid", "Mul", "Add", NULL};
    const char *const plain[] = {"Conv", "MaxPool", "Sqrt", "Concat", NULL};
    const char *const normed[] = {"Conv", "BatchNormalization", "GlobalAveragePool", NULL};
    const char *const linear[] = {"Conv", "MaxPool", "Relu", NULL};
    const char *const branched[] = {"Conv", "Concat", "AveragePool", NULL};
    const char *const leaky[] = {"Add", "LeakyRelu", "Resize", "Concat", NULL};
    check("base=4 size=64", improved);
    check("architecture=ssd300 base=8 size=300", plain);
    check("architecture=resnet50 base=4 size=64", normed);
    check("architecture=vgg19 base=2 size=224", linear);
    check("architecture=inception_v3 base=2 size=299", branched);
    check("architecture=yolov3 base=2 size=64", leaky);
    check("architecture=yolov3_tiny base=2 size=64", leaky + 1);
}

static void what_has_no_equal_is_refused(void **state)
{
    (void)state;
    char *bytes;
    size_t count;
    assert_int_equal(export("architecture=resnet50 base=4 size=64", 2, &bytes, &count),
                     STATUS_UNSUPPORTED);
    assert_int_equal(export("architecture=vgg19 base=2 size=64", 1, &bytes, &count),
                     STATUS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_architecture_has_its_operators),
        cmocka_unit_test(what_has_no_equal_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
