/* gisd-detect: finds lesions on image files with a trained network.
 *
 * Images are independent: one that cannot be read is reported and the others go on; the exit code
 * then says that not everything was done. Where the results cannot be written it ends: the disk is
 * as full for the next image. All names of files to write are claimed before the first one is. What
 * is done with an image is in detect_PART.c.
 */
#include <argp.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/detect_inputs.h"
#include "cmd/detect_names.h"
#include "cmd/detect_network.h"
#include "cmd/detect_overlay.h"
#include "cmd/detect_raw.h"
#include "cmd/detect_report.h"
#include "gisd/gisd.h"
#include "grid/run/progress.h"
#include "image/image_file.h"
#include "infer/checkpoint_precision.h"
#include "store/files.h"
#include "store/hdf5_reader.h"
#include "store/json.h"
#include "store/outputs.h"

/* What tells this command's files from others'. */
#define PROGRAM  "gisd-detect"
#define RAW_KIND "gisd raw outputs"

typedef struct {
    const char *network; /* a checkpoint or a folder of results */
    char **words;        /* word_count, borrowed from the command line: images and folders */
    size_t word_count;
    bool json, all, force;
    double threshold; /* NaN: the checkpoint's */
    const char *overlay_folder, *raw_path, *csv_path;
    int threads;
} Arguments;

typedef struct {
    const Arguments *arguments;
    char *checkpoint;       /* owned */
    GisdDetector *detector; /* detectors[0] */
    GisdDetector *
        *detectors; /* workers: twins, for a thread each that looks at images of its own */
    size_t workers;
    double checkpoint_point;
    FoundRule rule;
    ImageList images;
    ImageNames names;
    Hdf5Writer *raw; /* NULL if not asked for */
    CsvWriter csv;
    bool cannot_write; /* a file or the standard output */
    bool progress;     /* is shown: somebody looks */
    double started;
} Run;

/* ---- command line ---- */

enum {
    OPTION_OVERLAY = 'o',
    OPTION_RAW = 'r',
    OPTION_JSON = 'j',
    OPTION_CSV = 'c',
    OPTION_ALL = 'a',
    OPTION_THRESHOLD = 's',
    OPTION_THREADS = 't',
    OPTION_FORCE = 'f'
};

