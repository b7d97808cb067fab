"""Writes statistics.inc: test cases of eval/'s intervals and tests with other programs' numbers.

Run: /usr/bin/python3 tests/golden/statistics.py > tests/golden/statistics.inc
(needs numpy, scipy, scikit-learn, statsmodels: python3-sklearn, python3-statsmodels; and R, r-base-core)
The clustered DeLong variance and the exact test over patients' signs are written here independently,
as double loops over all pairs and over all signs.
"""
import itertools
import math
import subprocess

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

rng = np.random.default_rng(20261127)


def floats(values):
    return "{" + ", ".join("NAN" if math.isnan(v) else repr(float(v)) for v in values) + "}"


def whole(values):
    return "{" + ", ".join(str(int(v)) for v in values) + "}"


def array(kind, name, values):
    text = floats(values) if kind == "double" else whole(values)
    print(f"static const {kind} {name}[] = {text};")


def number(name, value):
    print(f"static const double {name} = {float(value)!r};")


r_version = subprocess.run(["Rscript", "-e", "cat(R.version.string)"], capture_output=True,
                           text=True, check=True).stdout


def ask_r(expression):
    text = subprocess.run(["Rscript", "-e", f"cat(format({expression}, digits = 17))"],
                          capture_output=True, text=True, check=True).stdout
    return [float(word) for word in text.split()]


print(f"/* Written by statistics.py with scipy {scipy.__version__}, statsmodels "
      f"{statsmodels.__version__},\n * scikit-learn {sklearn.__version__}, {r_version}; do not edit. */")

# Distributions: R's.
p = [1e-300, 1e-12, 0.001, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999]
array("double", "normal_p", p)
array("double", "golden_qnorm", ask_r(f"qnorm(c({', '.join(map(repr, p))}))"))
freedoms = [1, 2, 2.5, 4, 19, 39.3, 1000]
array("double", "student_freedom", freedoms)
array("double", "golden_qt", ask_r(f"qt(0.975, c({', '.join(map(repr, freedoms))}))"))
array("double", "golden_pt", ask_r(f"2 * pt(-1.7, c({', '.join(map(repr, freedoms))}))"))

# Patients with one to seven images, some of both kinds; two programs; scores that are often tied.
patients = np.repeat(np.arange(24), rng.integers(1, 8, 24))
order = rng.permutation(len(patients))
patients = patients[order]
n = len(patients)
ill = rng.random(24) < 0.6
positive = ill[patients] & (rng.random(n) < 0.7)
effect = rng.normal(size=(3, 24))
a = np.round(effect[0][patients] * 0.6 + effect[1][patients] * 0.5 + rng.normal(size=n) + 1.2 * positive, 1)
b = np.round(effect[0][patients] * 0.6 + effect[2][patients] * 0.5 + rng.normal(size=n) + 0.9 * positive, 1)
print(f"enum {{ CLUSTER_IMAGES = {n}, CLUSTER_PATIENTS = 24 }};")
array("uint32_t", "cluster_patient", 1000 - 7 * patients)
array("bool", "cluster_positive", positive)
array("double", "cluster_score_a", a)
array("double", "cluster_score_b", b)


def components(scores):
    x, y = np.where(positive)[0], np.where(~positive)[0]
    v = np.zeros(n)
    for i in x:
        v[i] = sum((scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j]) for j in y) / len(y)
    for j in y:
        v[j] = sum((scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j]) for i in x) / len(x)
    return v, v[x].mean()


def covariance(first, second, groups):
    """Obuchowski (1997), equations for one and two areas, patient by patient."""
    (v, theta), (w, phi) = components(first), components(second)
    big_m, big_n = positive.sum(), (~positive).sum()
    names = np.unique(groups)
    i10 = sum(positive[groups == k].any() for k in names)
    i01 = sum((~positive)[groups == k].any() for k in names)
    s10 = s01 = s11 = s11t = 0.0
    for k in names:
        of_x, of_y = (groups == k) & positive, (groups == k) & ~positive
        xa, ya = v[of_x].sum() - of_x.sum() * theta, v[of_y].sum() - of_y.sum() * theta
        xb, yb = w[of_x].sum() - of_x.sum() * phi, w[of_y].sum() - of_y.sum() * phi
        s10, s01 = s10 + xa * xb, s01 + ya * yb
        s11, s11t = s11 + xa * yb, s11t + ya * xb
    s10 *= i10 / ((i10 - 1) * big_m)
    s01 *= i01 / ((i01 - 1) * big_n)
    s11, s11t = (s * len(names) / (len(names) - 1) for s in (s11, s11t))
    return s10 / big_m + s01 / big_n + (s11 + s11t) / (big_m * big_n)


