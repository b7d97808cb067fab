/* The detector on a tiny network with random parameters: its answers follow from the network's
 * outputs, and bad checkpoints are refused. */
#include "../golden.h"

#include "../../helpers/cell_settings.h"

#include <unistd.h>

#include "base/random.h"
#include "data/dataset.h"
#include "data/denoise/denoise.h"
#include "infer/checkpoint.h"
#include "infer/checkpoint_precision.h"
#include "infer/detector.h"
#include "model/mask.h"
#include "results/result_schema.h"

enum { SIZE = 64, CLASSES = 2, PRIORS = 372, MASK_SIDE = 8 };
static char folder[] = "/tmp/gisd_detector_XXXXXX";
static char path[sizeof folder + 16];

/* Writes the checkpoint at `path`; `spoil` may change the parameters. */
static void write_checkpoint_of(const char *settings, double operating_point,
                                void (*spoil)(ParameterList *))
{
    const char *names[CLASSES] = {"GC", "GU"};
    const CellSettings cell = cell_settings(settings);
    NetworkPlan plan = {.model = cell.model, .batch = 1};
    plan.model.classes = CLASSES;
    ParameterList parameters;
    parameters_init(&parameters);
    Network network;
    assert_int_equal(network_init(&network, &plan, &parameters), STATUS_OK);
    parameters_randomise(&parameters, 11);
    Parameter *bias = parameters_find(&parameters, "cls.0.bias"); /* the improved SSD's */
    for (size_t i = 0; bias && i < bias->count; ++i)
        bias->value[i] = 0; /* scores about 0.5 on the first level */
    if (spoil)
        spoil(&parameters);
    CheckpointModel model;
    assert_int_equal(checkpoint_model_init(&model, &plan.model, "global", names, operating_point),
                     STATUS_OK);
    assert_int_equal(checkpoint_write(path, &model, &parameters, NULL, NULL), STATUS_OK);
    checkpoint_model_clear(&model);
    network_clear(&network);
    parameters_clear(&parameters);
}

static void write_checkpoint(double operating_point, void (*spoil)(ParameterList *))
{
    write_checkpoint_of("base=4 size=64", operating_point, spoil);
}

/* The same network, whose checkpoint says that its answers are of bfloat16. */
static void write_half_checkpoint(void)
{
    ParameterList parameters;
    CheckpointModel model;
    Network network;
    write_checkpoint(0.25, NULL);
    parameters_init(&parameters);
    assert_int_equal(checkpoint_read_model(path, &model), STATUS_OK);
    const NetworkPlan plan = {.model = model.settings, .batch = 1};
    assert_int_equal(network_init(&network, &plan, &parameters), STATUS_OK);
    assert_int_equal(checkpoint_read_parameters(path, &parameters), STATUS_OK);
    model.precision = PRECISION_BF16;
    assert_int_equal(checkpoint_write(path, &model, &parameters, NULL, NULL), STATUS_OK);
    checkpoint_model_clear(&model);
    network_clear(&network);
    parameters_clear(&parameters);
}

static Detector *open_detector(void)
{
    Detector *detector;
    Status status = detector_new(path, &detector);
    if (status != STATUS_OK)
        fail_msg("%s", status_message());
    return detector;
}

static Image picture(size_t width, size_t height)
{
    Image image;
    assert_int_equal(image_init(&image, width, height, 3), STATUS_OK);
    RandomStream stream;
    random_init(&stream, 1, "picture", (uint32_t)width, (uint32_t)height);
    for (size_t i = 0; i < width * height * 3; ++i)
        image.pixels[i] = (uint8_t)random_below(&stream, 256);
    return image;
}

