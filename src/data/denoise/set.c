/* See set.h. Each frame is one piece of work: its image, its mask, then its record. */
#include "data/denoise/set.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "data/denoise/work.h"
#include "data/properties.h"
#include "data/source.h"
#include "image/crop.h"
#include "image/image_file.h"
#include "image/similarity.h"
#include "store/files.h"
#include "store/new_folder.h"

enum { PNG_LEVEL = 3, FRAMES_A_SHEET = 12 };

/* Raised when the same settings give another result. */
static const int version = 2;

void denoise_place(const char *folder, size_t row, const char *ending,
                   char place[DENOISE_PLACE_BYTES])
{
    snprintf(place, DENOISE_PLACE_BYTES, "%s/%06zu.%s", folder, row, ending);
}

static Status path_of(const DenoiseWork *work, const char *folder, size_t row, const char *ending,
                      char **path)
{
    char place[DENOISE_PLACE_BYTES];
    denoise_place(folder, row, ending, place);
    return files_join(work->out, place, path);
}

static void describe(const DenoiseSettings *settings, char how[DENOISE_HOW_BYTES])
{
    static const char *const rules[] = {"no threshold", "universal threshold", "BayesShrink"};
    const NoiseFilter *filter = &settings->filter;
    int at = snprintf(how, DENOISE_HOW_BYTES, "version %d, cost %zu, fill %s, detector %s", version,
                      settings->cost, denoise_fill_name(settings->fill),
                      settings->detector[0] ? settings->detector : "none");
    if (settings->filtered)
        snprintf(how + at, DENOISE_HOW_BYTES - (size_t)at,
                 ", filtered: %smedian 5x5, Sym4 of %zu levels%s, %s %s",
                 filter->median ? "" : "no ", filter->levels,
                 filter->coefficient_median ? ", median of details 3x3" : "",
                 filter->hard ? "hard" : "soft", rules[filter->rule]);
}

/* ---- a frame ---- */

static Status hash_file(const char *path, char hash[HASH_TEXT_BYTES])
{
    char *data;
    size_t bytes;
    TRY(files_read(path, &data, &bytes));
    hash_text(data, bytes, hash);
    free(data);
    return STATUS_OK;
}

/* The path of the row's clean picture, NULL if there is none. */
static Status clean_path(const DenoiseWork *work, size_t row, char **path)
{
    const char *image = work->manifest.rows[row].image, *slash = strrchr(image, '/');
    char *name, *clean;
    TRY(files_join("clean", slash ? slash + 1 : image, &name));
    const Status status = files_resolve(work->manifest.path, name, &clean);
    free(name);
    TRY(status);
    *path = clean;
    if (!files_exists(clean)) {
        free(clean);
        *path = NULL;
    }
    return STATUS_OK;
}

static void put_file(FILE *stream, const char *path, Status *status)
{
    char hash[HASH_TEXT_BYTES];
    if (*status == STATUS_OK)
        *status = hash_file(path, hash);
    if (*status == STATUS_OK)
        fprintf(stream, "%s\n", hash);
}

static void put_named(const DenoiseWork *work, FILE *stream, const char *name, Status *status)
{
    char *path;
    if (*status == STATUS_OK)
        *status = files_resolve(work->manifest.path, name, &path);
    if (*status != STATUS_OK)
        return;
    put_file(stream, path, status);
    free(path);
}

/* The hash of all that the frame's result depends on. */
static Status find_key(const DenoiseWork *work, size_t row, const char *clean,
                       char key[HASH_TEXT_BYTES])
{
    const ManifestRow *about = &work->manifest.rows[row];
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "%s:%zu: out of memory", work->manifest.path, about->line);
    Status status = STATUS_OK;
    fprintf(stream, "%s\n%s\n", work->how, about->mask_rule.text);
    put_named(work, stream, about->image, &status);
    for (size_t i = 0; i < about->mask_count; ++i)
        put_named(work, stream, about->masks[i], &status);
    if (clean)
        put_file(stream, clean, &status);
    for (size_t i = 0; i < about->box_count; ++i) {
        char numbers[BOX_TEXT_BYTES];
        fprintf(stream, "%s\n", box_text(&about->boxes[i].box, numbers));
    }
    if (fclose(stream) != 0 && status == STATUS_OK)
        status =
            status_set(STATUS_NO_MEMORY, "%s:%zu: out of memory", work->manifest.path, about->line);
    if (status == STATUS_OK)
        hash_text(text, bytes, key);
    free(text);
    return status;
}

