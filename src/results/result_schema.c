/* See result_schema.h. */
#include "results/result_schema.h"

#include <string.h>

static const ResultDataset datasets[] = {
    {"config", "1", NULL, "resolved settings of the cell, YAML", 0},

    {"provenance/cell", "1", NULL, "identity of the cell: hash of settings, data, arithmetic", 0},
    {"provenance/version", "1", NULL, "version of gisd", 0},
    {"provenance/revision", "1", NULL, "git revision of gisd", 0},
    {"provenance/engine", "1", NULL, "what computed the convolutions", 0},
    {"provenance/engine_version", "1", NULL, "its version", RESULT_LATER},
    {"provenance/precision", "1", NULL, "of activations: f32 or bf16", RESULT_LATER},
    {"provenance/threads", "1", NULL, "of each rank, that computed with them", RESULT_LATER},
    {"provenance/host", "1", NULL, "where rank 0 of the group ran", 0},
    {"provenance/processor", "1", NULL, "its processor", 0},
    {"provenance/finished", "1", NULL, "when, in UTC", 0},
    {"provenance/data", "1", NULL, "the data set", 0},
    {"provenance/data_fingerprint", "1", NULL, "hash of the data set", 0},
    {"provenance/synthetic", "1", NULL,
     "1 if the images are a phantom's, 2 if its hard ones; missing where the data do not say so",
     RESULT_LATER},
    {"provenance/data_warnings", "warnings", NULL,
     "what deserves a look in the manifest and its files; 'gisd-data check' shows all",
     RESULT_LATER},
    {"provenance/split_by", "1", NULL, "what the splits keep together", 0},
    {"provenance/arithmetic_version", "1", NULL,
     "changes of the arithmetic that can change results", 0},
    {"provenance/seed", "1", NULL, "of initial parameters, order of images and augmentation", 0},
    {"provenance/ranks", "1", NULL, "in the group that finished the cell", 0},
    {"provenance/parameters", "1", NULL, "numbers in the network", 0},
    {"provenance/trained_parameters", "1", NULL, "of them, trained", 0},
    {"provenance/network", "1", NULL,
     "hash of the parameters that were tested; only of a further test set (test_NAME.h5)",
     RESULT_LATER},
    {"provenance/seconds", "1", "s", "from the last start of the cell to its result", 0},
    {"provenance/memory_peak", "1", "bytes",
     "the most that rank 0 held at once, with its data, from the last start of the cell to its "
     "result; missing where the system does not tell",
     RESULT_LATER},
    {"provenance/energy", "1", "J",
     "of all processors of rank 0's host, whoever used them, from the last start of the cell to "
     "its result, as RAPL counts it; missing where that cannot be read",
     RESULT_LATER},

    {"splits/name", "S", NULL, "train, val and test", RESULT_LATER},
    {"splits/images", "S", NULL, "images of each, of the cell's data", RESULT_LATER},
    {"splits/patients", "S", NULL,
     "their patients; where the manifest names none an image is one by itself", RESULT_LATER},
    {"splits/lesion_images", "S", NULL, "images with a lesion", RESULT_CLASSES | RESULT_LATER},
    {"splits/without_place", "S", NULL,
     "of them, those without box and mask, of which only the class is learnt",
     RESULT_CLASSES | RESULT_LATER},
    {"splits/lesions", "S", NULL, "annotated boxes", RESULT_CLASSES | RESULT_LATER},
    {"splits/masks", "S", NULL, "images with a lesion and an annotated mask",
     RESULT_CLASSES | RESULT_LATER},
    {"splits/classes", "S x C", NULL, "images of each class, normal first",
     RESULT_CLASSES | RESULT_LATER},
    {"splits/near_pairs", "1", NULL,
     "pairs of near-equal pictures that stand in two splits; missing where pictures were not "
     "compared",
     RESULT_LATER},

    {"history/*", "E", NULL,
     "a quantity over the epochs, with its own description and unit: epoch, loss, its parts (names "
     "that end in _loss), gradient_norm, learning_rate, metrics of the validation split (names "
     "that "
     "begin with validation_), operating_point, seconds, and of them those waited for data and for "
     "sums over ranks",
     0},

    {"test/metrics/name", "M", NULL, "names of the metrics; those in seconds end in _seconds", 0},
    {"test/metrics/value", "M", NULL, "their values; NaN where not defined", 0},
    {"test/metrics/low", "M", NULL, "lower end of the 95 % bootstrap interval", 0},
    {"test/metrics/high", "M", NULL, "upper end of the 95 % bootstrap interval", 0},
    {"test/metrics/interval", "M", NULL,
     "how that was made of the replicates: percentile, or BCa; of files that lack it percentile",
     RESULT_LATER},
    {"test/metrics/operating_point", "1", NULL,
     "lesion score from which an image counts as diseased; chosen on the validation split",
     RESULT_CLASSES},

    {"test/roc/threshold", "P", NULL, "score from which an image is called positive, falling",
     RESULT_CLASSES},
    {"test/roc/false_positive_rate", "P", NULL, "1 - specificity at that threshold",
     RESULT_CLASSES},
    {"test/roc/true_positive_rate", "P", NULL, "sensitivity at that threshold", RESULT_CLASSES},
    {"test/roc/classes/*/threshold", "P", NULL,
     "score from which an image is called positive, falling", RESULT_CLASSES},
    {"test/roc/classes/*/false_positive_rate", "P", NULL, "1 - specificity at that threshold",
     RESULT_CLASSES},
    {"test/roc/classes/*/true_positive_rate", "P", NULL, "sensitivity at that threshold",
     RESULT_CLASSES},

    {"test/confusion/class_names", "C", NULL, "order of rows and columns", RESULT_CLASSES},
    {"test/confusion/counts", "C x C", NULL,
     "images, annotated class (rows) by predicted class (columns)", RESULT_CLASSES},
    {"test/confusion/lesion_counts", "K x K", NULL,
     "lesion images alone, by their highest class score: annotated (rows) by predicted (columns), "
     "without normal",
     RESULT_CLASSES},

    {"test/predictions/image", "N", NULL, "path as the manifest writes it", 0},
    {"test/predictions/patient", "N", NULL, "patient; empty where the manifest names none", 0},
    {"test/predictions/columns/*", "N", NULL,
     "a further column of the manifest, such as centre, age or sex", RESULT_LATER},
    {"test/predictions/scores", "N x K", NULL,
     "score of each lesion class; of a network with boxes the highest of all its boxes, also those "
     "that others suppress",
     RESULT_CLASSES},
    {"test/predictions/truth", "N", NULL, "annotated lesion class, or -1 for normal",
     RESULT_CLASSES},
    {"test/predictions/predicted", "N", NULL,
     "predicted lesion class at the operating point, or -1 for normal", RESULT_CLASSES},
    {"test/predictions/dice", "N", NULL,
     "Dice of a lesion's mask; NaN where none is annotated, and for normal images", RESULT_MASKS},
    {"test/predictions/mask_iou", "N", NULL,
     "IoU of a lesion's mask; NaN where none is annotated, and for normal images", RESULT_MASKS},
    {"test/predictions/mask_share", "N", NULL, "share of the frame that the predicted mask covers",
     RESULT_MASKS | RESULT_LATER},
    {"test/predictions/seconds", "N", "s",
     "from pixels at the network's size to the answer (boxes and mask, where there are any), one "
     "image at a time, while other cells may train; seconds.h5 has others",
     0},

    {"test/detections/image", "B", NULL, "position of the image in /test/predictions",
     RESULT_BOXES},
    {"test/detections/class", "B", NULL, "lesion class, from 0", RESULT_BOXES},
    {"test/detections/score", "B", NULL, "score of the box", RESULT_BOXES},
    {"test/detections/box", "B x 4", "pixel", "x0, y0, x1, y1 in the source image", RESULT_BOXES},

    {"test/annotations/image", "A", NULL, "position of the image in /test/predictions",
     RESULT_BOXES | RESULT_LATER},
    {"test/annotations/class", "A", NULL, "lesion class, from 0", RESULT_BOXES | RESULT_LATER},
    {"test/annotations/box", "A x 4", "pixel", "x0, y0, x1, y1 in the source image",
     RESULT_BOXES | RESULT_LATER},
    {"test/annotations/share", "A", NULL, "share of the frame that the box covers",
     RESULT_BOXES | RESULT_LATER},

    {"test/overlap/image", "L", NULL, "position of the image in /test/predictions",
     RESULT_BOXES | RESULT_MASKS},
    {"test/overlap/form", "L", NULL, "form of the lesion; empty where not given", RESULT_FORMS},
    {"test/overlap/box_iou", "L", NULL,
     "IoU of the best box of the right class with the lesion; 0 without such a box, NaN where no "
     "box is annotated",
     RESULT_BOXES},
    {"test/overlap/mask_iou", "L", NULL, "IoU of the mask; NaN where none is annotated",
     RESULT_MASKS},

    {"validation/image", "V", NULL,
     "path as the manifest writes it; of the validation images, asked when all training was done, "
     "for what is to be fitted to them, such as a temperature; missing where they stand for the "
     "test's",
     RESULT_CLASSES | RESULT_LATER},
    {"validation/patient", "V", NULL, "patient; empty where the manifest names none",
     RESULT_CLASSES | RESULT_LATER},
    {"validation/scores", "V x K", NULL, "score of each lesion class, as of the test's",
     RESULT_CLASSES | RESULT_LATER},
    {"validation/truth", "V", NULL, "annotated lesion class, or -1 for normal",
     RESULT_CLASSES | RESULT_LATER},

    {"speed/image", "I", NULL,
     "path as the manifest writes it; this group is only of seconds.h5, measured alone",
     RESULT_LATER},
    {"speed/class", "I", NULL, "its class, or normal", RESULT_LATER},
    {"speed/end_to_end", "I", "s", "from its decoded pixels to boxes and mask of its size",
     RESULT_LATER},
    {"speed/network", "I", "s", "of that, the network's", RESULT_LATER},
    {"speed/others_busy", "1", "processors",
     "on average busy with other work meanwhile; NaN where the system does not tell", RESULT_LATER},
};
enum { DATASETS = sizeof datasets / sizeof *datasets };

