/* gisd-weights: a network's weights from and to the files of other programs. */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/weights_calibrate.h"
#include "cmd/weights_start.h"
#include "infer/checkpoint.h"
#include "infer/checkpoint_precision.h"
#include "infer/darknet_start.h"
#include "infer/darknet_weights.h"
#include "infer/network.h"
#include "nn/onnx.h"
#include "store/npz.h"
#include "store/onnx_model.h"
#include "store/outputs.h"
#include "store/safetensors.h"
#include "train/setting_table.h"

const char *argp_program_version = "gisd-weights " GISD_VERSION;

enum { OPTION_FORCE = 256, MOST_CLASSES = 64, MOST_SETTINGS = 64, MOST_WORDS = 4 };

/* What a checkpoint knows beside its tensors, as notes of safetensors. */
static const char tuning_note[] = "gisd.tuning", point_note[] = "gisd.operating_point",
                  flips_note[] = "gisd.test_flips", /* only where the answers are so averaged */
    precision_note[] = "gisd.precision",            /* only where the answers are of bfloat16 */
    denoise_note[] = "gisd.denoise";                /* only where frames are denoised before */

typedef struct {
    const char *words[MOST_WORDS]; /* import or export, from, to; calibrate, from, manifest, to */
    size_t word_count;
    CellSettings cell;
    char *settings[MOST_SETTINGS]; /* KEY=VALUE, read after the architecture, which has them */
    size_t setting_count;
    const char *class_names[MOST_CLASSES];
    size_t class_count;
    bool force;
} Arguments;

static const struct argp_option options[] = {
    {"architecture", 'a', "NAME", 0, "Import: the network that the weights are for", 0},
    {"classes", 'c', "NAMES", 0,
     "Import: the names of its lesion classes, with commas; without them published weights become "
     "a "
     "file to start from",
     0},
    {"set", 's', "KEY=VALUE", 0, "Import: a setting of the network, as in experiments; repeatable",
     0},
    {"force", OPTION_FORCE, NULL, 0, OUTPUTS_FORCE_HELP, 0},
    {0},
};

static error_t read_setting(const struct argp_state *state, CellSettings *cell, char *text)
{
    char *value = strchr(text, '=');
    if (!value)
        return command_refuse(state, "--set %s: expected KEY=VALUE", text);
    *value++ = '\0';
    size_t setting = setting_find_name(text);
    if (setting == setting_count() || setting == setting_find("model", "architecture") ||
        strcmp(setting_section(setting), "model") != 0 || !setting_applies(cell, setting))
        return command_refuse(state, "--set %s: no setting of the network %s", text,
                              architecture_of(&cell->model)->name);
    if (setting_read(cell, setting, value) != STATUS_OK)
        return command_refuse(state, "--set %s", status_message());
    return 0;
}

static error_t read_classes(const struct argp_state *state, Arguments *arguments, char *names)
{
    char *rest = NULL;
    arguments->class_count = 0;
    for (char *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        if (arguments->class_count == MOST_CLASSES)
            return command_refuse(state, "--classes: more than %d names", MOST_CLASSES);
        arguments->class_names[arguments->class_count++] = name;
    }
    return 0;
}

static bool is_command(const Arguments *arguments, const char *name)
{
    return arguments->word_count > 0 && strcmp(arguments->words[0], name) == 0;
}

