/* See evidence_curves.h. */
#include "report/evidence/evidence_curves.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static Status fill(ChartSeries *series, size_t count, const double *x, const double *y,
                   const char *text)
{
    double *points;
    char *label;
    TRY(MEMORY_NEW(&points, 2 * count));
    series->x = points;
    series->y = points + count;
    series->count = count;
    memcpy(points, x, count * sizeof *x);
    memcpy(points + count, y, count * sizeof *y);
    TRY(memory_copy_text(text, &label));
    series->label = label;
    return STATUS_OK;
}

Status evidence_curves_add(EvidenceCurves *curves, const EvidenceRun *run, size_t count,
                           const double *x, const double *y, const char *label, ...)
{
    char text[EVIDENCE_LABEL_BYTES];
    va_list arguments;
    va_start(arguments, label);
    vsnprintf(text, sizeof text, label, arguments);
    va_end(arguments);
    TRY(MEMORY_GROW(&curves->series, curves->count + 1, &curves->room));
    ChartSeries *series = &curves->series[curves->count++];
    *series = (ChartSeries){.colour = run ? run->run->network : 6,
                            .dash = run ? run->run->order % 2 : 1 + curves->count % 2};
    return fill(series, count, x, y, text);
}

void evidence_curves_clear(EvidenceCurves *curves)
{
    for (size_t i = 0; i < curves->count; ++i) {
        free((void *)(uintptr_t)curves->series[i].x);
        free((void *)(uintptr_t)curves->series[i].label);
    }
    free(curves->series);
    *curves = (EvidenceCurves){0};
}