static void answers_follow_from_the_outputs_of_the_network(void **state)
{
    (void)state;
    write_checkpoint(0.25, NULL);
    Detector *detector = open_detector();
    DetectorAbout about = detector_about(detector);
    assert_string_equal(about.architecture, "improved_ssd");
    assert_string_equal(about.title, "r50x1");
    assert_string_equal(about.class_names[1], "GU");
    assert_int_equal(detector_output_count(detector), 4);
    assert_near(about.operating_point, 0.25, 0);

    Image image = picture(SIZE, SIZE);
    DetectorResult result;
    assert_int_equal(detector_run(detector, &image, &result), STATUS_OK);
    const float *input = detector_output(detector, 0).values;
    const DetectorOutput logits = detector_output(detector, 2);
    const DetectorOutput low = detector_output(detector, 3);
    assert_string_equal(logits.name, "cls");
    assert_int_equal(logits.shape.h, PRIORS);
    assert_string_equal(low.name, "mask");
    assert_int_equal(low.shape.h, MASK_SIDE);
    for (size_t i = 0; i < SIZE * SIZE * 3; ++i) /* an image of the right size is not resampled */
        assert_near(input[i], (image.pixels[i] - 127.5) / 127.5, 1e-6);
    for (size_t k = 0; k < CLASSES; ++k) {
        float highest = -INFINITY;
        for (size_t p = 0; p < PRIORS; ++p)
            highest = fmaxf(highest, logits.values[p * CLASSES + k]);
        assert_near(result.class_scores[k], 1 / (1 + exp(-(double)highest)), 1e-6);
    }
    assert_near(result.lesion_score, fmaxf(result.class_scores[0], result.class_scores[1]), 0);
    assert_int_equal(result.predicted_class, result.class_scores[1] > result.class_scores[0]);
    assert_true(result.count > 0);
    assert_near(result.detections[0].score, result.lesion_score, 0);
    assert_int_equal(result.places[0], 0);
    for (size_t i = 1; i < result.count; ++i)
        assert_true(result.places[i] <= i && result.places[result.places[i]] == result.places[i]);
    uint8_t mask[SIZE * SIZE];
    assert_int_equal(mask_from_logits(MASK_SIDE, low.values, SIZE, SIZE, mask), result.mask_pixels);
    assert_memory_equal(mask, result.mask, sizeof mask);
    detector_result_clear(&result);
    image_clear(&image);
    detector_free(detector);
}

static void an_image_scores_the_same_whatever_came_before(void **state)
{
    (void)state;
    write_checkpoint(0.25, NULL);
    Detector *detector = open_detector();
    Image first = picture(90, 50), other = picture(33, 200);
    DetectorResult results[3];
    float scores[3][CLASSES];
    const Image *images[3] = {&first, &other, &first};
    for (size_t i = 0; i < 3; ++i) {
        assert_int_equal(detector_run(detector, images[i], &results[i]), STATUS_OK);
        memcpy(scores[i], results[i].class_scores, sizeof scores[i]);
    }
    assert_memory_equal(scores[0], scores[2], sizeof scores[0]);
    assert_memory_not_equal(scores[0], scores[1], sizeof scores[0]);
    assert_int_equal(results[0].count, results[2].count);
    assert_memory_equal(results[0].detections, results[2].detections,
                        results[0].count * sizeof *results[0].detections);
    assert_memory_equal(results[0].mask, results[2].mask, (size_t)90 * 50);
    for (size_t i = 0; i < 3; ++i)
        detector_result_clear(&results[i]);
    image_clear(&first);
    image_clear(&other);
    detector_free(detector);
}

/* Rows of all cells score alike, also of those above and below a wide picture in its square. */
static void boxes_beside_a_fitted_picture_are_left_out(void **state)
{
    (void)state;
    write_checkpoint_of("architecture=yolov3_tiny base=1 size=64", 0.25, NULL);
    Detector *detector = open_detector();
    Image image = picture(64, 8);
    DetectorResult result;
    assert_int_equal(detector_run(detector, &image, &result), STATUS_OK);
    assert_true(result.count > 0 && result.count < DETECTIONS_MOST && !result.mask);
    for (size_t i = 0; i < result.count; ++i)
        if (box_is_empty(&result.detections[i].box))
            fail_msg("box %zu lies beside the picture", i);
    detector_result_clear(&result);
    image_clear(&image);
    detector_free(detector);
}

/* What a detector says of an image and of its mirror image. */
typedef struct {
    DetectorResult results[2];
    float scores[2][CLASSES], logits[2][PRIORS * CLASSES];
} BothWays;

