"""Writes evidence.inc: test cases of what eval/ says of detectors and of probabilities.

Run: /usr/bin/python3 tests/golden/evidence.py > tests/golden/evidence.inc
(needs numpy, scipy, scikit-learn, statsmodels: python3-sklearn, python3-statsmodels)
What no program has is written here independently, by definition and slowly: FROC curves threshold by
threshold and integrated on a fine list of points, boxes matched by loops.
"""
import math

import numpy as np
import scipy
import sklearn
import statsmodels
import statsmodels.api as sm
from scipy import special, stats
from sklearn import isotonic, metrics

rng = np.random.default_rng(20261128)


def floats(values):
    return "{" + ", ".join("NAN" if math.isnan(v) else repr(float(v)) for v in values) + "}"


def whole(values):
    return "{" + ", ".join(str(int(v)) for v in values) + "}"


def array(kind, name, values):
    text = floats(values) if kind == "double" else whole(values)
    print(f"static const {kind} {name}[] = {text};")


def number(name, value):
    print(f"static const double {name} = {float(value)!r};")


print(f"/* Written by evidence.py with scipy {scipy.__version__}, statsmodels {statsmodels.__version__},\n"
      f" * scikit-learn {sklearn.__version__}; do not edit. */")

# ---- marks, FROC, precision and recall ----

IMAGES = 30
lesions, places = [], []
for i in range(IMAGES):
    for _ in range(rng.integers(0, 4)):
        x, y = rng.integers(0, 60, 2)
        lesions.append((i, x, y, x + rng.integers(8, 30), y + rng.integers(8, 30)))
for i, x0, y0, x1, y1 in lesions:
    for _ in range(rng.integers(0, 3)):
        d = rng.integers(-7, 8, 4)
        places.append((i, x0 + d[0], y0 + d[1], x1 + d[2], y1 + d[3], np.round(rng.random() ** 0.5, 2)))
for i in range(IMAGES):
    for _ in range(rng.integers(0, 4)):
        x, y = rng.integers(0, 60, 2)
        places.append((i, x, y, x + 12, y + 15, np.round(rng.random() * 0.9, 2)))
places = [p for p in places if p[3] > p[1] and p[4] > p[2]]
places = [places[k] for k in rng.permutation(len(places))]
weights = rng.multinomial(IMAGES, np.ones(IMAGES) / IMAGES)
of_group = rng.random(len(lesions)) < 0.4
print(f"enum {{ MARK_IMAGES = {IMAGES}, MARK_LESIONS = {len(lesions)}, MARK_PLACES = {len(places)} }};")
for name, rows in (("lesion", lesions), ("place", places)):
    print(f"static const int golden_{name}[][5] = {{"
          + ", ".join("{" + ", ".join(str(int(v)) for v in row[:5]) + "}" for row in rows) + "};")
array("double", "golden_place_score", [p[5] for p in places])
array("size_t", "mark_weight", weights)
array("bool", "mark_group", of_group)


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def hit(place, rule):
    """The lesion that a place hits, or None."""
    found = []
    for k, lesion in enumerate(lesions):
        if lesion[0] != place[0]:
            continue
        overlap = iou(place[1:5], lesion[1:5])
        cx, cy = (place[1] + place[3]) / 2, (place[2] + place[4]) / 2
        inside = lesion[1] <= cx < lesion[3] and lesion[2] <= cy < lesion[4]
        if (overlap >= 0.5) if rule == "overlap" else inside:
            found.append((-overlap, k))
    return min(found)[1] if found else None