static error_t check_words(const struct argp_state *state, Arguments *arguments)
{
    const bool import = is_command(arguments, "import"),
               calibrate = is_command(arguments, "calibrate");
    if (!import && !calibrate && !is_command(arguments, "export"))
        return command_refuse(state, "expected import, export or calibrate");
    if (calibrate && arguments->word_count < 4)
        return command_refuse(state, "expected CHECKPOINT.h5, MANIFEST and OUT.h5 after calibrate");
    if (!calibrate && arguments->word_count > 3)
        return command_refuse(state, "%s: one file too many", arguments->words[3]);
    if (arguments->word_count < 3)
        return command_refuse(state, "expected %s after %s",
                              import ? "FILE.safetensors, FILE.npz or FILE.weights, and OUT.h5"
                                     : "CHECKPOINT.h5 and OUT.safetensors",
                              arguments->words[0]);
    error_t error = 0;
    for (size_t i = 0; i < arguments->setting_count && !error; ++i)
        error = read_setting(state, &arguments->cell, arguments->settings[i]);
    return error;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case 'a':
        if (setting_read(&arguments->cell, setting_find("model", "architecture"), argument) !=
            STATUS_OK)
            return command_refuse(state, "--%s", status_message());
        return 0;
    case 'c':
        return read_classes(state, arguments, argument);
    case 's':
        if (arguments->setting_count == MOST_SETTINGS)
            return command_refuse(state, "more than %d settings", MOST_SETTINGS);
        arguments->settings[arguments->setting_count++] = argument;
        return 0;
    case OPTION_FORCE:
        arguments->force = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->word_count == MOST_WORDS)
            return command_refuse(state, "%s: one file too many", argument);
        arguments->words[arguments->word_count++] = argument;
        return 0;
    case ARGP_KEY_END:
        return check_words(state, arguments);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "import FILE.safetensors OUT.h5\nimport FILE.npz OUT.h5\n"
                "import FILE.weights OUT.h5\nexport CHECKPOINT.h5 OUT.safetensors\n"
                "export CHECKPOINT.h5 OUT.onnx\nexport CHECKPOINT.h5 OUT.weights\n"
                "calibrate CHECKPOINT.h5 MANIFEST OUT.h5",
    .doc =
        "Bring a network's weights in from another program's file, or out to one, or into 8 bits."
        "\n\nCommands:\n"
        "  import     a checkpoint of safetensors, npz or darknet's weights\n"
        "  export     safetensors, ONNX or darknet's weights of a checkpoint\n"
        "  calibrate  of a checkpoint one that answers in 8 bits, faster"
        "\v    gisd-weights import resnet50.safetensors start.h5 --architecture resnet50 "
        "--classes GC,GU,CG\n"
        "    gisd-weights import BiT-M-R50x1.npz start.h5 --architecture improved_ssd\n"
        "    gisd-weights export results/mine/cells/ID/checkpoint.h5 mine.onnx\n"
        "    gisd-weights calibrate results/mine/cells/ID/checkpoint.h5 data/mine/manifest.csv "
        "fast.h5\n\n"
        "Names and shapes of the tensors are those of the network's parameters "
        "(docs/results.md). "
        "Import takes a file only if every tensor fits; else each that is missing, unknown or of "
        "another shape is a line, and nothing is written. Numbers of F32, F16 and BF16 are taken "
        "as they are; PyTorch's counters num_batches_tracked are passed over. Export notes tuning "
        "and operating point in the file, and import takes them from "
        "there.\n\n"
        "darknet's .weights have no names. With --classes they are of yolov3 or yolov3_tiny, of "
        "which every number must be there and no other; size, base and anchors are those of "
        "--set:\n"
        "    gisd-weights import yolov3-tiny.weights start.h5 --architecture yolov3_tiny "
        "--classes text,digits,tube,border\n"
        "Without --classes they are of the first layers of yolov3, yolov3_tiny, vgg19 or ssd300 "
        "(darknet53.conv.74, vgg-16.weights), or of another "
        "number of classes.\n\n"
        "Calibrate measures on the validation images of the manifest that the cell was trained on "
        "how far the inputs of convolutions reach, chooses the operating point anew, and prints "
        "what 8 bits cost there. gisd-detect and gisd-eval take OUT as any checkpoint, on "
        "processors with AVX512_VNNI. Export takes none in 8 bits.\n\n"
        "Without --classes the names are those of a published network: Big Transfer's, timm's or "
        "torchvision's (docs/model.md). OUT then has the parameters that both have, and is for "
        "model.initial of an experiment; the rest, named by a line each, begins as training "
        "begins it.\n\n" COMMAND_EXIT_STATUS,
};

