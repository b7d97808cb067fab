/* The classification networks against torchvision: names, shapes, totals, and what forward and
 * backward give in training and in evaluation (classifiers.py made the numbers). */
#include "../golden_file.h"

#include <string.h>

#include "infer/network.h"

enum { MOST_IMAGES = 5, PASSES = 3, CLASSES = 3 };

static void set(ModelSettings *settings, const char *key, const char *text)
{
    const Architecture *architecture = architecture_of(settings);
    for (size_t i = 0; i < architecture->row_count; ++i)
        if (strcmp(architecture->rows[i].key, key) == 0) {
            assert_int_equal(setting_row_read(&architecture->rows[i], settings->own, text),
                             STATUS_OK);
            return;
        }
    fail_msg("no setting '%s'", key);
}

static ModelSettings settings_of(const char *name, size_t classes)
{
    size_t position = architecture_find(name);
    assert_true(position < architecture_count());
    ModelSettings settings = architecture_defaults(position);
    settings.classes = classes;
    return settings;
}

/* ---- the list of parameters ---- */

static void shape_text(const Parameter *parameter, char text[64])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t k = 0; k < parameter->rank; ++k)
        used += (size_t)snprintf(text + used, 64 - used, "%s%zu", k ? "x" : "", parameter->dims[k]);
}

/* Compares with the lines of the architecture; returns how many there are. */
static size_t check_names(const char *architecture, const ParameterList *parameters)
{
    FILE *file = fopen("golden/classifier_names.txt", "r");
    char kind[64], name[128], shape[64], own[64];
    size_t count = 0;
    assert_non_null(file);
    while (fscanf(file, "%63s %127s %63s", kind, name, shape) == 3) {
        if (strcmp(kind, architecture) != 0)
            continue;
        const Parameter *parameter = parameters_find(parameters, name);
        if (!parameter)
            fail_msg("%s has no %s", architecture, name);
        shape_text(parameter, own);
        assert_string_equal(own, shape);
        assert_int_equal(parameter->buffer, strstr(name, ".running_") != NULL);
        ++count;
    }
    fclose(file);
    return count;
}

static size_t total_trained(const ModelSettings *settings)
{
    ParameterList parameters;
    if (network_list_shapes(settings, &parameters) != STATUS_OK)
        fail_msg("%s", status_message());
    size_t total = parameters_total(&parameters, true);
    parameters_clear(&parameters);
    return total;
}

static void names_shapes_and_totals_are_those_of_torchvision(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t total;
    } cases[] = {{"vgg19", 143667240},
                 {"vgg19_bn", 143678248},
                 {"resnet50", 25557032},
                 {"inception_v3", 27161264}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const ModelSettings settings = settings_of(cases[i].name, 999);
        ParameterList parameters;
        assert_int_equal(network_list_shapes(&settings, &parameters), STATUS_OK);
        assert_int_equal(check_names(cases[i].name, &parameters), parameters.count);
        assert_int_equal(parameters_total(&parameters, true), cases[i].total);
        parameters_clear(&parameters);
    }
    ModelSettings without = settings_of("inception_v3", 999);
    set(&without, "auxiliary", "false");
    assert_int_equal(total_trained(&without), 23834568);
}

/* ---- numbers ---- */

/* A case of classifiers.h5 and the network that stands for it. */
typedef struct {
    const char *name, *architecture, *base, *auxiliary;
    size_t images, size;
} Case;

static const Case cases[] = {
    {"vgg19", "vgg19", "8", NULL, 2, 64},
    {"vgg19_bn", "vgg19_bn", "8", NULL, 2, 70},
    {"resnet50", "resnet50", "16", NULL, 2, 97},
    {"inception_v3", "inception_v3", "8", "false", 2, 139},
    {"inception_v3_auxiliary", "inception_v3", "4", "true", 5, 299},
};

