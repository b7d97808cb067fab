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
};

size_t evidence_section_count(void)
{
    return sizeof sections / sizeof *sections;
}

const EvidenceSection *evidence_section_at(size_t position)
{
    return &sections[position];
}