static bool same_shape(const SafeTensor *tensor, const Parameter *parameter)
{
    bool same = tensor->rank == parameter->rank;
    for (size_t i = 0; same && i < parameter->rank; ++i)
        same = tensor->dims[i] == parameter->dims[i];
    return same;
}

/* Takes every parameter out of the file; what does not fit is told, each on a line. */
static Status take_all(const char *path, const SafeTensors *tensors, ParameterList *parameters)
{
    size_t wrong = 0;
    char expected[CHECKPOINT_SHAPE_BYTES], found[CHECKPOINT_SHAPE_BYTES];
    for (size_t i = 0; i < parameters->count; ++i) {
        Parameter *parameter = &parameters->items[i];
        const SafeTensor *tensor = safetensors_find(tensors, parameter->name);
        checkpoint_shape_text(parameter->rank, parameter->dims, expected);
        if (tensor && same_shape(tensor, parameter)) {
            Status status = safetensors_values(tensor, parameter->value);
            if (status != STATUS_OK)
                return status_prefix(status, "%s: ", path);
            continue;
        }
        ++wrong;
        if (tensor)
            checkpoint_shape_text(tensor->rank, tensor->dims, found);
        status_set(STATUS_FORMAT, "%s: %s%s, expected shape %s", parameter->name,
                   tensor ? "has shape " : "is missing", tensor ? found : "", expected);
        fprintf(stderr, "%s\n", status_message());
    }
    for (size_t i = 0; i < tensors->count; ++i)
        if (!parameters_find(parameters, tensors->items[i].name) &&
            !weights_is_counter(tensors->items[i].name)) {
            ++wrong;
            checkpoint_shape_text(tensors->items[i].rank, tensors->items[i].dims, found);
            status_set(STATUS_FORMAT, "%s of shape %s: the network has no such parameter",
                       tensors->items[i].name, found);
            fprintf(stderr, "%s\n", status_message());
        }
    if (wrong)
        FAIL(STATUS_FORMAT, "%s: %zu tensors do not fit (above), nothing is written", path, wrong);
    return STATUS_OK;
}

/* What export noted of the checkpoint; in a file of another program, global tuning and no operating
 * point. */
static Status read_notes(const char *path, const SafeTensors *tensors, const char **tuning,
                         double *operating_point)
{
    const char *point = safetensors_note(tensors, point_note);
    *tuning = safetensors_note(tensors, tuning_note);
    *operating_point = NAN;
    if (!*tuning)
        *tuning = "global";
    if (strcmp(*tuning, "global") != 0 && strcmp(*tuning, "local") != 0)
        FAIL(STATUS_FORMAT, "%s: %s is %s, expected global or local", path, tuning_note, *tuning);
    Status status = point ? text_to_number(point_note, point, 0, 1, operating_point) : STATUS_OK;
    return status == STATUS_OK ? STATUS_OK : status_prefix(STATUS_FORMAT, "%s", path);
}

static Status write_checkpoint(const Arguments *arguments, const ModelSettings *settings,
                               const char *tuning, double operating_point, Precision precision,
                               const ParameterList *parameters)
{
    CheckpointModel model;
    TRY(checkpoint_model_init(&model, settings, tuning, arguments->class_names, operating_point));
    model.precision = precision;
    Status status = checkpoint_write(arguments->words[2], &model, parameters, NULL, NULL);
    checkpoint_model_clear(&model);
    return status;
}

static Status read_tensors(const char *path, SafeTensors *tensors)
{
    const char *end = strrchr(path, '.');
    return end && strcmp(end, ".npz") == 0 ? npz_read(path, tensors)
                                           : safetensors_read(path, tensors);
}

