/* The tables of the report, by part of the document; see sections.h. */
#include "report/sections.h"

#include <string.h>

#include "report/paper_figures.h"
#include "report/tables/results_table.h"

/* What stands in the column of seconds. */
#define SECONDS_EXPLAINED                                                                          \
    "Seconds are of the cell's test: from pixels at the network's size to boxes and mask of that " \
    "size, while other cells may have trained on the same processors; gisd-eval RESULTS MANIFEST " \
    "--seconds measures them alone. "

#define POOLED                                                                                     \
    "All finished seeds of a run are counted together. First come the runs that stand for their "  \
    "model, the best validation of each architecture; the others are behind the fold. "

static bool has_control(const Experiment *experiment)
{
    return experiment->has_control;
}

static bool has_overlays(const Experiment *experiment)
{
    return experiment->control.has_overlays;
}

static bool has_pretrainings(const Experiment *experiment)
{
    return experiment->records.pretraining_count > 0;
}

/* What clinicians ask first. */
static const Section summary_sections[] = {
    {"lesions", "Lesion or none: sensitivity and specificity", results_lesions, NOTE_CHOICE, true,
     false, true,
     "An image counts as a lesion if its highest lesion score reaches the operating point: "
     "sensitivity is the share of the images with a lesion that are found so, specificity the "
     "share of those without one that are not, whatever the class. Chosen runs only.",
     NULL},
};

/* What the paper has. */
static const Section paper_sections[] = {
    {"table2", "Accuracy, F1, sensitivity, specificity (Table 2)", results_table2, NOTE_CHOICE,
     true, false, true,
     "Percent. F1, sensitivity and specificity are macro means: each class against the rest, then "
     "the plain mean over the classes, normal included; lesion against normal is in the "
     "summary.",
     NULL},
    {"table3", "Area under the ROC curve (Table 3)", results_table3, NOTE_IMAGES, true, false,
     false, "Lesion score against lesion or normal, all distinct thresholds, trapezoids.", NULL},
    {"delong", "Local against global tuning (DeLong's test)", results_delong, NOTE_IMAGES, false,
     true, false,
     "Two-sided test of the areas of both chosen runs on the same images, with the images of a "
     "patient taken together (Obuchowski 1997; DeLong's own where each image is a patient by "
     "itself "
     "or patients are not known). The difference is global less local with its 95 % interval, and "
     "z has its sign. p (Holm) is corrected for the number of rows. No row: one of them is missing "
     "or they were tested on different images.",
     NULL},
    {"table4", "Confusion matrices of the lesion classes (Table 4)", results_confusion, NOTE_IMAGES,
     false, false, false,
     "Images with a lesion alone, by their highest class score, whatever the operating point, as "
     "published: rows annotated, columns predicted, counts; right is the percentage of the row on "
     "the diagonal. " POOLED,
     results_has_lesion_classes},
    {"table4_normal", "Confusion matrices with normal images", results_confusion_normal,
     NOTE_IMAGES, false, false, true,
     "Rows annotated, columns predicted at the operating point, counts. " POOLED, NULL},
    {"table5", "Seconds an image and accuracy by class, beside readers (Table 5)", results_readers,
     NOTE_IMAGES, false, false, true,
     "Accuracy is the percentage of a class's images that were given that class. " POOLED
     "Models and doctors marked as the paper's saw other images. " SECONDS_EXPLAINED
     "Runs that have been measured so have those here, end to end.",
     NULL},
    {"table5_tests", "Who is right more often: models and readers", results_judges, NOTE_IMAGES,
     false, false, true,
     "The runs that stand for their models, pair by pair, and each beside each reader of "
     "--readers, "
     "on the images that both saw; of several seeds the one with the best validation. An image is "
     "right if it was given its class, normal included. p is McNemar's test by patients, exact "
     "with "
     "fewer than 25 patients who differ; p (Holm) is corrected for the number of rows. Differences "
     "are the second's less the first's, with 95 % percentile intervals of a bootstrap over "
     "patients that draws the same for both; of lesions and of images without one right is who "
     "tells the one from the other. Readers of means alone (a file without images) cannot be "
     "tested.",
     results_has_judges},
    {"table6", "Overlap by form of lesion (Table 6)", results_overlap, NOTE_IMAGES, false, false,
     true,
     "Of the images whose lesion was recognised, that is called a lesion and of its class: percent "
     "whose best box of that class, or whose mask, overlaps the annotated one (IoU) by at least "
     "60, 70, 80, 90 percent. Annotated is how many there are to recognise. " POOLED
     "The total is of a class's lesions with a form; those without one are in a row of their own.",
     NULL},
    {"published", "What the published numbers say of each other", results_published, NOTE_NONE,
     false, false, false,
     "Recomputed from the tables as printed, where one number follows from others. Percent where "
     "not images. Table 2: the accuracy of a test between lesion and normal lies between its "
     "specificity and its sensitivity and tells at which share of lesions; F1 follows from the "
     "three. Tables 4 and 5: the accuracy of a class is its diagonal over the class's images; over "
     "the printed row or column it would be another. Table 6: totals are sums.",
     results_has_published},
};

