/* gisd-detect: finds lesions on image files with a trained network.
 *
 * Images are independent: one that cannot be read is reported and the others go on; the exit code
 * then says that not everything was done. Where the results cannot be written it ends: the disk is
 * as full for the next image. All names of files to write are claimed before the first one is.
 */
#include <argp.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "cmd/command.h"
#include "cmd/detect_names.h"
#include "gisd/gisd.h"
#include "image/box.h"
#include "image/draw.h"
#include "image/image_file.h"
#include "store/files.h"
#include "store/hdf5_probe.h"
#include "store/hdf5_reader.h"
#include "store/hdf5_writer.h"
#include "store/json.h"
#include "store/outputs.h"

/* What tells this command's files from others'. */
#define PROGRAM  "gisd-detect"
#define RAW_KIND "gisd raw outputs"

typedef struct {
    const char *checkpoint;
    char **images; /* image_count, borrowed from the command line */
    size_t image_count;
    bool json, force;
    const char *overlay_folder, *raw_path;
    int threads;
} Arguments;

typedef struct {
    const Arguments *arguments;
    GisdDetector *detector;
    Hdf5Writer *raw; /* NULL if not asked for */
    ImageNames names;
    bool cannot_write; /* a file or the standard output */
} Run;

/* ---- command line ---- */

enum {
    OPTION_OVERLAY = 'o',
    OPTION_RAW = 'r',
    OPTION_JSON = 'j',
    OPTION_THREADS = 't',
    OPTION_FORCE = 'f'
};