static ModelSettings case_settings(const Case *of)
{
    ModelSettings settings = settings_of(of->architecture, CLASSES);
    settings.size = of->size;
    set(&settings, "base", of->base);
    if (strcmp(of->architecture, "resnet50") != 0)
        set(&settings, "dropout", "0");
    if (of->auxiliary)
        set(&settings, "auxiliary", of->auxiliary);
    return settings;
}

typedef struct {
    const GoldenCase *golden;
    ParameterList parameters;
    Net *net;
    NetworkNodes nodes;
    double worst; /* relative error of an output */
} Bench;

static void add_net(Bench *bench, const Case *of, const Engine *engine, bool training,
                    Precision precision)
{
    const ModelSettings settings = case_settings(of);
    assert_int_equal(net_new(&bench->parameters, engine, training, &bench->net), STATUS_OK);
    assert_int_equal(net_set_precision(bench->net, precision), STATUS_OK);
    assert_int_equal(
        architecture_of(&settings)->build(bench->net, &settings, of->images, &bench->nodes),
        STATUS_OK);
    if (net_plan(bench->net) != STATUS_OK)
        fail_msg("%s", status_message());
}

static void forward(Bench *bench, size_t input)
{
    char name[32];
    snprintf(name, sizeof name, "input%zu", input);
    golden_numbers(bench->golden, name, (const double[]){2, 0, 0},
                   shape_count(net_shape(bench->net, bench->nodes.image)),
                   net_value(bench->net, bench->nodes.image));
    assert_int_equal(net_forward(bench->net), STATUS_OK);
}

static void check_output(Bench *bench, size_t position, size_t count, const float *found)
{
    const GoldenTensors *outputs = &bench->golden->outputs;
    double error = golden_error(outputs, position, count, found, 0);
    if (!(error < 1e-4))
        fail_msg("%s: output %zu: relative error %g", bench->golden->name, position, error);
    bench->worst = fmax(bench->worst, error);
}

/* Checks output `k` of the net, if it has it, as the case's output `position`; returns whether. */
static bool check_node(Bench *bench, size_t k, size_t position)
{
    NodeId node = bench->nodes.outputs[k];
    if (node == NETWORK_NO_OUTPUT)
        return false;
    check_output(bench, position, shape_count(net_shape(bench->net, node)),
                 net_value(bench->net, node));
    return true;
}

/* Whether the case of the auxiliary head has the parameter's gradient; see classifiers.py. */
static bool is_behind_branching(const char *name)
{
    return strncmp(name, "AuxLogits.", 10) == 0 || strncmp(name, "Mixed_7", 7) == 0 ||
           strncmp(name, "fc.", 3) == 0 ||
           (strncmp(name, "Mixed_6e.", 9) == 0 && strstr(name, "conv.weight"));
}

static double backward(Bench *bench)
{
    for (size_t k = 0; k < 2; ++k) {
        char name[32];
        NodeId node = bench->nodes.outputs[k];
        snprintf(name, sizeof name, "cotangent%zu", k);
        if (node != NETWORK_NO_OUTPUT)
            golden_numbers(bench->golden, name, (const double[]){1, 0, 0},
                           shape_count(net_shape(bench->net, node)),
                           net_gradient(bench->net, node));
    }
    if (net_backward(bench->net, NULL) != STATUS_OK)
        fail_msg("%s", status_message());
    bool whole = bench->nodes.outputs[1] == NETWORK_NO_OUTPUT;
    for (size_t i = 0; i < bench->parameters.count; ++i)
        if (!whole && !is_behind_branching(bench->parameters.items[i].name))
            bench->parameters.items[i].trainable = false;
    return golden_check_gradients(bench->golden, &bench->parameters, 1e-3);
}

static void fold(ParameterList *parameters)
{
    float *observed;
    assert_int_equal(MEMORY_NEW(&observed, parameters_observed_floats(parameters) + 1), STATUS_OK);
    parameters_take_observed(parameters, observed);
    parameters_fold_observed(parameters, observed);
    free(observed);
}

