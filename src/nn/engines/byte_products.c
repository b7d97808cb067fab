/* 1x1 convolutions of maps in 8 bits as one matrix product,
 *
 *     output (pixels x O) = input (pixels x I) . weights (I x O)
 *
 * Sums of ROWS pixels and two panels of LANES output channels lie in registers; four input channels
 * are multiplied at once. The processor multiplies bytes without a sign by bytes with one; a number
 * x of a map with a sign is taken as x + 128, and each sum begins at -128 times that of its
 * weights, so that it is exact. On its way out it becomes float32 by its scale, with bias, residual
 * and activation.
 *
 * Where there are more outputs than inputs, most of the work is on the way out, and there this is
 * quicker than oneDNN; elsewhere it is as quick, and gives the sums of the results' numbers and of
 * their squares besides, which a norm behind it wants.
 *
 * Pixels go through in blocks that stay in the second-level cache. Large weights are cut into two
 * slices, so that each of two threads reads its half alone. Neither shows in the bits. */
#include "nn/engines/byte_products.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/processor.h"
#include "nn/bytes.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#include <omp.h>

enum {
    LANES = 16,
    PAIR = 2 * LANES,      /* output channels of two panels */
    QUAD = 4,              /* input channels of a product */
    ROWS = 6,              /* of a step: the next one begins while its sums are on their way out */
    STRIP = 12,            /* pixels that go through all of small weights together */
    BLOCK_BYTES = 1 << 17, /* of the input */
    FEWEST_ROWS = 4 * STRIP,
    MOST_ROWS = 20 * STRIP,
    LARGE_WEIGHTS = 1 << 18,
    SMALL_WEIGHTS = 1 << 19, /* of a slice: half of a second-level cache */
    AHEAD_BYTES = 1 << 13,   /* how far ahead weights are fetched */
    FEW_PRODUCTS = 1 << 21   /* one thread is through sooner than two would meet */
};

#define TARGET __attribute__((target("arch=x86-64-v4,avx512vnni")))

#define INLINE static inline __attribute__((always_inline))

struct ConvolutionPlan {
    ConvolutionShape shape;
    Shape to;
    size_t pixels, blocks, most; /* of the output; blocks, as even as can be; pixels of a block */
    size_t slices;               /* of the output channels */
    int threads;                 /* that have a place in the workspace */
    int8_t *weights; /* pair of panels, quad of inputs, panel, output, input; borrowed, */
    float *scales;   /* and behind it, of the sums: O, */
    int32_t *starts; /* and where they begin: O */
    char *workspace; /* of each thread: the pixels of a block side by side, if they are not so, */
                     /* and a block's sums and squares of each channel */
    float *moments;  /* block, sum or squares, O / unit; borrowed; or NULL */
    size_t unit;
};

bool byte_products_fit(const ConvolutionShape *s)
{
    return s->step > 0 && s->kernel_h == 1 && s->kernel_w == 1 && !s->pad_h && !s->pad_w &&
           s->input.c % QUAD == 0 && s->output_channels % PAIR == 0 && processor_has_bytes() &&
           !processor_has_tiles();
}

/* ---- plans ---- */

static void describe(const ConvolutionShape *s, ConvolutionPlan *plan)
{
    *plan = (ConvolutionPlan){
        .shape = *s, .to = convolution_output(s), .threads = omp_get_max_threads()};
    plan->pixels = shape_pixels(plan->to);
    size_t most = BLOCK_BYTES / s->input.c;
    most = most < FEWEST_ROWS ? FEWEST_ROWS : most > MOST_ROWS ? MOST_ROWS : most;
    const bool large = s->input.c * s->output_channels > LARGE_WEIGHTS;
    plan->slices = large && s->output_channels % (2 * PAIR) == 0 ? 2 : 1;
    plan->blocks = (plan->pixels + most - 1) / most;
    if (plan->slices == 1 && plan->pixels > 1)
        plan->blocks += plan->blocks % 2; /* for two threads */
    plan->most = (plan->pixels + plan->blocks - 1) / plan->blocks;
}

static void plan_free(ConvolutionPlan *plan)
{
    free(plan);
}

