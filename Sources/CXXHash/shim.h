#pragma once
#include <xxhash.h>

// On x86-64 the library chooses the widest vectors that the processor has, but only for who asks by these names.
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>
#endif

static inline XXH_errorcode dvm_XXH3_update(XXH3_state_t *state, const void *bytes, size_t count) {
  return XXH3_128bits_update(state, bytes, count);
}

static inline XXH64_hash_t dvm_XXH3_64bits(const void *bytes, size_t count, XXH64_hash_t seed) {
  return XXH3_64bits_withSeed(bytes, count, seed);
}

static inline XXH128_hash_t dvm_XXH3_128bits(const void *bytes, size_t count, XXH64_hash_t seed) {
  return XXH3_128bits_withSeed(bytes, count, seed);
}
