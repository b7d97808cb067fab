/* The importers. The first byte says which file of which layout the rest is: the other files of the
 * source are fixed, and every image is one of 24 x 16 pixels. */
#include "data/findings.h"
#include "data/import/import.h"
#include "data/manifest.h"
#include "fuzz_folder.h"
#include "image/image_file.h"

typedef struct {
    char letter;
    const char *layout;
    const char *file;   /* the input */
    const char *images; /* up to two, each ended by a zero byte */
    const char *other;  /* a further file, NULL for none, */
    const char *text;   /* and what it says */
} Input;

static const Input inputs[] = {
    {'c', "coco", "c/annotations.json", "c/a.png\0c/b.png\0", NULL, NULL},
    {'v', "voc", "v/Annotations/a.xml", "v/JPEGImages/a.png\0v/JPEGImages/b.png\0", NULL, NULL},
    {'s', "voc", "s/ImageSets/Main/train.txt", "s/JPEGImages/a.png\0", "s/Annotations/a.xml",
     "<annotation><filename>a.png</filename></annotation>"},
    {'y', "yolo", "y/labels/a.txt", "y/images/a.png\0", "y/data.yaml", "names: [one, two]\n"},
    {'n', "yolo", "n/data.yaml", "n/images/a.png\0", "n/labels/a.txt", "0 0.5 0.5 0.2 0.2\n"},
    {'d', "yolo", "d/obj.data", "d/obj_train_data/a.png\0", "d/obj.names", "one\ntwo\n"},
    {'l', "labelme", "l/a.json", "l/a.png\0", NULL, NULL},
    {'t', "cvat", "t/annotations.xml", "t/images/a.png\0t/images/b.png\0", NULL, NULL},
    {'f', "folders", "f/labels.csv", "f/images/a.png\0f/images/b.png\0", NULL, NULL},
};
enum { INPUTS = sizeof inputs / sizeof *inputs };

static FILE *nowhere;

static void write_image(const char *name)
{
    Image image;
    uint8_t *bytes;
    size_t count;
    FUZZ_CHECK(image_init(&image, 24, 16, 3) == STATUS_OK);
    for (size_t i = 0; i < sizeof(uint8_t[24 * 16 * 3]); ++i)
        image.pixels[i] = (uint8_t)(i * 7);
    FUZZ_CHECK(image_encode_png(&image, 1, &bytes, &count) == STATUS_OK);
    fuzz_write(name, bytes, count);
    free(bytes);
    image_clear(&image);
}

static void make_sources(void)
{
    if (nowhere)
        return;
    nowhere = fopen("/dev/null", "w");
    for (size_t i = 0; i < INPUTS; ++i) {
        for (const char *image = inputs[i].images; *image; image += strlen(image) + 1)
            write_image(image);
        if (inputs[i].other)
            fuzz_write(inputs[i].other, inputs[i].text, strlen(inputs[i].text));
    }
}

/* What was imported is read. */
static void check_manifest(const char *out)
{
    char path[FUZZ_PATH_BYTES + 16];
    Manifest manifest;
    snprintf(path, sizeof path, "%s/manifest.csv", out);
    if (manifest_read(path, NULL, &manifest) == STATUS_OK)
        manifest_clear(&manifest);
    else
        fuzz_check_line(status_message()); /* names of classes may be what no manifest can have */
}

static void import(const Input *input)
{
    char source[FUZZ_PATH_BYTES], out[FUZZ_PATH_BYTES];
    const char folder[] = {input->letter, '\0'};
    ImportSettings settings = {.source = fuzz_place(folder, source), .out = fuzz_place("out", out)};
    if (input->letter == 'f')
        settings.labels = "labels.csv";
    if (import_data_set(input->layout, &settings, nowhere, nowhere) == STATUS_OK)
        check_manifest(out);
    else
        fuzz_check_line(status_message());
    fuzz_remove(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    make_sources();
    for (size_t i = 0; i < INPUTS && size > 0; ++i)
        if (data[0] == (uint8_t)inputs[i].letter) {
            fuzz_write(inputs[i].file, data + 1, size - 1);
            import(&inputs[i]);
        }
    return 0;
}
