/* See energy_meter.h. */
#include "base/energy_meter.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/clock.h"

/* No package takes more, so that a counter cannot begin anew faster than this. */
static const double watts_most = 1000;

static const double pause_seconds = 10;

static bool read_number(const EnergyMeter *meter, size_t package, const char *name,
                        uint64_t *number)
{
    char path[512];
    snprintf(path, sizeof path, "%s/intel-rapl:%zu/%s", meter->folder, package, name);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    const bool found = fscanf(file, "%" SCNu64, number) == 1;
    fclose(file);
    return found;
}

void energy_meter_start(EnergyMeter *meter, const char *folder)
{
    *meter = (EnergyMeter){.folder = folder, .looked = clock_seconds()};
    for (size_t i = 0; i < ENERGY_PACKAGES_MOST; ++i) {
        if (!read_number(meter, i, "energy_uj", &meter->last[i]) ||
            !read_number(meter, i, "max_energy_range_uj", &meter->range[i]))
            break;
        ++meter->packages;
    }
    if (!meter->packages)
        meter->joules = (double)NAN;
}

static void look(EnergyMeter *meter)
{
    const double now = clock_seconds(), gap = now - meter->looked;
    meter->looked = now;
    for (size_t i = 0; i < meter->packages; ++i) {
        uint64_t here;
        const uint64_t range = meter->range[i];
        if (!read_number(meter, i, "energy_uj", &here) || here > range ||
            gap * watts_most * 1e6 >= (double)range) {
            meter->joules = (double)NAN;
            return;
        }
        const uint64_t taken =
            here >= meter->last[i] ? here - meter->last[i] : range - meter->last[i] + here;
        meter->joules += (double)taken / 1e6;
        meter->last[i] = here;
    }
}

void energy_meter_look(EnergyMeter *meter)
{
    if (!isnan(meter->joules) && clock_seconds() - meter->looked >= pause_seconds)
        look(meter);
}

double energy_meter_joules(EnergyMeter *meter)
{
    if (!isnan(meter->joules))
        look(meter);
    return meter->joules;
}
