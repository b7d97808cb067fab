/* Counts of annotated against predicted classes, and the shares made from them.
 *
 * Rows are the annotated class, columns the predicted one. Each class is judged against the rest:
 * with TP, FN, FP, TN counted so,
 *     sensitivity = TP / (TP + FN)    specificity = TN / (TN + FP)
 *     precision   = TP / (TP + FP)    F1 = 2 TP / (2 TP + FP + FN)
 * and a share whose denominator is 0 is undefined: NaN. A macro mean is the plain mean over the
 * classes for which the share is defined (NaN if there is none), with one exception: a class that
 * was annotated but never predicted enters the macro precision as 0, as in scikit-learn, because
 * leaving it out would reward ignoring a class.
 */
#ifndef GISD_EVAL_CONFUSION_H
#define GISD_EVAL_CONFUSION_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* counts is classes x classes (annotated x predicted), owned. */
typedef struct {
    size_t classes;
    uint64_t *counts;
} Confusion;

/* All shares lie in [0, 1], or are NaN where undefined. */
typedef struct {
    double sensitivity, specificity, precision, f1;
} ConfusionShares;

/* An empty matrix; confusion_clear() releases it and zeroes the struct. */
Status confusion_init(Confusion *confusion, size_t classes);
void confusion_clear(Confusion *confusion);

/* Counts one image. Both numbers must be below `classes`. */
void confusion_add(Confusion *confusion, size_t annotated, size_t predicted);

/* Sets all counts to 0. */
void confusion_reset(Confusion *confusion);

/* The count of a cell, of a row's or of all images. */
uint64_t confusion_count(const Confusion *confusion, size_t annotated, size_t predicted);
uint64_t confusion_row(const Confusion *confusion, size_t annotated);
uint64_t confusion_total(const Confusion *confusion);

/* Share of images whose class is right; NaN without images. */
double confusion_accuracy(const Confusion *confusion);

/* One class against the rest. */
ConfusionShares confusion_class(const Confusion *confusion, size_t index);

/* Macro means over the classes; see above. */
ConfusionShares confusion_macro(const Confusion *confusion);

/* The two-class matrix "class `negative`" (index 0) against "any other" (index 1): from normal and
 * lesion classes to lesion against normal. `binary` must be initialised with 2 classes. */
void confusion_to_binary(const Confusion *confusion, size_t negative, Confusion *binary);

#endif
