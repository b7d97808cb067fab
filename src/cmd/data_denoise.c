/* gisd-data denoise MANIFEST OUT [--detector CHECKPOINT.h5|none] [--fill keep|black|inpaint]
 * [--cost N]
 *                   [--no-filter] [--levels N] [--sheet-frames N] [--force] */
#include <argp.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "data/denoise/set.h"
#include "image/crop.h"
#include "image/wavelet.h"
#include "infer/detector.h"
#include "store/files.h"
#include "store/outputs.h"
#include "store/shared_files.h"

#define SHIPPED_DETECTOR "detectors/overlays.h5"

enum {
    OPTION_DETECTOR = 'd',
    OPTION_FORCE = 'f',
    OPTION_FILL = 1000,
    OPTION_COST,
    OPTION_NO_FILTER,
    OPTION_LEVELS,
    OPTION_SHEET_FRAMES,
};

static const struct argp_option options[] = {
    {"detector", OPTION_DETECTOR, "CHECKPOINT.h5", 0,
     "A network that finds text, digits, tube and border (its classes), in place of the one that "
     "comes with the program; none: only the black surround and painted squares are found, by "
     "their exact pixels",
     0},
    {"fill", OPTION_FILL, "NAME", 0,
     "What becomes of overlays inside the crop, to inpaint is from what is around: keep, black or "
     "inpaint (inpaint)",
     0},
    {"cost", OPTION_COST, "N", 0,
     "The crop gives away N pixels of the frame to be rid of an overlaid one, 1 to 1000 (1000: "
     "what can be cut away is cut away); less leaves larger crops",
     0},
    {"no-filter", OPTION_NO_FILTER, NULL, 0, "Do not filter noise", 0},
    {"levels", OPTION_LEVELS, "N", 0,
     "Levels of wavelets in the noise filter, 0 to 12; more smooth more (1)", 0},
    {"sheet-frames", OPTION_SHEET_FRAMES, "N", 0,
     "How many frames to show before and after in OUT/sheets (24)", 0},
    {"force", OPTION_FORCE, NULL, 0, "Make OUT anew where it was made otherwise", 0},
    {0},
};

typedef struct {
    const char *words[2]; /* manifest, folder */
    unsigned count;
    const char *detector;   /* NULL: none */
    char shipped[PATH_MAX]; /* what it points to unless one was given */
    DenoiseJob job;
} Arguments;

/* The boxes of a network that count. */
static const float least_scores[OVERLAY_KINDS] = {
    [OVERLAY_TEXT] = 0.5f,
    [OVERLAY_DIGITS] = 0.5f,
    [OVERLAY_TUBE] = 0.6f,
    [OVERLAY_BORDER] = 0.6f,
};

/* Writing stands in columns and rows, gleams of light anywhere: beside a box of writing that
 * counts, up to so many heights of a line away, a much lower score is enough for another one of its
 * height that is as much wider than high. */
static const float BESIDE_LEAST = 0.15f, BESIDE_HEIGHTS = 5, BESIDE_RATIO = 2, BESIDE_WIDE = 1.5f;

