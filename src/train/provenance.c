/* See provenance.h. */
#include "train/provenance.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "nn/engine.h"
#include "results/result_schema.h"
#include "revision.h"
#include "train/version.h"

/* "model name" of the first processor, or "unknown". */
static void processor_name(char *text, size_t room)
{
    char line[256];
    snprintf(text, room, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(text, room, "%s", colon + 2);
        break;
    }
    if (file)
        fclose(file);
}

typedef struct {
    const char *name, *text;
} ProvenanceText;

static Status write_texts(Hdf5Writer *writer, size_t count, const ProvenanceText *texts)
{
    for (size_t i = 0; i < count; ++i)
        TRY(result_write_text(writer, texts[i].name, texts[i].text ? texts[i].text : ""));
    return STATUS_OK;
}

Status provenance_write_program(Hdf5Writer *writer, Precision precision)
{
    char host[256] = "unknown", processor[256], now[CLOCK_TEXT_BYTES];
    char version[ENGINE_VERSION_BYTES];
    const Engine *engine;
    gethostname(host, sizeof host - 1);
    processor_name(processor, sizeof processor);
    clock_text(now);
    TRY(engine_find("auto", &engine));
    engine->version(version);
    const ProvenanceText texts[] = {
        {"provenance/version", GISD_VERSION},   {"provenance/revision", GISD_REVISION},
        {"provenance/engine", engine->name},    {"provenance/host", host},
        {"provenance/processor", processor},    {"provenance/finished", now},
        {"provenance/engine_version", version}, {"provenance/precision", precision_name(precision)},
    };
    TRY(write_texts(writer, sizeof texts / sizeof *texts, texts));
    TRY(result_write_i64(writer, "provenance/threads", 1, &(int64_t){omp_get_max_threads()}));
    return result_write_i64(writer, "provenance/arithmetic_version", 1,
                            &(int64_t){ARITHMETIC_VERSION});
}

Status provenance_write_data(Hdf5Writer *writer, const char *data_name, const Dataset *dataset)
{
    const ProvenanceText texts[] = {
        {"provenance/data", data_name},
        {"provenance/data_fingerprint", dataset->fingerprint},
        {"provenance/split_by", dataset->by_patient ? "patient" : "image"},
    };
    TRY(write_texts(writer, sizeof texts / sizeof *texts, texts));
    if (dataset->warning_count)
        TRY(result_write_texts(writer, "provenance/data_warnings", dataset->warning_count,
                               (const char **)dataset->warnings));
    if (dataset->synthetic) /* data of earlier versions cannot say that they are */
        TRY(result_write_i64(writer, "provenance/synthetic", 1, &(int64_t){1 + dataset->hard}));
    return STATUS_OK;
}
