/* See weights_calibrate.h. */
#include "cmd/weights_calibrate.h"

#include <math.h>
#include <mpi.h>
#include <stdio.h>

#include "base/utf8.h"
#include "cmd/command.h"
#include "infer/checkpoint_precision.h"
#include "train/calibrated.h"

#define MUCH 0.005 /* half a point */

typedef struct {
    const char *name, *label;
    bool counts; /* for the verdict: not what hangs on the operating point, which is chosen anew */
} Shown;

static const Shown shown[] = {
    {"auc", "AUC", true},
    {"accuracy", "accuracy", false},
    {"dice", "Dice", true},
    {"ap_50", "AP50", true},
};

static void print(const char *to, const Calibrated *calibrated)
{
    double worst = 0;
    utf8_print(stdout, "%s: %zu convolutions in 8 bits, from %zu validation images\n", to,
               calibrated->convolutions, calibrated->images);
    printf("    %-16s %8s %8s\n", "", precision_name(calibrated->precision),
           precision_name(PRECISION_INT8));
    for (size_t i = 0; i < sizeof shown / sizeof *shown; ++i) {
        const double before = split_metrics_value(&calibrated->before, shown[i].name);
        const double after = split_metrics_value(&calibrated->after, shown[i].name);
        if (isnan(before) || isnan(after))
            continue;
        printf("    %-16s %8.4f %8.4f\n", shown[i].label, before, after);
        worst = shown[i].counts ? fmax(worst, before - after) : worst;
    }
    printf("    %-16s %8.4f %8.4f\n", "operating point", calibrated->point_before,
           calibrated->point_after);
    if (worst > MUCH)
        printf("    8 bits cost more than half a point here: prefer the checkpoint they were made "
               "of\n");
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