static const struct argp_option options[] = {
    {"json", OPTION_JSON, NULL, 0, "Print one JSON array with an object for each image", 0},
    {"overlay", OPTION_OVERLAY, "DIR", 0,
     "Write DIR/NAME.png, the image with the best boxes and the mask drawn in, and "
     "DIR/NAME-mask.png",
     0},
    {"raw", OPTION_RAW, "FILE", 0,
     "Write the network's own outputs to this HDF5 file: NAME/input, and those of its kind: loc, "
     "cls "
     "and mask, or logits",
     0},
    {"threads", OPTION_THREADS, "N", 0, "Threads to use (default: all processors)", 0},
    {"force", OPTION_FORCE, NULL, 0, OUTPUTS_FORCE_HELP, 0},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    Arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_FORCE:
        arguments->force = true;
        return 0;
    case OPTION_JSON:
        arguments->json = true;
        return 0;
    case OPTION_OVERLAY:
        arguments->overlay_folder = text;
        return 0;
    case OPTION_RAW:
        arguments->raw_path = text;
        return 0;
    case OPTION_THREADS: {
        char *end;
        long threads = strtol(text, &end, 10);
        if (end == text || *end || threads < 1 || threads > 4096)
            return command_refuse(state, "--threads %s: expected a number from 1 to 4096", text);
        arguments->threads = (int)threads;
        return 0;
    }
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            return ARGP_ERR_UNKNOWN; /* the images come as ARGP_KEY_ARGS */
        arguments->checkpoint = text;
        return 0;
    case ARGP_KEY_ARGS:
        arguments->images = state->argv + state->next;
        arguments->image_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (!arguments->image_count)
            return command_refuse(state, "expected a checkpoint and at least one image");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- what may be written ---- */

static bool is_own_raw(const char *path)
{
    return hdf5_is_kind(path, RAW_KIND);
}

static bool is_own_png(const char *path)
{
    return image_png_is_by(path, PROGRAM);
}

/* Claims what will be written for one image. */
static Status claim_overlay(const Run *run, const char *name, Outputs *outputs)
{
    char *overlay, *mask = NULL;
    TRY(image_overlay_path(run->arguments->overlay_folder, name, &overlay));
    Status status = image_mask_path(run->arguments->overlay_folder, name, &mask);
    if (status == STATUS_OK)
        status = outputs_claim(outputs, overlay, is_own_png);
    if (status == STATUS_OK)
        status = outputs_claim(outputs, mask, is_own_png);
    free(overlay);
    free(mask);
    return status;
}

static Status claim_files(const Run *run, Outputs *outputs)
{
    const Arguments *arguments = run->arguments;
    TRY(outputs_note_input(outputs, arguments->checkpoint));
    for (size_t i = 0; i < arguments->image_count; ++i)
        TRY(outputs_note_input(outputs, arguments->images[i]));
    if (arguments->raw_path)
        TRY(outputs_claim(outputs, arguments->raw_path, is_own_raw));
    for (size_t i = 0; i < arguments->image_count && arguments->overlay_folder; ++i)
        TRY(claim_overlay(run, run->names.names[i], outputs));
    return STATUS_OK;
}

static Status claim_outputs(const Run *run)
{
    Outputs outputs;
    outputs_init(&outputs, run->arguments->force);
    Status status = claim_files(run, &outputs);
    outputs_clear(&outputs);
    return status;
}

/* ---- what is written and printed for an image ---- */

/* A map of one number or three at each place as planes, channels x height x width; others as rows
 * of numbers, places x channels. In *dims and *rank, and in *values, to be released with free(). */
static Status arrange(const GisdOutput *output, size_t dims[3], size_t *rank, float **values)
{
    const size_t pixels = output->height * output->width, channels = output->channels;
    const bool planes = output->width > 1;
    TRY(MEMORY_NEW(values, pixels * channels));
    for (size_t i = 0; i < pixels; ++i)
        for (size_t c = 0; c < channels; ++c)
            (*values)[planes ? c * pixels + i : i * channels + c] =
                output->values[i * channels + c];
    *rank = planes ? 3 : 2;
    memcpy(dims,
           planes ? (size_t[3]){channels, output->height, output->width}
                  : (size_t[3]){pixels, channels, 0},
           3 * sizeof *dims);
    return STATUS_OK;
}

static Status write_output(Hdf5Writer *writer, const char *name, const GisdOutput *output)
{
    size_t dims[3], rank;
    float *values;
    char *path;
    TRY(files_join(name, output->name, &path));
    Status status = arrange(output, dims, &rank, &values);
    if (status == STATUS_OK) {
        status = hdf5_write(writer, path, HDF5_F32, rank, dims, values, output->description, NULL);
        free(values);
    }
    free(path);
    return status;
}

static Status write_raw(const Run *run, const char *name)
{
    for (size_t i = 0; i < gisd_output_count(run->detector); ++i) {
        const GisdOutput output = gisd_output(run->detector, i);
        TRY(write_output(run->raw, name, &output));
    }
    return STATUS_OK;
}

enum { TAG_BYTES = 64, MOST_DRAWN = 12 };
static const Colour mask_colour = {0, 255, 160};
static const float mask_opacity = 0.18F; /* the lesion's own colour still shows */

/* Whether a better box, of whatever class, stands in the same place; lists are best first. */
static bool is_outdone(const GisdResult *result, size_t which)
{
    const double same_place = 0.45;
    const GisdBox *box = &result->boxes[which];
    for (size_t i = 0; i < which; ++i) {
        const GisdBox *better = &result->boxes[i];
        if (box_iou(&(Box){box->x0, box->y0, box->x1, box->y1},
                    &(Box){better->x0, better->y0, better->x1, better->y1}) > same_place)
            return true;
    }
    return false;
}

/* Draws the boxes that a person should look at, with class and score, the very best on top: they
 * reach the operating point (which is low where the data had no normal images to choose it by) and
 * half the best box's score, and are the best of their place. The list in JSON leaves none out. */
static Status draw_found(const GisdDetector *detector, const GisdResult *result, Image *image)
{
    const double share_of_best = 0.5;
    DrawBox boxes[MOST_DRAWN];
    char tags[MOST_DRAWN][TAG_BYTES];
    size_t count = 0;
    for (size_t i = result->box_count < MOST_DRAWN ? result->box_count : MOST_DRAWN; i-- > 0;) {
        const GisdBox *box = &result->boxes[i];
        if (box->score < gisd_operating_point(detector) ||
            box->score < share_of_best * result->boxes[0].score || is_outdone(result, i))
            continue;
        snprintf(tags[count], TAG_BYTES, "%s %.2f", gisd_class_name(detector, box->class_index),
                 box->score);
        boxes[count] = (DrawBox){.box = {box->x0, box->y0, box->x1, box->y1},
                                 .tag = tags[count],
                                 .colour = draw_class_colour((size_t)box->class_index)};
        ++count;
    }
    return draw_boxes(image, count, boxes);
}

static Status write_png(Run *run, const char *path, const Image *image)
{
    Status status = image_write_png_by(path, image, PROGRAM);
    run->cannot_write |= status != STATUS_OK;
    return status;
}

/* DIR/NAME.png: the mask tinted and the boxes drawn into the image; DIR/NAME-mask.png: the mask,
 * 255 on lesion. */
static Status write_overlay(Run *run, const char *image_path, const GisdResult *result,
                            const char *overlay, const char *mask_file)
{
    Image image, mask = {0};
    TRY(image_read(image_path, 3, &image));
    Status status = STATUS_OK;
    if (result->mask)
        status = image_init(&mask, result->width, result->height, 1);
    if (status == STATUS_OK && result->mask) {
        for (size_t i = 0; i < result->width * result->height; ++i)
            mask.pixels[i] = result->mask[i] ? 255 : 0;
        status = draw_mask(&image, &mask, mask_colour, mask_opacity);
    }
    if (status == STATUS_OK)
        status = draw_found(run->detector, result, &image);
    if (status == STATUS_OK && result->mask)
        status = write_png(run, mask_file, &mask);
    if (status == STATUS_OK)
        status = write_png(run, overlay, &image);
    image_clear(&mask);
    image_clear(&image);
    return status;
}

static void print_text(const GisdDetector *detector, const char *path, const GisdResult *result)
{
    utf8_print(stdout, "%s: %s, lesion score %.4f, ", path,
               gisd_class_name(detector, result->predicted_class), result->lesion_score);
    if (result->mask)
        printf("mask %.2f %% of the image, ",
               100 * (double)result->mask_pixels / (double)(result->width * result->height));
    printf("%.3f s\n", result->seconds);
    for (size_t i = 0; i < result->box_count; ++i) {
        const GisdBox *box = &result->boxes[i];
        if (box->score >= gisd_operating_point(detector))
            utf8_print(stdout, "  %s %.4f at %.1f %.1f %.1f %.1f\n",
                       gisd_class_name(detector, box->class_index), box->score, (double)box->x0,
                       (double)box->y0, (double)box->x1, (double)box->y1);
    }
}

/* The JSON object of an image, or NULL for want of memory. */
static cJSON *describe(const GisdDetector *detector, const char *path, const GisdResult *result,
                       const char *overlay, const char *mask)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "image", path);
    cJSON_AddNumberToObject(object, "width", (double)result->width);
    cJSON_AddNumberToObject(object, "height", (double)result->height);
    cJSON_AddNumberToObject(object, "lesion_score", result->lesion_score);
    cJSON_AddNumberToObject(object, "operating_point", gisd_operating_point(detector));
    cJSON_AddStringToObject(object, "predicted_class",
                            gisd_class_name(detector, result->predicted_class));
    cJSON *scores = cJSON_AddObjectToObject(object, "class_scores");
    for (size_t k = 0; k < result->class_count; ++k)
        cJSON_AddNumberToObject(scores, gisd_class_name(detector, (int)k), result->class_scores[k]);
    cJSON *detections = cJSON_AddArrayToObject(object, "detections");
    for (size_t i = 0; i < result->box_count; ++i) {
        const GisdBox *box = &result->boxes[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "class", gisd_class_name(detector, box->class_index));
        cJSON_AddNumberToObject(item, "score", box->score);
        const float corners[4] = {box->x0, box->y0, box->x1, box->y1};
        cJSON_AddItemToObject(item, "box", cJSON_CreateFloatArray(corners, 4));
        cJSON_AddItemToArray(detections, item);
    }
    if (result->mask)
        cJSON_AddNumberToObject(object, "mask_area", (double)result->mask_pixels);
    if (mask && result->mask)
        cJSON_AddStringToObject(object, "mask", mask);
    if (overlay)
        cJSON_AddStringToObject(object, "overlay", overlay);
    cJSON_AddNumberToObject(object, "seconds", result->seconds);
    return object;
}

