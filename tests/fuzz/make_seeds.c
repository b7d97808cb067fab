/* make_seeds DIR: writes DIR/checkpoint, DIR/result and DIR/pack, with a small HDF5 file of each
 * kind: the seeds that are not texts. Those of images are tests/golden/images. */
#include <math.h>

#include "data/pack.h"
#include "fuzz.h"
#include "image/image_file.h"
#include "infer/checkpoint.h"
#include "results/control.h"
#include "results/result_schema.h"
#include "seed_parameters.h"
#include "store/files.h"
#include "train/setting_table.h"

static Status write_checkpoint(const char *path)
{
    const char *names[] = {"GC", "GU"};
    const CellSettings settings = setting_defaults(0);
    ModelSettings model_settings = settings.model;
    ParameterList parameters;
    CheckpointModel model;
    CheckpointState state;
    model_settings.classes = 2;
    TRY(seed_parameters_init(&parameters));
    TRY(checkpoint_model_init(&model, &model_settings, "global", names, 0.3));
    checkpoint_state_init(&state);
    TRY(checkpoint_state_set_integer(&state, "step", 12));
    TRY(checkpoint_state_set_numbers(&state, "loss", 3, (const double[]){3, 2, 1.5}));
    TRY(checkpoint_state_set_text(&state, "schedule", "cosine"));
    TRY(checkpoint_write(path, &model, &parameters, NULL, &state));
    checkpoint_state_clear(&state);
    checkpoint_model_clear(&model);
    parameters_clear(&parameters);
    return STATUS_OK;
}

static Status write_numbers(Hdf5Writer *writer)
{
    const double two[] = {0.5, 0.25}, scores[] = {.1, .2, .9, .1}, form[] = {0.5};
    const int64_t truth[] = {-1, 1}, one[] = {1}, counts[] = {4, 0, 1, 3};
    static const char *const columns[] = {"history/epoch",
                                          "history/loss",
                                          "test/metrics/value",
                                          "test/metrics/low",
                                          "test/metrics/high",
                                          "test/roc/false_positive_rate",
                                          "test/roc/true_positive_rate",
                                          "test/predictions/seconds"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; ++i)
        TRY(result_write_f64(writer, columns[i], 2, two));
    TRY(result_write(writer, "test/predictions/scores", HDF5_F64, 2, (const size_t[]){2, 2},
                     scores));
    TRY(result_write_i64(writer, "test/predictions/truth", 2, truth));
    TRY(result_write(writer, "test/confusion/counts", HDF5_I64, 2, (const size_t[]){2, 2}, counts));
    TRY(result_write_i64(writer, "test/overlap/image", 1, one));
    return result_write_f64(writer, "test/overlap/box_iou", 1, form);
}

static Status write_result(const char *path)
{
    const char *const metrics[] = {"accuracy", "auc"}, *const classes[] = {"normal", "GC"};
    const char *const images[] = {"a.png", "b.png"}, *const forms[] = {"flat"};
    Hdf5Writer *writer;
    TRY(hdf5_writer_new(path, &writer));
    TRY(result_write_text(writer, "config", "backbone: r50x1\n"));
    TRY(result_write_text(writer, "provenance/data", "manifest.csv"));
    TRY(result_write_texts(writer, "test/metrics/name", 2, metrics));
    TRY(result_write_texts(writer, "test/confusion/class_names", 2, classes));
    TRY(result_write_texts(writer, "test/predictions/image", 2, images));
    TRY(result_write_texts(writer, "test/overlap/form", 1, forms));
    TRY(write_numbers(writer));
    return hdf5_writer_commit(writer);
}

/* What gisd-eval --seconds writes. */
static Status write_seconds(const char *path)
{
    const char *const images[] = {"a.png", "b.png"}, *const classes[] = {"normal", "GC"};
    const double seconds[] = {0.5, 0.25}, busy[] = {0.125};
    const int64_t threads[] = {2};
    Hdf5Writer *writer;
    TRY(hdf5_writer_new(path, &writer));
    TRY(result_write_texts(writer, "speed/image", 2, images));
    TRY(result_write_texts(writer, "speed/class", 2, classes));
    TRY(result_write_f64(writer, "speed/end_to_end", 2, seconds));
    TRY(result_write_f64(writer, "speed/network", 2, seconds));
    TRY(result_write_f64(writer, "speed/others_busy", 1, busy));
    TRY(result_write_i64(writer, "provenance/threads", 1, threads));
    TRY(result_write_text(writer, "provenance/processor", "one"));
    TRY(result_write_text(writer, "provenance/precision", "f32"));
    return hdf5_writer_commit(writer);
}

static Status write_control(const char *folder)
{
    const BaselineFigures figures = {{0.75, 0.5, 1}, {0.5, 0.25, 0.75}};
    OverlaySummary frames[2][OVERLAY_KINDS] = {{{1, 0.25, 0.5, 0.125}}};
    Control control = {.colours = figures,
                       .has_overlays = true,
                       .overlays = figures,
                       .frame_count = 2,
                       .names = {2, (char *[]){"a.png", "b.png"}},
                       .frames = frames};
    snprintf(control.fingerprint, sizeof control.fingerprint, "0123456789abcdef");
    return control_write(folder, &control);
}

static Status write_image(const char *path, uint8_t bright)
{
    Image image;
    TRY(image_init(&image, 24, 16, 3));
    for (size_t i = 0; i < (size_t)24 * 16 * 3; ++i)
        image.pixels[i] = (uint8_t)(i * bright);
    Status status = image_write_png(path, &image);
    image_clear(&image);
    return status;
}

/* Packs two images of 24 x 16 pixels, which lie beside the pack for the while. */
static Status write_pack(const char *folder)
{
    static const char manifest[] =
        "image,label,patient,split,boxes\na.png,GC,1,train,4 4 16 12 GC\nb.png,normal,2,test,\n";
    static const char *const names[] = {"a.png", "b.png", "manifest.csv"};
    char path[4096], pack[4096];
    for (uint8_t i = 0; i < 2; ++i) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        TRY(write_image(path, (uint8_t)(7 + i)));
    }
    snprintf(path, sizeof path, "%s/manifest.csv", folder);
    TRY(files_write(path, manifest, sizeof manifest - 1));
    snprintf(pack, sizeof pack, "%s/pack.h5", folder);
    TRY(pack_write(path, 8, pack));
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    return STATUS_OK;
}

static Status write_all(const char *out)
{
    static const char *const folders[] = {"checkpoint", "result", "pack"};
    char path[3][4096], file[4200];
    for (size_t i = 0; i < 3; ++i) {
        snprintf(path[i], sizeof path[i], "%s/%s", out, folders[i]);
        TRY(files_make_folder(path[i]));
    }
    snprintf(file, sizeof file, "%s/checkpoint.h5", path[0]);
    TRY(write_checkpoint(file));
    snprintf(file, sizeof file, "%s/result.h5", path[1]);
    TRY(write_result(file));
    snprintf(file, sizeof file, "%s/seconds.h5", path[1]);
    TRY(write_seconds(file));
    TRY(write_control(path[1]));
    return write_pack(path[2]);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    Status status = write_all(argv[1]);
    if (status != STATUS_OK)
        fprintf(stderr, "make_seeds: %s\n", status_message());
    return status != STATUS_OK;
}
