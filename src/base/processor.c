/* See processor.h. */
#include "base/processor.h"

#ifdef __x86_64__
#include <cpuid.h>

enum { FEATURES = 7, AVX512_VNNI = 1 << 11, AMX_BF16 = 1 << 22 };

bool processor_has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

bool processor_has_half(void)
{
    return __builtin_cpu_supports("avx512bf16");
}

bool processor_has_bytes(void)
{
    unsigned a, b, c, d;
    return processor_has_avx512() && __get_cpuid_count(FEATURES, 0, &a, &b, &c, &d) &&
           (c & AVX512_VNNI);
}

bool processor_has_tiles(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(FEATURES, 0, &a, &b, &c, &d) && (d & AMX_BF16);
}
#else
bool processor_has_avx512(void)
{
    return false;
}

bool processor_has_half(void)
{
    return false;
}

bool processor_has_bytes(void)
{
    return false;
}

bool processor_has_tiles(void)
{
    return false;
}
#endif
