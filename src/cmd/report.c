/* gisd-report: from a results folder to tables and figures. */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "cmd/command.h"
#include "report/best_cell.h"
#include "report/comparison.h"
#include "report/mlflow.h"
#include "report/report.h"
#include "store/outputs.h"

const char *argp_program_version = "gisd-report " GISD_VERSION;

enum {
    OPTION_FORMAT = 'f',
    OPTION_OUT = 'o',
    OPTION_READERS = 'r',
    OPTION_MLFLOW = 'm',
    OPTION_BEST = 'b',
    OPTION_FORCE = 256,
    OPTION_PREVALENCE,
    OPTION_NO_PAPER,
    OPTION_PICTURES
};

typedef struct {
    ReportOptions report;
    const char *other;  /* a second results folder to compare with; NULL: none */
    const char *best;   /* a metric of validation to choose a cell by, in place of a report; NULL */
    const char *mlflow; /* the store to export to, in place of a report; NULL: none */
    bool force, format;
} Arguments;

static Status read_formats(const char *list, ReportOptions *options)
{
    const struct {
        const char *name;
        bool *flag;
    } formats[] = {{"html", &options->html},
                   {"csv", &options->csv},
                   {"md", &options->markdown},
                   {"latex", &options->latex}};
    options->html = options->csv = options->markdown = options->latex = false;
    for (const char *at = list;; ++at) {
        size_t length = strcspn(at, ",");
        bool known = false;
        for (size_t i = 0; i < 4; ++i)
            if (strlen(formats[i].name) == length && strncmp(at, formats[i].name, length) == 0)
                known = *formats[i].flag = true;
        if (!known)
            FAIL(STATUS_ARGUMENT, "--format: html, csv, md or latex expected, not '%.*s'",
                 (int)length, at);
        at += length;
        if (*at == '\0')
            return STATUS_OK;
    }
}

static Status read_prevalence(const char *text, double *prevalence)
{
    char *end;
    *prevalence = strtod(text, &end);
    if (end == text || *end || !(*prevalence > 0 && *prevalence < 1))
        FAIL(STATUS_ARGUMENT, "--prevalence: a share between 0 and 1 expected, not '%s'", text);
    return STATUS_OK;
}

static Status read_pictures(const char *text, ReportPictures *pictures)
{
    if (strcmp(text, "yes") == 0)
        *pictures = REPORT_PICTURES;
    else if (strcmp(text, "no") == 0)
        *pictures = REPORT_NO_PICTURES;
    else
        FAIL(STATUS_ARGUMENT, "--pictures: yes or no expected, not '%s'", text);
    return STATUS_OK;
}

/* What goes with what. */
static error_t check_together(const Arguments *arguments, const struct argp_state *state)
{
    const ReportOptions *report = &arguments->report;
    const bool options =
        report->readers || report->prevalence > 0 || report->no_paper || report->pictures;
    const bool files = arguments->format || report->output || arguments->force;
    if (report->results == NULL)
        return command_refuse(state, "a results folder expected");
    if (arguments->mlflow && (arguments->best || arguments->other || options || files))
        return command_refuse(state, "--mlflow writes no report (expected no other option)");
    if (arguments->best && (arguments->other || options || files))
        return command_refuse(state, "--best writes no report (expected no other option)");
    if (arguments->other && (options || report->latex))
        return command_refuse(state, "two folders are compared as html, csv and md, with neither "
                                     "--readers, --prevalence, --pictures nor --no-paper");
    return 0;
}