/* Whether the file is there with that content; no file where the hash is "". */
static bool is_intact(const DenoiseWork *work, const char *folder, size_t row, const char *expected)
{
    char *path, hash[HASH_TEXT_BYTES];
    if (!expected[0])
        return true;
    if (path_of(work, folder, row, "png", &path) != STATUS_OK)
        return false;
    const bool same = hash_file(path, hash) == STATUS_OK && strcmp(hash, expected) == 0;
    free(path);
    return same;
}

/* Takes what an earlier run made of the frame, if it still holds. */
static Status take_earlier(const DenoiseWork *work, size_t row, const char *key, bool *kept)
{
    char *path;
    DenoiseRecord *record = &work->records[row];
    TRY(path_of(work, "frames", row, "csv", &path));
    const Status status = denoise_record_read(path, record, kept);
    free(path);
    TRY(status);
    if (!*kept)
        return STATUS_OK;
    *kept = strcmp(record->key, key) == 0 && is_intact(work, "images", row, record->image_hash) &&
            is_intact(work, "masks", row, record->mask_hash);
    if (!*kept)
        denoise_record_clear(record);
    return STATUS_OK;
}

static Status save(const DenoiseWork *work, const char *folder, size_t row, const Image *image,
                   char hash[HASH_TEXT_BYTES])
{
    uint8_t *bytes = NULL;
    size_t count;
    char *path;
    TRY(path_of(work, folder, row, "png", &path));
    Status status = image_encode_png(image, PNG_LEVEL, &bytes, &count);
    if (status == STATUS_OK)
        status = files_write_loosely(path, bytes, count);
    if (status == STATUS_OK)
        hash_text(bytes, count, hash);
    free(bytes);
    free(path);
    return status;
}

static Status compare_parts(const Image *clean, const Image *before, const Image *after,
                            DenoiseQuality *quality)
{
    quality->psnr_before = fmin(similarity_psnr(clean, before), 100);
    quality->psnr_after = fmin(similarity_psnr(clean, after), 100);
    TRY(similarity_ssim(clean, before, &quality->ssim_before));
    TRY(similarity_ssim(clean, after, &quality->ssim_after));
    quality->known = true;
    return STATUS_OK;
}

static Status compare(const char *path, const Image *frame, const DenoisedFrame *result,
                      DenoiseQuality *quality)
{
    Image clean = {0}, part = {0}, before = {0};
    Status status;
    TRY(image_read(path, 3, &clean));
    if (clean.width != frame->width || clean.height != frame->height) {
        status = status_set(STATUS_FORMAT, "%s: %zu x %zu pixels, expected %zu x %zu as the image",
                            path, clean.width, clean.height, frame->width, frame->height);
        goto done;
    }
    TRY_GOTO(status, done, crop_cut(&clean, &result->crop, &part));
    TRY_GOTO(status, done, crop_cut(frame, &result->crop, &before));
    status = compare_parts(&part, &before, &result->image, quality);
done:
    image_clear(&clean);
    image_clear(&part);
    image_clear(&before);
    return status;
}

static Status finish(const DenoiseWork *work, size_t row, const char *clean, const char *key,
                     const Image *frame, const DenoisedFrame *result)
{
    DenoiseRecord *record = &work->records[row];
    char *path;
    TRY(denoise_record_init(result, frame, record));
    strcpy(record->key, key);
    if (clean)
        TRY(compare(clean, frame, result, &record->quality));
    TRY(save(work, "images", row, &result->image, record->image_hash));
    if (result->mask.pixels)
        TRY(save(work, "masks", row, &result->mask, record->mask_hash));
    TRY(path_of(work, "frames", row, "csv", &path));
    const Status status = denoise_record_write(record, path);
    free(path);
    return status;
}

static Status make_frame(const DenoiseWork *work, size_t row, const char *clean, const char *key,
                         void *finder, DenoisedFrame *result)
{
    Source source;
    TRY(source_read(&work->manifest, &work->manifest.rows[row], NULL, NULL, &source));
    const DenoiseLesions lesions = {&source.mask, source.box_count, source.boxes};
    Status status = denoise_frame(&work->job->settings, &source.image, &lesions, finder, result);
    if (status == STATUS_OK)
        status = finish(work, row, clean, key, &source.image, result);
    if (status != STATUS_OK)
        status =
            status_prefix(status, "%s:%zu", work->manifest.path, work->manifest.rows[row].line);
    denoised_frame_clear(result);
    source_clear(&source);
    return status;
}

static Status do_frame(const DenoiseWork *work, size_t row, void *finder, DenoisedFrame *result)
{
    char key[HASH_TEXT_BYTES], *clean;
    TRY(clean_path(work, row, &clean));
    Status status = find_key(work, row, clean, key);
    if (status == STATUS_OK)
        status = take_earlier(work, row, key, &work->kept[row]);
    if (status == STATUS_OK && !work->kept[row])
        status = make_frame(work, row, clean, key, finder, result);
    free(clean);
    return status;
}