static cJSON *describe_failure(const char *path)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "image", path);
    cJSON_AddStringToObject(object, "error", status_message());
    return object;
}

/* Prints an element of the array; `first` ones have no comma before them. */
static Status print_json(cJSON *object, bool first)
{
    char *text;
    Status status = json_print(object, &text);
    cJSON_Delete(object);
    TRY(status);
    printf("%s\n%s", first ? "" : ",", text);
    free(text);
    return STATUS_OK;
}

/* ---- running ---- */

static Status report(Run *run, const char *path, const char *name, const GisdResult *result,
                     bool first)
{
    const Arguments *arguments = run->arguments;
    char *overlay = NULL, *mask = NULL;
    Status status = STATUS_OK;
    if (run->raw) {
        status = write_raw(run, name);
        run->cannot_write = status != STATUS_OK;
        TRY(status);
    }
    if (arguments->overlay_folder) {
        TRY_GOTO(status, end, image_overlay_path(arguments->overlay_folder, name, &overlay));
        TRY_GOTO(status, end, image_mask_path(arguments->overlay_folder, name, &mask));
        TRY_GOTO(status, end, write_overlay(run, path, result, overlay, mask));
    }
    if (arguments->json)
        status = print_json(describe(run->detector, path, result, overlay, mask), first);
    else
        print_text(run->detector, path, result);
end:
    free(overlay);
    free(mask);
    return status;
}