static void look_both_ways(const char *settings, BothWays *both)
{
    write_checkpoint_of(settings, 0.25, NULL);
    Detector *detector = open_detector();
    Image images[2] = {picture(SIZE, SIZE), picture(SIZE, SIZE)};
    for (size_t i = 0; i < SIZE * SIZE; ++i)
        memcpy(images[1].pixels + i * 3,
               images[0].pixels + (i / SIZE * SIZE + SIZE - 1 - i % SIZE) * 3, 3);
    for (size_t k = 0; k < 2; ++k) {
        DetectorResult *result = &both->results[k];
        assert_int_equal(detector_run(detector, &images[k], result), STATUS_OK);
        memcpy(both->scores[k], result->class_scores, sizeof both->scores[k]);
        memcpy(both->logits[k], detector_output(detector, 2).values, sizeof both->logits[k]);
        const float *input = detector_output(detector, 0).values; /* as it was put in */
        assert_near(input[0], (images[k].pixels[0] - 127.5) / 127.5, 1e-6);
        image_clear(&images[k]);
    }
    detector_free(detector);
}

static double lesion_score(Detector *detector)
{
    DetectorResult result;
    Image image = picture(90, 80);
    assert_int_equal(detector_run(detector, &image, &result), STATUS_OK);
    const double score = result.lesion_score;
    detector_result_clear(&result);
    image_clear(&image);
    detector_free(detector);
    return score;
}

