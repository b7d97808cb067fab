/* See labels.h. */
#include "report/labels.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(char *text, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void append(char *text, size_t room, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, room - used, format, arguments);
    va_end(arguments);
}

/* The naming axes but the tuning, those that a cell has none of left out. */
static void append_network(const Axes *axes, const char *architecture, const char *backbone,
                           char *text, size_t room)
{
    if (axes_names(axes, "architecture"))
        append(text, room, "%s", architecture);
    if (axes_names(axes, "backbone") && *backbone)
        append(text, room, "%s%s", *text ? " " : "", backbone);
}

void label_network(const Experiment *experiment, const Run *run, char text[LABEL_BYTES])
{
    text[0] = '\0';
    append_network(&experiment->axes, run->architecture, run->backbone, text, LABEL_BYTES);
}

void label_run(const Experiment *experiment, const Run *run, char text[LABEL_BYTES])
{
    label_network(experiment, run, text);
    if (*run->tuning)
        append(text, LABEL_BYTES, " %s", run->tuning);
    if (label_run_is_random(experiment, run))
        append(text, LABEL_BYTES, ", " LABEL_RANDOM_BACKBONE);
}

bool label_random_backbone(const CellRecord *cell)
{
    const char *initial = record_setting(cell, "initial"); /* NULL: nobody knows */
    return strcmp(axes_value(cell, "tuning"), "local") == 0 && initial && !*initial &&
           !*cell->source;
}

bool label_run_is_random(const Experiment *experiment, const Run *run)
{
    const Variant *variant = run->chosen              ? run->chosen
                             : run->variant_count > 0 ? &experiment->variants[run->variants[0]]
                                                      : NULL;
    return variant && label_random_backbone(experiment_cell(experiment, variant));
}

/* The focal loss's own, which have columns of their own. */
static bool is_focal(const char *key)
{
    return strcmp(key, "alpha") == 0 || strcmp(key, "gamma") == 0;
}

void label_others(const Experiment *experiment, const CellRecord *cell,
                  char text[LABEL_OTHERS_BYTES])
{
    const Axes *axes = &experiment->axes;
    text[0] = '\0';
    for (size_t i = 0; i < axes->other_count; ++i) {
        const char *value = record_setting(cell, axes->others[i]);
        if (value && !is_focal(axes->others[i]))
            append(text, LABEL_OTHERS_BYTES, "%s%s=%s", *text ? ", " : "", axes->others[i], value);
    }
}

double label_number(const CellRecord *cell, const char *key)
{
    const char *text = axes_value(cell, key);
    const char *loss = record_setting(cell, "classification_loss");
    char *end = NULL;
    if (is_focal(key) && loss && strcmp(loss, "focal") != 0)
        return (double)NAN;
    double number = strtod(text, &end);
    return *text && *end == '\0' ? number : (double)NAN;
}

void label_cell(const Experiment *experiment, const CellRecord *cell, char text[LABEL_TITLE_BYTES])
{
    static const char *const numbers[] = {"alpha", "gamma", "seed"};
    char others[LABEL_OTHERS_BYTES];
    text[0] = '\0';
    append_network(&experiment->axes, axes_value(cell, "architecture"),
                   axes_value(cell, "backbone"), text, LABEL_TITLE_BYTES);
    if (*axes_value(cell, "tuning"))
        append(text, LABEL_TITLE_BYTES, ", %s tuning%s", axes_value(cell, "tuning"),
               label_random_backbone(cell) ? " (" LABEL_RANDOM_BACKBONE ")" : "");
    for (size_t i = 0; i < 3; ++i)
        if (!isnan(label_number(cell, numbers[i])))
            append(text, LABEL_TITLE_BYTES, ", %s %g", numbers[i], label_number(cell, numbers[i]));
    label_others(experiment, cell, others);
    if (*others)
        append(text, LABEL_TITLE_BYTES, ", %s", others);
}