for rule in ("overlap", "centre"):
    hits = [hit(p, rule) for p in places]
    array("int", f"golden_{rule}_hit", [-1 if h is None else h for h in hits])
    thresholds = sorted({p[5] for p in places}, reverse=True)
    for label, w, group in (("all", np.ones(IMAGES), np.ones(len(lesions), bool)),
                            ("group", weights, of_group)):
        total = sum(w[les[0]] for les, g in zip(lesions, group) if g)
        x, y = [0.0], [0.0]
        for t in thresholds:
            x.append(sum(w[p[0]] for p, h in zip(places, hits) if p[5] >= t and h is None) / w.sum())
            y.append(sum(w[les[0]] for k, les in enumerate(lesions) if group[k]
                         and any(h == k and p[5] >= t for p, h in zip(places, hits))) / total)
        areas = []
        for limit in (0.25, 1.0, 10.0):
            beyond = next((j for j in range(len(x)) if x[j] > limit), None)
            there = y[-1] if beyond is None else np.interp(limit, x[beyond - 1:beyond + 1], y[beyond - 1:beyond + 1])
            inside = [(a, b) for a, b in zip(x, y) if a <= limit] + [(limit, there)]
            areas += [np.trapz([b for _, b in inside], [a for a, _ in inside]) / limit, there]
        array("double", f"golden_{rule}_{label}_froc", areas)
        if label == "all":
            array("double", f"golden_{rule}_false_positives", x)
            array("double", f"golden_{rule}_sensitivity", y)
    # at a score, with weights: sensitivity, false marks a frame, share of marks on a lesion
    t = 0.6
    above = [(p, h) for p, h in zip(places, hits) if p[5] >= t]
    seen = sum(weights[p[0]] for p, _ in above)
    wrong = sum(weights[p[0]] for p, h in above if h is None)
    got = {h for _, h in above if h is not None}
    array("double", f"golden_{rule}_at",
          [sum(weights[lesions[k][0]] for k in got) / sum(weights[les[0]] for les in lesions),
           wrong / weights.sum(), 1 - wrong / seen])
    # average precision, plain and with the envelope, each image once and by weight
    averages = []
    for w in (np.ones(IMAGES), weights):
        total = sum(w[les[0]] for les in lesions)
        best = {}
        for j in sorted(range(len(places)), key=lambda j: (-places[j][5], j)):
            if hits[j] is not None and hits[j] not in best:
                best[hits[j]] = j
        right = set(best.values())
        r, p = [0.0], [1.0]
        for t in thresholds:
            mine = [j for j in range(len(places)) if places[j][5] >= t]
            n = sum(w[places[j][0]] for j in mine)
            if n:
                ok = sum(w[places[j][0]] for j in mine if j in right)
                r.append(ok / total)
                p.append(ok / n)
        averages.append(sum((r[j] - r[j - 1]) * p[j] for j in range(1, len(r))))
        averages.append(sum((r[j] - r[j - 1]) * max(p[j:]) for j in range(1, len(r))))
    array("double", f"golden_{rule}_average_precision", averages)

# Frames: scikit-learn's.
positive = np.array([any(les[0] == i for les in lesions) for i in range(IMAGES)])
score = np.round(rng.random(IMAGES) * 0.6 + 0.3 * positive, 1)
array("bool", "frame_positive", positive)
array("double", "frame_score", score)
precision, recall, _ = metrics.precision_recall_curve(positive, score)
array("double", "golden_frame_precision", precision[:-1][::-1])
array("double", "golden_frame_recall", recall[:-1][::-1])
number("golden_frame_average_precision", metrics.average_precision_score(positive, score))
number("golden_frame_weighted_average_precision",
       metrics.average_precision_score(positive, score, sample_weight=weights))

# ---- calibration: frames of two kinds, scores often tied, some at the ends ----

ROWS = 120
truth = rng.random(ROWS) < 0.4
score = special.expit(1.6 * (rng.normal(size=ROWS) + 1.1 * truth - 0.9))
score = np.where(rng.random(ROWS) < 0.5, np.round(score, 1), score)
weights = rng.multinomial(ROWS, np.ones(ROWS) / ROWS)
print(f"enum {{ FRAMES = {ROWS} }};")
array("double", "calibration_score", score)
array("bool", "calibration_truth", truth)
array("size_t", "calibration_weight", weights)
x = special.logit(np.clip(score, 1e-6, 1 - 1e-6))


def fit(columns, w, offset=None):
    """Coefficients of a logistic regression that counts each row w times."""
    model = sm.GLM(truth.astype(float), columns, family=sm.families.Binomial(), freq_weights=w, offset=offset)
    return model.fit(tol=1e-15, maxiter=200).params


for name, w in (("plain", np.ones(ROWS)), ("weighted", weights)):
    brier = metrics.brier_score_loss(truth, score, sample_weight=w)
    keep = w > 0
    best = isotonic.IsotonicRegression().fit(score[keep], truth[keep], sample_weight=w[keep])
    least = np.average((best.predict(score[keep]) - truth[keep]) ** 2, weights=w[keep])
    share = np.average(truth, weights=w)
    unsure = share * (1 - share)
    array("double", f"golden_{name}_brier", [brier, brier - least, unsure - least, unsure])
    both = fit(np.column_stack([np.ones(ROWS), x]), w)
    array("double", f"golden_{name}_fit",
          list(both) + list(fit(np.ones((ROWS, 1)), w, x)))
    number(f"golden_{name}_temperature", 1 / fit(x.reshape(-1, 1), w)[0])