static error_t read_option(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    ReportOptions *report = &arguments->report;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_FORMAT:
        if (read_formats(argument, report) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        arguments->format = true;
        return 0;
    case OPTION_MLFLOW:
        arguments->mlflow = argument;
        return 0;
    case OPTION_BEST:
        arguments->best = argument;
        return 0;
    case OPTION_NO_PAPER:
        report->no_paper = true;
        return 0;
    case OPTION_OUT:
        report->output = argument;
        return 0;
    case OPTION_READERS:
        report->readers = argument;
        return 0;
    case OPTION_PREVALENCE:
        if (read_prevalence(argument, &report->prevalence) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        return 0;
    case OPTION_PICTURES:
        if (read_pictures(argument, &report->pictures) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        return 0;
    case OPTION_FORCE:
        arguments->force = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->other != NULL)
            return command_refuse(state, "one or two results folders expected, not also '%s'",
                                  argument);
        *(report->results ? &arguments->other : &report->results) = argument;
        return 0;
    case ARGP_KEY_END:
        return check_together(arguments, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A folder that was named must be free, or a report's; RESULTS/report is by its place. */
static Status claim_folder(const Arguments *arguments)
{
    Outputs outputs;
    Status status = STATUS_OK;
    if (!arguments->report.output)
        return STATUS_OK;
    outputs_init(&outputs, arguments->force);
    if (arguments->report.readers)
        status = outputs_note_input(&outputs, arguments->report.readers);
    if (status == STATUS_OK)
        status = outputs_claim_folder(&outputs, arguments->report.output, REPORT_MARK);
    outputs_clear(&outputs);
    return status;
}

static Status export_runs(const Arguments *arguments)
{
    MlflowCounts counts;
    TRY(mlflow_export(arguments->report.results, arguments->mlflow, &counts));
    printf("%s: experiment %s: %zu runs made, %zu brought up to date, %zu as they were; %zu cells "
           "not begun\n",
           arguments->mlflow, counts.experiment, counts.made, counts.updated, counts.unchanged,
           counts.fresh);
    return STATUS_OK;
}

static Status print_best(const Arguments *arguments)
{
    BestCell best;
    TRY(best_cell_find(arguments->report.results, arguments->best, &best));
    best_cell_print(&best);
    best_cell_clear(&best);
    return STATUS_OK;
}

static Status compare(const Arguments *arguments)
{
    ReportMade made;
    Status status = comparison_write(&arguments->report, arguments->other, &made);
    if (status == STATUS_OK)
        utf8_print(stdout, "%s%s: %zu pairs of runs, %zu of them of the same images\n", made.folder,
                   arguments->report.html ? "/comparison.html" : "", made.cells, made.finished);
    free(made.folder);
    return status;
}

static Status run(const Arguments *arguments)
{
    if (arguments->mlflow)
        return export_runs(arguments);
    if (arguments->best)
        return print_best(arguments);
    TRY(claim_folder(arguments));
    if (arguments->other)
        return compare(arguments);
    ReportMade made;
    Status status = report_write(&arguments->report, &made);
    if (status == STATUS_OK)
        utf8_print(stdout, "%s%s: %zu of %zu cells finished\n", made.folder,
                   arguments->report.html ? "/report.html" : "", made.finished, made.cells);
    free(made.folder);
    return status;
}

int main(int count, char **words)
{
    static const struct argp_option table[] = {
        {"format", OPTION_FORMAT, "LIST", 0,
         "Any of html, csv, md, latex, with commas (html,csv,md)", 0},
        {"out", OPTION_OUT, "DIR", 0, "Folder for the report (RESULTS/report, A/comparison)", 0},
        {"readers", OPTION_READERS, "FILE.csv", 0,
         "Readers to set beside the runs, an answer a row: columns image, reader, answer, seconds; "
         "or "
         "their means: reader, CLASS_seconds, CLASS_accuracy",
         0},
        {"prevalence", OPTION_PREVALENCE, "P", 0,
         "Share of frames with a lesion where the networks are to be used, between 0 and 1, for "
         "predictive values and decision curves (that of the test images)",
         0},
        {"pictures", OPTION_PICTURES, "yes|no", 0,
         "Whether the page shows test frames in small, which are patients' data (of a phantom "
         "only)",
         0},
        {"no-paper", OPTION_NO_PAPER, NULL, 0,
         "Nothing of the published tables (so it is anyway where no class is one of theirs)", 0},
        {"best", OPTION_BEST, "METRIC", 0,
         "In place of a report, print which cell is the best by METRIC of the validation images "
         "(auc, dice, accuracy, ...), its checkpoint and why",
         0},
        {"mlflow", OPTION_MLFLOW, "STORE", 0,
         "In place of a report, make every cell a run in MLflow's store of files at STORE, or "
         "bring "
         "it up to date (docs/automation.md)",
         0},
        {"force", OPTION_FORCE, NULL, 0,
         "Write into a folder of other files, and replace those of "
         "the same names",
         0},
        {0}};
    static const struct argp parser = {
        table,
        read_option,
        "RESULTS\nA B\nRESULTS --best METRIC\nRESULTS --mlflow STORE",
        "Make tables and figures from the results folder of an experiment; of two, A and B, a "
        "comparison: on the same images run by run and image by image, else as of other images."
        "\v    gisd-report results/table2\n"
        "    gisd-report results/table2 --out table2 --format html,latex\n"
        "    gisd-report results/plain results/denoised\n"
        "    gisd-report results/table2 --best auc\n\n"
        "It may be called while the grid runs; what is not done is shown as missing. DIR must be "
        "new, empty or a report's (it holds " REPORT_MARK
        "), for a report has files of many names.\n\n" COMMAND_EXIT_STATUS,
        NULL,
        NULL,
        NULL};
    Arguments arguments = {.report = {.html = true, .csv = true, .markdown = true}};
    command_begin();
    command_parse(&parser, count, words, &arguments);
    return command_end("gisd-report", run(&arguments));
}
