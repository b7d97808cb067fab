/* The tables of the report in their order, each with what explains it; how one is made is known to
 * report/tables, how it is set to report.c. */
#ifndef GISD_REPORT_SECTIONS_H
#define GISD_REPORT_SECTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "report/document.h"
#include "report/experiment.h"
#include "report/tables/results_table.h"

/* What a section's explanation begins with. */
typedef enum {
    NOTE_NONE,
    NOTE_IMAGES, /* which images its numbers are of */
    NOTE_CHOICE, /* that, and how the chosen rows were chosen */
} SectionNote;

/* A table of the report: its file name, its title, how it is made and how it is explained. */
typedef struct {
    const char *name, *title;
    Status (*make)(const Experiment *experiment, ResultsTable *table);
    SectionNote note;
    bool intervals; /* says what the intervals are over */
    bool seeds;     /* one seed stands for a run */
    bool at_point;  /* has numbers at an operating point */
    const char *explanation;
    bool (*when)(const Experiment *experiment); /* NULL: always */
} Section;

/* What only some sections have. */
typedef struct {
    const char *section;   /* its name */
    const char *published; /* said where the published numbers stand beside; NULL: nothing */
    Status (*draw)(const Experiment *experiment, const char *stem, bool *drawn); /* NULL: nothing */
    const char *caption;
} SectionExtra;

/* NULL: none. */
const SectionExtra *section_extra(const Section *section);

/* Those of a part of the document, in their order. position < section_count(part). */
size_t section_count(DocumentPart part);
const Section *section_at(DocumentPart part, size_t position);

#endif
