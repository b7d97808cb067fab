/* See control.h. */
#include "results/control.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/files.h"
#include "store/hdf5_probe.h"
#include "store/hdf5_writer.h"

/* The columns of /overlays/frames. */
enum { COLUMNS = 4 * OVERLAY_KINDS };

/* ---- writing ---- */

static Status write_figures(Hdf5Writer *writer, const char *group, const BaselineFigures *figures,
                            const char *reason)
{
    const struct {
        const char *name, *description;
        const BaselineFigure *figure;
    } rows[] = {
        {"auc", "area under the ROC curve, lesion against normal: value and 95 % interval",
         &figures->auc},
        {"f1", "macro F1: value and 95 % interval", &figures->f1},
    };
    char name[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const double values[] = {rows[i].figure->value, rows[i].figure->low, rows[i].figure->high};
        snprintf(name, sizeof name, "%s/%s", group, rows[i].name);
        TRY(hdf5_write_f64(writer, name, 3, values, rows[i].description, NULL));
    }
    snprintf(name, sizeof name, "%s/reason", group);
    return hdf5_write_text(writer, name, reason, "why there are no numbers; empty if there are");
}

static Status write_all(Hdf5Writer *writer, const Control *control)
{
    TRY(hdf5_set_i64(writer, "", "format_version", CONTROL_FORMAT));
    TRY(hdf5_write_text(writer, "data_fingerprint", control->fingerprint, "hash of the data set"));
    TRY(write_figures(writer, "colours", &control->colours, control->no_colours));
    if (!control->has_overlays)
        return STATUS_OK;
    TRY(write_figures(writer, "overlays", &control->overlays, control->no_overlays));
    TRY(hdf5_write_texts(writer, "overlays/image", control->frame_count,
                         (const char *const *)control->names.items,
                         "path as the manifest writes it"));
    if (control->has_denoised)
        TRY(write_figures(writer, "denoised", &control->denoised, control->no_denoised));
    return hdf5_write(writer, "overlays/frames", HDF5_F64, 2,
                      (size_t[]){control->frame_count, COLUMNS}, control->frames,
                      "of text, digits, tube, border in turn: boxes, their area, and x and y of "
                      "their middle, as shares of the frame",
                      NULL);
}

Status control_write(const char *folder, const Control *control)
{
    char *path;
    Hdf5Writer *writer = NULL;
    TRY(files_join(folder, CONTROL_FILE, &path));
    Status status = hdf5_writer_new(path, &writer);
    free(path);
    if (status == STATUS_OK)
        status = write_all(writer, control);
    if (status == STATUS_OK)
        return hdf5_writer_commit(writer);
    hdf5_writer_abandon(writer);
    return status;
}

/* ---- reading ---- */

static Status read_text(const Hdf5Reader *reader, const char *name, char *text, size_t room)
{
    char *whole;
    TRY(hdf5_read_text(reader, name, &whole));
    snprintf(text, room, "%s", whole);
    free(whole);
    return STATUS_OK;
}

static Status read_figure(const Hdf5Reader *reader, const char *group, const char *name,
                          BaselineFigure *figure)
{
    char path[64];
    double values[3];
    snprintf(path, sizeof path, "%s/%s", group, name);
    TRY(hdf5_read_f64(reader, path, 3, values));
    *figure = (BaselineFigure){values[0], values[1], values[2]};
    return STATUS_OK;
}

static Status read_figures(const Hdf5Reader *reader, const char *group, BaselineFigures *figures,
                           char reason[CONTROL_REASON_BYTES])
{
    char path[64];
    TRY(read_figure(reader, group, "auc", &figures->auc));
    TRY(read_figure(reader, group, "f1", &figures->f1));
    snprintf(path, sizeof path, "%s/reason", group);
    return read_text(reader, path, reason, CONTROL_REASON_BYTES);
}

static Status read_all(const Hdf5Reader *reader, Control *control)
{
    TRY(hdf5_check_format(reader, "control", CONTROL_FORMAT));
    TRY(read_text(reader, "data_fingerprint", control->fingerprint, sizeof control->fingerprint));
    TRY(read_figures(reader, "colours", &control->colours, control->no_colours));
    control->has_overlays = hdf5_has(reader, "overlays");
    if (!control->has_overlays)
        return STATUS_OK;
    TRY(read_figures(reader, "overlays", &control->overlays, control->no_overlays));
    control->has_denoised = hdf5_has(reader, "denoised");
    if (control->has_denoised)
        TRY(read_figures(reader, "denoised", &control->denoised, control->no_denoised));
    TRY(hdf5_read_texts(reader, "overlays/image", &control->names));
    control->frame_count = control->names.count;
    TRY(MEMORY_NEW(&control->frames, control->frame_count));
    return hdf5_read_f64(reader, "overlays/frames", control->frame_count * COLUMNS,
                         &control->frames[0][0].boxes);
}

static Status read_file(const char *path, Control *control)
{
    Hdf5Reader *reader = NULL;
    TRY(files_check_plain(path));
    TRY(hdf5_probe(path));
    TRY(hdf5_reader_new(path, &reader));
    return hdf5_reader_end(reader, read_all(reader, control));
}

Status control_read(const char *folder, Control *control)
{
    char *path;
    *control = (Control){0};
    TRY(files_join(folder, CONTROL_FILE, &path));
    Status status = read_file(path, control);
    free(path);
    if (status != STATUS_OK)
        control_clear(control);
    return status;
}

void control_clear(Control *control)
{
    hdf5_texts_clear(&control->names);
    free(control->frames);
    *control = (Control){0};
}
