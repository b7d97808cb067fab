/* See axes_view.h. */
#include "report/page/axes_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text_map.h"
#include "report/labels.h"
#include "store/html.h"
#include "store/json.h"

enum { SHADES = 10, AXES_MOST = 32 };

/* An axis: the values that cells have of it, in the order of planning. */
typedef struct {
    const char *key;
    size_t count;
    const char **values; /* count, borrowed */
    size_t *of_cell;     /* by cell: which of them */
} GridAxis;

typedef struct {
    const Experiment *experiment;
    size_t count;
    GridAxis axes[AXES_MOST];
} GridView;

/* A number that a place may show. */
static const struct {
    const char *name, *label;
    double scale;
    int decimals;
} metrics[] = {{"auc", "AUC of the test", 1, 3},
               {"lesion_sensitivity", "lesion sensitivity, %", 100, 1},
               {"lesion_specificity", "lesion specificity, %", 100, 1},
               {"accuracy", "accuracy, %", 100, 1},
               {"f1", "F1, %", 100, 1},
               {"ap_50", "AP at 0.5", 1, 3},
               {"dice", "Dice", 1, 3},
               {"median_seconds", "seconds an image", 1, 3}};
enum { METRICS = sizeof metrics / sizeof *metrics };

static bool is_done(const Experiment *experiment, size_t cell)
{
    return experiment->records.cells[cell].standing == CELL_DONE;
}

/* ---- the axes ---- */

static Status fill_axis(const Experiment *experiment, const char *key, GridAxis *axis)
{
    const size_t cells = experiment->records.count;
    TextMap seen = {0};
    *axis = (GridAxis){.key = key};
    TRY(MEMORY_NEW(&axis->values, cells));
    TRY(MEMORY_NEW(&axis->of_cell, cells));
    Status status = STATUS_OK;
    for (size_t i = 0; i < cells && status == STATUS_OK; ++i) {
        const char *value = axes_value(&experiment->records.cells[i], key);
        axis->of_cell[i] = seen.count;
        status = text_map_add(&seen, value, &axis->of_cell[i]);
        if (status == STATUS_OK && axis->of_cell[i] == axis->count)
            axis->values[axis->count++] = value;
    }
    text_map_clear(&seen);
    return status;
}

static void clear_axis(GridAxis *axis)
{
    free(axis->values);
    free(axis->of_cell);
    *axis = (GridAxis){0};
}

/* Adds an axis on which cells differ. */
static Status add_axis(GridView *view, const char *key)
{
    if (view->count == AXES_MOST)
        return STATUS_OK;
    GridAxis *axis = &view->axes[view->count];
    Status status = fill_axis(view->experiment, key, axis);
    if (status == STATUS_OK && axis->count > 1)
        ++view->count;
    else
        clear_axis(axis);
    return status;
}

static void clear_view(GridView *view)
{
    for (size_t i = 0; i < view->count; ++i)
        clear_axis(&view->axes[i]);
}

static Status make_view(const Experiment *experiment, GridView *view)
{
    const Axes *axes = &experiment->axes;
    *view = (GridView){.experiment = experiment};
    Status status = STATUS_OK;
    for (size_t i = 0; i < axes->naming_count && status == STATUS_OK; ++i)
        status = add_axis(view, axes->naming[i]);
    for (size_t i = 0; i < axes->other_count && status == STATUS_OK; ++i)
        status = add_axis(view, axes->others[i]);
    if (status == STATUS_OK)
        status = add_axis(view, "seed");
    if (status != STATUS_OK)
        clear_view(view);
    return status;
}

/* The axis with the most values but for one that is taken; the first of equals. */
static const GridAxis *largest(const GridView *view, const GridAxis *but)
{
    const GridAxis *found = NULL;
    for (size_t i = 0; i < view->count; ++i)
        if (&view->axes[i] != but && (!found || view->axes[i].count > found->count))
            found = &view->axes[i];
    return found;
}

/* ---- the matrix ---- */

/* What lies at one place. */
typedef struct {
    size_t cells, finished; /* finished: with a validation */
    double mean;
} Place;

static Place place_at(const GridView *view, const GridAxis *rows, size_t row,
                      const GridAxis *columns, size_t column)
{
    const Experiment *experiment = view->experiment;
    Place place = {0};
    for (size_t i = 0; i < experiment->records.count; ++i) {
        if (rows->of_cell[i] != row || (columns && columns->of_cell[i] != column))
            continue;
        ++place.cells;
        if (!is_done(experiment, i) || isnan(experiment->validation[i]))
            continue;
        ++place.finished;
        place.mean += experiment->validation[i];
    }
    place.mean = place.finished ? place.mean / (double)place.finished : (double)NAN;
    return place;
}

static void write_place(Place place, double low, double high, FILE *stream)
{
    if (place.finished == 0) {
        fprintf(stream, "<td class=\"gap\">%s</td>", place.cells ? "no result" : "");
        return;
    }
    const double share = high > low ? (place.mean - low) / (high - low) : 0.5;
    fprintf(stream, "<td class=\"s%d\"><b>%.3f</b>", (int)round(SHADES * share), place.mean);
    if (place.cells > 1)
        fprintf(stream, "<span>%zu of %zu</span>", place.finished, place.cells);
    fputs("</td>", stream);
}

static void write_value(const char *value, FILE *stream)
{
    html_write_text(stream, *value ? value : "none");
}

