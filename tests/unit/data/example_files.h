/* A small data set on disk for the tests of this folder. */
#ifndef GISD_TESTS_EXAMPLE_FILES_H
#define GISD_TESTS_EXAMPLE_FILES_H

#include "../scratch.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "image/image.h"
#include "image/image_file.h"
#include "store/files.h"

enum { EXAMPLE_WIDTH = 60, EXAMPLE_HEIGHT = 40 };

/* Replaces a file by a text. */
static inline void write_text(const char *path, const char *text)
{
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
}

/* A PNG of random pixels, or, with one channel, a mask that is set in x 10..29, y 5..19. */
static inline void write_picture(const char *path, size_t width, size_t height, size_t channels)
{
    Image image;
    assert_int_equal(image_init(&image, width, height, channels), STATUS_OK);
    RandomStream stream;
    random_init(&stream, 1, path + strlen(scratch_folder), 0, 0);
    for (size_t i = 0; i < width * height * channels; ++i) {
        size_t x = i % width, y = i / width;
        bool set = x >= 10 && x < 30 && y >= 5 && y < 20;
        image.pixels[i] =
            channels == 1 ? (uint8_t)(set ? 255 : 0) : (uint8_t)random_below(&stream, 256);
    }
    assert_int_equal(image_write_png(path, &image), STATUS_OK);
    image_clear(&image);
}

/* 6 lesion images of patients A and B, 2 normal ones of C; returns the manifest's path. */
static inline const char *example_files(void)
{
    assert_int_equal(files_make_folder(scratch("set/images")), STATUS_OK);
    assert_int_equal(files_make_folder(scratch("set/masks")), STATUS_OK);
    char text[2048] = "image,mask,label,patient,lesion,form,split,boxes\n";
    for (int i = 0; i < 8; ++i) {
        char name[64];
        snprintf(name, sizeof name, "set/images/%d.png", i);
        write_picture(scratch(name), EXAMPLE_WIDTH, EXAMPLE_HEIGHT, 3);
        snprintf(name, sizeof name, "set/masks/%d.png", i);
        if (i < 6)
            write_picture(scratch(name), EXAMPLE_WIDTH, EXAMPLE_HEIGHT, 1);
        size_t used = strlen(text);
        if (i < 6)
            snprintf(text + used, sizeof text - used,
                     "images/%d.png,masks/%d.png,%s,%s,,%s,%s,10 5 30 20 %s\n", i, i,
                     i % 2 ? "GC" : "CG", i < 4 ? "A" : "B", i % 2 ? "flat" : "",
                     i < 4 ? "train" : "val", i % 2 ? "GC" : "CG");
        else
            snprintf(text + used, sizeof text - used, "images/%d.png,,normal,C,,,train,\n", i);
    }
    write_text(scratch("set/manifest.csv"), text);
    return scratch("set/manifest.csv");
}

/* Replaces the first `old` of the manifest by `new`. */
static inline void edit_manifest(const char *old, const char *new)
{
    char *text, edited[4096];
    assert_int_equal(files_read(scratch("set/manifest.csv"), &text, NULL), STATUS_OK);
    char *place = strstr(text, old);
    assert_non_null(place);
    snprintf(edited, sizeof edited, "%.*s%s%s", (int)(place - text), text, new,
             place + strlen(old));
    write_text(scratch("set/manifest.csv"), edited);
    free(text);
}

#endif
