/* 64- and 128-bit content hashes (xxHash's XXH3): identities of cells, fingerprints of data,
 * checksums of files. Not cryptographic. */
#ifndef GISD_BASE_HASH_H
#define GISD_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_TEXT_BYTES = 33 }; /* 32 hexadecimal digits and the terminator */

/* XXH3-64 of `bytes` bytes at `data`. */
uint64_t hash_bytes(const void *data, size_t bytes, uint64_t seed);

/* XXH3-128 of `bytes` bytes at `data`. */
void hash_wide(const void *data, size_t bytes, uint64_t hash[2]);

/* The same as lower-case hexadecimal text. */
void hash_text(const void *data, size_t bytes, char text[HASH_TEXT_BYTES]);

#endif
