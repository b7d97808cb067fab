/* Random numbers as a pure function of what they are for.
 *
 * Philox4x32-10 (Salmon et al., SC 2011, through Random123) turns a key and a counter into numbers;
 * there is no hidden state. A stream is keyed by the run's seed and a purpose and counts from an
 * origin (say: epoch and image), so that no number depends on the order of calls elsewhere, on the
 * number of threads or on the number of ranks. Two streams with the same five values are the same.
 */
#ifndef GISD_BASE_RANDOM_H
#define GISD_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t key[2];     /* hash of seed and purpose */
    uint32_t counter[4]; /* block index (64 bits), then the two origin words */
    uint32_t block[4];   /* numbers of the current block */
    unsigned used;       /* how many of them are spent */
} RandomStream;

/* Starts a stream. `purpose` names its use ("init/backbone.stem.weight", "augment"); a and b place
 * it (epoch and image, or 0). */
void random_init(RandomStream *stream, uint64_t seed, const char *purpose, uint32_t a, uint32_t b);

/* Goes to the index-th of the stream's 32-bit numbers, counted from 0. */
void random_seek(RandomStream *stream, uint64_t index);

/* The next 32 uniform bits. */
uint32_t random_u32(RandomStream *stream);

/* Uniform in [0, 1) with 24 random bits. */
float random_uniform(RandomStream *stream);

/* Uniform in [low, high). */
float random_range(RandomStream *stream, float low, float high);

/* Uniform integer in [0, bound), without modulo bias (Lemire 2019); bound > 0. */
uint32_t random_below(RandomStream *stream, uint32_t bound);

/* Standard normal (Box-Muller, in double precision). */
float random_normal(RandomStream *stream);

/* Beta with both parameters `alpha`, above 0 and at most 1 (Joehnk 1964, in logarithms, so that a
 * small alpha does not underflow). */
double random_beta(RandomStream *stream, double alpha);

/* Fisher-Yates shuffle of n indices. */
void random_shuffle(RandomStream *stream, size_t n, uint32_t *indices /* n */);

#endif
