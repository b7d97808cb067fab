/* The energy that this machine's processors take, as RAPL counts it and Linux shows it below
 * /sys/class/powercap: a counter of microjoules for each package, which begins anew at its range.
 *
 * It counts whole packages, whoever uses them. Many systems let only root read it. Who does not
 * look often enough may miss that a counter has begun anew: a gap in which that could have happened
 * makes the energy unknown, not small.
 */
#ifndef GISD_BASE_ENERGY_METER_H
#define GISD_BASE_ENERGY_METER_H

#include <stddef.h>
#include <stdint.h>

#define ENERGY_FOLDER "/sys/class/powercap"

enum { ENERGY_PACKAGES_MOST = 16 };

typedef struct {
    const char *folder;                                               /* borrowed */
    size_t packages;                                                  /* 0: nothing can be read */
    uint64_t last[ENERGY_PACKAGES_MOST], range[ENERGY_PACKAGES_MOST]; /* microjoules */
    double looked; /* clock_seconds() of the last look */
    double joules; /* since the start; NaN once it is not known */
} EnergyMeter;

/* Starts at 0 joules; `folder` is ENERGY_FOLDER but in tests. */
void energy_meter_start(EnergyMeter *meter, const char *folder);

/* Looks at the counters, but not within ten seconds of the last look, so that it costs nothing to
 * call it often. */
void energy_meter_look(EnergyMeter *meter);

/* The joules since the start; NaN where they cannot be read or are not known. */
double energy_meter_joules(EnergyMeter *meter);

#endif
