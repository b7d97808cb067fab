/* See weights_calibrate.h. */
#include "cmd/weights_calibrate.h"

#include <math.h>
#include <mpi.h>
#include <stdio.h>

#include "base/utf8.h"
#include "cmd/command.h"
#include "infer/checkpoint_precision.h"
#include "train/calibrated.h"

typedef struct {
    const char *name, *label;
} Shown;

static const Shown shown[] = {
    {"auc", "AUC"},
    {"accuracy", "accuracy"},
    {"dice", "Dice"},
    {"ap_50", "AP50"},
};

static void print(const char *to, const Calibrated *calibrated)
{
    utf8_print(stdout, "%s: %zu convolutions in 8 bits, from %zu validation images\n", to,
               calibrated->convolutions, calibrated->images);
    if (calibrated->left)
        printf(
            "    %zu more, up to %.0f %% of their multiply-adds, are left as they were: they cost "
            "the answers most\n",
            calibrated->left, 100 * calibrated->left_share);
    printf("    %-16s %8s %8s\n", "", precision_name(calibrated->precision),
           precision_name(PRECISION_INT8));
    for (size_t i = 0; i < sizeof shown / sizeof *shown; ++i) {
        const double before = split_metrics_value(&calibrated->before, shown[i].name);
        const double after = split_metrics_value(&calibrated->after, shown[i].name);
        if (isnan(before) || isnan(after))
            continue;
        printf("    %-16s %8.4f %8.4f\n", shown[i].label, before, after);
    }
    printf("    %-16s %8.4f %8.4f\n", "operating point", calibrated->point_before,
           calibrated->point_after);
    if (calibrated_change(calibrated) > CALIBRATED_NEAR)
        printf("    8 bits move AUC, Dice or AP50 by more than half a point here: prefer the "
               "checkpoint they were made of\n");
}

static Status calibrate(const char *from, const char *manifest, const char *to)
{
    const CalibrationTask task = {from, manifest, to};
    Calibrated calibrated;
    TRY(checkpoint_probe(from));
    TRY(calibrated_write(&task, &calibrated));
    print(to, &calibrated);
    calibrated_clear(&calibrated);
    return STATUS_OK;
}

Status weights_calibrate(const char *from, const char *manifest, const char *to)
{
    command_check_room("MPI", COMMAND_MPI_BYTES);
    MPI_Init(NULL, NULL);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    Status status = calibrate(from, manifest, to);
    MPI_Finalize();
    return status;
}