/* A whole network's tensors. */
static Status take_whole(const Arguments *arguments, const SafeTensors *tensors,
                         ModelSettings *settings, ParameterList *parameters)
{
    const char *path = arguments->words[1], *tuning;
    double operating_point;
    TRY(take_all(path, tensors, parameters));
    TRY(read_notes(path, tensors, &tuning, &operating_point));
    settings->test_flips = safetensors_note(tensors, flips_note) != NULL;
    const char *denoise = safetensors_note(tensors, denoise_note);
    if (denoise && !denoise_choice_parse(denoise, &settings->denoise))
        FAIL(STATUS_FORMAT, "%s: %s is '%s', expected none, crop or crop+filter", path,
             denoise_note, denoise);
    const bool bf16 = safetensors_note(tensors, precision_note) != NULL;
    return write_checkpoint(arguments, settings, tuning, operating_point,
                            bf16 ? PRECISION_BF16 : PRECISION_F32, parameters);
}

/* With classes the file is the whole network's; without them it is one to start from. */
static Status import(const Arguments *arguments, Network *network, ParameterList *parameters)
{
    const char *path = arguments->words[1];
    NetworkPlan plan = {.model = arguments->cell.model, .batch = 1};
    const bool whole = arguments->class_count > 0;
    plan.model.classes = whole ? arguments->class_count : 1;
    TRY(network_init(network, &plan, parameters));
    if (whole && darknet_weights_named(path)) {
        TRY(darknet_weights_read(path, parameters));
        return write_checkpoint(arguments, &plan.model, "global", NAN, PRECISION_F32, parameters);
    }
    SafeTensors tensors;
    Status status = darknet_weights_named(path) ? darknet_start_read(path, &plan.model, &tensors)
                                                : read_tensors(path, &tensors);
    if (status == STATUS_OK)
        status = whole ? take_whole(arguments, &tensors, &plan.model, parameters)
                       : weights_start(path, &tensors, network, arguments->words[2]);
    safetensors_clear(&tensors);
    return status;
}

static Status write_tensors(const char *path, const CheckpointModel *model,
                            const ParameterList *parameters)
{
    char point[TEXT_NUMBER_BYTES];
    SafeNote notes[5] = {{tuning_note, model->tuning}};
    size_t note_count = 1;
    if (!isnan(model->operating_point)) {
        text_plain_number(model->operating_point, point);
        notes[note_count++] = (SafeNote){point_note, point};
    }
    if (model->settings.test_flips)
        notes[note_count++] = (SafeNote){flips_note, "true"};
    if (model->precision == PRECISION_BF16)
        notes[note_count++] = (SafeNote){precision_note, "bf16"};
    if (model->settings.denoise != DENOISE_NONE)
        notes[note_count++] =
            (SafeNote){denoise_note, denoise_choice_names[model->settings.denoise]};
    SafeTensor *tensors;
    TRY(MEMORY_NEW(&tensors, parameters->count));
    for (size_t i = 0; i < parameters->count; ++i) {
        const Parameter *parameter = &parameters->items[i];
        tensors[i] = (SafeTensor){.name = parameter->name,
                                  .rank = parameter->rank,
                                  .count = parameter->count,
                                  .data = parameter->value};
        memcpy(tensors[i].dims, parameter->dims, sizeof parameter->dims);
    }
    Status status = safetensors_write(path, parameters->count, tensors, note_count, notes);
    free(tensors);
    return status;
}

static bool is_onnx(const char *path)
{
    const char *end = strrchr(path, '.');
    return end && strcmp(end, ".onnx") == 0;
}

/* The notes of /model that a program needs to make answers of outputs. */
static void add_notes(OnnxModel *onnx, const CheckpointModel *model)
{
    char text[TEXT_NUMBER_BYTES];
    onnx_add_note(onnx, "gisd.architecture", architecture_of(&model->settings)->name);
    onnx_add_note(onnx, tuning_note, model->tuning);
    if (!isnan(model->operating_point)) {
        text_plain_number(model->operating_point, text);
        onnx_add_note(onnx, point_note, text);
    }
    if (model->settings.test_flips)
        onnx_add_note(onnx, flips_note, "true");
    if (model->precision == PRECISION_BF16) /* the graph's own numbers are float32 */
        onnx_add_note(onnx, precision_note, "bf16");
    if (model->settings.denoise != DENOISE_NONE) /* nor does it do this */
        onnx_add_note(onnx, denoise_note, denoise_choice_names[model->settings.denoise]);
    for (size_t i = 0; i < model->settings.classes; ++i) {
        char name[32];
        snprintf(name, sizeof name, "gisd.class.%zu", i);
        onnx_add_note(onnx, name, model->class_names[i]);
    }
}

