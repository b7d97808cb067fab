/* The tables and figures of the report's section of evidence, in their order: what is asked of a
 * detector, or of a probability, beyond what the paper printed. */
#ifndef GISD_REPORT_EVIDENCE_SECTIONS_H
#define GISD_REPORT_EVIDENCE_SECTIONS_H

#include "report/evidence/evidence.h"
#include "report/page/chart_view.h"
#include "report/sections.h"

typedef struct {
    Section section; /* `make` and `when` are those below */
    Status (*make)(const Evidence *evidence, ResultsTable *table);
    bool (*when)(const Evidence *evidence);  /* NULL: always */
    bool (*drawn)(const Evidence *evidence); /* whether there is something to draw; NULL: always */
    Status (*draw)(const Evidence *evidence, const FigurePlaces *places); /* NULL: no figure */
    const char *caption;
} EvidenceSection;

size_t evidence_section_count(void);
const EvidenceSection *evidence_section_at(size_t position);

/* ---- each in the file of its name ---- */

/* Whether any run finds boxes, and whether any has lesions to find. */
bool evidence_finds_boxes(const Evidence *evidence);
bool evidence_has_boxes(const Evidence *evidence);

/* Sensitivity by lesion against false marks a frame: all lesions, by size, by form. */
enum { FROC_LIMIT = 2 }; /* false marks a frame up to which its area is taken */
Status evidence_froc(const Evidence *evidence, ResultsTable *table);
Status evidence_draw_froc(const Evidence *evidence, const FigurePlaces *places);

/* Precision against recall, of frames and of places. */
Status evidence_precision_recall(const Evidence *evidence, ResultsTable *table);
Status evidence_draw_precision_recall(const Evidence *evidence, const FigurePlaces *places);

/* Lesions found where they are, at the operating point. */
Status evidence_localisation(const Evidence *evidence, ResultsTable *table);

/* Sensitivity at fixed specificity, the reverse, and predictive values. */
Status evidence_points(const Evidence *evidence, ResultsTable *table);

/* Whether scores are probabilities: Brier score, recalibration, and part by part. */
bool evidence_has_probabilities(const Evidence *evidence);
Status evidence_calibration(const Evidence *evidence, ResultsTable *table);
Status evidence_reliability(const Evidence *evidence, ResultsTable *table);
Status evidence_draw_reliability(const Evidence *evidence, const FigurePlaces *places);

/* Net benefit of acting on the score. */
bool evidence_has_both_kinds(const Evidence *evidence);
Status evidence_decision(const Evidence *evidence, ResultsTable *table);
Status evidence_draw_decision(const Evidence *evidence, const FigurePlaces *places);

/* By the manifest's further columns, class, form and overlays, with tests of any difference. */
Status evidence_subgroups(const Evidence *evidence, ResultsTable *table);

#endif
