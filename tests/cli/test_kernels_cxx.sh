#!/bin/sh
# The kernels of devices are C++ for CUDA: they compile as such, with stand-ins
# for what CUDA has beside it.
set -eu
cd "$(dirname "$0")/../.."
cxx=${CXX:-c++}
command -v "$cxx" >/dev/null || {
    echo "skipped: no C++ compiler"
    exit 77
}
{
    cat <<END
#include <cstddef>
#define __CUDACC__ 1
#define __global__
#define __device__
#define __shared__ static
#define __forceinline__ inline
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
struct uint4 { unsigned x, y, z, w; };
struct three { unsigned x, y, z; };
static three threadIdx, blockIdx;
inline void __syncthreads() {}
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned s) { return x + y + s; }
inline void atomicAdd(unsigned *p, unsigned v) { *p += v; }
inline void atomicAdd(unsigned long long *p, unsigned long long v) { *p += v; }
#define int8_t k_int8
#define uint8_t k_uint8
#define int16_t k_int16
#define uint16_t k_uint16
#define int32_t k_int32
#define uint32_t k_uint32
#define int64_t k_int64
#define uint64_t k_uint64
#define SG__ON_DEVICE 1
END
    while read -r file; do
        grep -v '^#[ ]*include' "src/$file"
    done <src/device/kernels/order
} | sed 's/^#define inline __device__.*//' |
    "$cxx" -x c++ -std=c++17 -fsyntax-only -w -pedantic-errors -
