/* time-filter PICTURE LEVELS REPEATS FILTERED.png: filters noise as gisd-data denoise does, on
 * `levels` of wavelets, and prints the seconds of the median and of the least repeat. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "image/image_file.h"
#include "image/noise_filter.h"

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static Status time_filter(const char *picture, size_t levels, size_t repeats, const char *out)
{
    NoiseFilter filter = noise_filter_defaults();
    Image image, filtered = {0};
    double *seconds;
    filter.levels = levels;
    TRY(image_read(picture, 3, &image));
    TRY(MEMORY_NEW(&seconds, repeats));
    for (size_t i = 0; i < repeats; ++i) {
        image_clear(&filtered);
        const double start = clock_seconds();
        TRY(noise_filter_apply(&filter, &image, &filtered));
        seconds[i] = clock_seconds() - start;
    }
    qsort(seconds, repeats, sizeof *seconds, compare);
    printf("%.6f %.6f\n", seconds[repeats / 2], seconds[0]);
    const Status status = image_write_png(out, &filtered);
    free(seconds);
    image_clear(&image);
    image_clear(&filtered);
    return status;
}

int main(int argc, char **argv)
{
    const size_t levels = argc == 5 ? strtoul(argv[2], NULL, 10) : 0;
    const size_t repeats = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
    if (repeats == 0) {
        fprintf(stderr, "usage: time-filter PICTURE LEVELS REPEATS FILTERED.png\n");
        return 2;
    }
    const Status status = time_filter(argv[1], levels, repeats, argv[4]);
    if (status != STATUS_OK)
        fprintf(stderr, "time-filter: %s\n", status_message());
    return status != STATUS_OK;
}
