/* What kind of processor this is, where the choice of an algorithm depends on it. */
#ifndef GISD_BASE_PROCESSOR_H
#define GISD_BASE_PROCESSOR_H

#include <stdbool.h>

/* AVX-512 as x86-64-v4 has it. */
bool processor_has_avx512(void);

/* Dot products of bfloat16 (AVX512_BF16). */
bool processor_has_half(void);

/* Dot products of bytes whose sums are exact (AVX512_VNNI). */
bool processor_has_bytes(void);

/* Tiles of bfloat16 that are multiplied as matrices (AMX). */
bool processor_has_tiles(void);

#endif
