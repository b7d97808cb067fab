/* gisd-report: from a results folder to tables and figures. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

const char *argp_program_version = "gisd-report " GISD_VERSION;

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

static error_t read_option(int key, char *argument, struct argp_state *state)
{
    ReportOptions *options = state->input;
    switch (key) {
    case 'f':
        if (read_formats(argument, options) != STATUS_OK)
            argp_failure(state, EXIT_FAILURE, 0, "%s", status_message());
        return 0;
    case 'o':
        options->output = argument;
        return 0;
    case 'r':
        options->readers = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (options->results != NULL)
            argp_failure(state, EXIT_FAILURE, 0, "one results folder expected, not also '%s'",
                         argument);
        options->results = argument;
        return 0;
    case ARGP_KEY_END:
        if (options->results == NULL)
            argp_failure(state, EXIT_FAILURE, 0, "a results folder expected; see --help");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int count, char **arguments)
{
    static const struct argp_option table[] = {
        {"format", 'f', "LIST", 0, "Any of html, csv, md, latex, with commas (html,csv,md)", 0},
        {"out", 'o', "DIR", 0, "Folder for the report (DIR/report)", 0},
        {"readers", 'r', "FILE.csv", 0,
         "Readers to set beside the runs: columns reader, CLASS_seconds, CLASS_accuracy", 0},
        {0}};
    static const struct argp parser = {
        table, read_option,
        "DIR", "Makes tables and figures from the results folder of an experiment.",
        NULL,  NULL,
        NULL};
    ReportOptions options = {.html = true, .csv = true, .markdown = true};
    if (argp_parse(&parser, count, arguments, 0, NULL, &options) != 0)
        return EXIT_FAILURE;
    if (report_write(&options) != STATUS_OK) {
        fprintf(stderr, "gisd-report: %s\n", status_message());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
