/* Counters as Linux shows them, in a folder of files. */
#include "../unit.h"

#include "../scratch.h"

#include <math.h>
#include <sys/stat.h>

#include "base/energy_meter.h"

static void count(const char *package, const char *name, const char *number)
{
    char path[192];
    snprintf(path, sizeof path, "%s/%s", scratch("powercap"), package);
    mkdir(scratch("powercap"), 0700);
    mkdir(path, 0700);
    strcat(strcat(path, "/"), name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(number, file);
    fclose(file);
}

static void two_packages_add_up_and_a_counter_may_begin_anew(void **state)
{
    (void)state;
    EnergyMeter meter;
    count("intel-rapl:0", "max_energy_range_uj", "262143328850\n");
    count("intel-rapl:1", "max_energy_range_uj", "262143328850\n");
    count("intel-rapl:0", "energy_uj", "1000000\n");
    count("intel-rapl:1", "energy_uj", "262143000000\n");
    energy_meter_start(&meter, scratch("powercap"));
    assert_int_equal(meter.packages, 2);
    count("intel-rapl:0", "energy_uj", "4500000\n");
    count("intel-rapl:1", "energy_uj", "1671150\n"); /* 0.32885 J to the range, then 1.67115 */
    assert_true(fabs(energy_meter_joules(&meter) - 5.5) < 1e-9);
    energy_meter_look(&meter); /* within ten seconds: does not look */
    assert_true(fabs(energy_meter_joules(&meter) - 5.5) < 1e-9);
}

static void a_gap_that_may_hide_a_whole_turn_makes_it_unknown(void **state)
{
    (void)state;
    EnergyMeter meter;
    count("intel-rapl:0", "max_energy_range_uj", "262143328850\n");
    count("intel-rapl:0", "energy_uj", "1\n");
    energy_meter_start(&meter, scratch("powercap"));
    meter.looked -= 300; /* at 1 kW the counter may have been around once */
    count("intel-rapl:0", "energy_uj", "2000001\n");
    assert_true(isnan(energy_meter_joules(&meter)));
    assert_true(isnan(energy_meter_joules(&meter)));
}

static void without_counters_nothing_is_known(void **state)
{
    (void)state;
    EnergyMeter meter;
    energy_meter_start(&meter, "/nowhere");
    energy_meter_look(&meter);
    assert_int_equal(meter.packages, 0);
    assert_true(isnan(energy_meter_joules(&meter)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_packages_add_up_and_a_counter_may_begin_anew),
        cmocka_unit_test(a_gap_that_may_hide_a_whole_turn_makes_it_unknown),
        cmocka_unit_test(without_counters_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
