// Macros of zlib that pass its version and a structure's size, as functions. No logic.
#pragma once
#include <zlib.h>

static inline int dvm_deflateInit2(z_stream *s, int level, int method, int windowBits, int memLevel, int strategy) {
    return deflateInit2(s, level, method, windowBits, memLevel, strategy);
}
static inline int dvm_inflateInit2(z_stream *s, int windowBits) { return inflateInit2(s, windowBits); }
