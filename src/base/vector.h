/* One binary for mixed nodes: a function marked VECTORISED is compiled for several instruction
 * sets, and the loader picks the best one that the processor has. Such a function must not open an
 * OpenMP region itself (the outlined body would not be cloned). Sanitizers run before the loader's
 * choice works, so their builds have the plain version only.
 */
#ifndef GISD_BASE_VECTOR_H
#define GISD_BASE_VECTOR_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__OPTIMIZE__)
#define VECTORISED __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define VECTORISED
#endif

/* Before a loop: what it writes is not what it reads a turn later, though the compiler cannot see
 * it.
 */
#ifdef __clang__
#define INDEPENDENT_TURNS _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT_TURNS _Pragma("GCC ivdep")
#endif

#endif
