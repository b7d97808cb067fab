/* make_checkpoint DIR: writes DIR/checkpoint.h5, a tiny improved SSD with random parameters, and
 * DIR/picture.png, 80 x 60 pixels of colour gradients; for the tests of commands. */
#include <stdio.h>

#include "base/random.h"
#include "cell_settings.h"
#include "image/image_file.h"
#include "infer/checkpoint.h"
#include "infer/network.h"
#include "store/files.h"

static Status write_checkpoint(const char *path)
{
    const char *names[] = {"GC", "GU", "CG"};
    const CellSettings cell = cell_settings("base=4 size=64");
    NetworkPlan plan = {.model = cell.model, .batch = 1};
    plan.model.classes = 3;
    ParameterList parameters;
    parameters_init(&parameters);
    Network network;
    TRY(network_init(&network, &plan, &parameters));
    parameters_randomise(&parameters, 7);
    for (size_t i = 0; i < parameters.count; ++i) {
        RandomStream stream;
        random_init(&stream, 7, parameters.items[i].name, 0, 0);
        for (size_t j = 0; j < parameters.items[i].count; ++j) /* so that no part stays at zero */
            parameters.items[i].value[j] += 0.1F * random_normal(&stream);
    }
    CheckpointModel model;
    TRY(checkpoint_model_init(&model, &plan.model, "global", names, 0.3));
    Status status = checkpoint_write(path, &model, &parameters, NULL, NULL);
    checkpoint_model_clear(&model);
    network_clear(&network);
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
