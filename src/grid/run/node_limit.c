/* See node_limit.h. A control group's limit binds all groups below it, and some of it is taken
 * already: by whatever else runs in the group, but for what the kernel only caches. What processes
 * share (base/shared_memory.h) counts as cached there, and is not. */
#include "grid/run/node_limit.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 512 };

static const double MEBI = 1048576;

static void take_less(NodeLimit *limit, double bytes, const char *source)
{
    if (!(bytes >= 0) || bytes >= limit->bytes)
        return;
    limit->bytes = bytes;
    snprintf(limit->source, sizeof limit->source, "%s", source);
}

/* The number after `key` in a file of lines "key number"; with an empty key that of the first line.
 * NaN: there is none. */
static double number_of(const char *path, const char *key)
{
    char line[LINE_BYTES], *end;
    double found = (double)NAN;
    FILE *file = fopen(path, "re");
    while (file && isnan(found) && fgets(line, sizeof line, file)) {
        const size_t length = strlen(key);
        if (strncmp(line, key, length) != 0)
            continue;
        const double number = strtod(line + length, &end);
        if (end != line + length)
            found = number;
    }
    if (file)
        fclose(file);
    return found;
}

typedef struct {
    const char *mount, *limit, *used, *cached, *shared, *source;
} CgroupKind;

static const CgroupKind unified = {"/sys/fs/cgroup", "memory.max", "memory.current",
                                   "file ",          "shmem ",     "memory.max of the cgroup"};
static const CgroupKind legacy = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes",
                                  "memory.usage_in_bytes", "total_cache ",
                                  "total_shmem ",          "memory limit of the cgroup"};

static double cgroup_number(const char *folder, const char *name, const char *key)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return (double)NAN;
    return number_of(path, key);
}

/* The group and all above it. `group`: its path; changed. */
static void look_at_groups(const char *root, const CgroupKind *kind, char *group, NodeLimit *limit)
{
    for (;;) {
        char folder[PATH_MAX];
        if (snprintf(folder, sizeof folder, "%s%s%s", root, kind->mount, group) >=
            (int)sizeof folder)
            return;
        const double most = cgroup_number(folder, kind->limit, "");
        const double used = cgroup_number(folder, kind->used, ""),
                     cached = cgroup_number(folder, "memory.stat", kind->cached),
                     shared = cgroup_number(folder, "memory.stat", kind->shared);
        const double kept = cached - (isnan(shared) ? 0 : shared);
        const double taken = used > kept ? used - kept : 0;
        if (most > 0)
            take_less(limit, fmax(0, most - taken), kind->source);
        char *last = strrchr(group, '/');
        if (!last)
            return;
        *last = '\0';
    }
}

/* Lines "0::/group" of the unified hierarchy, "7:memory:/group" of the one before it. */
static void look_at_cgroups(const char *root, NodeLimit *limit)
{
    char path[PATH_MAX], line[LINE_BYTES];
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        if (controllers[1] == '\0')
            look_at_groups(root, &unified, group, limit);
        else if (strstr(controllers + 1, "memory"))
            look_at_groups(root, &legacy, group, limit);
    }
    if (file)
        fclose(file);
}

static double slurm_number(const char *name)
{
    const char *text = getenv(name);
    return text ? strtod(text, NULL) : 0;
}

/* In MiB; 0 is all that the node has. */
static void look_at_slurm(NodeLimit *limit)
{
    const double node = slurm_number("SLURM_MEM_PER_NODE"),
                 processor = slurm_number("SLURM_MEM_PER_CPU") * slurm_number("SLURM_CPUS_ON_NODE");
    if (node > 0)
        take_less(limit, node * MEBI, "SLURM_MEM_PER_NODE");
    if (processor > 0)
        take_less(limit, processor * MEBI, "SLURM_MEM_PER_CPU");
}

NodeLimit node_limit_find(const char *root)
{
    NodeLimit limit = {.bytes = (double)INFINITY};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    take_less(&limit, 1024 * number_of(path, "MemAvailable:"), "MemAvailable");
    look_at_cgroups(root, &limit);
    look_at_slurm(&limit);
    return limit;
}

Status node_limit_read(const char *text, NodeLimit *limit)
{
    static const char units[] = "KMGT";
    char *end;
    double bytes = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end) : NULL;
    if (unit)
        ++end;
    for (; unit && unit >= units; --unit)
        bytes *= 1024;
    if (end == text || *end || !(bytes >= MEBI) || bytes > 1e18)
        FAIL(STATUS_ARGUMENT,
             "--memory: '%s' (expected the memory of a node, such as 8G, 500M or 1.5T)", text);
    *limit = (NodeLimit){.bytes = bytes, .source = "--memory"};
    return STATUS_OK;
}