/* Of earlier versions: a checkpoint that does not say its precision, and the result of its cell. */
static void write_old_result(void)
{
    char result[sizeof folder + 16];
    Hdf5Writer *writer;
    snprintf(result, sizeof result, "%s/result.h5", folder);
    assert_int_equal(hdf5_writer_new(result, &writer), STATUS_OK);
    assert_int_equal(result_write_text(writer, "config", "size: 64\nprecision: bf16\ntest: test\n"),
                     STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
}

static void an_old_checkpoint_has_the_precision_of_the_result_beside_it(void **state)
{
    (void)state;
    CheckpointModel model;
    char result[sizeof folder + 16];
    write_checkpoint(0.25, NULL);
    assert_int_equal(checkpoint_read_model(path, &model), STATUS_OK);
    assert_int_equal(checkpoint_precision(path, &model), PRECISION_F32);
    write_old_result();
    assert_int_equal(checkpoint_precision(path, &model), PRECISION_BF16);
    checkpoint_model_clear(&model);
    snprintf(result, sizeof result, "%s/result.h5", folder);
    assert_int_equal(unlink(result), 0);
}

/* What was chosen in bfloat16 is used in it, or not at all. */
static void the_detector_answers_in_the_precision_of_the_checkpoint(void **state)
{
    (void)state;
    const Engine *engine;
    Detector *detector;
    CheckpointModel model;
    write_checkpoint(0.25, NULL);
    const double score = lesion_score(open_detector());
    write_half_checkpoint();
    assert_int_equal(checkpoint_verify(path), STATUS_OK);
    assert_int_equal(checkpoint_read_model(path, &model), STATUS_OK);
    assert_int_equal(model.precision, PRECISION_BF16);
    checkpoint_model_clear(&model);
    assert_int_equal(engine_find("auto", &engine), STATUS_OK);
    if (engine->has_half()) {
        const double half = lesion_score(open_detector());
        assert_true(half != score && fabs(half - score) < 0.05);
    } else {
        assert_int_equal(detector_new(path, &detector), STATUS_UNSUPPORTED);
        assert_non_null(strstr(status_message(), path));
    }
}

static void with_test_flips_left_and_right_are_alike(void **state)
{
    (void)state;
    static BothWays plain, flipped;
    look_both_ways("base=4 size=64", &plain);
    look_both_ways("base=4 size=64 test_flips=true", &flipped);
    assert_memory_not_equal(plain.scores[0], plain.scores[1], sizeof plain.scores[0]);
    assert_memory_equal(flipped.scores[0], flipped.scores[1], sizeof flipped.scores[0]);
    for (size_t p = 0; p < 8 * 8 * 4; ++p) { /* the first level: 8 x 8 cells of 4 priors */
        const size_t other = p / 32 * 32 + (7 - p % 32 / 4) * 4 + p % 4;
        for (size_t k = 0; k < CLASSES; ++k)
            assert_near(flipped.logits[0][p * CLASSES + k],
                        (plain.logits[0][p * CLASSES + k] + plain.logits[1][other * CLASSES + k]) /
                            2,
                        1e-6);
    }
    const DetectorResult *one = &flipped.results[0], *two = &flipped.results[1];
    assert_true(one->count > 0);
    assert_int_equal(one->count, two->count);
    for (size_t i = 0; i < one->count; ++i) {
        assert_near(one->detections[i].score, two->detections[i].score, 1e-6);
        assert_near(one->detections[i].box.x0, 1 - two->detections[i].box.x1, 1e-5);
        assert_near(one->detections[i].box.y0, two->detections[i].box.y0, 1e-5);
        assert_near(one->detections[i].box.y1, two->detections[i].box.y1, 1e-5);
    }
    size_t unlike = 0;
    for (size_t i = 0; i < SIZE * SIZE; ++i)
        unlike += one->mask[i] != two->mask[i / SIZE * SIZE + SIZE - 1 - i % SIZE];
    assert_true(unlike <= 4); /* of pixels whose logit rounds about 0 */
    for (size_t k = 0; k < 2; ++k) {
        detector_result_clear(&plain.results[k]);
        detector_result_clear(&flipped.results[k]);
    }
}

static void check_places(const DetectorResult *crop, const DetectorResult *frame,
                         const PixelBox *part, const Image *image)
{
    const float across = (float)(part->x1 - part->x0), down = (float)(part->y1 - part->y0);
    const float x = (float)part->x0, y = (float)part->y0;
    assert_true(crop->count > 0);
    assert_int_equal(crop->count, frame->count);
    for (size_t i = 0; i < crop->count; ++i) {
        const Box *in = &crop->detections[i].box, *of = &frame->detections[i].box;
        assert_near(in->x0 * across + x, of->x0 * (float)image->width, 1e-3);
        assert_near(in->y0 * down + y, of->y0 * (float)image->height, 1e-3);
        assert_near(in->x1 * across + x, of->x1 * (float)image->width, 1e-3);
        assert_near(in->y1 * down + y, of->y1 * (float)image->height, 1e-3);
    }
    assert_true(crop->mask_pixels > 0);
    assert_int_equal(crop->mask_pixels, frame->mask_pixels);
    for (size_t i = 0; i < image->width * image->height; ++i) {
        const size_t column = i % image->width, row = i / image->width;
        const bool inside =
            column >= part->x0 && column < part->x1 && row >= part->y0 && row < part->y1;
        const size_t at = (row - part->y0) * (part->x1 - part->x0) + column - part->x0;
        assert_int_equal(frame->mask[i], inside ? crop->mask[at] : 0);
    }
}

/* As the plain network on the crop, but for places, which are the frame's. */
static void a_network_of_crops_answers_for_the_whole_frame(void **state)
{
    (void)state;
    Image image = picture(120, 90);
    for (size_t i = 0; i < image.width * image.height; ++i)
        if (i % image.width < 24 || i / image.width < 12)
            memset(image.pixels + 3 * i, 0, 3);
    const DenoiseSettings settings = denoise_settings_of(DENOISE_CROP);
    DenoisedFrame denoised;
    DetectorResult results[2];
    Detector *detectors[2];
    assert_int_equal(denoise_frame(&settings, &image, NULL, NULL, &denoised), STATUS_OK);
    assert_true(denoised.crop.x0 >= 24 && denoised.crop.y0 >= 12);
    write_checkpoint_of("base=4 size=64", 0.25, NULL);
    detectors[0] = open_detector();
    write_checkpoint_of("base=4 size=64 denoise=crop", 0.25, NULL);
    detectors[1] = open_detector();
    assert_int_equal(detector_run(detectors[0], &denoised.image, &results[0]), STATUS_OK);
    assert_int_equal(detector_run(detectors[1], &image, &results[1]), STATUS_OK);
    assert_near(results[0].lesion_score, results[1].lesion_score, 0);
    check_places(&results[0], &results[1], &denoised.crop, &image);
    for (size_t i = 0; i < 2; ++i) {
        detector_result_clear(&results[i]);
        detector_free(detectors[i]);
    }
    denoised_frame_clear(&denoised);
    image_clear(&image);
}

static void the_operating_point_parts_lesion_from_normal(void **state)
{
    (void)state;
    Image image = picture(70, 70);
    DetectorResult result;
    write_checkpoint(0.25, NULL);
    Detector *detector = open_detector();
    assert_int_equal(detector_run(detector, &image, &result), STATUS_OK);
    double score = result.lesion_score;
    assert_true(result.predicted_class != LABEL_NORMAL);
    detector_result_clear(&result);
    detector_free(detector);
    const double points[2] = {score, nextafter(score, 1)}; /* reached, and just missed */
    for (int i = 0; i < 2; ++i) {
        write_checkpoint(points[i], NULL);
        detector = open_detector();
        assert_int_equal(detector_run(detector, &image, &result), STATUS_OK);
        assert_near(result.lesion_score, score, 0);
        assert_int_equal(result.predicted_class == LABEL_NORMAL, i == 1);
        detector_result_clear(&result);
        detector_free(detector);
    }
    detector = open_detector(); /* that of the checkpoint is just missed */
    detector_set_operating_point(detector, score);
    assert_near(detector_about(detector).operating_point, score, 0);
    assert_int_equal(detector_run(detector, &image, &result), STATUS_OK);
    assert_true(result.predicted_class != LABEL_NORMAL);
    detector_result_clear(&result);
    detector_free(detector);
    image_clear(&image);
}

/* A checkpoint of a cell that still trains has no operating point, and calls nothing normal for it.
 */
static void half_is_the_operating_point_until_one_is_chosen(void **state)
{
    (void)state;
    Image image = picture(70, 70);
    DetectorResult results[2];
    const double points[2] = {0.5, NAN};
    for (int i = 0; i < 2; ++i) {
        write_checkpoint(points[i], NULL);
        Detector *detector = open_detector();
        assert_near(detector_about(detector).operating_point, 0.5, 0);
        assert_int_equal(detector_run(detector, &image, &results[i]), STATUS_OK);
        detector_result_clear(&results[i]);
        detector_free(detector);
    }
    assert_true(results[0].predicted_class != LABEL_NORMAL);
    assert_int_equal(results[0].predicted_class, results[1].predicted_class);
    image_clear(&image);
}

static void blow_up(ParameterList *parameters)
{
    Parameter *parameter = parameters_find(parameters, "seg.mask.weight");
    for (size_t i = 0; i < parameter->count; ++i)
        parameter->value[i] = 3e38F;
}

static void outputs_that_are_no_numbers_are_an_error(void **state)
{
    (void)state;
    write_checkpoint(0.25, blow_up);
    Detector *detector = open_detector();
    Image image = picture(70, 70);
    DetectorResult result;
    assert_int_equal(detector_run(detector, &image, &result), STATUS_DIVERGED);
    assert_null(result.mask);
    image_clear(&image);
    detector_free(detector);
}

static void a_checkpoint_that_is_not_there_is_named(void **state)
{
    (void)state;
    Detector *detector;
    assert_true(detector_new("/tmp/no/such/checkpoint.h5", &detector) != STATUS_OK);
    assert_null(detector);
    assert_non_null(strstr(status_message(), "/tmp/no/such/checkpoint.h5"));
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/net.h5", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_follow_from_the_outputs_of_the_network),
        cmocka_unit_test(an_image_scores_the_same_whatever_came_before),
        cmocka_unit_test(an_old_checkpoint_has_the_precision_of_the_result_beside_it),
        cmocka_unit_test(the_detector_answers_in_the_precision_of_the_checkpoint),
        cmocka_unit_test(boxes_beside_a_fitted_picture_are_left_out),
        cmocka_unit_test(with_test_flips_left_and_right_are_alike),
        cmocka_unit_test(a_network_of_crops_answers_for_the_whole_frame),
        cmocka_unit_test(the_operating_point_parts_lesion_from_normal),
        cmocka_unit_test(half_is_the_operating_point_until_one_is_chosen),
        cmocka_unit_test(outputs_that_are_no_numbers_are_an_error),
        cmocka_unit_test(a_checkpoint_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