static Status parse_number(int key, const char *text, DenoiseJob *job)
{
    int64_t number;
    switch (key) {
    case OPTION_COST:
        TRY(text_to_integer("--cost", text, 1, CROP_COST_MOST, &number));
        job->settings.cost = (size_t)number;
        return STATUS_OK;
    case OPTION_LEVELS:
        TRY(text_to_integer("--levels", text, 0, WAVELET_LEVELS_MOST, &number));
        job->settings.filter.levels = (size_t)number;
        return STATUS_OK;
    default:
        TRY(text_to_integer("--sheet-frames", text, 0, 10000, &number));
        job->sheet_frames = (size_t)number;
        return STATUS_OK;
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_DETECTOR:
        arguments->detector = argument;
        return 0;
    case OPTION_FILL:
        if (!denoise_fill_parse(argument, &arguments->job.settings.fill))
            return command_refuse(state, "--fill is '%s', expected keep, black or inpaint",
                                  argument);
        return 0;
    case OPTION_COST:
    case OPTION_LEVELS:
    case OPTION_SHEET_FRAMES:
        if (parse_number(key, argument, &arguments->job) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        return 0;
    case OPTION_NO_FILTER:
        arguments->job.settings.filtered = false;
        return 0;
    case OPTION_FORCE:
        arguments->job.force = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == 2)
            return command_refuse(state, "unexpected word '%s', expected MANIFEST OUT", argument);
        arguments->words[arguments->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (arguments->count < 2)
            return command_refuse(state, "expected MANIFEST OUT");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "MANIFEST OUT",
    .doc =
        "Find what was laid over frames, crop it away, fill what remains of it, and filter noise "
        "(median 5x5, Sym4 wavelets). Masks and boxes move along; no annotated lesion is cut."
        "\v    gisd-data denoise data/manifest.csv data/denoised\n"
        "    gisd-data denoise data/manifest.csv data/denoised --detector mine.h5\n\n"
        "OUT becomes a data set: manifest.csv, images/, masks/; with overlays.csv, crops.csv and "
        "frames.csv, which say what was found and done, and sheets/ to look at. Interrupted, the "
        "same command goes on; frames that are done stay. A picture of the same name in clean/ "
        "beside MANIFEST is what the frame should look like: PSNR and SSIM tell how near it "
        "comes. OMP_NUM_THREADS frames are worked on at a time; the result does not depend on "
        "it.",
};

/* ---- the network ---- */

typedef struct {
    size_t count;
    Detector **detectors; /* count; one a thread */
    char digest[HASH_TEXT_BYTES];
} Finders;

static void finders_clear(Finders *finders)
{
    for (size_t i = 0; i < finders->count && finders->detectors; ++i)
        detector_free(finders->detectors[i]);
    free(finders->detectors);
}

static Status check_classes(const char *checkpoint, const Detector *detector)
{
    const DetectorAbout about = detector_about(detector);
    OverlayKind kind;
    for (size_t i = 0; i < about.classes; ++i)
        if (!overlay_parse(about.class_names[i], &kind))
            FAIL(STATUS_ARGUMENT,
                 "%s: finds the class '%s', expected a network that finds text, digits, tube and "
                 "border",
                 checkpoint, about.class_names[i]);
    return STATUS_OK;
}

static Status finders_init(const char *checkpoint, Finders *finders)
{
    char *bytes;
    size_t count;
    TRY(files_read(checkpoint, &bytes, &count));
    hash_text(bytes, count, finders->digest);
    free(bytes);
    finders->count = (size_t)omp_get_max_threads();
    TRY(MEMORY_NEW(&finders->detectors, finders->count));
    for (size_t i = 0; i < finders->count; ++i)
        TRY(detector_new(checkpoint, &finders->detectors[i]));
    return check_classes(checkpoint, finders->detectors[0]);
}

static bool is_written(OverlayKind kind)
{
    return kind == OVERLAY_TEXT || kind == OVERLAY_DIGITS;
}

typedef struct {
    const DetectorResult *result;
    const DetectorAbout *about;
} Found;

/* The kind of a box; false for a class that is none. */
static bool kind_of(const Found *found, size_t i, OverlayKind *kind)
{
    return overlay_parse(found->about->class_names[found->result->detections[i].class_index], kind);
}

/* The box of the other writing at the same place, as a box of text may be one of digits; `i` if
 * there is none. */
static size_t twin_of(const Found *found, size_t i)
{
    OverlayKind own, other;
    const Detection *boxes = found->result->detections;
    if (!kind_of(found, i, &own) || !is_written(own))
        return i;
    for (size_t k = 0; k < found->result->count; ++k)
        if (kind_of(found, k, &other) && is_written(other) && other != own &&
            box_iou(&boxes[i].box, &boxes[k].box) > 0.45)
            return k;
    return i;
}

/* The boxes with some score, best first. What may be text and may be digits is one box, written as
 * surely as both together. */
static size_t gather(const Found *found, const Image *image, OverlayBox *boxes)
{
    const float width = (float)image->width, height = (float)image->height;
    size_t count = 0;
    for (size_t i = 0; i < found->result->count && count < DENOISE_OVERLAYS / 2; ++i) {
        const Detection *own = &found->result->detections[i];
        const size_t twin = twin_of(found, i);
        OverlayBox box = {.score = own->score};
        if (twin != i)
            box.score = fminf(1, own->score + found->result->detections[twin].score);
        if (twin < i || !kind_of(found, i, &box.kind) || box.score < BESIDE_LEAST)
            continue;
        box.box = (Box){own->box.x0 * width, own->box.y0 * height, own->box.x1 * width,
                        own->box.y1 * height};
        boxes[count++] = box;
    }
    return count;
}

static bool is_beside(const Box *a, const Box *b)
{
    const float one = a->y1 - a->y0, other = b->y1 - b->y0, height = fminf(one, other);
    const float across = fmaxf(a->x0 - b->x1, b->x0 - a->x1);
    const float down = fmaxf(a->y0 - b->y1, b->y0 - a->y1);
    return fmaxf(one, other) <= BESIDE_RATIO * height &&
           fmaxf(across, down) <= BESIDE_HEIGHTS * height;
}

static bool counts(const OverlayBox *boxes, size_t count, size_t i)
{
    if (boxes[i].score >= least_scores[boxes[i].kind])
        return true;
    if (boxes[i].box.x1 - boxes[i].box.x0 < BESIDE_WIDE * (boxes[i].box.y1 - boxes[i].box.y0))
        return false;
    for (size_t k = 0; k < count && is_written(boxes[i].kind); ++k)
        if (is_written(boxes[k].kind) && boxes[k].score >= least_scores[boxes[k].kind] &&
            is_beside(&boxes[i].box, &boxes[k].box))
            return true;
    return false;
}

/* Letters have soft edges, and the dark ones that processors sharpen them by: a network's box of
 * writing, which is that of their ink, grows by so much of its height on each side. */
static const float EDGE = 0.1f;

static void take_edges_in(const Image *image, OverlayBox *overlay)
{
    Box *box = &overlay->box;
    const float edge = EDGE * (box->y1 - box->y0);
    if (is_written(overlay->kind))
        *box = (Box){fmaxf(box->x0 - edge, 0), fmaxf(box->y0 - edge, 0),
                     fminf(box->x1 + edge, (float)image->width),
                     fminf(box->y1 + edge, (float)image->height)};
}

/* Whether better boxes cover half of a box of writing: it lies between two lines, or is one once
 * more. */
static bool is_told(const OverlayBox *better, size_t count, const OverlayBox *overlay)
{
    const Box *box = &overlay->box;
    float covered = 0;
    for (size_t i = 0; i < count && is_written(overlay->kind); ++i) {
        const Box *other = &better[i].box;
        const float across = fminf(box->x1, other->x1) - fmaxf(box->x0, other->x0);
        const float down = fminf(box->y1, other->y1) - fmaxf(box->y0, other->y0);
        if (is_written(better[i].kind) && across > 0 && down > 0)
            covered += across * down;
    }
    return 2 * covered >= box_area(box);
}

/* The boxes that count, in the same order. */
static size_t choose(const Found *found, const Image *image, OverlayBox *boxes)
{
    bool chosen[DENOISE_OVERLAYS / 2];
    const size_t gathered = gather(found, image, boxes);
    size_t count = 0;
    for (size_t i = 0; i < gathered; ++i)
        chosen[i] = counts(boxes, gathered, i);
    for (size_t i = 0; i < gathered; ++i)
        if (chosen[i] && !is_told(boxes, count, &boxes[i])) {
            boxes[count] = boxes[i];
            take_edges_in(image, &boxes[count++]);
        }
    return count;
}

static Status find(void *finder, const Image *image, OverlayBox *boxes, size_t *count)
{
    Detector *detector = finder;
    const DetectorAbout about = detector_about(detector);
    DetectorResult *result;
    *count = 0;
    TRY(MEMORY_NEW(&result, 1));
    const Status status = detector_run(detector, image, result);
    if (status == STATUS_OK) {
        *count = choose(&(Found){result, &about}, image, boxes);
        detector_result_clear(result);
    }
    free(result);
    return status;
}

/* ---- the command ---- */

static void show_progress(void *context, size_t done, size_t count)
{
    enum { WIDTH = 40 };
    char bar[WIDTH + 1];
    (void)context;
    for (size_t i = 0; i < WIDTH; ++i)
        bar[i] = i * count < WIDTH * done ? '#' : '.';
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r%s %zu of %zu frames%s", bar, done, count, done == count ? "\n" : "");
}

static void print_summary(const Arguments *arguments, const DenoiseSummary *summary)
{
    const DenoiseQuality *quality = &summary->quality;
    printf("%s/manifest.csv: %zu frames", arguments->words[1], summary->frames);
    if (summary->kept > 0)
        printf(", %zu of them done before", summary->kept);
    printf("\nfound:");
    const size_t first = arguments->detector ? OVERLAY_TEXT : OVERLAY_TUBE;
    for (size_t k = first; k < OVERLAY_KINDS; ++k)
        printf("%s %zu %s", k > first ? "," : "", summary->overlays[k],
               overlay_name((OverlayKind)k));
    if (!arguments->detector)
        printf("; text and digits were not looked for, that takes --detector");
    printf("\ncrops: %.1f %% of the frame; overlaid: %.1f %% of the frame, %.1f %% of the crop\n",
           100 * summary->area, 100 * summary->overlaid_before, 100 * summary->overlaid_after);
    if (quality->known)
        printf("against %zu clean pictures: PSNR %.2f dB before, %.2f dB after; SSIM %.4f before, "
               "%.4f after\n",
               summary->clean, quality->psnr_before, quality->psnr_after, quality->ssim_before,
               quality->ssim_after);
}

static Status choose_detector(Arguments *arguments)
{
    if (arguments->detector && strcmp(arguments->detector, "none") == 0) {
        arguments->detector = NULL;
        return STATUS_OK;
    }
    if (arguments->detector)
        return STATUS_OK;
    arguments->detector = arguments->shipped;
    const Status status = shared_files_find(SHIPPED_DETECTOR, arguments->shipped);
    return status == STATUS_OK ? status : status_prefix(status, "--detector FILE, or none");
}

static Status claim(const Arguments *arguments)
{
    Outputs outputs;
    outputs_init(&outputs, arguments->job.force);
    Status status = data_note_inputs(&outputs, arguments->words[0]);
    if (status == STATUS_OK && arguments->detector)
        status = outputs_note_input(&outputs, arguments->detector);
    if (status == STATUS_OK)
        status = outputs_claim_folder(&outputs, arguments->words[1], DENOISE_MARK);
    outputs_clear(&outputs);
    return status;
}

Status data_denoise(int argc, char **argv)
{
    Arguments arguments = {.job = {.settings = denoise_defaults(), .sheet_frames = 24}};
    Finders finders = {0};
    DenoiseSummary summary;
    command_parse(&usage, argc, argv, &arguments);
    TRY(choose_detector(&arguments));
    TRY(claim(&arguments));
    Status status = STATUS_OK;
    if (arguments.detector) {
        TRY_GOTO(status, done, finders_init(arguments.detector, &finders));
        arguments.job.settings.find = find;
        arguments.job.settings.detector = finders.digest;
        arguments.job.finders = (void *const *)finders.detectors;
    }
    if (isatty(STDERR_FILENO))
        arguments.job.progress = show_progress;
    TRY_GOTO(status, done,
             denoise_set(&arguments.job, arguments.words[0], arguments.words[1], &summary));
    print_summary(&arguments, &summary);
done:
    finders_clear(&finders);
    return status;
}