for name, groups in (("clustered", patients), ("single", np.arange(n))):
    va, vb, cov = covariance(a, a, groups), covariance(b, b, groups), covariance(a, b, groups)
    error = math.sqrt(va + vb - 2 * cov)
    auc = [metrics.roc_auc_score(positive, s) for s in (a, b)]
    z = (auc[0] - auc[1]) / error
    # AUC of both, their variances, the covariance, the error of the difference, its ends, z, p
    array("double", f"golden_{name}_delong",
          auc + [va, vb, cov, error] + list(auc[0] - auc[1] + error * stats.norm.ppf([0.025, 0.975]))
          + [z, 2 * stats.norm.sf(abs(z))])

# The AUC and others of lists in which images stand several times.
weights = rng.multinomial(24, np.ones(24) / 24)[patients]
array("size_t", "cluster_weight", weights)
number("golden_weighted_auc", metrics.roc_auc_score(positive, a, sample_weight=weights))
truth = np.where(positive, rng.integers(0, 3, n), -1)
said = np.where(rng.random(n) < 0.7, truth, rng.integers(-1, 3, n))
dice = np.where(positive & (rng.random(n) < 0.9), rng.random(n), np.nan)
array("int64_t", "cluster_truth", truth)
array("int64_t", "cluster_predicted", said)
array("double", "cluster_dice", dice)
keep = ~np.isnan(dice)
specificity = [metrics.recall_score(truth != c, said != c, sample_weight=weights) for c in range(-1, 3)]
array("double", "golden_image_metrics",
      [metrics.roc_auc_score(positive, a, sample_weight=weights),
       metrics.accuracy_score(truth, said, sample_weight=weights),
       metrics.f1_score(truth, said, average="macro", sample_weight=weights),
       metrics.recall_score(truth, said, average="macro", sample_weight=weights),
       np.mean(specificity),
       metrics.recall_score(truth >= 0, said >= 0, sample_weight=weights),
       metrics.recall_score(truth < 0, said < 0, sample_weight=weights),
       np.average(dice[keep], weights=weights[keep])])

# Intervals from replicates: scipy's bootstrap of a mean of 30 skewed numbers, and those without one.
sample = rng.gamma(0.5, 1.0, 30)
boot = {method: stats.bootstrap((sample,), np.mean, n_resamples=499, method=method,
                                random_state=np.random.default_rng(3))
        for method in ("percentile", "basic", "BCa")}
replicates = boot["BCa"].bootstrap_distribution
array("double", "interval_replicates", replicates)
array("double", "interval_without_one", [np.delete(sample, i).mean() for i in range(30)])
number("interval_value", sample.mean())
number("golden_standard_error", replicates.std(ddof=1))
for method, result in boot.items():
    ends = result.confidence_interval
    array("double", f"golden_{method.lower()}", [ends.low, ends.high])
t = stats.t.ppf(0.975, 29)
array("double", "golden_student", sample.mean() + np.array([-1, 1]) * t * replicates.std(ddof=1))
value = sample.mean()
line = np.log(value / (1 - value)) + np.array([-1, 1]) * t * replicates.std(ddof=1) / (value * (1 - value))
array("double", "golden_logit", scipy.special.expit(line))

# McNemar with few and many discordant images, one image a patient; statsmodels, and R the same.
print("static const struct { size_t only_first, only_second; double exact_p, chi_square, chi_square_p, "
      "corrected, corrected_p; } golden_mcnemar[] = {")
for first, second in ((1, 0), (3, 3), (9, 2), (2, 14), (30, 12), (41, 60)):
    table = [[50, first], [second, 20]]
    exact = mcnemar(table, exact=True).pvalue
    plain, corrected = (mcnemar(table, exact=False, correction=c) for c in (False, True))
    ours = ask_r(f"mcnemar.test(matrix(c(50, {first}, {second}, 20), 2), correct = TRUE)$p.value")
    # R has max(0, |b - c| - 1) as well, statsmodels squares -1 where b = c
    assert first == second or abs(ours[0] - corrected.pvalue) < 1e-12
    shown = [exact, plain.statistic, plain.pvalue,
             0 if first == second else corrected.statistic, 1 if first == second else corrected.pvalue]
    print(f"    {{{first}, {second}, {', '.join(repr(float(v)) for v in shown)}}},")
