/* make_checkpoint DIR: writes DIR/checkpoint.h5, a tiny improved SSD with random parameters, and
 * DIR/picture.png, 80 x 60 pixels of colour gradients; for the tests of commands. */
#include <stdio.h>

#include "base/random.h"
#include "image/image_file.h"
#include "store/files.h"
#include "train/checkpoint.h"

static Status write_checkpoint(const char *path)
{
    const ImprovedSsdSettings settings = {
        .backbone = {50, 1}, .base = 4, .classes = 3, .recursion_steps = 2, .size = 64};
    const char *names[] = {"GC", "GU", "CG"};
    ParameterList parameters;
    parameters_init(&parameters);
    const Engine *engine;
    Net *net;
    ImprovedSsd network;
    TRY(engine_find("auto", &engine));
    TRY(net_new(&parameters, engine, false, &net));
    TRY(improved_ssd_build(net, &settings, 1, &network));
    parameters_randomise(&parameters, 7);
    for (size_t i = 0; i < parameters.count; ++i) {
        RandomStream stream;
        random_init(&stream, 7, parameters.items[i].name, 0, 0);
        for (size_t j = 0; j < parameters.items[i].count; ++j) /* so that no part stays at zero */
            parameters.items[i].value[j] += 0.1F * random_normal(&stream);
    }
    CheckpointModel model;
    TRY(checkpoint_model_init(&model, "improved_ssd", &settings, "global", names, 0.3));
    Status status = checkpoint_write(path, &model, &parameters, NULL, NULL);
    checkpoint_model_clear(&model);
    net_free(net);
    parameters_clear(&parameters);
    return status;
}

static Status write_picture(const char *path)
{
    Image image;
    TRY(image_init(&image, 80, 60, 3));
    for (size_t y = 0; y < 60; ++y)
        for (size_t x = 0; x < 80; ++x) {
            uint8_t *pixel = image.pixels + (y * 80 + x) * 3;
            pixel[0] = (uint8_t)(3 * x);
            pixel[1] = (uint8_t)(4 * y);
            pixel[2] = (uint8_t)(x * y % 251);
        }
    Status status = image_write_png(path, &image);
    image_clear(&image);
    return status;
}

int main(int argc, char **argv)
{
    char path[2][4096];
    if (argc != 2)
        return 2;
    snprintf(path[0], sizeof path[0], "%s/checkpoint.h5", argv[1]);
    snprintf(path[1], sizeof path[1], "%s/picture.png", argv[1]);
    Status status = files_make_folder(argv[1]);
    if (status == STATUS_OK)
        status = write_checkpoint(path[0]);
    if (status == STATUS_OK)
        status = write_picture(path[1]);
    if (status != STATUS_OK)
        fprintf(stderr, "make_checkpoint: %s\n", status_message());
    return status != STATUS_OK;
}
