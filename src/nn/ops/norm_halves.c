/* See norm_halves.h. Twice: for all processors with what compilers make of vectors, and for those
 * that round to bfloat16 themselves (AVX512_BF16) in their own instructions, some 10 for 16 numbers
 * of a pass in place of 20 to 30. A few pixels go through together, so that factors and sums stay
 * in registers.
 */
#include "nn/ops/norm_halves.h"

#include "base/vector.h"
#include "nn/ops/norm_lanes.h"

/* ---- for all processors ---- */

VECTORISED static void sum_squares_lanes(size_t pixels, size_t C, const uint16_t *x,
                                         const float *pivot, float *sum, float *squares)
{
    sum_channels(pixels, C, x, true, pivot, sum, squares);
}

VECTORISED static void normalise_in_lanes(size_t pixels, const NormFactors *f, const uint16_t *x,
                                          uint16_t *y)
{
    const size_t C = f->channels;
    Lanes numbers;
    for (size_t p = 0; p < pixels; ++p, x += C, y += C)
        for (size_t c = 0; c < C; c += LANES) {
            normalise_lanes(x, true, c, f->mean, f->a, f->beta, f->floor, &numbers);
            lanes_write(y, true, c, &numbers);
        }
}

VECTORISED static void sum_gradients_lanes(size_t pixels, const NormFactors *f, const uint16_t *x,
                                           const uint16_t *dy, float *sum, float *product)
{
    const size_t C = f->channels;
    size_t p = 0;
    for (; p + ROWS <= pixels; p += ROWS)
        sum_gradient_rows(ROWS, C, x + p * C, dy + p * C, f->mean, f->a, f->beta, f->floor, sum,
                          product);
    for (; p < pixels; ++p)
        sum_gradient_rows(1, C, x + p * C, dy + p * C, f->mean, f->a, f->beta, f->floor, sum,
                          product);
}

VECTORISED static void spread_gradients_lanes(size_t pixels, const NormFactors *f,
                                              const uint16_t *x, const uint16_t *dy, bool add,
                                              uint16_t *dx)
{
    const size_t C = f->channels;
    size_t p = 0;
    for (; p + ROWS <= pixels; p += ROWS)
        spread_gradient_rows(ROWS, C, x + p * C, dy + p * C, f->mean, f->a, f->beta, f->k, f->m,
                             f->floor, add, dx + p * C);
    for (; p < pixels; ++p)
        spread_gradient_rows(1, C, x + p * C, dy + p * C, f->mean, f->a, f->beta, f->k, f->m,
                             f->floor, add, dx + p * C);
}

#if defined(__x86_64__) && defined(__GNUC__)
/* ---- in AVX-512's own instructions ---- */

#include <immintrin.h>

#define OWN_INLINE OWN_ROUNDING INLINE

