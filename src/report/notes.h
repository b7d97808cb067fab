/* What must be said of an experiment's numbers beside them: which images they are of, what chose
 * the operating point and the marked rows, what the intervals are over, which seeds stand for a
 * run, what computed them. */
#ifndef GISD_REPORT_NOTES_H
#define GISD_REPORT_NOTES_H

#include "report/experiment.h"

enum { NOTE_BYTES = 768 };

/* The warnings of the opening, in this order; "" where there is nothing to warn of. */
typedef struct {
    char split[NOTE_BYTES];    /* the validation images stand for the test split */
    char patients[NOTE_BYTES]; /* no patients are known */
    char one_kind[NOTE_BYTES]; /* validation images that cannot choose an operating point */
    char collapsed[NOTE_BYTES];
    char machines[NOTE_BYTES]; /* cells that were not all computed in the same way */
} NoteWarnings;
void notes_warnings(const Experiment *experiment, NoteWarnings *warnings);

/* The finished cells whose validation images all have a lesion, or all have none. */
size_t notes_count_one_kind(const Experiment *experiment);

/* "Test images.", or that they are the validation images: what a table of their numbers begins
 * with. */
void notes_images(const Experiment *experiment, char text[NOTE_BYTES]);

/* The same with what the choice among settings looked at. */
void notes_choice(const Experiment *experiment, char text[NOTE_BYTES]);

/* "Intervals are over patients." */
const char *notes_intervals(const Experiment *experiment);

/* Which seed stands for a run of several in curves and tests; "" where no run has several. */
const char *notes_seeds(const Experiment *experiment);

/* What computed the cells: processor, engine, threads, ranks, precision, of the first finished
 * cell;
 * "" if there is none. */
void notes_machine(const Experiment *experiment, char text[NOTE_BYTES]);

#endif