/* Looks at one image and reports it. */
static Status run_image(Run *run, size_t which)
{
    const char *path = run->arguments->images[which];
    GisdResult *result;
    TRY((Status)gisd_detect_file(run->detector, path, &result));
    Status status = report(run, path, run->names.names[which], result, which == 0);
    gisd_result_free(result);
    return status;
}

static Status start(Run *run)
{
    const Arguments *arguments = run->arguments;
    if (arguments->threads)
        gisd_set_threads(arguments->threads);
    TRY(image_names_init(arguments->image_count, arguments->images, &run->names));
    TRY(claim_outputs(run));
    TRY(hdf5_probe(arguments->checkpoint));
    TRY((Status)gisd_detector_open(arguments->checkpoint, &run->detector));
    if (arguments->overlay_folder)
        TRY(files_make_folder(arguments->overlay_folder));
    if (arguments->raw_path) {
        TRY(hdf5_writer_new(arguments->raw_path, &run->raw));
        TRY(hdf5_set_text(run->raw, "/", "kind", RAW_KIND));
    }
    return STATUS_OK;
}

/* Returns the number of images that could not be done; each has been reported. Once something
 * cannot be written it ends, with those that are left not done. */
static size_t run_images(Run *run)
{
    const Arguments *arguments = run->arguments;
    size_t done = 0;
    if (arguments->json)
        printf("[");
    for (size_t i = 0; i < arguments->image_count && !run->cannot_write; ++i) {
        if (run_image(run, i) == STATUS_OK) {
            ++done;
        } else {
            fprintf(stderr, PROGRAM ": %s\n", status_message());
            if (arguments->json)
                print_json(describe_failure(arguments->images[i]), i == 0);
        }
        run->cannot_write |= ferror(stdout) != 0;
    }
    if (arguments->json)
        printf("\n]\n");
    return arguments->image_count - done;
}

/* A raw file of no image at all, or that lacks some for want of room, is left uncommitted. */
static Status finish(Run *run, size_t failed)
{
    if (!run->raw || run->cannot_write || failed == run->arguments->image_count)
        return STATUS_OK;
    Hdf5Writer *raw = run->raw;
    run->raw = NULL;
    return hdf5_writer_commit(raw);
}

int main(int argc, char **argv)
{
    static const struct argp parser = {
        .options = options,
        .parser = parse_option,
        .args_doc = "CHECKPOINT.h5 IMAGE...",
        .doc =
            "Find lesions on endoscopy images (PNG, JPEG, TIFF, BMP or WebP) with a trained "
            "network."
            "\vFor each image the class, the lesion score and the boxes x0 y0 x1 y1, in pixels:\n\n"
            "    gisd-detect checkpoint.h5 image.jpg\n"
            "    gisd-detect checkpoint.h5 *.jpg --json --overlay seen >found.json\n\n"
            "An image that cannot be read is reported and the others go on; the exit code is 0 "
            "only if all could be done. NAME is the image's file name without folder and suffix, "
            "and -2 where another one has it. In JSON a byte of a name that is no UTF-8 is "
            "written \\xNN.\n\n"
            "Images and the checkpoint are never written to. Overlays, masks and raw files of "
            "an earlier run are replaced, any other file is kept unless --force is given."};
    argp_program_version = PROGRAM " " GISD_VERSION;
    Arguments arguments = {0};
    command_begin();
    command_parse(&parser, argc, argv, &arguments);

    Run run = {.arguments = &arguments};
    size_t failed = 0;
    Status status = start(&run);
    if (status == STATUS_OK) {
        failed = run_images(&run);
        status = finish(&run, failed);
    }
    hdf5_writer_abandon(run.raw);
    gisd_detector_close(run.detector);
    image_names_clear(&run.names);
    int code = command_end(PROGRAM, status);
    return failed == 0 ? code : EXIT_FAILURE;
}
