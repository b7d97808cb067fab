/* See speed_test.h. */
#include "train/speed_test.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/source.h"
#include "eval/quantile.h"
#include "infer/detector.h"
#include "results/result_schema.h"
#include "train/provenance.h"

enum { WARM_UP = 3 };

typedef struct {
    const SpeedTest *test;
    Detector *detector;
    size_t count;
    const char **names, **classes; /* count */
    double *end_to_end, *network;  /* count */
    double others_busy;
} Work;

/* ---- whether it is alone ---- */

/* Seconds that all processors together have worked since the start; NaN where nobody tells. */
static double busy_seconds(void)
{
    unsigned long long user, nice, system, idle, waiting, irq, soft, stolen;
    FILE *file = fopen("/proc/stat", "r");
    if (!file)
        return (double)NAN;
    const int found = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
                             &system, &idle, &waiting, &irq, &soft, &stolen);
    fclose(file);
    return found == 8
               ? (double)(user + nice + system + irq + soft + stolen) / (double)sysconf(_SC_CLK_TCK)
               : (double)NAN;
}

static double own_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* ---- measuring ---- */

/* The row of image `index` of those that are taken. */
static const ManifestRow *row_of(const Work *work, size_t index)
{
    const Manifest *manifest = work->test->manifest;
    return &manifest->rows[index * manifest->count / work->count];
}

static Status look(const Work *work, const Image *image, size_t times, double *end_to_end,
                   double *network)
{
    for (size_t i = 0; i < times; ++i) {
        DetectorResult result;
        TRY(detector_run(work->detector, image, &result));
        *end_to_end = result.seconds;
        *network = result.network_seconds;
        detector_result_clear(&result);
    }
    return STATUS_OK;
}

static Status measure_image(Work *work, size_t index)
{
    const Manifest *manifest = work->test->manifest;
    const ManifestRow *row = row_of(work, index);
    Source source;
    TRY(source_read(manifest, row, NULL, NULL, &source));
    work->names[index] = row->image;
    work->classes[index] =
        row->label_index == LABEL_NORMAL ? "normal" : manifest->class_names[row->label_index];
    Status status = look(work, &source.image, index == 0 ? 1 + WARM_UP : 1,
                         &work->end_to_end[index], &work->network[index]);
    source_clear(&source);
    return status == STATUS_OK ? STATUS_OK : status_prefix(status, "%s", row->image);
}

static Status measure(Work *work)
{
    const double started = clock_seconds(), busy = busy_seconds(), own = own_seconds();
    for (size_t i = 0; i < work->count; ++i)
        TRY(measure_image(work, i));
    work->others_busy = fmax(0, busy_seconds() - busy - (own_seconds() - own)) /
                        fmax(clock_seconds() - started, 1e-9);
    if (isnan(busy)) /* fmax() hides it */
        work->others_busy = (double)NAN;
    return STATUS_OK;
}

static Status allocate(Work *work)
{
    const size_t rows = work->test->manifest->count;
    work->count = work->test->images < rows ? work->test->images : rows;
    TRY(MEMORY_NEW(&work->names, work->count));
    TRY(MEMORY_NEW(&work->classes, work->count));
    TRY(MEMORY_NEW(&work->end_to_end, work->count));
    return MEMORY_NEW(&work->network, work->count);
}

/* ---- the file ---- */

static Status write_groups(const Work *work, Hdf5Writer *writer)
{
    TRY(result_write_format(writer));
    TRY(hdf5_set_text(writer, "/", "kind", SPEED_TEST_KIND));
    TRY(provenance_write_program(writer, detector_about(work->detector).precision));
    TRY(result_write_texts(writer, "speed/image", work->count, work->names));
    TRY(result_write_texts(writer, "speed/class", work->count, work->classes));
    TRY(result_write_f64(writer, "speed/end_to_end", work->count, work->end_to_end));
    TRY(result_write_f64(writer, "speed/network", work->count, work->network));
    return result_write_f64(writer, "speed/others_busy", 1, &work->others_busy);
}

static Status write_file(const Work *work)
{
    Hdf5Writer *writer;
    TRY(hdf5_writer_new(work->test->out, &writer));
    Status status = write_groups(work, writer);
    if (status == STATUS_OK)
        return hdf5_writer_commit(writer);
    hdf5_writer_abandon(writer);
    return status;
}

/* Sorts the seconds, which have been written. */
static SpeedSpread spread_of(double *seconds, size_t count)
{
    quantile_sort(seconds, count);
    return (SpeedSpread){.median = quantile(seconds, count, 0.5),
                         .low = quantile(seconds, count, 0.05),
                         .high = quantile(seconds, count, 0.95)};
}

Status speed_test_run(const SpeedTest *test, SpeedSummary *summary)
{
    Work work = {.test = test};
    Status status = detector_new(test->checkpoint, &work.detector);
    if (status == STATUS_OK)
        status = allocate(&work);
    if (status == STATUS_OK)
        status = measure(&work);
    if (status == STATUS_OK)
        status = write_file(&work);
    if (status == STATUS_OK)
        *summary = (SpeedSummary){.images = work.count,
                                  .threads = omp_get_max_threads(),
                                  .end_to_end = spread_of(work.end_to_end, work.count),
                                  .network = spread_of(work.network, work.count),
                                  .others_busy = work.others_busy};
    detector_free(work.detector);
    free(work.names);
    free(work.classes);
    free(work.end_to_end);
    free(work.network);
    return status;
}
