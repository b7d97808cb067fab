/* Allocation that checks its sizes and reports its failures.
 *
 * Memory from here is zeroed (where it is large, as it is first touched, so that it is only then
 * taken from the system), aligned to 64 bytes (a cache line, a vector register), and released
 * with free(). Failure is an ordinary, testable error: memory_fail_after() lets a test make the
 * n-th allocation fail.
 */
#ifndef GISD_BASE_MEMORY_H
#define GISD_BASE_MEMORY_H

#include <stddef.h>

#include "base/status.h"

/* Stores into *pointer (a pointer variable of any object type) count x bytes_each zeroed bytes, to
 * be released with free(). Zero bytes give a valid pointer. STATUS_NO_MEMORY leaves it NULL. */
#define MEMORY_NEW(pointer, count) memory_new((void **)(pointer), (count), sizeof **(pointer))
Status memory_new(void **pointer, size_t count, size_t bytes_each);

/* The same, but whole pages of 2 MiB, if the system has them: for large arrays that are read again
 * and again, whose many small pages' addresses the processor could not keep. */
Status memory_new_large(void **pointer, size_t bytes);

/* Makes bytes of such memory zero, and has the system take back the whole pages among them until
 * they are written to: for large arrays that nobody needs for a while. */
void memory_let_go(void *memory, size_t bytes);

/* Makes room in a growing array: *pointer (as above; NULL at first) holds *capacity elements (0 at
 * first) and will hold at least `needed`, at twice the room when it moves, so that adding one by
 * one costs a constant each. What it held stays, new elements are zeroed. STATUS_NO_MEMORY leaves
 * both as they were. */
#define MEMORY_GROW(pointer, needed, capacity)                                                     \
    memory_grow((void **)(pointer), (needed), (capacity), sizeof **(pointer))
Status memory_grow(void **pointer, size_t needed, size_t *capacity, size_t bytes_each);

/* A copy of `text` in *copy, released with free(). */
Status memory_copy_text(const char *text, char **copy);

/* For libraries that crash where an allocation of theirs fails: STATUS_NO_MEMORY, with the
 * library's name, unless that many bytes could be had right now. */
Status memory_check_room(const char *library, size_t bytes);

/* For tests: the allocation after `successes` more ones fails, once; negative switches this off. */
void memory_fail_after(long successes);

#endif