/* What it has not, and is asked of the same runs; evidence/ follows. */
static const Section evidence_sections[] = {
    {"comparisons", "Every run against the best on validation", results_comparisons, NOTE_IMAGES,
     false, true, true,
     "The chosen runs on the same images, each beside the one with the best validation metric. An "
     "image is right if it was given its class, normal included; right only here are images that "
     "the row's run got right and the other did not. p is McNemar's test by patients: exact with "
     "fewer than 25 patients who differ, else chi-square without correction for continuity; "
     "p (Holm) is corrected for the number of rows. Then differences, the row's less the other's, "
     "with 95 % percentile intervals of a bootstrap over patients (images, where no patients are "
     "known) that draws the same for both.",
     NULL},
    {"ablation", "What each part brings", results_ablation, NOTE_IMAGES, false, false, true,
     "The variants of the experiment file: mean over the seeds that finished ± standard deviation, "
     "and the difference of that mean to the first variant's. Lesion AUC, average precision at IoU "
     "0.5, Dice of the masks, macro F1. A difference that is not well above the deviations says "
     "nothing; a network without masks has no Dice. Which variant the other tables mark as chosen "
     "has no meaning here.",
     results_has_variants},
    {"external", "Internal against external", results_external, NOTE_NONE, false, false, true,
     "Each finished cell on its own test images and on those of further test sets, which its data "
     "knew nothing of, with the operating point that its own validation images chose. Values have "
     "95 % intervals over patients (images, where no patients are known); the drop is internal "
     "less "
     "external, with an interval recovered from those two (MOVER), as the patients are others. A "
     "drop whose interval does not reach 0 is more than chance. Cells that do not stand for their "
     "run are behind the fold.",
     results_has_external},
    {"seeds", "What chance moves: seeds and patients", results_seeds, NOTE_IMAGES, false, false,
     true,
     "Chosen runs with several seeds. Between seeds is the standard deviation of the metric from "
     "seed to seed on these images; between patients the standard error of the mean over the seeds "
     "if other patients were tested (images, where no patients are known), by the bootstrap; both "
     "is the standard error of the mean for other seeds and other patients, and the interval its "
     "own (Student's t; few seeds make it wide).",
     results_has_seeds},
    {"baselines", "What needs no network", results_baselines, NOTE_IMAGES, false, false, true,
     "Logistic regressions learnt from the training images: from the shares of 512 "
     "colours in each picture as the networks see it, and from number, area and place of what was "
     "laid over the frames (lesion against normal). Below them the chosen runs. A network that is "
     "no better has learnt no more than that.",
     has_control},
    {"overlays", "Frames with and without overlays", results_overlays, NOTE_IMAGES, false, false,
     true,
     "The chosen runs: AUC with the 95 % interval of DeLong's variance, by patients; sensitivity "
     "and specificity for any lesion, at the operating point. No rows: all frames have an overlay "
     "of that kind, or none has. Compare only where both groups have frames of both sorts.",
     has_overlays},
    {"detection", "Detection, segmentation, time", results_detection, NOTE_IMAGES, true, false,
     false,
     "Average precision over the lesion classes at IoU 0.5 and averaged over 0.5 to 0.95; Dice and "
     "IoU of masks at threshold 0.5, at the network's input size, over the lesion images whose "
     "mask is annotated (undefined where none is); the share of lesion-free images in whose mask "
     "no pixel is lesion. " SECONDS_EXPLAINED,
     NULL},
    {"speed", "Seconds an image, measured alone", results_speed, NOTE_NONE, false, true, false,
     "By gisd-eval --seconds, one image at a time after warm-up: median, 5th to 95th percentile, "
     "and mean over the images. End to end is from the decoded pixels of an image to boxes and "
     "mask of its size; the network alone is a part of that. Reading and decoding the file are not "
     "in it. Alone: less than 0.2 processors were busy with other work.",
     results_has_speed},
};

/* What is looked up. */
static const Section appendix_sections[] = {
    {"pretraining", "Pretraining", results_pretraining, NOTE_NONE, false, false, false,
     "What the cells' networks were trained on first, each once; "
     "the cells start from its parameters, but for those that "
     "depend on the classes where the classes differ. AUC, accuracy "
     "and Dice are of its own data's validation split, not of this "
     "experiment's. One that learns without labels has none; its "
     "deviation is 1 where embeddings fill the sphere, 0 where they "
     "have collapsed.",
     has_pretrainings},
};

#define LIST(sections)                                                                             \
    {                                                                                              \
        sections, sizeof sections / sizeof *sections                                               \
    }
static const struct {
    const Section *sections;
    size_t count;
} parts[DOCUMENT_PARTS] = {[DOCUMENT_SUMMARY] = LIST(summary_sections),
                           [DOCUMENT_PAPER] = LIST(paper_sections),
                           [DOCUMENT_EVIDENCE] = LIST(evidence_sections),
                           [DOCUMENT_APPENDIX] = LIST(appendix_sections)};

static const SectionExtra extras[] = {
    {"table4", "The published matrices come last, as printed, with percentages of their own rows.",
     paper_figure_matrices,
     "Confusion matrices of the lesion classes (Figures 6 to 9): counts, and percent of the row. "
     "Runs that stand for their models, all finished seeds together; below them, where they have "
     "the same classes, the published matrices."},
    {"table5", NULL, paper_figure_readers,
     "Accuracy (bars, left) and seconds an image (lines, right, a power of ten a step) by class "
     "(Figure 10): runs that stand for their models, readers, and as published."},
};

const SectionExtra *section_extra(const Section *section)
{
    for (size_t i = 0; i < sizeof extras / sizeof *extras; ++i)
        if (strcmp(extras[i].section, section->name) == 0)
            return &extras[i];
    return NULL;
}

size_t section_count(DocumentPart part)
{
    return parts[part].count;
}

const Section *section_at(DocumentPart part, size_t position)
{
    return &parts[part].sections[position];
}