OWN_INLINE __m512 read_halves(const uint16_t *from)
{
    const __m256i halves = _mm256_loadu_si256((const __m256i *)(const void *)from);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

OWN_INLINE void write_halves(__m512 numbers, uint16_t *to)
{
    _mm256_storeu_si256((__m256i *)(void *)to, (__m256i)_mm512_cvtneps_pbh(numbers));
}

/* Factors of LANES channels. */
typedef struct {
    __m512 mean, a, beta, floor;
} Vectors;

OWN_INLINE Vectors vectors_of(const NormFactors *f, size_t c)
{
    return (Vectors){_mm512_loadu_ps(f->mean + c), _mm512_loadu_ps(f->a + c),
                     _mm512_loadu_ps(f->beta + c), _mm512_set1_ps(f->floor)};
}

OWN_INLINE void sum_squares_rows(size_t rows, size_t C, const uint16_t *x, const float *pivot,
                                 float *sum, float *squares)
{
    for (size_t c = 0; c < C; c += LANES) {
        const __m512 about = _mm512_loadu_ps(pivot + c);
        __m512 s = _mm512_loadu_ps(sum + c), q = _mm512_loadu_ps(squares + c);
        for (size_t r = 0; r < rows; ++r) {
            const __m512 distance = _mm512_sub_ps(read_halves(x + r * C + c), about);
            s = _mm512_add_ps(s, distance);
            q = _mm512_fmadd_ps(distance, distance, q);
        }
        _mm512_storeu_ps(sum + c, s);
        _mm512_storeu_ps(squares + c, q);
    }
}

OWN_ROUNDING static void sum_squares_own(size_t pixels, size_t C, const uint16_t *x,
                                         const float *pivot, float *sum, float *squares)
{
    size_t p = 0;
    memset(sum, 0, C * sizeof *sum);
    memset(squares, 0, C * sizeof *squares);
    for (; p + ROWS <= pixels; p += ROWS)
        sum_squares_rows(ROWS, C, x + p * C, pivot, sum, squares);
    for (; p < pixels; ++p)
        sum_squares_rows(1, C, x + p * C, pivot, sum, squares);
}

/* Where one of them is no number the maximum is the second. */
OWN_INLINE void normalise_rows(size_t rows, const NormFactors *f, const uint16_t *x, uint16_t *y)
{
    const size_t C = f->channels;
    for (size_t c = 0; c < C; c += LANES) {
        const Vectors v = vectors_of(f, c);
        for (size_t r = 0; r < rows; ++r) {
            const __m512 distance = _mm512_sub_ps(read_halves(x + r * C + c), v.mean);
            write_halves(_mm512_max_ps(v.floor, _mm512_fmadd_ps(v.a, distance, v.beta)),
                         y + r * C + c);
        }
    }
}

OWN_ROUNDING static void normalise_own(size_t pixels, const NormFactors *f, const uint16_t *x,
                                       uint16_t *y)
{
    const size_t C = f->channels;
    size_t p = 0;
    for (; p + ROWS <= pixels; p += ROWS)
        normalise_rows(ROWS, f, x + p * C, y + p * C);
    for (; p < pixels; ++p)
        normalise_rows(1, f, x + p * C, y + p * C);
}

/* Where dy counts. */
OWN_INLINE __mmask16 counting(const Vectors *v, __m512 distance)
{
    return _mm512_cmp_ps_mask(_mm512_fmadd_ps(v->a, distance, v->beta), v->floor, _CMP_GT_OQ);
}

OWN_INLINE void sum_rows_own(size_t rows, const NormFactors *f, const uint16_t *x,
                             const uint16_t *dy, float *sum, float *product)
{
    const size_t C = f->channels;
    for (size_t c = 0; c < C; c += LANES) {
        const Vectors v = vectors_of(f, c);
        __m512 s = _mm512_loadu_ps(sum + c), q = _mm512_loadu_ps(product + c);
        for (size_t r = 0; r < rows; ++r) {
            const __m512 distance = _mm512_sub_ps(read_halves(x + r * C + c), v.mean);
            const __m512 gradient = read_halves(dy + r * C + c);
            const __mmask16 counts = counting(&v, distance);
            s = _mm512_mask_add_ps(s, counts, s, gradient);
            q = _mm512_mask3_fmadd_ps(gradient, distance, q, counts);
        }
        _mm512_storeu_ps(sum + c, s);
        _mm512_storeu_ps(product + c, q);
    }
}

OWN_ROUNDING static void sum_gradients_own(size_t pixels, const NormFactors *f, const uint16_t *x,
                                           const uint16_t *dy, float *sum, float *product)
{
    const size_t C = f->channels;
    size_t p = 0;
    for (; p + ROWS <= pixels; p += ROWS)
        sum_rows_own(ROWS, f, x + p * C, dy + p * C, sum, product);
    for (; p < pixels; ++p)
        sum_rows_own(1, f, x + p * C, dy + p * C, sum, product);
}

OWN_INLINE void spread_rows(size_t rows, const NormFactors *f, const uint16_t *x,
                            const uint16_t *dy, bool add, uint16_t *dx)
{
    const size_t C = f->channels;
    for (size_t c = 0; c < C; c += LANES) {
        const Vectors v = vectors_of(f, c);
        const __m512 k = _mm512_loadu_ps(f->k + c), m = _mm512_loadu_ps(f->m + c);
        for (size_t r = 0; r < rows; ++r) {
            const size_t at = r * C + c;
            const __m512 distance = _mm512_sub_ps(read_halves(x + at), v.mean);
            __m512 result = _mm512_fmadd_ps(k, distance, m);
            result =
                _mm512_mask3_fmadd_ps(v.a, read_halves(dy + at), result, counting(&v, distance));
            if (add)
                result = _mm512_add_ps(result, read_halves(dx + at));
            write_halves(result, dx + at);
        }
    }
}

OWN_ROUNDING static void spread_gradients_own(size_t pixels, const NormFactors *f,
                                              const uint16_t *x, const uint16_t *dy, bool add,
                                              uint16_t *dx)
{
    const size_t C = f->channels;
    size_t p = 0;
    for (; p + ROWS <= pixels; p += ROWS)
        spread_rows(ROWS, f, x + p * C, dy + p * C, add, dx + p * C);
    for (; p < pixels; ++p)
        spread_rows(1, f, x + p * C, dy + p * C, add, dx + p * C);
}
#else
#define sum_squares_own      sum_squares_lanes
#define normalise_own        normalise_in_lanes
#define sum_gradients_own    sum_gradients_lanes
#define spread_gradients_own spread_gradients_lanes
#endif

void norm_sum_squares(size_t pixels, size_t channels, const uint16_t *x, const float *pivot,
                      float *sum, float *squares)
{
    const bool own = channels % LANES == 0 && lanes_own_rounding();
    (own ? sum_squares_own : sum_squares_lanes)(pixels, channels, x, pivot, sum, squares);
}

void norm_normalise(size_t pixels, const NormFactors *factors, const uint16_t *x, uint16_t *y)
{
    (lanes_own_rounding() ? normalise_own : normalise_in_lanes)(pixels, factors, x, y);
}

void norm_sum_gradients(size_t pixels, const NormFactors *factors, const uint16_t *x,
                        const uint16_t *dy, float *sum, float *product)
{
    (lanes_own_rounding() ? sum_gradients_own : sum_gradients_lanes)(pixels, factors, x, dy, sum,
                                                                     product);
}

void norm_spread_gradients(size_t pixels, const NormFactors *factors, const uint16_t *x,
                           const uint16_t *dy, bool add, uint16_t *dx)
{
    (lanes_own_rounding() ? spread_gradients_own : spread_gradients_lanes)(pixels, factors, x, dy,
                                                                           add, dx);
}