static Status plan_new(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                       ConvolutionPlan **plan)
{
    (void)data_gradient;
    (void)weight_gradient;
    TRY(MEMORY_NEW(plan, 1));
    describe(shape, *plan);
    return STATUS_OK;
}

static Status plan_twin(const ConvolutionPlan *of, ConvolutionPlan **plan)
{
    TRY(MEMORY_NEW(plan, 1));
    **plan = *of;
    (*plan)->workspace = NULL;
    (*plan)->moments = NULL;
    return STATUS_OK;
}

static void version(char text[ENGINE_VERSION_BYTES])
{
    snprintf(text, ENGINE_VERSION_BYTES, "products of bytes");
}

static bool has_half(void)
{
    return processor_has_half();
}

/* Whether a block's pixels have to be put side by side. */
static bool gathers(const ConvolutionPlan *plan)
{
    return plan->shape.stride > 1;
}

static size_t gathered_bytes(const ConvolutionPlan *plan)
{
    return gathers(plan) ? (plan->most * plan->shape.input.c + 63) / 64 * 64 : 0;
}

static size_t thread_bytes(const ConvolutionPlan *plan)
{
    return gathered_bytes(plan) + 2 * plan->to.c * sizeof(float);
}

static size_t workspace_bytes(const ConvolutionPlan *plan)
{
    return (size_t)plan->threads * thread_bytes(plan);
}

static void set_workspace(ConvolutionPlan *plan, void *workspace)
{
    plan->workspace = workspace;
}

static size_t weight_count(const ConvolutionPlan *plan)
{
    return plan->shape.input.c * plan->to.c;
}

static size_t packed_bytes(const ConvolutionPlan *plan, Pack pack)
{
    return pack == PACK_FORWARD
               ? weight_count(plan) + plan->to.c * (sizeof(float) + sizeof(int32_t))
               : 0;
}

static void set_packed(ConvolutionPlan *plan, Pack pack, void *packed)
{
    if (pack != PACK_FORWARD)
        return;
    plan->weights = packed;
    plan->scales = (float *)(void *)(plan->weights + weight_count(plan));
    plan->starts = (int32_t *)(void *)(plan->scales + plan->to.c);
}

static Status count_needs(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                          EngineNeeds *needs)
{
    ConvolutionPlan plan;
    (void)data_gradient;
    (void)weight_gradient;
    describe(shape, &plan);
    *needs = (EngineNeeds){.packed = {packed_bytes(&plan, PACK_FORWARD)},
                           .workspace = workspace_bytes(&plan)};
    return STATUS_OK;
}

/* A block is a part, if all of them are of one image. */
static size_t moment_parts(const ConvolutionShape *shape)
{
    ConvolutionPlan plan;
    describe(shape, &plan);
    return shape->input.n == 1 ? plan.blocks : 0;
}

static void set_moments(ConvolutionPlan *plan, float *moments, size_t unit)
{
    plan->moments = moments;
    plan->unit = unit;
}

/* ---- weights ---- */

static void pack_filter(const ConvolutionPlan *plan, const int8_t *whole, size_t o)
{
    const size_t channels = plan->shape.input.c;
    int8_t *pair = plan->weights + o / PAIR * PAIR * channels;
    int32_t sum = 0;
    for (size_t i = 0; i < channels; ++i) {
        const int8_t weight = whole[o * channels + i];
        pair[(i / QUAD * PAIR + o % PAIR) * QUAD + i % QUAD] = weight;
        sum += weight;
    }
    plan->starts[o] = plan->shape.sign ? -128 * sum : 0;
    plan->scales[o] *= plan->shape.step;
}

static Status set_weights(ConvolutionPlan *plan, Pack pack, const float *weights)
{
    int8_t *whole;
    if (pack != PACK_FORWARD)
        return STATUS_OK;
    TRY(MEMORY_NEW(&whole, weight_count(plan)));
    bytes_weights(&plan->shape, weights, whole, plan->scales);
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < plan->to.c; ++o)
        pack_filter(plan, whole, o);
    free(whole);
    return STATUS_OK;
}

/* ---- products ---- */

