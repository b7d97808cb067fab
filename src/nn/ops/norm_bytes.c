/* See norm_bytes.h. One product and sum a number, y / step = A x + B with A = a / step and B =
 * (beta - a mean) / step, and the processor's own rounding: what compilers make of vectors of 32
 * bits that become bytes takes four times as long. */
#include "nn/ops/norm_bytes.h"

#include <math.h>

#include "base/processor.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define TARGET __attribute__((target("arch=x86-64-v4")))

enum { VECTOR = 16 };

bool norm_bytes_can(void)
{
    return processor_has_avx512();
}

/* The nearest whole number from low to high; what is no number becomes low. */
TARGET static inline __m512i round_lanes(const uint16_t *from, const float *factor,
                                         const float *shift, __m512 low, __m512 high)
{
    const __m256i halves = _mm256_loadu_si256((const __m256i *)(const void *)from);
    const __m512 x = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
    const __m512 y = _mm512_fmadd_ps(x, _mm512_loadu_ps(factor), _mm512_loadu_ps(shift));
    return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(y, low), high));
}

TARGET static void round_pixels(size_t pixels, size_t channels, const uint16_t *from,
                                const float *factor, const float *shift, __m512 low, __m512 high,
                                uint8_t *to)
{
    for (size_t p = 0; p < pixels; ++p, from += channels, to += channels)
        for (size_t c = 0; c < channels; c += VECTOR)
            _mm_storeu_si128(
                (__m128i *)(void *)(to + c),
                _mm512_cvtepi32_epi8(round_lanes(from + c, factor + c, shift + c, low, high)));
}

TARGET void norm_to_bytes(size_t pixels, const uint16_t *from, Numbers to, const NormBytes *norm)
{
    const float inverse = 1 / to.step, least = to.sign ? -127 : 0;
    const float low = fmaxf(norm->floor * inverse, least), high = to.sign ? 127 : 255;
    float factor[NUMBERS_TILE], shift[NUMBERS_TILE];
    for (size_t c = 0; c < norm->channels; ++c) {
        factor[c] = norm->a[c] * inverse;
        shift[c] = (norm->beta[c] - norm->a[c] * norm->mean[c]) * inverse;
    }
    round_pixels(pixels, norm->channels, from, factor, shift, _mm512_set1_ps(low),
                 _mm512_set1_ps(high), to.data);
}
#else
bool norm_bytes_can(void)
{
    return false;
}

void norm_to_bytes(size_t pixels, const uint16_t *from, Numbers to, const NormBytes *norm)
{
    (void)pixels;
    (void)from;
    (void)to;
    (void)norm;
}
#endif
