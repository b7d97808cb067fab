/* What the files that make a denoised set share; see set.h. */
#ifndef GISD_DATA_DENOISE_WORK_H
#define GISD_DATA_DENOISE_WORK_H

#include "data/denoise/set.h"
#include "data/manifest.h"

enum { DENOISE_PLACE_BYTES = 40, DENOISE_HOW_BYTES = 400 };

typedef struct {
    const DenoiseJob *job;
    Manifest manifest;
    const char *out;             /* the folder; borrowed */
    char how[DENOISE_HOW_BYTES]; /* the settings in words */
    DenoiseRecord *records;      /* one a row */
    bool *kept;                  /* one a row: done by an earlier run */
    int locks[2];                /* open files, locked while there is work; -1: none */
} DenoiseWork;

/* "FOLDER/NUMBER.ENDING" of a row's file. */
void denoise_place(const char *folder, size_t row, const char *ending,
                   char place[DENOISE_PLACE_BYTES]);

/* All tables, the manifest last. */
Status denoise_write_tables(const DenoiseWork *work);

#endif