/* Every running mean and variance, in the order of the case's names. */
static void check_running(Bench *bench, size_t position)
{
    size_t count = 0;
    for (size_t i = 0; i < bench->parameters.count; ++i)
        if (bench->parameters.items[i].buffer)
            count += bench->parameters.items[i].count;
    float *all;
    assert_int_equal(MEMORY_NEW(&all, count + 1), STATUS_OK);
    size_t at = 0;
    for (size_t i = 0; i < bench->golden->names.count; ++i) {
        const Parameter *parameter =
            parameters_find(&bench->parameters, bench->golden->names.items[i]);
        if (!parameter->buffer)
            continue;
        memcpy(all + at, parameter->value, parameter->count * sizeof *all);
        at += parameter->count;
    }
    if (count)
        check_output(bench, position, count, all);
    assert_int_equal(bench->golden->outputs.count, position + (count > 0));
    free(all);
}

static void check_case(const Case *of, const GoldenCase *golden, const Engine *engine)
{
    Bench bench = {.golden = golden};
    parameters_init(&bench.parameters);
    add_net(&bench, of, engine, true, PRECISION_F32);
    golden_fill(golden, &bench.parameters);
    assert_int_equal(parameters_add_gradients(&bench.parameters), STATUS_OK);
    forward(&bench, 0);
    check_node(&bench, 0, 0);
    size_t next = check_node(&bench, 1, 1) ? 2 : 1;
    double gradients = backward(&bench);
    fold(&bench.parameters);
    for (size_t pass = 1; pass < PASSES; ++pass) {
        forward(&bench, pass);
        fold(&bench.parameters);
    }
    net_free(bench.net);
    add_net(&bench, of, engine, false, PRECISION_F32);
    forward(&bench, 0);
    check_node(&bench, 0, next);
    check_running(&bench, next + 1);
    print_message("%s, %s: outputs %.1e, gradients %.1e\n", of->name, engine->name, bench.worst,
                  gradients);
    net_free(bench.net);
    parameters_clear(&bench.parameters);
}

static void training_and_evaluation_give_the_numbers_of_torchvision(void **state)
{
    (void)state;
    const Engine *engines[2] = {engine_blas(), engine_onednn()};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        GoldenCase golden;
        golden_case_init(&golden, "golden/classifiers.h5", cases[i].name);
        for (size_t e = 0; e < 2; ++e)
            if (engines[e])
                check_case(&cases[i], &golden, engines[e]);
        golden_case_clear(&golden);
    }
}

/* ---- bfloat16 ---- */

static size_t run_once(const Case *of, const GoldenCase *golden, Precision precision,
                       float logits[MOST_IMAGES * (CLASSES + 1)])
{
    Bench bench = {.golden = golden};
    parameters_init(&bench.parameters);
    add_net(&bench, of, engine_onednn(), false, precision);
    golden_fill(golden, &bench.parameters);
    forward(&bench, 0);
    size_t count = shape_count(net_shape(bench.net, bench.nodes.outputs[0]));
    memcpy(logits, net_value(bench.net, bench.nodes.outputs[0]), count * sizeof *logits);
    net_free(bench.net);
    parameters_clear(&bench.parameters);
    return count;
}

static void bfloat16_stays_close_to_float32(void **state)
{
    (void)state;
    if (!engine_onednn() || !engine_onednn()->has_half())
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        float single[MOST_IMAGES * (CLASSES + 1)], half[MOST_IMAGES * (CLASSES + 1)];
        GoldenCase golden;
        golden_case_init(&golden, "golden/classifiers.h5", cases[i].name);
        size_t count = run_once(&cases[i], &golden, PRECISION_F32, single);
        run_once(&cases[i], &golden, PRECISION_BF16, half);
        double difference = 0, norm = 0;
        for (size_t k = 0; k < count; ++k) {
            difference += pow((double)half[k] - (double)single[k], 2);
            norm += pow((double)single[k], 2);
        }
        print_message("%s in bfloat16: %.1e\n", cases[i].name, sqrt(difference / norm));
        assert_true(difference > 0 && sqrt(difference / norm) < 5e-2);
        golden_case_clear(&golden);
    }
}