print("};")

# The same over patients: twelve with differences, all 4096 signs.
differences = [3, -1, 2, 2, -2, 1, 4, -1, 1, 5, -3, 1]
array("int", "mcnemar_differences", differences)
total = abs(sum(differences))
far = sum(abs(sum(s * d for s, d in zip(signs, differences))) >= total
          for signs in itertools.product((-1, 1), repeat=len(differences)))
number("golden_signs_p", far / 2 ** len(differences))
number("golden_signs_chi_square", total ** 2 / sum(d * d for d in differences))

# Holm: statsmodels, and R the same.
raw = [0.01, 0.04, 0.03, 0.005, 0.9, 0.04, 0.6]
adjusted = multipletests(raw, method="holm")[1]
assert np.allclose(adjusted, ask_r(f"p.adjust(c({', '.join(map(repr, raw))}), 'holm')"))
array("double", "holm_p", raw)
array("double", "golden_holm", adjusted)

# Three seeds.
seeds, sampling, people = np.array([0.81, 0.86, 0.79]), 0.021, 40
of_seeds, of_patients = seeds.var(ddof=1) / 3, sampling ** 2
both = of_seeds + of_patients
freedom = both ** 2 / (of_seeds ** 2 / 2 + of_patients ** 2 / (people - 1))
array("double", "seed_values", seeds)
margin = ask_r(f"qt(0.975, {freedom!r})")[0] * math.sqrt(both)
# mean, deviation, error, degrees of freedom, ends
array("double", "golden_seeds", [seeds.mean(), seeds.std(ddof=1), math.sqrt(both), freedom,
                                 seeds.mean() - margin, seeds.mean() + margin])
others = np.array([0.88, 0.84, 0.87, 0.9])
parts = [(seeds.var(ddof=1) / 3, 2), (others.var(ddof=1) / 4, 3), (sampling ** 2, people - 1)]
both = sum(v for v, _ in parts)
freedom = both ** 2 / sum(v ** 2 / f for v, f in parts)
margin = stats.t.ppf(0.975, freedom) * math.sqrt(both)
array("double", "other_seed_values", others)
array("double", "golden_seeds_difference",
      [others.mean() - seeds.mean(), math.sqrt(both), freedom,
       others.mean() - seeds.mean() - margin, others.mean() - seeds.mean() + margin])

# Two proportions of different people: Newcombe's interval of the difference is recovered from Wilson's of each.
print("static const struct { double one, one_low, one_high, other, other_low, other_high, low, high; } "
      "golden_newcombe[] = {")
for a, n, b, m in ((56, 70, 48, 80), (9, 10, 3, 10), (10, 10, 0, 20), (5, 56, 0, 29)):
    shown = [a / n, *proportion_confint(a, n, method="wilson"), b / m, *proportion_confint(b, m, method="wilson"),
             *confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff")]
    print(f"    {{{', '.join(repr(float(v)) for v in shown)}}},")
print("};")

# Cross-fitted operating points: the folds by hand, the Youden point by scikit-learn's curve. Scores have ties.
rng = np.random.default_rng(23)
patients = rng.integers(0, 17, 60)
ill = (rng.random(17) < 0.6)[patients] & (rng.random(60) < 0.7)
scores = np.round(rng.normal(0.4 + 0.15 * ill, 0.15), 2).clip(0.01, 0.99)
first_seen = list(dict.fromkeys(patients.tolist()))
kind = {p: (not set(ill[patients == p]) == {True, False}, not ill[patients == p].any()) for p in first_seen}
dealt = sorted(first_seen, key=lambda p: kind[p])  # both kinds, lesions only, none; sorted() is stable
fold = {p: place % 5 for place, p in enumerate(dealt)}
points = np.empty(60)
for f in range(5):
    here = np.array([fold[p] == f for p in patients])
    false_alarms, found, thresholds = metrics.roc_curve(ill[~here], scores[~here], drop_intermediate=False)
    n, m = (~ill[~here]).sum(), ill[~here].sum()
    youden = np.round(found * m) * n - np.round(false_alarms * n) * m
    points[here] = thresholds[1:][np.argmax(youden[1:])]
array("double", "fit_scores", scores)
array("int", "fit_truth", np.where(ill, 0, -1))
array("int", "fit_patients", patients)
array("double", "golden_points", points)