static Status write_onnx(const char *path, const CheckpointModel *model, const Network *network)
{
    const InputForm *form = &network->architecture->input;
    NodeId nodes[NETWORK_OUTPUTS_MOST];
    const char *names[NETWORK_OUTPUTS_MOST];
    NetOnnxEnds ends = {.image = network->nodes.image,
                        .image_name = "image",
                        .offset = form->offset,
                        .scale = form->scale,
                        .outputs = nodes,
                        .output_names = names};
    for (size_t i = 0; i < network->task->output_count; ++i)
        if (network_has_output(network, i)) {
            nodes[ends.output_count] = network->nodes.outputs[i];
            names[ends.output_count++] = network->task->outputs[i].name;
        }
    OnnxModel *onnx;
    TRY(onnx_new(GISD_VERSION, &onnx));
    add_notes(onnx, model);
    Status status = net_to_onnx(network->net, &ends, onnx);
    if (status == STATUS_OK)
        status = onnx_write(onnx, path);
    onnx_free(onnx);
    return status;
}

/* Other programs would give other answers than those that its operating point is of. */
static Status refuse_bytes(const char *path, Precision precision)
{
    if (precision == PRECISION_INT8)
        FAIL(STATUS_ARGUMENT,
             "%s: computes in 8 bits (expected the checkpoint that it was made of)", path);
    return STATUS_OK;
}

static Status export(const Arguments *arguments, Network *network, ParameterList *parameters)
{
    NetworkPlan plan = {.batch = 1};
    CheckpointModel model;
    TRY(checkpoint_probe(arguments->words[1]));
    TRY(checkpoint_verify(arguments->words[1]));
    TRY(checkpoint_read_model(arguments->words[1], &model));
    plan.model = model.settings;
    model.precision = checkpoint_precision(arguments->words[1], &model);
    Status status = refuse_bytes(arguments->words[1], model.precision);
    if (status == STATUS_OK)
        status = network_init(network, &plan, parameters);
    if (status == STATUS_OK)
        status = checkpoint_read_parameters(arguments->words[1], parameters);
    if (status == STATUS_OK)
        status = is_onnx(arguments->words[2]) ? write_onnx(arguments->words[2], &model, network)
                 : darknet_weights_named(arguments->words[2])
                     ? darknet_weights_write(arguments->words[2], parameters)
                     : write_tensors(arguments->words[2], &model, parameters);
    checkpoint_model_clear(&model);
    return status;
}

int main(int count, char **words)
{
    Arguments arguments = {.cell = setting_defaults(0)};
    Network network = {0};
    ParameterList parameters;
    Outputs outputs;
    command_begin();
    command_parse(&usage, count, words, &arguments);
    outputs_init(&outputs, arguments.force);
    parameters_init(&parameters);
    const bool in = is_command(&arguments, "import"), bytes = is_command(&arguments, "calibrate");
    Status status = outputs_note_input(&outputs, arguments.words[1]);
    if (status == STATUS_OK && bytes)
        status = outputs_note_input(&outputs, arguments.words[2]);
    if (status == STATUS_OK)
        status = outputs_claim(&outputs, arguments.words[bytes ? 3 : 2], NULL);
    if (status == STATUS_OK)
        status = bytes
                     ? weights_calibrate(arguments.words[1], arguments.words[2], arguments.words[3])
                     : (in ? import : export)(&arguments, &network, &parameters);
    if (status == STATUS_OK && !bytes && (!in || arguments.class_count > 0))
        printf("%s: %zu tensors, %zu numbers\n", arguments.words[2], parameters.count,
               parameters_total(&parameters, false));
    network_clear(&network);
    parameters_clear(&parameters);
    outputs_clear(&outputs);
    return command_end("gisd-weights", status);
}
