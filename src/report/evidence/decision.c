/* Decision curves: whether acting on the score does more good than acting on all or on none; see
 * evidence_sections.h. */
#include <math.h>
#include <stdlib.h>

#include "eval/fixed_points.h"
#include "report/evidence/evidence_curves.h"
#include "report/evidence/evidence_sections.h"

static const double thresholds[] = {0.05, 0.1, 0.2, 0.3, 0.5};
enum { THRESHOLDS = sizeof thresholds / sizeof *thresholds, EACH = 2 };

static const ThresholdShares all_are_called = {1, 0};

typedef struct {
    const Evidence *evidence;
    const EvidenceRun *run;
} Deciding;

static ThresholdShares shares_at(const EvidenceRun *run, const size_t *weights, double threshold)
{
    return threshold_shares(run->result->lesion_score, run->positive, weights, run->result->images,
                            threshold);
}

/* The ClusterStatistic: at each threshold the net benefit, and what it has more than the better of
 * acting on all and on none. */
static Status compute(void *context, const size_t *weights, double *values)
{
    const Deciding *deciding = context;
    const double prevalence = evidence_drawn_prevalence(deciding->evidence, deciding->run, weights);
    for (size_t k = 0; k < THRESHOLDS; ++k) {
        const double t = thresholds[k];
        const double own = net_benefit(shares_at(deciding->run, weights, t), prevalence, t);
        values[EACH * k] = own;
        values[EACH * k + 1] = own - fmax(0, net_benefit(all_are_called, prevalence, t));
    }
    return STATUS_OK;
}

static Status add_run(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table)
{
    Deciding deciding = {evidence, run};
    BootstrapIntervals found[EACH * THRESHOLDS];
    const double prevalence = evidence_prevalence(evidence, run);
    TRY(evidence_bootstrap(run, EACH * THRESHOLDS, compute, &deciding, found));
    for (size_t k = 0; k < THRESHOLDS; ++k) {
        const BootstrapIntervals *own = &found[EACH * k], *more = own + 1;
        const double all = net_benefit(all_are_called, prevalence, thresholds[k]);
        evidence_add_run(evidence, run, table);
        table_addf(&table->text, "%.0f", 100 * thresholds[k]);
        table_add_exact(&table->numbers, thresholds[k]);
        evidence_add_value(table, own->value, own->percentile, 1, 3, "undefined");
        table_addf(&table->text, "%.3f", all);
        table_add_exact(&table->numbers, all);
        results_add_difference(&table->text, more->value, more->percentile, 1, 3);
        table_add_exact(&table->numbers, more->value);
        table_add_exact(&table->numbers, more->percentile.low);
        table_add_exact(&table->numbers, more->percentile.high);
        evidence_add_text(table, evidence_run_remark(run));
    }
    return STATUS_OK;
}

bool evidence_has_both_kinds(const Evidence *evidence)
{
    for (size_t i = 0; i < evidence->count; ++i)
        if (evidence->runs[i].positives > 0 &&
            evidence->runs[i].positives < evidence->runs[i].result->images)
            return true;
    return false;
}

Status evidence_decision(const Evidence *evidence, ResultsTable *table)
{
    static const char *const texts[] = {"acting from, %", "net benefit", "acting on all",
                                        "more than the better of all and none", "remark"};
    static const char *const names[] = {"threshold",        "net_benefit", "net_benefit_low",
                                        "net_benefit_high", "all",         "more",
                                        "more_low",         "more_high",   "remark"};
    evidence_init_table(evidence, texts, sizeof texts / sizeof *texts, names,
                        sizeof names / sizeof *names, table);
    return evidence_fold_runs(evidence, add_run, table);
}

/* ---- the figure ---- */

enum { POINTS = 99 }; /* 1 to 99 percent */

/* NULL: acting on all, at the prevalence of the first run. */
static Status add_curve(const Evidence *evidence, const EvidenceRun *run, EvidenceCurves *curves)
{
    const double prevalence = evidence_prevalence(evidence, run ? run : &evidence->runs[0]);
    double x[POINTS], y[POINTS];
    for (size_t i = 0; i < POINTS; ++i) {
        x[i] = (double)(i + 1) / 100;
        y[i] = net_benefit(run ? shares_at(run, NULL, x[i]) : all_are_called, prevalence, x[i]);
    }
    return evidence_curves_add(curves, run, POINTS, x, y, "%s", run ? run->label : "all");
}

Status evidence_draw_decision(const Evidence *evidence, const FigurePlaces *places)
{
    static const double x[] = {0, 1}, zero[] = {0, 0};
    EvidenceCurves curves = {0};
    const double most = evidence_prevalence(evidence, &evidence->runs[0]);
    Status status = STATUS_OK;
    for (size_t i = 0; i < evidence->count && status == STATUS_OK; ++i)
        status = add_curve(evidence, &evidence->runs[i], &curves);
    if (status == STATUS_OK)
        status = add_curve(evidence, NULL, &curves);
    if (status == STATUS_OK)
        status = evidence_curves_add(&curves, NULL, 2, x, zero, "none");
    const Chart chart = {.title = "Decision curves",
                         .x_label = "acting from a lesion score of",
                         .y_label = "net benefit a frame",
                         .x_range = {0, 1},
                         .y_range = {-0.1 * most, 1.1 * most},
                         .legend_width = 330,
                         .series = curves.series,
                         .series_count = curves.count};
    if (status == STATUS_OK)
        status = chart_show(places, &chart, 1);
    evidence_curves_clear(&curves);
    return status;
}