/* Where the sums of a step go. */
typedef struct {
    const ConvolutionShape *shape;
    size_t row;          /* output channels: from a pixel to the next */
    const float *scales; /* of the first channel, as the rest */
    const int32_t *starts;
    const float *bias; /* or NULL */
    float *sums;       /* that the numbers are added to; or NULL, */
    float *squares;    /* and their squares */
} Way;

TARGET INLINE __m512 widen(__m256i halves)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

TARGET INLINE __m512 read_map(const char *at, bool half)
{
    return half ? widen(_mm256_loadu_si256((const __m256i *)(const void *)at))
                : _mm512_loadu_ps(at);
}

/* Rounded to nearest, ties to even; what is no number stays so. Gives what the map then holds. The
 * intrinsic would ask for the instruction (AVX512_BF16) also where maps are float32. */
TARGET INLINE __m512 write_map(char *at, bool half, __m512 value)
{
    __m256i halves;
    if (!half) {
        _mm512_storeu_ps(at, value);
        return value;
    }
    __asm__("vcvtneps2bf16 %1, %0" : "=v"(halves) : "v"(value));
    _mm256_storeu_si256((__m256i *)(void *)at, halves);
    return widen(halves);
}

/* The sums of LANES channels from channel `c` on become numbers, which go to `at`. */
TARGET INLINE __m512 finish(const Way *way, bool half, __m512i sums, size_t c, char *at)
{
    const Activation activation = way->shape->activation;
    const __m512 scale = _mm512_loadu_ps(way->scales + c);
    __m512 value = _mm512_cvtepi32_ps(sums);
    if (way->bias) {
        value = _mm512_fmadd_ps(value, scale, _mm512_loadu_ps(way->bias + c));
        if (way->shape->residual)
            value = _mm512_add_ps(value, read_map(at, half));
    } else if (way->shape->residual) {
        value = _mm512_fmadd_ps(value, scale, read_map(at, half));
    } else {
        value = _mm512_mul_ps(value, scale);
    }
    if (activation == ACTIVATION_RELU) /* the second one where one is no number */
        value = _mm512_max_ps(_mm512_setzero_ps(), value);
    else if (activation == ACTIVATION_LEAKY_RELU)
        value = _mm512_max_ps(_mm512_mul_ps(value, _mm512_set1_ps(NET_LEAK)), value);
    return write_map(at, half, value);
}

TARGET INLINE void add_to(float *at, __m512 numbers)
{
    _mm512_storeu_ps(at, _mm512_add_ps(_mm512_loadu_ps(at), numbers));
}

/* LANES channels from channel `c` on of `count` pixels. */
TARGET INLINE void finish_rows(size_t count, const Way *way, bool half, const __m512i *sums,
                               size_t c, char *to)
{
    const size_t row = way->row * (half ? 2 : 4);
    __m512 sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
    to += c * (half ? 2 : 4);
    if (!way->sums) {
#pragma GCC unroll 6
        for (size_t r = 0; r < count; ++r)
            finish(way, half, sums[r], c, to + r * row);
        return;
    }
#pragma GCC unroll 6
    for (size_t r = 0; r < count; ++r) {
        const __m512 value = finish(way, half, sums[r], c, to + r * row);
        sum = _mm512_add_ps(sum, value);
        squares = _mm512_fmadd_ps(value, value, squares);
    }
    add_to(way->sums + c, sum);
    add_to(way->squares + c, squares);
}

/* sums += x . weights, four by four. The intrinsic is the same, but gcc 12 copies the sums about.
 */
TARGET INLINE void add_products(__m512i *sums, __m512i x, __m512i weights)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(*sums) : "v"(x), "v"(weights));
}

/* `count` pixels of `channels` numbers with a pair of panels. Loops over them are unrolled, so that
 * sums are registers and no array. */