static void write_matrix(const GridView *view, const GridAxis *rows, const GridAxis *columns,
                         FILE *stream)
{
    const size_t column_count = columns ? columns->count : 1;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < rows->count; ++i)
        for (size_t k = 0; k < column_count; ++k) {
            const double mean = place_at(view, rows, i, columns, k).mean;
            low = fmin(low, mean);
            high = fmax(high, mean);
        }
    fputs("<thead><tr><td>", stream);
    html_write_text(stream, rows->key);
    if (columns) {
        fputs(", ", stream);
        html_write_text(stream, columns->key);
    }
    fputs("</td>", stream);
    for (size_t k = 0; k < column_count; ++k) {
        fputs("<th scope=\"col\">", stream);
        write_value(columns ? columns->values[k] : "all", stream);
        fputs("</th>", stream);
    }
    fputs("</tr></thead>\n<tbody>\n", stream);
    for (size_t i = 0; i < rows->count; ++i) {
        fputs("<tr><th scope=\"row\">", stream);
        write_value(rows->values[i], stream);
        fputs("</th>", stream);
        for (size_t k = 0; k < column_count; ++k)
            write_place(place_at(view, rows, i, columns, k), low, high, stream);
        fputs("</tr>\n", stream);
    }
    fputs("</tbody>", stream);
}

/* ---- the cells for the script ---- */

static void put_axes(const GridView *view, bool *fine, cJSON *root)
{
    cJSON *axes = json_put_list(fine, root, "axes");
    for (size_t i = 0; i < view->count; ++i) {
        cJSON *axis = json_list_item(fine, axes, cJSON_CreateObject());
        json_put_text(fine, axis, "name", view->axes[i].key);
        cJSON *values = json_put_list(fine, axis, "values");
        for (size_t k = 0; k < view->axes[i].count; ++k)
            json_list_item(fine, values, cJSON_CreateString(view->axes[i].values[k]));
    }
}

static void put_metric(bool *fine, cJSON *list, const char *label, double scale, int decimals)
{
    cJSON *metric = json_list_item(fine, list, cJSON_CreateObject());
    json_put_text(fine, metric, "label", label);
    json_put_number(fine, metric, "scale", scale);
    json_put_whole(fine, metric, "decimals", (size_t)decimals);
}

static cJSON *number_item(double number)
{
    return isnan(number) ? cJSON_CreateNull() : cJSON_CreateNumber(number);
}

static void put_cell(const GridView *view, size_t cell, const bool *shown, bool *fine, cJSON *cells)
{
    const Experiment *experiment = view->experiment;
    cJSON *item = json_list_item(fine, cells, cJSON_CreateObject());
    cJSON *places = json_put_list(fine, item, "places");
    for (size_t i = 0; i < view->count; ++i)
        json_list_item(fine, places, cJSON_CreateNumber((double)view->axes[i].of_cell[cell]));
    cJSON *values = json_put_list(fine, item, "values");
    const bool done = is_done(experiment, cell);
    json_list_item(fine, values, number_item(done ? experiment->validation[cell] : (double)NAN));
    for (size_t i = 0; i < METRICS; ++i) {
        const CellMetric *metric =
            done ? cell_result_metric(&experiment->results[cell], metrics[i].name) : NULL;
        if (shown[i])
            json_list_item(fine, values, number_item(metric ? metric->value : (double)NAN));
    }
}

static Status print_cells(const GridView *view, char **text)
{
    const Experiment *experiment = view->experiment;
    char label[LABEL_BYTES];
    bool fine = true, shown[METRICS];
    cJSON *root = cJSON_CreateObject();
    fine = root != NULL;
    put_axes(view, &fine, root);
    cJSON *list = json_put_list(&fine, root, "metrics");
    snprintf(label, sizeof label, "%s", experiment->measure);
    for (char *at = label; *at; ++at)
        *at = *at == '_' ? ' ' : *at;
    put_metric(&fine, list, label, 1, 3);
    for (size_t i = 0; i < METRICS; ++i) {
        shown[i] = experiment_has_metric(experiment, metrics[i].name);
        if (shown[i])
            put_metric(&fine, list, metrics[i].label, metrics[i].scale, metrics[i].decimals);
    }
    cJSON *cells = json_put_list(&fine, root, "cells");
    for (size_t i = 0; i < experiment->records.count; ++i)
        put_cell(view, i, shown, &fine, cells);
    Status status = fine ? json_print(root, text)
                         : status_set(STATUS_NO_MEMORY, "no memory for the cells of the page");
    cJSON_Delete(root);
    return status;
}

/* JSON in a script: no text of it may end the element, so < is written as its number. */
static void write_cells(const char *json, FILE *stream)
{
    fputs("<script type=\"application/json\" class=\"cells\">", stream);
    for (; *json; ++json)
        if (*json == '<')
            fputs("\\u003c", stream);
        else
            fputc(*json, stream);
    fputs("</script>\n", stream);
}

bool axes_view_has(const Experiment *experiment)
{
    size_t done = 0;
    for (size_t i = 0; i < experiment->records.count; ++i)
        done += is_done(experiment, i);
    return done > 1;
}

Status axes_view_write(const Experiment *experiment, FILE *stream)
{
    GridView view;
    char *json = NULL;
    TRY(make_view(experiment, &view));
    const GridAxis *rows = largest(&view, NULL), *columns = largest(&view, rows);
    Status status = rows ? print_cells(&view, &json) : STATUS_OK;
    if (status == STATUS_OK && rows) {
        fputs("<div class=\"axes\"><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"The grid at a glance\"><table class=\"confusion\">\n<caption>Mean ",
              stream);
        html_write_text(stream, experiment->measure);
        fputs(" of the cells at each place, and how many are done</caption>\n", stream);
        write_matrix(&view, rows, columns, stream);
        fputs("</table></div>\n", stream);
        write_cells(json, stream);
        fputs("</div>\n", stream);
    }
    free(json);
    clear_view(&view);
    return status;
}
