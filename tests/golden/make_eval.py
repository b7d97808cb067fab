"""Writes eval.inc: random test cases with the numbers that scikit-learn computes for them.

Run: python3 tests/golden/make_eval.py > tests/golden/eval.inc   (needs numpy and scikit-learn)
The DeLong reference is the textbook double loop over all pairs, written here independently.
"""
import math

import numpy as np
import sklearn
from sklearn import metrics

rng = np.random.default_rng(20260817)


def numbers(values):
    def text(x):
        if math.isinf(x):
            return "INFINITY" if x > 0 else "-INFINITY"
        return repr(float(x))
    return "{" + ", ".join(text(v) for v in values) + "}"


def integers(values):
    return "{" + ", ".join(str(int(v)) for v in values) + "}"


print(f"/* Written by make_eval.py with scikit-learn {sklearn.__version__}; do not edit. */")

# Four classes, an imperfect classifier, classes of unequal size.
n = 300
truth = rng.choice(4, n, p=[0.4, 0.1, 0.2, 0.3])
wrong = rng.random(n) < 0.25
predicted = np.where(wrong, rng.choice(4, n), truth)
print(f"enum {{ CONFUSION_IMAGES = {n}, CONFUSION_CLASSES = 4 }};")
print(f"static const uint8_t confusion_truth[] = {integers(truth)};")
print(f"static const uint8_t confusion_predicted[] = {integers(predicted)};")
print(f"static const double golden_accuracy = {metrics.accuracy_score(truth, predicted)!r};")
for name, function in (("sensitivity", metrics.recall_score), ("precision", metrics.precision_score),
                       ("f1", metrics.f1_score)):
    print(f"static const double golden_{name}[] = {numbers(function(truth, predicted, average=None))};")
    print(f"static const double golden_macro_{name} = {float(function(truth, predicted, average='macro'))!r};")
specificity = [metrics.recall_score(truth != c, predicted != c) for c in range(4)]
print(f"static const double golden_specificity[] = {numbers(specificity)};")
print(f"static const double golden_macro_specificity = {float(np.mean(specificity))!r};")
binary_truth, binary_predicted = truth != 0, predicted != 0
for name, function in (("accuracy", metrics.accuracy_score), ("sensitivity", metrics.recall_score),
                       ("precision", metrics.precision_score), ("f1", metrics.f1_score)):
    print(f"static const double golden_lesion_{name} = {float(function(binary_truth, binary_predicted))!r};")
print("static const double golden_lesion_specificity = "
      f"{float(metrics.recall_score(~binary_truth, ~binary_predicted))!r};")

# Scores rounded to 40 levels, so that many are tied within and across the kinds.
n = 250
positive = rng.random(n) < 0.35
a = np.round(1 / (1 + np.exp(-(rng.normal(size=n) + 1.1 * positive))) * 40) / 40
b = np.round((0.6 * a + 0.4 * rng.random(n)) * 1000) / 1000
fpr, tpr, thresholds = metrics.roc_curve(positive, a, drop_intermediate=False)
thresholds[0] = math.inf
print(f"enum {{ ROC_IMAGES = {n}, ROC_POINTS = {len(fpr)} }};")
print(f"static const bool roc_positive[] = {integers(positive)};")
print(f"static const double roc_scores_a[] = {numbers(a)};")
print(f"static const double roc_scores_b[] = {numbers(b)};")
print(f"static const double golden_fpr[] = {numbers(fpr)};")
print(f"static const double golden_tpr[] = {numbers(tpr)};")
print(f"static const double golden_thresholds[] = {numbers(thresholds)};")
print(f"static const double golden_auc_a = {float(metrics.roc_auc_score(positive, a))!r};")
print(f"static const double golden_auc_b = {float(metrics.roc_auc_score(positive, b))!r};")


def components(scores):
    x, y = scores[positive], scores[~positive]
    psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    return psi.mean(1), psi.mean(0)