static const struct argp_option options[] = {
    {"json", OPTION_JSON, NULL, 0, "Print one JSON array with an object for each image", 0},
    {"csv", OPTION_CSV, "FILE", 0,
     "Write a table with a row for each image: verdict, class, lesion score, threshold, boxes", 0},
    {"overlay", OPTION_OVERLAY, "DIR", 0,
     "Write DIR/NAME.png, the image with the verdict and what was found drawn in, and "
     "DIR/NAME-mask.png, the network's mask whatever the verdict",
     0},
    {"raw", OPTION_RAW, "FILE", 0,
     "Write the network's own outputs to this HDF5 file: NAME/input, and those of its kind: loc, "
     "cls "
     "and mask, or logits",
     0},
    {"threshold", OPTION_THRESHOLD, "X", 0,
     "Lesion score from 0 to 1 from which an image is called lesion (the checkpoint's operating "
     "point, chosen on its validation images)",
     0},
    {"all", OPTION_ALL, NULL, 0,
     "List every box of the network, low scores and several of a place too", 0},
    {"threads", OPTION_THREADS, "N", 0, "Threads to use (default: all processors)", 0},
    {"force", OPTION_FORCE, NULL, 0, OUTPUTS_FORCE_HELP, 0},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    Arguments *arguments = state->input;
    int64_t threads;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_FORCE:
        arguments->force = true;
        return 0;
    case OPTION_JSON:
        arguments->json = true;
        return 0;
    case OPTION_ALL:
        arguments->all = true;
        return 0;
    case OPTION_CSV:
        arguments->csv_path = text;
        return 0;
    case OPTION_OVERLAY:
        arguments->overlay_folder = text;
        return 0;
    case OPTION_RAW:
        arguments->raw_path = text;
        return 0;
    case OPTION_THRESHOLD:
        if (text_to_number("--threshold", text, 0, 1, &arguments->threshold) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        return 0;
    case OPTION_THREADS:
        if (text_to_integer("--threads", text, 1, 4096, &threads) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        arguments->threads = (int)threads;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            return ARGP_ERR_UNKNOWN; /* the images come as ARGP_KEY_ARGS */
        arguments->network = text;
        return 0;
    case ARGP_KEY_ARGS:
        arguments->words = state->argv + state->next;
        arguments->word_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (!arguments->word_count)
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
    TRY(outputs_note_input(outputs, run->checkpoint));
    for (size_t i = 0; i < run->images.count; ++i)
        TRY(outputs_note_input(outputs, run->images.paths[i]));
    if (arguments->raw_path)
        TRY(outputs_claim(outputs, arguments->raw_path, is_own_raw));
    if (arguments->csv_path)
        TRY(outputs_claim(outputs, arguments->csv_path, report_csv_is_own));
    for (size_t i = 0; i < run->images.count && arguments->overlay_folder; ++i)
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

static Status write_png(Run *run, const char *path, const Image *image)
{
    Status status = image_write_png_by(path, image, PROGRAM);
    run->cannot_write |= status != STATUS_OK;
    return status;
}

/* Draws into the image. */
static Status write_overlay(Run *run, const GisdResult *result, Image *image, const char *overlay,
                            const char *mask_file)
{
    if (result->mask) {
        Image mask;
        TRY(overlay_mask(result, &mask));
        Status status = write_png(run, mask_file, &mask);
        image_clear(&mask);
        TRY(status);
    }
    TRY(overlay_draw(run->detector, result, &run->rule, image));
    return write_png(run, overlay, image);
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

/* Lists and prints what the files, if any, were written of. */
static Status list(Run *run, const Seen *seen, bool first)
{
    if (run->arguments->csv_path)
        TRY(report_csv(seen, &run->csv));
    if (run->arguments->json)
        return print_json(report_json(seen, run->checkpoint_point), first);
    report_text(seen);
    return STATUS_OK;
}

/* ---- running ---- */

static void hide_progress(const Run *run)
{
    if (run->progress)
        fputs("\r\033[K", stderr);
}

static void show_progress(const Run *run, size_t done)
{
    char left[DURATION_BYTES];
    const size_t count = run->images.count;
    if (!run->progress || done == count)
        return;
    duration_text((clock_seconds() - run->started) / (double)done * (double)(count - done), left);
    fprintf(stderr, "%zu of %zu images, %s to go", done, count, left);
    fflush(stderr);
}

static Status report(Run *run, size_t which, const GisdResult *result, Image *image)
{
    const Arguments *arguments = run->arguments;
    const char *name = run->names.names[which];
    char *overlay = NULL, *mask = NULL;
    Found found;
    TRY(found_init(&run->rule, result, &found));
    Status status = STATUS_OK;
    if (run->raw) {
        status = raw_write(run->raw, name, run->detector);
        run->cannot_write = status != STATUS_OK;
        TRY_GOTO(status, end, status);
    }
    if (arguments->overlay_folder) {
        TRY_GOTO(status, end, image_overlay_path(arguments->overlay_folder, name, &overlay));
        TRY_GOTO(status, end, image_mask_path(arguments->overlay_folder, name, &mask));
        TRY_GOTO(status, end, write_overlay(run, result, image, overlay, mask));
    }
    hide_progress(run);
    const Seen seen = {
        run->images.paths[which],  run->detector, result, &run->rule, &found, overlay,
        result->mask ? mask : NULL};
    status = list(run, &seen, which == 0);
end:
    found_clear(&found);
    free(overlay);
    free(mask);
    return status;
}

/* Looks at one image; *image and *result are there if that is STATUS_OK. */
static Status look(const Run *run, size_t worker, size_t which, Image *image, GisdResult **result)
{
    const char *path = run->images.paths[which];
    TRY(image_read(path, 3, image));
    Status status = (Status)gisd_detect(run->detectors[worker], image->pixels, image->width,
                                        image->height, result);
    if (status == STATUS_OK)
        return STATUS_OK;
    image_clear(image);
    return status_prefix(status, "%s", path);
}

/* Tells of an image that could not be done, by this thread's message. */
static void fail(Run *run, size_t which)
{
    const char *path = run->images.paths[which];
    hide_progress(run);
    fprintf(stderr, PROGRAM ": %s\n", status_message());
    if (run->arguments->csv_path)
        report_csv_failure(path, &run->csv);
    if (run->arguments->json)
        print_json(report_json_failure(path), which == 0);
}

/* Where there are images enough, each thread looks at some of its own, so that nobody waits for
 * another. Raw outputs are read off the one detector. */
static size_t count_workers(const Run *run)
{
    const size_t threads = (size_t)omp_get_max_threads();
    return run->arguments->raw_path || run->images.count <= threads ? 1 : threads;
}

static Status open_detectors(Run *run)
{
    run->workers = count_workers(run);
    TRY(MEMORY_NEW(&run->detectors, run->workers));
    if (run->workers > 1)
        gisd_set_threads(1); /* of a detector */
    TRY((Status)gisd_detector_open(run->checkpoint, &run->detectors[0]));
    run->detector = run->detectors[0];
    for (size_t i = 1; i < run->workers; ++i)
        TRY((Status)gisd_detector_twin(run->detector, &run->detectors[i]));
    return STATUS_OK;
}

static Status open_network(Run *run)
{
    const double threshold = run->arguments->threshold;
    TRY(checkpoint_probe(run->checkpoint));
    TRY(open_detectors(run));
    run->checkpoint_point = gisd_operating_point(run->detector);
    for (size_t i = 0; i < run->workers && !isnan(threshold); ++i)
        gisd_set_operating_point(run->detectors[i], threshold);
    run->rule = (FoundRule){.threshold = gisd_operating_point(run->detector),
                            .share_of_best = isnan(threshold) ? 0.5 : 0,
                            .all = run->arguments->all};
    return STATUS_OK;
}

static Status open_outputs(Run *run)
{
    const Arguments *arguments = run->arguments;
    if (arguments->overlay_folder)
        TRY(files_make_folder(arguments->overlay_folder));
    if (arguments->raw_path) {
        TRY(hdf5_writer_new(arguments->raw_path, &run->raw));
        TRY(hdf5_set_text(run->raw, "/", "kind", RAW_KIND));
    }
    if (arguments->csv_path) {
        TRY(csv_writer_init(&run->csv));
        report_csv_header(&run->csv);
    }
    return STATUS_OK;
}

static Status start(Run *run)
{
    const Arguments *arguments = run->arguments;
    if (arguments->threads)
        gisd_set_threads(arguments->threads);
    TRY(network_find(arguments->network, stderr, &run->checkpoint));
    TRY(image_list_init(arguments->word_count, arguments->words, PROGRAM, stderr, &run->images));
    TRY(image_names_init(run->images.count, run->images.paths, &run->names));
    TRY(claim_outputs(run));
    TRY(open_network(run));
    TRY(open_outputs(run));
    /* An array on the same terminal would be written over. */
    run->progress = isatty(STDERR_FILENO) && run->images.count > 1 &&
                    !(arguments->json && isatty(STDOUT_FILENO));
    run->started = clock_seconds();
    return STATUS_OK;
}

/* Tells of one image what came of looking at it; true if all is well. */
static bool tell(Run *run, size_t which, Status seen, const GisdResult *result, Image *image)
{
    const bool done = seen == STATUS_OK && report(run, which, result, image) == STATUS_OK;
    if (!done)
        fail(run, which);
    run->cannot_write |= ferror(stdout) != 0;
    show_progress(run, which + 1);
    return done;
}

/* Returns the number of images that could not be done; each has been reported, in their order. Once
 * something cannot be written it ends, with those that are left not done. */
static size_t run_images(Run *run)
{
    size_t done = 0;
    if (run->arguments->json)
        printf("[");
#pragma omp parallel for ordered schedule(dynamic, 1) num_threads((int)run->workers)
    for (size_t i = 0; i < run->images.count; ++i) {
        Image image = {0};
        GisdResult *result = NULL;
        bool over;
#pragma omp atomic read
        over = run->cannot_write;
        Status status =
            over ? STATUS_IO : look(run, (size_t)omp_get_thread_num(), i, &image, &result);
#pragma omp ordered
        if (!run->cannot_write)
            done += tell(run, i, status, result, &image);
        gisd_result_free(result);
        image_clear(&image);
    }
    if (run->arguments->json)
        printf("\n]\n");
    return run->images.count - done;
}

/* How fast it was, where there is more than one image to say it of: behind the other lines, but not
 * into an array. */
static void tell_speed(const Run *run, size_t failed)
{
    const bool json = run->arguments->json;
    const double seconds = clock_seconds() - run->started;
    const size_t done = run->images.count - failed;
    if (run->cannot_write || done < 2 || (json && !isatty(STDERR_FILENO)))
        return;
    fprintf(json ? stderr : stdout, "%zu images in %.1f s, %.1f a second, %zu at a time\n", done,
            seconds, (double)done / seconds, run->workers);
}

/* A raw file of no image at all is left uncommitted, and so is every file that lacks some for want
 * of room. */
static Status finish(Run *run, size_t failed)
{
    if (run->cannot_write)
        return STATUS_OK;
    if (run->arguments->csv_path)
        TRY(csv_writer_commit(&run->csv, run->arguments->csv_path));
    if (!run->raw || failed == run->images.count)
        return STATUS_OK;
    Hdf5Writer *raw = run->raw;
    run->raw = NULL;
    return hdf5_writer_commit(raw);
}

static void clear(Run *run)
{
    hdf5_writer_abandon(run->raw);
    csv_writer_clear(&run->csv);
    for (size_t i = run->workers; run->detectors && i-- > 0;) /* the first is the twins' */
        gisd_detector_close(run->detectors[i]);
    free(run->detectors);
    image_names_clear(&run->names);
    image_list_clear(&run->images);
    free(run->checkpoint);
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .args_doc = "CHECKPOINT.h5|RESULTS IMAGE|FOLDER...",
    .doc =
        "Find lesions on endoscopy images (PNG, JPEG, TIFF, BMP or WebP) with a trained "
        "network."
        "\vFor each image the class, the lesion score and the boxes x0 y0 x1 y1, in pixels:\n\n"
        "    gisd-detect checkpoint.h5 image.jpg\n"
        "    gisd-detect results/mine images --csv found.csv --overlay seen\n"
        "    gisd-detect checkpoint.h5 *.jpg --json >found.json\n\n"
        "RESULTS is a folder of gisd-grid's, of which the finished cell with the best validation "
        "is taken, as in its report, and told; or the folder of one cell. FOLDER stands for all "
        "images in it and in the folders below, in the order of their paths.\n\n"
        "Listed and drawn is what a person should look at: nothing on an image that is called "
        "normal; else the best box of each place that reaches the threshold (and, unless "
        "--threshold is given, half of the best box's score), at most 12, with the scores that "
        "other classes have there.\n\n"
        "With more images than threads each thread looks at images of its own; how many a second "
        "is "
        "told at the end.\n\n"
        "An image that cannot be read is reported and the others go on; the exit code is then "
        "1. NAME is the image's file name without folder and suffix, "
        "and -2 where another one has it. In JSON a byte of a name that is no UTF-8 is "
        "written \\xNN.\n\n"
        "Images and the checkpoint are never written to. Overlays, masks, tables and raw files of "
        "an earlier run are replaced, any other file is kept unless --force is given."
        "\n\n" COMMAND_EXIT_STATUS};

int main(int argc, char **argv)
{
    argp_program_version = PROGRAM " " GISD_VERSION;
    Arguments arguments = {.threshold = (double)NAN};
    command_begin();
    command_parse(&parser, argc, argv, &arguments);

    Run run = {.arguments = &arguments};
    size_t failed = 0;
    Status status = start(&run);
    if (status == STATUS_OK) {
        failed = run_images(&run);
        tell_speed(&run, failed);
        status = finish(&run, failed);
    }
    failed += run.images.unusable;
    clear(&run);
    int code = command_end(PROGRAM, status);
    return failed == 0 ? code : EXIT_FAILURE;
}
