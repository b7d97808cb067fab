#!/usr/bin/python3
"""Writes colour_baseline.txt: the colour histogram of a picture by formula, from numpy, and the scores
of logistic regression on rows by formula, from scikit-learn (Debian: python3-sklearn).

    cd tests/golden && ./colour_baseline.py

    histogram 512       square roots of the shares in 8 x 8 x 8 bins, red changing slowest
    of_class 90         of the class or not
    scores_C 90         w . x + b of all rows, learnt from those whose index is no multiple of 3
"""
import numpy
from sklearn.linear_model import LogisticRegression

y, x = numpy.mgrid[0:53, 0:71]
red = (x * 7 + y * 3) % 256
green = (x * x // 9 + y * 5) % 200
blue = (x * 2 + y * y // 6) % 150
bins = red // 32 * 64 + green // 32 * 8 + blue // 32
histogram = numpy.sqrt(numpy.bincount(bins.ravel(), minlength=512) / bins.size)

i, k = numpy.mgrid[0:90, 0:6]
rows = (i * i * (k + 3) + i * 7 + k * 5) % 23 / 23
of_class = rows[:, 0] + rows[:, 1] + 0.3 * rows[:, 2] + (i[:, 0] * 11 % 7) / 7 > 1.6
learnt = i[:, 0] % 3 != 0
with open("colour_baseline.txt", "w") as file:
    print("histogram 512", *histogram.tolist(), file=file)
    print("of_class 90", *of_class.astype(int), file=file)
    for c in (1, 100):
        model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=1000)
        model.fit(rows[learnt], of_class[learnt])
        print(f"scores_{c} 90", *model.decision_function(rows).tolist(), file=file)
