/* gisd: find lesions in gastrointestinal endoscopy images with a trained network.
 *
 *     GisdDetector *detector;
 *     GisdResult *result;
 *     if (gisd_detector_open("checkpoint.h5", &detector) ||
 *         gisd_detect_file(detector, "image.jpg", &result)) {
 *         fprintf(stderr, "%s\n", gisd_error());
 *         return 1;
 *     }
 *     for (size_t i = 0; i < result->box_count; ++i)
 *         ... result->boxes[i] ...
 *     gisd_result_free(result);
 *     gisd_detector_close(detector);
 *
 * Functions that can fail return 0 on success and a positive number otherwise; gisd_error() then
 * says in one line what was wrong, with the file and what was expected. Nothing here prints or
 * exits. A detector may be used by one thread at a time; different detectors are independent.
 *
 * All structs are made by the library and only ever grow at their end, so a program compiled with
 * an older header of the same GISD_API_MAJOR goes on to run with a newer library. Compile with
 * `pkg-config --cflags --libs gisd`.
 */
#ifndef GISD_GISD_H
#define GISD_GISD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MAJOR changes when a program must be changed, MINOR when something is added. */
#define GISD_API_MAJOR 1
#define GISD_API_MINOR 2

typedef struct GisdDetector GisdDetector;

/* The class of an image without lesions. */
enum { GISD_NORMAL = -1 };

typedef struct {
    int class_index;      /* 0 .. gisd_class_count() - 1 */
    double score;         /* 0 .. 1 */
    float x0, y0, x1, y1; /* pixels of the image, half-open: x0 <= x < x1 */
} GisdBox;

/* What was found on one image; released as a whole with gisd_result_free(). */
typedef struct {
    size_t width, height; /* of the image, in pixels */
    int predicted_class;  /* GISD_NORMAL if lesion_score is below the operating point */
    double lesion_score;  /* the highest class score */
    size_t class_count;   /* lesion classes; normal is none of them */
    const double
        *class_scores;         /* class_count: of a detector, the highest of any box of the class */
    size_t box_count;          /* at most 200; 0 from a network that gives no boxes */
    const GisdBox *boxes;      /* box_count, best first; low scores are still in it */
    const unsigned char *mask; /* height x width: 1 on lesion, 0 elsewhere; NULL from a network
                                  that gives no masks */
    size_t mask_pixels;        /* ones in the mask */
    double seconds;            /* from pixels to result */
    const size_t *places;      /* box_count: which box is the best at the place of each, whatever
                                  their classes; its own number where it is that itself */
} GisdResult;

/* One map of the network's own numbers for the image looked at last, before any post-processing;
 * it belongs to the detector and changes with the next image. */
typedef struct {
    const char *name, *description;
    size_t height, width, channels; /* rows of the map, columns, and numbers at each place */
    const float *values;            /* height x width x channels */
} GisdOutput;

/* The last error of the calling thread; never NULL. */
const char *gisd_error(void);

/* "MAJOR.MINOR.PATCH". */
const char *gisd_version(void);

/* The library's GISD_API_MAJOR and GISD_API_MINOR. */
void gisd_api_version(int *major, int *minor);

/* Limits the threads that one detection uses (0: as many as the processor has). For detectors used
 * from the calling thread. */
void gisd_set_threads(int threads);

/* Loads a checkpoint, of gisd's or written by another program, into *detector. */
int gisd_detector_open(const char *checkpoint, GisdDetector **detector);
void gisd_detector_close(GisdDetector *detector);

/* Another detector of the same network that shares its weights, so that both may look at images at
 * the same time; to be closed before it. For many images on many threads: open the first with
 * gisd_set_threads(1), and let each thread have a twin. (Since 1.2.) */
int gisd_detector_twin(GisdDetector *of, GisdDetector **twin);

/* What the checkpoint says of its network. Texts belong to the detector; class_name returns
 * "normal" for GISD_NORMAL and NULL for a class that there is not. */
const char *gisd_architecture(const GisdDetector *detector); /* "improved_ssd" */
const char *gisd_network(const GisdDetector *detector);      /* which of those: "r50x1" */
size_t gisd_input_size(const GisdDetector *detector);
size_t gisd_class_count(const GisdDetector *detector);
const char *gisd_class_name(const GisdDetector *detector, int class_index);
double gisd_operating_point(const GisdDetector *detector);

/* Lets images be called lesion from another score on than the checkpoint's. */
void gisd_set_operating_point(GisdDetector *detector, double operating_point);

/* Looks at an image of height x width pixels of 3 bytes (RGB), row by row without gaps. */
int gisd_detect(GisdDetector *detector, const unsigned char *pixels, size_t width, size_t height,
                GisdResult **result);

/* The same for a PNG, JPEG, TIFF, BMP or WebP file, turned upright as its EXIF orientation says:
 * boxes and mask are of the upright picture. */
int gisd_detect_file(GisdDetector *detector, const char *path, GisdResult **result);
void gisd_result_free(GisdResult *result);

/* The network's maps, numbered from 0. The first is its input: "input", S x S x 3. A detector has
 * "loc" (priors x 1 x 4, offsets), "cls" (priors x 1 x classes, logits) and "mask" (s x s x 1,
 * logits), a classifier "logits" (1 x 1 x (1 + classes), normal first). */
size_t gisd_output_count(const GisdDetector *detector);
GisdOutput gisd_output(const GisdDetector *detector, size_t position);

#ifdef __cplusplus
}
#endif

#endif
