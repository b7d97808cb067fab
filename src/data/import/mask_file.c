/* Reading other programs' masks; see mask_file.h. */
#include "data/import/mask_file.h"

#include <stdint.h>

#include "image/image_file.h"

/* Grey from LOW to below HIGH is neither background nor lesion: some of it lies on every smoothed
 * outline, but no single grey has much of it, nor all of them together. */
enum { LOW = 64, SET = 128, HIGH = 192 };
static const double grey_most = 0.05, one_grey_most = 0.01; /* shares of the image */

typedef struct {
    size_t of[256], pixels;
    unsigned distinct, largest,
        second; /* values that occur; `second` is the one below the largest */
} Histogram;

static Histogram count_values(const Image *mask)
{
    Histogram histogram = {.pixels = mask->width * mask->height};
    for (size_t i = 0; i < histogram.pixels; ++i)
        ++histogram.of[mask->pixels[i]];
    for (unsigned value = 0; value < 256; ++value)
        if (histogram.of[value] > 0) {
            ++histogram.distinct;
            histogram.second = histogram.largest;
            histogram.largest = value;
        }
    return histogram;
}

/* The least value that is lesion, in *threshold. */
static Status find_threshold(const char *path, const Histogram *histogram, unsigned *threshold)
{
    *threshold = SET;
    if (histogram->distinct == 1 && histogram->largest > 0)
        FAIL(STATUS_FORMAT, "%s: every pixel of the mask is %u, expected 0 outside the lesion",
             path, histogram->largest);
    if (histogram->distinct == 2 && histogram->second > 0 && histogram->second >= LOW)
        FAIL(STATUS_FORMAT, "%s: the mask's values are %u and %u, expected 0 outside the lesion",
             path, histogram->second, histogram->largest);
    if (histogram->distinct <= 2) {
        *threshold = histogram->largest > 0 ? histogram->largest : 1;
        return STATUS_OK;
    }
    double pixels = (double)histogram->pixels, grey = 0;
    bool one_grey = false;
    for (unsigned value = LOW; value < HIGH; ++value) {
        grey += (double)histogram->of[value];
        one_grey |= (double)histogram->of[value] > one_grey_most * pixels;
    }
    if (histogram->largest < SET || one_grey || grey > grey_most * pixels)
        FAIL(STATUS_FORMAT, "%s: %u different values up to %u, expected a mask of two values", path,
             histogram->distinct, histogram->largest);
    return STATUS_OK;
}

Status mask_file_read(const char *path, Image *mask, bool *plain)
{
    TRY(image_read(path, 1, mask));
    Histogram histogram = count_values(mask);
    unsigned threshold;
    Status status = find_threshold(path, &histogram, &threshold);
    if (status != STATUS_OK) {
        image_clear(mask);
        return status;
    }
    *plain = histogram.largest == 0 || threshold >= SET;
    for (size_t i = 0; i < histogram.pixels; ++i)
        mask->pixels[i] = mask->pixels[i] >= threshold ? 255 : 0;
    return STATUS_OK;
}

Status mask_file_read_numbers(const char *path, Image *mask)
{
    TRY(image_read(path, 1, mask));
    for (size_t i = 0; i < mask->width * mask->height; ++i)
        mask->pixels[i] = mask->pixels[i] != 0 && mask->pixels[i] != 255 ? 255 : 0;
    return STATUS_OK;
}
