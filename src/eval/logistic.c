/* Newton's method for logistic.h; the weights are followed by the bias, width + 1 numbers. */
#include "eval/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

double logistic_loss(double score, bool of_class)
{
    double margin = of_class ? score : -score;
    return margin > 0 ? log1p(exp(-margin)) : log1p(exp(margin)) - margin;
}

typedef struct {
    const double *rows;
    const bool *learnt, *of_class;
    size_t count, width, unknowns;
    double c;
    double *weights, *trial, *step; /* unknowns each; step holds the gradient before it is solved */
    double *hessian;                /* unknowns x unknowns, lower triangle */
} Fit;

static double score(const Fit *fit, const double *weights, size_t i)
{
    const double *row = fit->rows + i * fit->width;
    double sum = weights[fit->width];
    for (size_t k = 0; k < fit->width; ++k)
        sum += weights[k] * row[k];
    return sum;
}

static double objective(const Fit *fit, const double *weights)
{
    double squares = 0, losses = 0;
    for (size_t k = 0; k < fit->width; ++k)
        squares += weights[k] * weights[k];
    for (size_t i = 0; i < fit->count; ++i)
        if (fit->learnt[i])
            losses += logistic_loss(score(fit, weights, i), fit->of_class[i]);
    return fit->c * losses + squares / 2;
}

/* Gradient in `step`, second derivatives in `hessian`. */
static void derive(Fit *fit)
{
    const size_t n = fit->unknowns, width = fit->width;
    memset(fit->hessian, 0, n * n * sizeof *fit->hessian);
    for (size_t k = 0; k < width; ++k) {
        fit->step[k] = fit->weights[k];
        fit->hessian[k * n + k] = 1;
    }
    fit->step[width] = 0;
    for (size_t i = 0; i < fit->count; ++i) {
        if (!fit->learnt[i])
            continue;
        const double *row = fit->rows + i * width;
        double chance = 1 / (1 + exp(-score(fit, fit->weights, i)));
        double error = fit->c * (chance - fit->of_class[i]);
        double curve = fit->c * chance * (1 - chance);
        for (size_t k = 0; k < n; ++k) {
            double x = k < width ? row[k] : 1, *line = fit->hessian + k * n;
            if (x == 0) /* most colours of most pictures: the sums stay as they are */
                continue;
            fit->step[k] += error * x;
            for (size_t m = 0; m <= k && m < width; ++m)
                line[m] += curve * x * row[m];
        }
        fit->hessian[n * n - 1] += curve;
    }
}

/* Solves hessian . step = step by Cholesky's factors, in place. */
static void solve(Fit *fit)
{
    const size_t n = fit->unknowns;
    double *a = fit->hessian, *x = fit->step;
    for (size_t j = 0; j < n; ++j)
        for (size_t i = j; i < n; ++i) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; ++k)
                sum -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
        }
    for (size_t i = 0; i < n; ++i) {
        for (size_t k = 0; k < i; ++k)
            x[i] -= a[i * n + k] * x[k];
        x[i] /= a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; ++k)
            x[i] -= a[k * n + i] * x[k];
        x[i] /= a[i * n + i];
    }
}

static void minimise(Fit *fit)
{
    enum { TURNS = 100, HALVINGS = 40 };
    double now = objective(fit, fit->weights);
    for (int turn = 0; turn < TURNS; ++turn) {
        derive(fit);
        solve(fit);
        double length = 1, next = now;
        for (int halving = 0; halving < HALVINGS; ++halving, length /= 2) {
            for (size_t k = 0; k < fit->unknowns; ++k)
                fit->trial[k] = fit->weights[k] - length * fit->step[k];
            next = objective(fit, fit->trial);
            if (next < now)
                break;
        }
        if (!(next < now)) /* no step makes it smaller: this is it */
            return;
        memcpy(fit->weights, fit->trial, fit->unknowns * sizeof *fit->weights);
        now = next;
    }
}

Status logistic_scores(const double *rows, const bool *learnt, const bool *of_class, size_t count,
                       size_t width, double c, double *scores)
{
    Fit fit = {.rows = rows,
               .learnt = learnt,
               .of_class = of_class,
               .count = count,
               .width = width,
               .unknowns = width + 1,
               .c = c};
    size_t inside = 0, outside = 0;
    Status status;
    for (size_t i = 0; i < count; ++i) {
        inside += learnt[i] && of_class[i];
        outside += learnt[i] && !of_class[i];
    }
    if (inside == 0 || outside == 0)
        FAIL(STATUS_ARGUMENT,
             "%zu images of a class and %zu of the rest to learn from, expected "
             "some of both",
             inside, outside);
    TRY_GOTO(status, done, MEMORY_NEW(&fit.weights, fit.unknowns));
    TRY_GOTO(status, done, MEMORY_NEW(&fit.trial, fit.unknowns));
    TRY_GOTO(status, done, MEMORY_NEW(&fit.step, fit.unknowns));
    TRY_GOTO(status, done, MEMORY_NEW(&fit.hessian, fit.unknowns * fit.unknowns));
    minimise(&fit);
    for (size_t i = 0; i < count; ++i)
        scores[i] = score(&fit, fit.weights, i);
done:
    free(fit.weights);
    free(fit.trial);
    free(fit.step);
    free(fit.hessian);
    return status;
}