static Status do_frames(const DenoiseWork *work)
{
    const DenoiseJob *job = work->job;
    FirstError first = FIRST_ERROR_NONE;
    size_t done = 0;
#pragma omp parallel
    {
        void *finder = job->finders ? job->finders[omp_get_thread_num()] : NULL;
        DenoisedFrame *result = NULL;
        const Status ready = MEMORY_NEW(&result, 1);
        /* A frame is one thread's, its filters and its network included: the same bits however
         * many there are. */
        omp_set_num_threads(1);
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < work->manifest.count; ++i) {
            if (first_error_before(&first, i))
                continue;
            first_error_note(&first, i,
                             ready != STATUS_OK ? ready : do_frame(work, i, finder, result));
#pragma omp critical(denoise_progress)
            if (++done && job->progress)
                job->progress(job->context, done, work->manifest.count);
        }
        free(result);
    }
    return first_error_status(&first);
}

/* ---- the set ---- */

static Status remove_file(const char *folder, const char *name)
{
    char *path;
    TRY(files_join(folder, name, &path));
    const Status status =
        unlink(path) == 0 || errno == ENOENT ? STATUS_OK : files_refused(path, "remove");
    free(path);
    return status;
}

/* A new folder appears with its mark in it, so that one which was hardly begun is known as well. */
static Status begin_new(const DenoiseWork *work)
{
    NewFolder folder = {0};
    Status status = new_folder_begin(work->out, &folder);
    if (status == STATUS_OK)
        status = new_folder_write(&folder, DENOISE_MARK, work->how, strlen(work->how));
    if (status == STATUS_OK)
        status = new_folder_commit(&folder);
    new_folder_clear(&folder);
    return status;
}

/* Two processes at once would take each other's files for their own: only the one that has the
 * mark locked goes on. File systems without locks go on without one. *file is the caller's to close
 * at the end. */
static Status lock(const char *mark, int *file)
{
    *file = open(mark, O_RDWR | O_CLOEXEC);
    if (*file < 0)
        return files_refused(mark, "open");
    if (flock(*file, LOCK_EX | LOCK_NB) == 0 || errno == ENOSYS || errno == ENOLCK ||
        errno == EOPNOTSUPP)
        return STATUS_OK;
    if (errno != EWOULDBLOCK)
        return files_refused(mark, "lock");
    FAIL(STATUS_IO, "%s: another process is working on this folder; wait for it to end", mark);
}

/* A folder of another making is left alone; before anything is changed its manifest goes, so that
 * no half-made set has one. */
static Status begin_again(DenoiseWork *work, const char *mark)
{
    char *text = NULL;
    if (files_exists(mark)) {
        TRY(lock(mark, &work->locks[0]));
        TRY(files_read(mark, &text, NULL));
    }
    const bool same = text && strcmp(text, work->how) == 0;
    Status status = STATUS_OK;
    if (text && !same && !work->job->force)
        status = status_set(STATUS_ARGUMENT,
                            "%s was made otherwise (%s), expected another folder, or --force",
                            work->out, text);
    free(text);
    TRY(status);
    TRY(remove_file(work->out, "manifest.csv"));
    if (same)
        return STATUS_OK;
    TRY(files_write(mark, work->how, strlen(work->how)));
    return lock(mark, &work->locks[1]); /* a new file under the name; the old one stays locked */
}

static Status begin(DenoiseWork *work)
{
    static const char *const folders[] = {"images", "masks", "frames", "sheets"};
    char *mark;
    TRY(files_join(work->out, DENOISE_MARK, &mark));
    Status status = begin_new(work);
    if (status == STATUS_OK)
        status = lock(mark, &work->locks[0]);
    else if (status == STATUS_ARGUMENT || files_exists(mark)) /* something is in it */
        status = begin_again(work, mark);
    free(mark);
    TRY(status);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; ++i)
        TRY(files_make_folder_in(work->out, folders[i]));
    return STATUS_OK;
}

/* What a longer manifest left behind. */
static Status remove_rest(const DenoiseWork *work)
{
    for (size_t row = work->manifest.count;; ++row) {
        char *path, place[DENOISE_PLACE_BYTES];
        TRY(path_of(work, "frames", row, "csv", &path));
        const bool there = files_exists(path);
        free(path);
        if (!there)
            return STATUS_OK;
        denoise_place("frames", row, "csv", place);
        TRY(remove_file(work->out, place));
        denoise_place("images", row, "png", place);
        TRY(remove_file(work->out, place));
        denoise_place("masks", row, "png", place);
        TRY(remove_file(work->out, place));
    }
}

