/* See evidence_sections.h. */
#include "report/evidence/evidence_sections.h"

static const EvidenceSection sections[] = {
    {.section =
         {.name = "froc",
          .title = "Lesions found against false marks (FROC)",
          .note = NOTE_IMAGES,
          .intervals = true,
          .seeds = true,
          .explanation =
              "Sensitivity by lesion, not by frame, at a number of false marks a frame (over "
              "all frames, with and without lesions). A mark is a place that the network "
              "points at, whatever class it gives it; it hits the lesion that it overlaps "
              "by an IoU of 0.5 or more, or, by centre, in whose box its middle lies. "
              "Further marks on a lesion that is found count as neither. The area is the "
              "mean sensitivity from 0 to 2 false marks a frame; a network that makes fewer "
              "(boxes below a score of 0.01 are not kept) finds no more from there on. Size "
              "is of the annotated box. Intervals: bootstrap over patients, logit scale."},
     .make = evidence_froc,
     .when = evidence_finds_boxes,
     .drawn = evidence_has_boxes,
     .draw = evidence_draw_froc,
     .caption = "FROC curves: lesions found against false marks a frame."},
    {.section =
         {.name = "localisation",
          .title = "Lesions found where they are, at the operating point",
          .note = NOTE_IMAGES,
          .seeds = true,
          .explanation =
              "Marks and hits as above, of the marks that reach the operating point. Marks on "
              "a lesion are their share of all marks, also where several are on one; the "
              "best mark is that of a frame with a lesion, whatever its score. Intervals: "
              "bootstrap over patients, logit scale, percentiles for false marks."},
     .make = evidence_localisation,
     .when = evidence_finds_boxes},
    {.section =
         {.name = "precision_recall",
          .title = "Precision and recall",
          .note = NOTE_IMAGES,
          .seeds = true,
          .explanation =
              "Average precision of frames by their lesion score (the sum of steps of recall "
              "times precision), beside that of chance, the share of frames with a lesion; "
              "and of places, whatever their class, by the two ways of hitting above: a "
              "second mark on a lesion is wrong, and the precision is made monotone, as for "
              "the average precision of classes. Intervals: bootstrap over patients, logit "
              "scale for frames, BCa for places."},
     .make = evidence_precision_recall,
     .draw = evidence_draw_precision_recall,
     .drawn = evidence_has_both_kinds,
     .caption = "Precision against recall, of frames and of places; AP is average precision."},
    {.section =
         {.name = "points",
          .title = "Sensitivity at fixed specificity, and predictive values",
          .note = NOTE_IMAGES,
          .seeds = true,
          .explanation =
              "The best sensitivity of a threshold whose specificity is at least 90 or 95 "
              "percent, and the reverse: thresholds chosen on these very images, so that the "
              "numbers are what could be had, not what was. The predictive values (PPV, NPV) are "
              "of the "
              "operating point, where that share of frames has a lesion (--prevalence; else "
              "as many as here, which says nothing of a clinic's). Intervals: bootstrap over "
              "patients, percentiles with new thresholds each time, logit scale for the predictive "
              "values."},
     .make = evidence_points},
    {.section =
         {.name = "calibration",
          .title = "Whether the lesion score is a probability",
          .note = NOTE_IMAGES,
          .seeds = true,
          .explanation =
              "Brier score: mean square of the lesion score less truth (0 or 1); that of "
              "always saying the share of lesions stands beside it. It is miscalibration "
              "(what a rising function of the score would mend) less discrimination plus the "
              "latter. Intercept and slope of the logistic regression on the score's logit: "
              "0 and 1 are right, a slope below 1 says that scores are too extreme, an "
              "intercept at slope 1 above 0 that they are too low. The temperature is fitted to "
              "the "
              "validation images (above 1: scores are too extreme), and the Brier score with it is "
              "that of the scores whose logits are divided by it; not given where a result keeps "
              "no "
              "scores of validation images, or these stand for the test's. "
              "Undefined: lesions and others do not overlap. Nothing was tuned on these images. "
              "Intervals: percentiles of a bootstrap over patients; of miscalibration, "
              "discrimination and slope, which few frames overstate, percentiles reflected at the "
              "number, and these may lie below it."},
     .make = evidence_calibration,
     .when = evidence_has_probabilities},
    {.section = {.name = "reliability",
                 .title = "Reliability",
                 .note = NOTE_IMAGES,
                 .seeds = true,
                 .explanation =
                     "Frames by rising lesion score in ten parts of equal numbers (fewer where "
                     "scores are tied): mean score, and the share that has a lesion. Scores that "
                     "are probabilities lie on the diagonal. First come the runs that stand for "
                     "their model; the others are behind the fold. Intervals: bootstrap over "
                     "patients, logit scale, or the exact limit."},
     .make = evidence_reliability,
     .when = evidence_has_probabilities,
     .draw = evidence_draw_reliability,
     .caption =
         "Reliability: share of frames with a lesion against the mean lesion score, in parts "
         "of equal numbers. The dashed diagonal is right."},
    {.section =
         {.name = "decision",
          .title = "Decision curves",
          .note = NOTE_IMAGES,
          .seeds = true,
          .explanation =
              "Net benefit a frame of acting where the lesion score reaches a threshold that "
              "weighs a false alarm against a missed lesion as odds (Vickers and Elkin "
              "2006): lesions found, less false alarms times threshold / (1 - threshold), "
              "where the share of frames with a lesion is that of the predictive values. "
              "Acting on none is 0. The score is taken as a probability, which the tables "
              "above question. Intervals: percentiles of a bootstrap over patients."},
     .make = evidence_decision,
     .when = evidence_has_both_kinds,
     .draw = evidence_draw_decision,
     .caption = "Decision curves: net benefit a frame against the score from which one acts."},
    {.section = {.name = "subgroups",
                 .title = "Subgroups",
                 .note = NOTE_IMAGES,
                 .seeds = true,
                 .explanation =
                     "By each further column of the manifest (numbers of more than eight values in "
                     "three parts of about as many frames; other columns of so many are left out), "
                     "and by class, form and whether anything "
                     "was laid over the frame, where that is known. Any difference: Wald's test "
                     "over all subgroups with at least ten frames that count, patients kept "
                     "together (F, with as many degrees of freedom as patients but one); Holm's "
                     "correction is over all tests of a run. Not tested: fewer than two such "
                     "subgroups, or one without any variation. A test that finds nothing does not "
                     "say that there is nothing. First come the runs that stand for their model; "
                     "the others are behind the fold. Intervals: bootstrap over patients, logit "
                     "scale, or the exact limit."},
     .make = evidence_subgroups},
};

size_t evidence_section_count(void)
{
    return sizeof sections / sizeof *sections;
}

const EvidenceSection *evidence_section_at(size_t position)
{
    return &sections[position];
}