size_t result_dataset_count(void)
{
    return DATASETS;
}

const ResultDataset *result_dataset(size_t index)
{
    return &datasets[index];
}

/* Names of classes may be anything, but a "*" does not stand for nothing. */
static bool matches(const char *pattern, const char *name)
{
    const char *star = strchr(pattern, '*');
    if (!star)
        return strcmp(pattern, name) == 0;
    size_t before = (size_t)(star - pattern), after = strlen(star + 1), length = strlen(name);
    return length > before + after && strncmp(pattern, name, before) == 0 &&
           strcmp(star + 1, name + length - after) == 0;
}

const ResultDataset *result_dataset_find(const char *name)
{
    for (size_t i = 0; i < DATASETS; ++i)
        if (matches(datasets[i].name, name))
            return &datasets[i];
    return NULL;
}

/* ---- writing ---- */

static Status find(const char *name, size_t rank, const ResultDataset **dataset)
{
    size_t wanted = 1;
    *dataset = result_dataset_find(name);
    if (!*dataset)
        FAIL(STATUS_ARGUMENT, "/%s is not a dataset of result.h5", name);
    for (const char *at = (*dataset)->shape; (at = strstr(at, " x ")); ++at)
        ++wanted;
    if (rank != wanted)
        FAIL(STATUS_ARGUMENT, "/%s: %zu dimensions (expected %s)", name, rank, (*dataset)->shape);
    return STATUS_OK;
}

