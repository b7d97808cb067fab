/* The denoising chain over a data set: from a manifest to a folder that is a data set again.
 *
 *   images/ masks/    PNG, by the number of their row
 *   manifest.csv      the rows, with masks and boxes moved; written last
 *   overlays.csv      image,x0,y0,x1,y1,class,score: what was found, pixels of the source image
 *   crops.csv         image,x0,y0,x1,y1: likewise
 *   frames.csv        what was done to each frame, and how near to a clean picture it came
 *   sheets/           frames before and after, to look at
 *   frames/           a record a frame (record.h), from which an interrupted run goes on
 *   gisd-denoise.txt  how the set was made
 *
 * The clean picture of a row is that of the same file name in the folder `clean` beside the
 * manifest.
 */
#ifndef GISD_DATA_DENOISE_SET_H
#define GISD_DATA_DENOISE_SET_H

#include "data/denoise/denoise.h"
#include "data/denoise/record.h"

#define DENOISE_MARK "gisd-denoise.txt"

typedef struct {
    DenoiseSettings settings;
    void *const *finders; /* one a thread, for settings.find; NULL without it */
    size_t sheet_frames;  /* shown on sheets, spread over the set; 0: no sheets */
    bool force;           /* make a set of other settings anew */
    /* Unless NULL, told after each frame; by one thread at a time. */
    void (*progress)(void *context, size_t done, size_t count);
    void *context;
} DenoiseJob;

typedef struct {
    size_t frames, kept; /* kept: done by an earlier run */
    size_t overlays[OVERLAY_KINDS];
    double area;                            /* mean share of the frame that the crops have */
    double overlaid_before, overlaid_after; /* means */
    size_t clean;                           /* frames with a clean picture */
    DenoiseQuality quality;                 /* means over them */
} DenoiseSummary;

/* Makes or goes on with the set in the folder `out`, on all OpenMP threads, one frame each. The
 * folder is the caller's to claim. STATUS_ARGUMENT: it holds one made in another way. */
Status denoise_set(const DenoiseJob *job, const char *manifest, const char *out,
                   DenoiseSummary *summary);

/* Draws the frames `rows` of which records are given, before and after, into `path`. before and
 * after are their pictures' paths. */
Status denoise_sheet(size_t count, char *const *before, char *const *after,
                     const DenoiseRecord *const *records, const char *path);

#endif