(xa, ya), (xb, yb) = components(a), components(b)
sx, sy = np.cov(xa, xb), np.cov(ya, yb)
s = sx / len(xa) + sy / len(ya)
z = (xa.mean() - xb.mean()) / math.sqrt(s[0, 0] + s[1, 1] - 2 * s[0, 1])
print(f"static const double golden_delong_variance[] = {numbers([s[0, 0], s[1, 1]])};")
print(f"static const double golden_delong_covariance = {float(s[0, 1])!r};")
print(f"static const double golden_delong_z = {float(z)!r};")
print(f"static const double golden_delong_p = {math.erfc(abs(z) / math.sqrt(2))!r};")

# Percentiles as numpy computes them, and masks.
seconds = rng.gamma(2.0, 0.02, 37)
print(f"static const double seconds_sample[] = {numbers(seconds)};")
print(f"static const double golden_quantiles[] = {numbers(np.percentile(seconds, [5, 50, 95]))};")
mask_a, mask_b = rng.random(500) < 0.4, rng.random(500) < 0.5
print(f"static const uint8_t mask_a[] = {integers(mask_a)};")
print(f"static const uint8_t mask_b[] = {integers(mask_b)};")
print(f"static const double golden_dice = {float(metrics.f1_score(mask_b, mask_a))!r};")
print(f"static const double golden_iou = {float(metrics.jaccard_score(mask_b, mask_a))!r};")

# A whole outcome: 160 images, 3 lesion classes, a fifth of the images without any box.
n, k, point = 160, 3, 0.42
outcome_truth = rng.choice([-1, 0, 1, 2], n)
scores = rng.random((n, k)) * 0.6
for i in range(n):
    if outcome_truth[i] >= 0:
        scores[i, outcome_truth[i]] += 0.3
scores = np.round(scores, 2)
scores[rng.random(n) < 0.2] = 0
lesion = scores.max(1)
chosen = np.where(lesion >= point, scores.argmax(1), -1)
print(f"enum {{ OUTCOME_IMAGES = {n}, OUTCOME_CLASSES = {k} }};")
print(f"static const double outcome_point = {point!r};")
print(f"static const int32_t outcome_truth[] = {integers(outcome_truth)};")
print(f"static const double outcome_scores[] = {numbers(scores.ravel())};")
print("static const struct { const char *name; double value; } golden_metrics[] = {")
rows = {
    "accuracy": metrics.accuracy_score(outcome_truth, chosen),
    "f1": metrics.f1_score(outcome_truth, chosen, average="macro"),
    "sensitivity": metrics.recall_score(outcome_truth, chosen, average="macro"),
    "precision": metrics.precision_score(outcome_truth, chosen, average="macro"),
    "specificity": np.mean([metrics.recall_score(outcome_truth != c, chosen != c)
                            for c in range(-1, k)]),
    "auc": metrics.roc_auc_score(outcome_truth >= 0, lesion),
    "class_auc": np.mean([metrics.roc_auc_score(outcome_truth == c, scores[:, c])
                          for c in range(k)]),
    "lesion_accuracy": metrics.accuracy_score(outcome_truth >= 0, chosen >= 0),
    "lesion_f1": metrics.f1_score(outcome_truth >= 0, chosen >= 0),
    "lesion_sensitivity": metrics.recall_score(outcome_truth >= 0, chosen >= 0),
    "lesion_specificity": metrics.recall_score(outcome_truth < 0, chosen < 0),
    "lesion_precision": metrics.precision_score(outcome_truth >= 0, chosen >= 0),
    "normal_sensitivity": metrics.recall_score(outcome_truth == -1, chosen == -1),
    "GU_precision": metrics.precision_score(outcome_truth == 1, chosen == 1),
    "CG_f1": metrics.f1_score(outcome_truth == 2, chosen == 2),
    "CG_auc": metrics.roc_auc_score(outcome_truth == 2, scores[:, 2]),
}
for name, value in rows.items():
    print(f'    {{"{name}", {float(value)!r}}},')
print("};")