/* ---- what else the table says of them ---- */

static void local_tuning_trains_the_last_layers_and_moves_no_statistics(void **state)
{
    (void)state;
    static const char *const last[][3] = {
        {"vgg19", "classifier.6", "classifier.6"},
        {"vgg19_bn", "classifier.6", "classifier.6"},
        {"resnet50", "fc", "fc"},
        {"inception_v3", "fc", "AuxLogits.fc"},
    };
    for (size_t i = 0; i < 4; ++i) {
        ModelSettings settings = settings_of(last[i][0], CLASSES);
        set(&settings, "base", "4");
        Network network;
        ParameterList parameters;
        parameters_init(&parameters);
        const NetworkPlan plan = {.model = settings, .batch = 2, .training = true, .local = true};
        assert_int_equal(network_init(&network, &plan, &parameters), STATUS_OK);
        for (size_t k = 0; k < parameters.count; ++k) {
            const char *name = parameters.items[k].name;
            size_t owner = (size_t)(strrchr(name, '.') - name);
            bool expected = false;
            for (size_t j = 1; j < 3; ++j)
                expected = expected ||
                           (owner == strlen(last[i][j]) && strncmp(name, last[i][j], owner) == 0);
            if (parameter_trains(&parameters.items[k]) != expected ||
                network.architecture->depends_on_classes(name) != expected)
                fail_msg("%s: %s", last[i][0], name);
        }
        assert_int_equal(parameters_observed_floats(&parameters), 0);
        network_clear(&network);
        parameters_clear(&parameters);
    }
}

static void sizes_that_a_network_cannot_take_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *auxiliary;
        size_t smallest;
    } of[] = {{"vgg19", NULL, 32},
              {"vgg19_bn", NULL, 32},
              {"resnet50", NULL, 32},
              {"inception_v3", "false", 75},
              {"inception_v3", "true", 299}};
    for (size_t i = 0; i < sizeof of / sizeof *of; ++i) {
        ModelSettings settings = settings_of(of[i].name, CLASSES);
        const Architecture *architecture = architecture_of(&settings);
        NetworkCount count;
        if (of[i].auxiliary)
            set(&settings, "auxiliary", of[i].auxiliary);
        settings.size = of[i].smallest;
        assert_int_equal(architecture->check(&settings), STATUS_OK);
        if (network_count(&settings, &count) != STATUS_OK)
            fail_msg("%s at %zu: %s", of[i].name, of[i].smallest, status_message());
        --settings.size;
        assert_int_equal(architecture->check(&settings), STATUS_ARGUMENT);
    }
    ModelSettings settings = settings_of("inception_v3", CLASSES);
    set(&settings, "base", "5");
    assert_int_equal(architecture_of(&settings)->check(&settings), STATUS_ARGUMENT);
    settings.size = 224;
    set(&settings, "base", "4");
    assert_int_equal(architecture_of(&settings)->check(&settings), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "auxiliary: false"));
}

static void multiply_adds_are_those_of_torchvision(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double macs; /* 10^9, at the default size */
    } of[] = {{"vgg19", 19.632}, {"resnet50", 4.089}, {"inception_v3", 5.713 + 0.005}};
    for (size_t i = 0; i < 3; ++i) {
        const ModelSettings settings = settings_of(of[i].name, 999);
        NetworkCount count;
        assert_int_equal(network_count(&settings, &count), STATUS_OK);
        assert_near(count.macs / 1e9, of[i].macs, 1e-3);
    }
}

