/* See detect_report.h. */
#include "cmd/detect_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "image/box.h"

static const char *class_name(const Seen *seen, int class_index)
{
    return gisd_class_name(seen->detector, class_index);
}

static const char *verdict(const Seen *seen)
{
    return seen->result->predicted_class == GISD_NORMAL ? "normal" : "lesion";
}

/* ---- lines ---- */

/* "  GC 0.9312 at 10.0 20.0 80.0 95.0 (GU 0.3100)" */
static void print_box(const Seen *seen, size_t which)
{
    const GisdBox *box = &seen->result->boxes[which];
    const char *before = " (";
    utf8_print(stdout, "  %s %.4f at %.1f %.1f %.1f %.1f", class_name(seen, box->class_index),
               box->score, (double)box->x0, (double)box->y0, (double)box->x1, (double)box->y1);
    for (int k = 0; (size_t)k < seen->result->class_count; ++k) {
        double score = found_other(seen->rule, seen->result, which, k);
        if (score > 0) {
            utf8_print(stdout, "%s%s %.4f", before, class_name(seen, k), score);
            before = ", ";
        }
    }
    puts(*before == ',' ? ")" : "");
}

void report_text(const Seen *seen)
{
    const GisdResult *result = seen->result;
    utf8_print(stdout, "%s: %s, lesion score %.4f, threshold %.4f, ", seen->path,
               class_name(seen, result->predicted_class), result->lesion_score,
               seen->rule->threshold);
    if (result->mask && result->predicted_class != GISD_NORMAL)
        printf("mask %.2f %% of the image, ",
               100 * (double)result->mask_pixels / (double)(result->width * result->height));
    printf("%.3f s\n", result->seconds);
    for (size_t i = 0; i < seen->found->count; ++i)
        print_box(seen, seen->found->boxes[i]);
    if (seen->found->reaching)
        printf("  %zu fainter box%s not listed (see --all)\n", seen->found->reaching,
               seen->found->reaching == 1 ? "" : "es");
}

/* ---- JSON ---- */

static cJSON *describe_box(const Seen *seen, size_t which)
{
    const GisdBox *box = &seen->result->boxes[which];
    const float corners[4] = {box->x0, box->y0, box->x1, box->y1};
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "class", class_name(seen, box->class_index));
    cJSON_AddNumberToObject(item, "score", box->score);
    cJSON_AddItemToObject(item, "box", cJSON_CreateFloatArray(corners, 4));
    if (seen->rule->all)
        return item;
    cJSON *others = cJSON_AddObjectToObject(item, "others");
    for (int k = 0; (size_t)k < seen->result->class_count; ++k) {
        double score = found_other(seen->rule, seen->result, which, k);
        if (score > 0)
            cJSON_AddNumberToObject(others, class_name(seen, k), score);
    }
    return item;
}

cJSON *report_json(const Seen *seen, double checkpoint_point)
{
    const GisdResult *result = seen->result;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "image", seen->path);
    cJSON_AddNumberToObject(object, "width", (double)result->width);
    cJSON_AddNumberToObject(object, "height", (double)result->height);
    cJSON_AddStringToObject(object, "verdict", verdict(seen));
    cJSON_AddNumberToObject(object, "lesion_score", result->lesion_score);
    cJSON_AddNumberToObject(object, "threshold", seen->rule->threshold);
    cJSON_AddNumberToObject(object, "operating_point", checkpoint_point);
    cJSON_AddStringToObject(object, "predicted_class", class_name(seen, result->predicted_class));
    cJSON *scores = cJSON_AddObjectToObject(object, "class_scores");
    for (size_t k = 0; k < result->class_count; ++k)
        cJSON_AddNumberToObject(scores, class_name(seen, (int)k), result->class_scores[k]);
    cJSON *detections = cJSON_AddArrayToObject(object, "detections");
    for (size_t i = 0; i < seen->found->count; ++i)
        cJSON_AddItemToArray(detections, describe_box(seen, seen->found->boxes[i]));
    cJSON_AddNumberToObject(object, "detections_not_listed", (double)seen->found->not_listed);
    if (result->mask)
        cJSON_AddNumberToObject(object, "mask_area", (double)result->mask_pixels);
    if (seen->mask)
        cJSON_AddStringToObject(object, "mask", seen->mask);
    if (seen->overlay)
        cJSON_AddStringToObject(object, "overlay", seen->overlay);
    cJSON_AddNumberToObject(object, "seconds", result->seconds);
    return object;
}

cJSON *report_json_failure(const char *path)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "image", path);
    cJSON_AddStringToObject(object, "error", gisd_error());
    return object;
}

/* ---- CSV ---- */

#define CSV_COLUMNS "image,verdict,class,lesion_score,threshold,boxes,box_scores,error"

void report_csv_header(CsvWriter *writer)
{
    char columns[] = CSV_COLUMNS, *rest = columns;
    for (const char *name; (name = strsep(&rest, ",")) != NULL;)
        csv_write_text(writer, name);
    csv_end_row(writer);
}

/* The boxes as a manifest has them, "x0 y0 x1 y1 class;...", and their scores, "0.93;0.41". */
static Status write_boxes(const Seen *seen, CsvWriter *writer)
{
    char *texts[2] = {NULL, NULL}, corners[BOX_TEXT_BYTES];
    size_t bytes[2];
    FILE *boxes = open_memstream(&texts[0], &bytes[0]);
    FILE *scores = open_memstream(&texts[1], &bytes[1]);
    for (size_t i = 0; boxes && scores && i < seen->found->count; ++i) {
        const GisdBox *box = &seen->result->boxes[seen->found->boxes[i]];
        fprintf(boxes, "%s%s %s", i ? ";" : "",
                box_text(&(Box){box->x0, box->y0, box->x1, box->y1}, corners),
                class_name(seen, box->class_index));
        fprintf(scores, "%s%.9g", i ? ";" : "", box->score);
    }
    bool whole = boxes && fclose(boxes) == 0;
    whole &= scores && fclose(scores) == 0;
    for (int i = 0; i < 2; ++i) {
        if (whole)
            csv_write_text(writer, texts[i]);
        free(texts[i]);
    }
    if (!whole)
        FAIL(STATUS_NO_MEMORY, "no memory for the boxes of %s", seen->path);
    return STATUS_OK;
}

Status report_csv(const Seen *seen, CsvWriter *writer)
{
    csv_write_text(writer, seen->path);
    csv_write_text(writer, verdict(seen));
    csv_write_text(writer, class_name(seen, seen->result->predicted_class));
    csv_write_number(writer, seen->result->lesion_score);
    csv_write_number(writer, seen->rule->threshold);
    TRY(write_boxes(seen, writer));
    csv_write_text(writer, "");
    csv_end_row(writer);
    return STATUS_OK;
}

void report_csv_failure(const char *path, CsvWriter *writer)
{
    csv_write_text(writer, path);
    for (int i = 0; i < 6; ++i)
        csv_write_text(writer, "");
    csv_write_text(writer, gisd_error());
    csv_end_row(writer);
}

bool report_csv_is_own(const char *path)
{
    char line[sizeof CSV_COLUMNS] = "";
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool own = fgets(line, sizeof line, file) && strcmp(line, CSV_COLUMNS) == 0;
    fclose(file);
    return own;
}