TARGET INLINE void dot_rows(size_t count, size_t channels, bool sign, bool half,
                            const uint8_t *restrict from, const int8_t *restrict pair,
                            const Way *way, char *to)
{
    const __m512i turn = _mm512_set1_epi8((char)0x80);
    __m512i first[ROWS], second[ROWS];
#pragma GCC unroll 6
    for (size_t r = 0; r < count; ++r) {
        first[r] = _mm512_loadu_si512(way->starts);
        second[r] = _mm512_loadu_si512(way->starts + LANES);
    }
    for (size_t i = 0; i < channels; i += QUAD) {
        const __m512i a = _mm512_loadu_si512(pair + i * PAIR);
        const __m512i b = _mm512_loadu_si512(pair + i * PAIR + QUAD * LANES);
        _mm_prefetch((const char *)pair + i * PAIR + AHEAD_BYTES, _MM_HINT_T1);
        _mm_prefetch((const char *)pair + i * PAIR + AHEAD_BYTES + 64, _MM_HINT_T1);
#pragma GCC unroll 6
        for (size_t r = 0; r < count; ++r) {
            int32_t quad;
            memcpy(&quad, from + r * channels + i, sizeof quad);
            __m512i x = _mm512_set1_epi32(quad);
            if (sign)
                x = _mm512_xor_si512(x, turn);
            add_products(&first[r], x, a);
            add_products(&second[r], x, b);
        }
    }
    finish_rows(count, way, half, first, 0, to);
    finish_rows(count, way, half, second, LANES, to);
}

/* All rows, in steps as even as can be; the cases keep the sums in registers. */
TARGET INLINE void dot_all_rows(size_t rows, size_t channels, bool sign, bool half,
                                const uint8_t *from, const int8_t *pair, const Way *way, char *to)
{
    const size_t steps = (rows + ROWS - 1) / ROWS;
    for (size_t s = 0; s < steps; ++s) {
        const size_t first = rows * s / steps, count = rows * (s + 1) / steps - first;
        const uint8_t *x = from + first * channels;
        char *y = to + first * way->row * (half ? 2 : 4);
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        dot_rows(n, channels, sign, half, x, pair, way, y);                                        \
        break;
        switch (count) {
            CASE(1)
            CASE(2)
            CASE(3)
            CASE(4)
            CASE(5)
        default:
            dot_rows(ROWS, channels, sign, half, x, pair, way, y);
        }
    }
}

typedef void (*DotPair)(size_t rows, size_t channels, const uint8_t *from, const int8_t *pair,
                        const Way *way, char *to);

TARGET static void dot_signed_half(size_t rows, size_t channels, const uint8_t *from,
                                   const int8_t *pair, const Way *way, char *to)
{
    dot_all_rows(rows, channels, true, true, from, pair, way, to);
}

TARGET static void dot_unsigned_half(size_t rows, size_t channels, const uint8_t *from,
                                     const int8_t *pair, const Way *way, char *to)
{
    dot_all_rows(rows, channels, false, true, from, pair, way, to);
}

TARGET static void dot_signed(size_t rows, size_t channels, const uint8_t *from, const int8_t *pair,
                              const Way *way, char *to)
{
    dot_all_rows(rows, channels, true, false, from, pair, way, to);
}

TARGET static void dot_unsigned(size_t rows, size_t channels, const uint8_t *from,
                                const int8_t *pair, const Way *way, char *to)
{
    dot_all_rows(rows, channels, false, false, from, pair, way, to);
}

/* The input of pixels first .. first + count - 1 of the output, side by side. */
static const uint8_t *take_pixels(const ConvolutionPlan *plan, const uint8_t *input, size_t first,
                                  size_t count, char *workspace)
{
    const Shape in = plan->shape.input, out = plan->to;
    if (!gathers(plan))
        return input + first * in.c;
    for (size_t p = first; p < first + count; ++p) {
        const size_t x = p % out.w * plan->shape.stride, y = p / out.w % out.h * plan->shape.stride;
        const size_t from = (p / out.w / out.h * in.h + y) * in.w + x;
        memcpy(workspace + (p - first) * in.c, input + from * in.c, in.c);
    }
    return (const uint8_t *)workspace;
}

/* Asks for the result's places of the pixels of the next step, which a residual is read from. */
static void fetch_next(const ConvolutionPlan *plan, size_t pixel, size_t count, size_t c,
                       const char *output)
{
    for (size_t p = pixel; p < pixel + count && p < plan->pixels; ++p)
        __builtin_prefetch(output + numbers_bytes(p * plan->to.c + c, plan->shape.half), 1);
}