/* Root mean square of a parameter's first values, and the largest of them. */
static void spread(const ParameterList *parameters, const char *name, double *rms, double *largest)
{
    const Parameter *parameter = parameters_find(parameters, name);
    double squares = 0;
    assert_non_null(parameter);
    *largest = 0;
    for (size_t k = 0; k < parameter->count; ++k) {
        squares += pow((double)parameter->value[k], 2);
        *largest = fmax(*largest, fabs((double)parameter->value[k]));
    }
    *rms = sqrt(squares / (double)parameter->count);
}

/* What torchvision's constructors say; ReLUs at first see a signal that neither fades nor grows. */
static void initial_values_are_distributed_as_those_of_torchvision(void **state)
{
    (void)state;
    static const struct {
        const char *network, *base, *parameter;
        double rms, bound; /* bound 0: normal */
    } of[] = {
        {"vgg19", "4", "features.2.weight", 0.235702 /* sqrt(2 / (4 3 3)) */, 0},
        {"vgg19", "4", "features.28.weight", 0.083333, 0},
        {"vgg19", "4", "classifier.0.weight", 0.01, 0},
        {"vgg19", "4", "classifier.0.bias", 0, 0},
        {"resnet50", "16", "conv1.weight", 0.050508 /* sqrt(2 / (16 7 7)) */, 0},
        {"resnet50", "16", "layer2.0.conv3.weight", 0.125, 0},
        {"resnet50", "16", "layer2.0.bn3.weight", 1, 0},
        {"resnet50", "16", "fc.weight", 0.025516 /* 1 / sqrt(3 512) */, 0.044194},
        {"resnet50", "16", "fc.bias", 0.025516, 0.044194},
        {"inception_v3", "8", "Mixed_6b.branch7x7_2.conv.weight", 0.1, 0},
        {"inception_v3", "8", "fc.weight", 0.1, 0},
        {"inception_v3", "8", "AuxLogits.fc.weight", 0.001, 0},
        {"inception_v3", "8", "AuxLogits.fc.bias", 0.041667, 0.072169},
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; ++i) {
        ModelSettings settings = settings_of(of[i].network, 99);
        set(&settings, "base", of[i].base);
        ParameterList parameters;
        const Engine *engine;
        Net *net;
        NetworkNodes nodes;
        double rms, largest;
        parameters_init(&parameters);
        assert_int_equal(engine_find("auto", &engine), STATUS_OK);
        assert_int_equal(net_new(&parameters, engine, false, &net), STATUS_OK);
        assert_int_equal(architecture_of(&settings)->build(net, &settings, 1, &nodes), STATUS_OK);
        parameters_randomise(&parameters, 1);
        spread(&parameters, of[i].parameter, &rms, &largest);
        size_t count = parameters_find(&parameters, of[i].parameter)->count;
        double tolerance = of[i].rms * 4 / sqrt(2 * (double)count) + 1e-6;
        assert_near(rms, of[i].rms, of[i].rms == 1 ? 0 : tolerance);
        if (of[i].bound > 0)
            assert_true(largest <= of[i].bound * 1.0001 && largest > 0.9 * of[i].bound);
        else if (of[i].rms > 0 && of[i].rms < 1)
            assert_true(largest > 2 * of[i].rms);
        net_free(net);
        parameters_clear(&parameters);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_shapes_and_totals_are_those_of_torchvision),
        cmocka_unit_test(training_and_evaluation_give_the_numbers_of_torchvision),
        cmocka_unit_test(bfloat16_stays_close_to_float32),
        cmocka_unit_test(local_tuning_trains_the_last_layers_and_moves_no_statistics),
        cmocka_unit_test(sizes_that_a_network_cannot_take_are_refused),
        cmocka_unit_test(multiply_adds_are_those_of_torchvision),
        cmocka_unit_test(initial_values_are_distributed_as_those_of_torchvision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