static Status write_sheet(const DenoiseWork *work, size_t sheet, size_t count, const size_t *rows)
{
    char *before[FRAMES_A_SHEET] = {0}, *after[FRAMES_A_SHEET] = {0}, *path = NULL;
    const DenoiseRecord *records[FRAMES_A_SHEET];
    Status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; ++i) {
        records[i] = &work->records[rows[i]];
        status = files_resolve(work->manifest.path, work->manifest.rows[rows[i]].image, &before[i]);
        if (status == STATUS_OK)
            status = path_of(work, "images", rows[i], "png", &after[i]);
    }
    if (status == STATUS_OK)
        status = path_of(work, "sheets", sheet, "png", &path);
    if (status == STATUS_OK)
        status = denoise_sheet(count, before, after, records, path);
    for (size_t i = 0; i < count; ++i) {
        free(before[i]);
        free(after[i]);
    }
    free(path);
    return status;
}

/* Frames that are spread over the set. */
static Status write_sheets(const DenoiseWork *work)
{
    const size_t most = work->manifest.count, wanted = work->job->sheet_frames;
    const size_t count = wanted < most ? wanted : most;
    size_t rows[FRAMES_A_SHEET];
    for (size_t i = 0; i < count; i += FRAMES_A_SHEET) {
        const size_t here = count - i < FRAMES_A_SHEET ? count - i : FRAMES_A_SHEET;
        for (size_t k = 0; k < here; ++k)
            rows[k] = (i + k) * most / count;
        TRY(write_sheet(work, i / FRAMES_A_SHEET, here, rows));
    }
    return STATUS_OK;
}

static void sum_up(const DenoiseWork *work, DenoiseSummary *summary)
{
    const size_t count = work->manifest.count;
    *summary = (DenoiseSummary){.frames = count};
    for (size_t row = 0; row < count; ++row) {
        const DenoiseRecord *record = &work->records[row];
        const PixelBox *crop = &record->crop;
        summary->kept += work->kept[row];
        for (size_t i = 0; i < record->overlay_count; ++i)
            ++summary->overlays[record->overlays[i].kind];
        summary->area += (double)((crop->x1 - crop->x0) * (crop->y1 - crop->y0)) /
                         (double)(record->width * record->height) / (double)count;
        summary->overlaid_before += record->overlaid_before / (double)count;
        summary->overlaid_after += record->overlaid_after / (double)count;
        summary->clean += record->quality.known;
    }
    for (size_t row = 0; row < count && summary->clean > 0; ++row) {
        const DenoiseQuality *quality = &work->records[row].quality;
        const double share = quality->known ? 1 / (double)summary->clean : 0;
        summary->quality.psnr_before += share * quality->psnr_before;
        summary->quality.psnr_after += share * quality->psnr_after;
        summary->quality.ssim_before += share * quality->ssim_before;
        summary->quality.ssim_after += share * quality->ssim_after;
        summary->quality.known = true;
    }
}

static Status make_set(DenoiseWork *work)
{
    TRY(begin(work));
    TRY(do_frames(work));
    TRY(remove_rest(work));
    TRY(write_sheets(work));
    DatasetProperties properties = {.synthetic = work->manifest.synthetic,
                                    .hard = work->manifest.hard};
    snprintf(properties.denoised, sizeof properties.denoised, "%s", work->how);
    TRY(properties_write(work->out, &properties));
    TRY(files_synchronise(work->out)); /* before there is a manifest */
    return denoise_write_tables(work);
}

Status denoise_set(const DenoiseJob *job, const char *manifest, const char *out,
                   DenoiseSummary *summary)
{
    DenoiseWork work = {.job = job, .out = out, .locks = {-1, -1}};
    Status status;
    describe(&job->settings, work.how);
    TRY(manifest_read(manifest, NULL, &work.manifest));
    TRY_GOTO(status, done, MEMORY_NEW(&work.records, work.manifest.count));
    TRY_GOTO(status, done, MEMORY_NEW(&work.kept, work.manifest.count));
    TRY_GOTO(status, done, make_set(&work));
    sum_up(&work, summary);
done:
    for (size_t i = 0; i < work.manifest.count && work.records; ++i)
        denoise_record_clear(&work.records[i]);
    free(work.records);
    free(work.kept);
    for (size_t i = 0; i < 2; ++i)
        if (work.locks[i] >= 0)
            close(work.locks[i]);
    manifest_clear(&work.manifest);
    return status;
}