/* Pixels first .. first + count - 1 of the output and a slice of its channels. */
static void run_pixels(const ConvolutionPlan *plan, size_t slice, size_t first, size_t count,
                       const uint8_t *from, const float *bias, float *moments, char *output)
{
    static const DotPair dots[2][2] = {{dot_unsigned, dot_unsigned_half},
                                       {dot_signed, dot_signed_half}};
    const ConvolutionShape *s = &plan->shape;
    const size_t width = plan->to.c / plan->slices;
    for (size_t c = slice * width; c < (slice + 1) * width; c += PAIR) {
        const Way way = {s,
                         plan->to.c,
                         plan->scales + c,
                         plan->starts + c,
                         s->bias ? bias + c : NULL,
                         moments ? moments + c : NULL,
                         moments ? moments + plan->to.c + c : NULL};
        if (count <= STRIP)
            fetch_next(plan, first + count, count, c, output);
        dots[s->sign][s->half](count, s->input.c, from, plan->weights + c * s->input.c, &way,
                               output + numbers_bytes(first * plan->to.c + c, s->half));
    }
}

/* Small weights stay near: the map goes through once, from its beginning to its end. */
static void run_block(const ConvolutionPlan *plan, size_t slice, size_t block, const uint8_t *input,
                      const float *bias, char *output, char *workspace)
{
    const size_t first = plan->pixels * block / plan->blocks;
    const size_t count = plan->pixels * (block + 1) / plan->blocks - first;
    const bool small = weight_count(plan) / plan->slices <= SMALL_WEIGHTS;
    const size_t steps = small ? (count + STRIP - 1) / STRIP : 1, width = plan->to.c / plan->slices;
    float *moments = plan->moments ? (float *)(void *)(workspace + gathered_bytes(plan)) : NULL;
    for (size_t k = 0; moments && k < 2; ++k)
        memset(moments + k * plan->to.c + slice * width, 0, width * sizeof *moments);
    const uint8_t *from = take_pixels(plan, input, first, count, workspace);
    for (size_t s = 0; s < steps; ++s) {
        const size_t begin = count * s / steps, end = count * (s + 1) / steps;
        run_pixels(plan, slice, first + begin, end - begin, from + begin * plan->shape.input.c,
                   bias, moments, output);
    }
    for (size_t k = 0; moments && k < 2; ++k)
        engine_join_sums(width, plan->unit, moments + k * plan->to.c + slice * width,
                         plan->moments +
                             ((block * 2 + k) * plan->to.c + slice * width) / plan->unit);
}

static Status forward(ConvolutionPlan *plan, const void *input, const float *bias, void *output)
{
    const bool shared = plan->pixels * weight_count(plan) > FEW_PRODUCTS;
    const int now = omp_get_max_threads();
#pragma omp parallel num_threads(now < plan->threads ? now : plan->threads) if (shared)
    {
        char *workspace = plan->workspace + (size_t)omp_get_thread_num() * thread_bytes(plan);
#pragma omp for collapse(2) schedule(static)
        for (size_t slice = 0; slice < plan->slices; ++slice)
            for (size_t block = 0; block < plan->blocks; ++block)
                run_block(plan, slice, block, input, bias, output, workspace);
    }
    return STATUS_OK;
}

const Engine *engine_byte_products(void)
{
    static const Engine engine = {
        .name = "byte_products",
        .version = version,
        .plan_new = plan_new,
        .plan_free = plan_free,
        .plan_twin = plan_twin,
        .has_half = has_half,
        .count_needs = count_needs,
        .workspace_bytes = workspace_bytes,
        .set_workspace = set_workspace,
        .packed_bytes = packed_bytes,
        .set_packed = set_packed,
        .set_weights = set_weights,
        .moment_parts = moment_parts,
        .set_moments = set_moments,
        .forward = forward,
    };
    return &engine;
}
#else
bool byte_products_fit(const ConvolutionShape *shape)
{
    (void)shape;
    return false;
}

const Engine *engine_byte_products(void)
{
    return NULL;
}
#endif
