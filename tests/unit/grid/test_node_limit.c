/* A node's memory: the least of what kernel, control groups and Slurm leave. */
#include "../unit.h"

#include <math.h>
#include <sys/stat.h>

#include "../scratch.h"
#include "grid/run/node_limit.h"

static const double GIBI = 1073741824.0;

/* A file below the scratch folder, with the folders on its way. */
static void put(const char *root, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s%s", root, name);
    mkdir(root, 0777);
    for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')); ++at) {
        *at = '\0';
        mkdir(path, 0777);
        *at = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void forget_slurm(void)
{
    unsetenv("SLURM_MEM_PER_NODE");
    unsetenv("SLURM_MEM_PER_CPU");
    unsetenv("SLURM_CPUS_ON_NODE");
}

static void expect(const char *root, double bytes, const char *source)
{
    const NodeLimit limit = node_limit_find(root);
    assert_true(limit.bytes == bytes);
    assert_string_equal(limit.source, source);
}

static void the_least_of_all_that_is_said_counts(void **state)
{
    (void)state;
    const char *root = scratch("unified");
    forget_slurm();
    assert_true(isinf(node_limit_find(root).bytes));
    put(root, "/proc/meminfo", "MemTotal: 99 kB\nMemAvailable:   8388608 kB\n");
    expect(root, 8 * GIBI, "MemAvailable");
    put(root, "/proc/self/cgroup", "0::/job/step\n");
    put(root, "/sys/fs/cgroup/job/step/memory.max", "max\n");
    expect(root, 8 * GIBI, "MemAvailable");
    /* The limit is the outer group's, which holds 1 GiB that is not the file cache's. */
    put(root, "/sys/fs/cgroup/job/memory.max", "6442450944\n");
    put(root, "/sys/fs/cgroup/job/memory.current", "3221225472\n");
    put(root, "/sys/fs/cgroup/job/memory.stat", "anon 1073741824\nfile 2147483648\n");
    expect(root, 5 * GIBI, "memory.max of the cgroup");
    /* Half of what is called cached is memory that processes share. */
    put(root, "/sys/fs/cgroup/job/memory.stat",
        "anon 1073741824\nfile 2147483648\nshmem 1073741824\n");
    expect(root, 4 * GIBI, "memory.max of the cgroup");
    put(root, "/sys/fs/cgroup/job/memory.stat", "anon 1073741824\nfile 2147483648\nshmem 0\n");
    setenv("SLURM_MEM_PER_NODE", "0", 1);
    expect(root, 5 * GIBI, "memory.max of the cgroup");
    setenv("SLURM_MEM_PER_CPU", "1024", 1);
    setenv("SLURM_CPUS_ON_NODE", "4", 1);
    expect(root, 4 * GIBI, "SLURM_MEM_PER_CPU");
    setenv("SLURM_MEM_PER_NODE", "3072", 1);
    expect(root, 3 * GIBI, "SLURM_MEM_PER_NODE");
    forget_slurm();
}

static void the_older_control_groups_count_too(void **state)
{
    (void)state;
    const char *root = scratch("legacy");
    forget_slurm();
    put(root, "/proc/self/cgroup", "5:cpu,cpuacct:/job\n4:memory:/job\n");
    put(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put(root, "/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2147483648\n");
    put(root, "/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "0\n");
    expect(root, 2 * GIBI, "memory limit of the cgroup");
}

static void stated_limits_are_read_with_their_units(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",   "G",   "8Q",       "8GB", "-1G",
                                        "1K", "nan", "9999999T", "8 G"};
    NodeLimit limit;
    assert_int_equal(node_limit_read("8G", &limit), STATUS_OK);
    assert_true(limit.bytes == 8 * GIBI);
    assert_int_equal(node_limit_read("1.5T", &limit), STATUS_OK);
    assert_true(limit.bytes == 1536 * GIBI);
    assert_int_equal(node_limit_read("512M", &limit), STATUS_OK);
    assert_true(limit.bytes == GIBI / 2);
    assert_int_equal(node_limit_read("1073741824", &limit), STATUS_OK);
    assert_true(limit.bytes == GIBI);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        assert_int_equal(node_limit_read(wrong[i], &limit), STATUS_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_of_all_that_is_said_counts),
        cmocka_unit_test(the_older_control_groups_count_too),
        cmocka_unit_test(stated_limits_are_read_with_their_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