# ---- thresholds: every one, the best of those that may be ----

for name, w in (("plain", np.ones(ROWS)), ("weighted", weights)):
    points = []
    for t in [math.inf] + sorted(set(score)):
        called = score >= t
        points.append((w[called & truth].sum() / w[truth].sum(), w[~called & ~truth].sum() / w[~truth].sum()))
    at = []
    for bound in (0.9, 0.95):
        at.append(max(se for se, sp in points if sp >= bound - 1e-12))
        at.append(max(sp for se, sp in points if se >= bound - 1e-12))
    array("double", f"golden_{name}_points", at)
    called, p, t = score >= 0.3, 0.07, 0.3
    se = metrics.recall_score(truth, called, sample_weight=w)
    sp = metrics.recall_score(~truth, ~called, sample_weight=w)
    # predictive values and net benefit from a table of a million frames
    n = 1e6
    tp, fp, tn, fn = n * p * se, n * (1 - p) * (1 - sp), n * (1 - p) * sp, n * p * (1 - se)
    array("double", f"golden_{name}_values",
          [se, sp, tp / (tp + fp), tn / (tn + fn), tp / n - fp / n * t / (1 - t)])

# ---- subgroups: four centres, patients with frames in several of them ----

PATIENTS = 60
patients = rng.integers(0, PATIENTS, 400)
level = np.where(rng.random(400) < 0.8, patients % 3, rng.integers(0, 3, 400))
level = np.where(rng.random(400) < 0.05, -1, level)
mood = rng.normal(size=PATIENTS)[patients]
right = rng.random(400) < special.expit(0.8 + mood + 0.5 * (level == 1))
ill = rng.random(400) < 0.5
score = np.round(0.5 * mood + rng.normal(size=400) + (1.0 + 0.6 * (level == 2)) * ill, 1)
print("enum { SUBGROUP_ROWS = 400, SUBGROUP_LEVELS = 3 };")
array("uint32_t", "subgroup_patient", patients)
print("static const size_t subgroup_level[] = {" + ", ".join("SIZE_MAX" if v < 0 else str(v) for v in level) + "};")
array("bool", "subgroup_right", right)
array("bool", "subgroup_ill", ill)
array("double", "subgroup_score", score)
inside = level >= 0
K = len(set(patients[inside]))


def wald(values, covariance):
    contrast = np.array([[-1, 1, 0], [-1, 0, 1]])
    d = contrast @ values
    f = d @ np.linalg.inv(contrast @ covariance @ contrast.T) @ d / 2
    return [f, 2, K - 1, stats.f.sf(f, 2, K - 1)]


dummies = np.column_stack([level[inside] == k for k in range(3)]).astype(float)
ols = sm.OLS(right[inside].astype(float), dummies).fit(
    cov_type="cluster", cov_kwds={"groups": patients[inside], "use_correction": False})
array("double", "golden_subgroup_shares", wald(ols.params, ols.cov_params() * K / (K - 1)))
areas, sums = np.zeros(3), np.zeros((PATIENTS, 3))
for k in range(3):
    pos, neg = np.where(ill & (level == k))[0], np.where(~ill & (level == k))[0]
    wins = (score[pos][:, None] > score[neg]) + 0.5 * (score[pos][:, None] == score[neg])
    areas[k] = metrics.roc_auc_score(ill[level == k], score[level == k])
    np.add.at(sums[:, k], patients[pos], (wins.mean(1) - areas[k]) / len(pos))
    np.add.at(sums[:, k], patients[neg], (wins.mean(0) - areas[k]) / len(neg))
array("double", "golden_subgroup_areas", wald(areas, K / (K - 1) * sums.T @ sums))
fs = [(0.0, 3, 10), (0.4, 1, 5), (2.7, 3, 59), (11.0, 2, 7), (60.0, 4, 300)]
print("static const double golden_fisher[][4] = {"
      + ", ".join(f"{{{f}, {a}, {b}, {float(stats.f.sf(f, a, b))!r}}}" for f, a, b in fs) + "};")