Status result_write(Hdf5Writer *writer, const char *name, Hdf5Type type, size_t rank,
                    const size_t *dims, const void *values)
{
    const ResultDataset *dataset;
    TRY(find(name, rank, &dataset));
    return hdf5_write(writer, name, type, rank, dims, values, dataset->description, dataset->unit);
}

Status result_write_f64(Hdf5Writer *writer, const char *name, size_t count, const double *values)
{
    return result_write(writer, name, HDF5_F64, 1, &count, values);
}

Status result_write_i64(Hdf5Writer *writer, const char *name, size_t count, const int64_t *values)
{
    return result_write(writer, name, HDF5_I64, 1, &count, values);
}

Status result_write_texts(Hdf5Writer *writer, const char *name, size_t count,
                          const char *const *texts)
{
    const ResultDataset *dataset;
    TRY(find(name, 1, &dataset));
    return hdf5_write_texts(writer, name, count, texts, dataset->description);
}

Status result_write_text(Hdf5Writer *writer, const char *name, const char *text)
{
    return result_write_texts(writer, name, 1, &text);
}

Status result_write_quantity(Hdf5Writer *writer, const char *name, size_t count,
                             const double *values, const char *description, const char *unit)
{
    const ResultDataset *dataset;
    TRY(find(name, 1, &dataset));
    return hdf5_write_f64(writer, name, count, values, description, unit);
}

Status result_write_format(Hdf5Writer *writer)
{
    return hdf5_set_i64(writer, "", "format_version", RESULT_FORMAT);
}

/* ---- reading ---- */

Status result_open(const char *path, Hdf5Reader **reader)
{
    TRY(hdf5_reader_new(path, reader));
    Status status = hdf5_check_format(*reader, "result", RESULT_FORMAT);
    if (status != STATUS_OK)
        hdf5_reader_free(*reader);
    return status;
}

bool result_has(const Hdf5Reader *reader, const char *name)
{
    const ResultDataset *dataset = result_dataset_find(name);
    return hdf5_has(reader, name) || (dataset && !dataset->needs);
}
