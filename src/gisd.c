/* The public library: include/gisd/gisd.h on top of the detector. A result and its arrays are one
 * block with the mask beside it. */
#include "gisd/gisd.h"

#include <omp.h>
#include <stdlib.h>

#include "base/memory.h"
#include "image/image_file.h"
#include "infer/detector.h"

struct GisdDetector {
    Detector *detector;
    DetectorAbout about;
};

typedef struct {
    GisdResult result; /* first, so that a pointer to it is one to the whole */
    DetectorResult found;
    GisdBox boxes[DETECTIONS_MOST];
    double class_scores[];
} WholeResult;

const char *gisd_error(void)
{
    return status_message();
}

const char *gisd_version(void)
{
    return GISD_VERSION;
}

void gisd_api_version(int *major, int *minor)
{
    *major = GISD_API_MAJOR;
    *minor = GISD_API_MINOR;
}

void gisd_set_threads(int threads)
{
    omp_set_num_threads(threads > 0 ? threads : omp_get_num_procs());
}

/* From a checkpoint, or of another detector. */
static Status open_detector(const char *checkpoint, const GisdDetector *of, GisdDetector **detector)
{
    *detector = NULL;
    GisdDetector *opened;
    TRY(MEMORY_NEW(&opened, 1));
    Status status = of ? detector_twin(of->detector, &opened->detector)
                       : detector_new(checkpoint, &opened->detector);
    if (status != STATUS_OK) {
        free(opened);
        return status;
    }
    opened->about = detector_about(opened->detector);
    *detector = opened;
    return STATUS_OK;
}

int gisd_detector_open(const char *checkpoint, GisdDetector **detector)
{
    return open_detector(checkpoint, NULL, detector);
}

int gisd_detector_twin(GisdDetector *of, GisdDetector **twin)
{
    return open_detector(NULL, of, twin);
}

void gisd_detector_close(GisdDetector *detector)
{
    if (!detector)
        return;
    detector_free(detector->detector);
    free(detector);
}

const char *gisd_architecture(const GisdDetector *detector)
{
    return detector->about.architecture;
}

const char *gisd_network(const GisdDetector *detector)
{
    return detector->about.title;
}

size_t gisd_input_size(const GisdDetector *detector)
{
    return detector->about.size;
}

size_t gisd_class_count(const GisdDetector *detector)
{
    return detector->about.classes;
}

const char *gisd_class_name(const GisdDetector *detector, int class_index)
{
    if (class_index == GISD_NORMAL)
        return "normal";
    if (class_index < 0 || (size_t)class_index >= detector->about.classes)
        return NULL;
    return detector->about.class_names[class_index];
}

double gisd_operating_point(const GisdDetector *detector)
{
    return detector->about.operating_point;
}

void gisd_set_operating_point(GisdDetector *detector, double operating_point)
{
    detector_set_operating_point(detector->detector, operating_point);
    detector->about.operating_point = operating_point;
}

static Status detect(GisdDetector *detector, const Image *image, GisdResult **result)
{
    size_t classes = detector->about.classes;
    WholeResult *whole;
    TRY(memory_new((void **)&whole, 1, sizeof *whole + classes * sizeof *whole->class_scores));
    Status status = detector_run(detector->detector, image, &whole->found);
    if (status != STATUS_OK) {
        free(whole);
        return status;
    }
    const DetectorResult *found = &whole->found;
    for (size_t i = 0; i < found->count; ++i) {
        const Detection *detection = &found->detections[i];
        whole->boxes[i] = (GisdBox){
            .class_index = detection->class_index,
            .score = (double)detection->score,
            .x0 = detection->box.x0 * (float)image->width,
            .y0 = detection->box.y0 * (float)image->height,
            .x1 = detection->box.x1 * (float)image->width,
            .y1 = detection->box.y1 * (float)image->height,
        };
    }
    for (size_t k = 0; k < classes; ++k)
        whole->class_scores[k] = (double)found->class_scores[k];
    whole->result = (GisdResult){
        .width = image->width,
        .height = image->height,
        .predicted_class = found->predicted_class,
        .lesion_score = found->lesion_score,
        .class_count = classes,
        .class_scores = whole->class_scores,
        .box_count = found->count,
        .boxes = whole->boxes,
        .mask = found->mask,
        .mask_pixels = found->mask_pixels,
        .seconds = found->seconds,
        .places = found->places,
    };
    *result = &whole->result;
    return STATUS_OK;
}

int gisd_detect(GisdDetector *detector, const unsigned char *pixels, size_t width, size_t height,
                GisdResult **result)
{
    *result = NULL;
    if (width == 0 || height == 0)
        FAIL(STATUS_ARGUMENT, "image of %zu x %zu pixels: expected at least one", width, height);
    /* The detector only reads the pixels. */
    const Image image = {width, height, 3, (uint8_t *)(uintptr_t)pixels};
    return detect(detector, &image, result);
}

int gisd_detect_file(GisdDetector *detector, const char *path, GisdResult **result)
{
    *result = NULL;
    Image image;
    TRY(image_read(path, 3, &image));
    Status status = detect(detector, &image, result);
    image_clear(&image);
    if (status != STATUS_OK)
        status_prefix(status, "%s", path);
    return (int)status;
}

void gisd_result_free(GisdResult *result)
{
    if (!result)
        return;
    WholeResult *whole = (WholeResult *)result;
    detector_result_clear(&whole->found);
    free(whole);
}

size_t gisd_output_count(const GisdDetector *detector)
{
    return detector_output_count(detector->detector);
}

GisdOutput gisd_output(const GisdDetector *detector, size_t position)
{
    const DetectorOutput output = detector_output(detector->detector, position);
    return (GisdOutput){.name = output.name,
                        .description = output.description,
                        .height = output.shape.h,
                        .width = output.shape.w,
                        .channels = output.shape.c,
                        .values = output.values};
}
