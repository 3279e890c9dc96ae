/* The language of the kernels: C with a few macros, for OpenCL C, for CUDA and
 * for plain C.
 *
 * A kernel has groups of SG__GROUP threads. Its body is a row of phases:
 *
 *   KERNEL(name) { SHARED(type, a, n); PHASE { ... } SYNC PHASE { ... } }
 *
 * Within a phase THREAD is the thread's number; `continue` ends it. What a
 * thread keeps from one phase to the next is PRIVATE(type, a, n) and read as
 * MINE(a)[i]. Loops round phases must be the same for all threads. Plain C runs
 * the threads of a phase one after the other, where analysers see all of it. */
#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)

#pragma OPENCL EXTENSION cl_khr_int64_base_atomics : enable
/* words of OpenCL, and of core/ */
#define kernel kernel_size
#define half one_half
typedef char int8_t;
typedef uchar uint8_t;
typedef short int16_t;
typedef ushort uint16_t;
typedef int int32_t;
typedef uint uint32_t;
typedef long int64_t;
typedef ulong uint64_t;
#define GLOBAL __global
#define LOCAL __local
#define PRIVATELY
typedef uint4 sg__quad;
#define SG__TABLE __constant
#define KERNEL(name)                                                          \
    __kernel __attribute__((reqd_work_group_size(SG__GROUP, 1, 1))) void      \
    name(__global uchar *memory, __global const uchar *images, sg__task t)
#define SHARED(type, name, n) __local type name[n]
#define SHARED_QUADS(name, n)                                                 \
    __local uint32_t name[n] __attribute__((aligned(16)))
#define TILE_STAGES 2 /* 32 KiB, as many devices have no more than 48 */
#define SYNC barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
#define THREAD ((uint32_t)get_local_id(0))
#define GROUP_X ((uint32_t)get_group_id(0))
#define GROUP_Y ((uint32_t)get_group_id(1))
#define ADD32(p, v) atomic_add((volatile __global uint *)(p), (uint)(v))
#define ADD64(p, v) atom_add((volatile __global ulong *)(p), (ulong)(v))
#define INT64_C(x) x##L
#define UINT64_C(x) x##UL
#define SG__THREADED 1

#elif defined(__CUDACC__)

typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
#define GLOBAL
#define LOCAL
#define PRIVATELY
typedef uint4 sg__quad;
#define restrict __restrict__
#define SG__TABLE static __device__ const
#define inline __device__ __forceinline__
/* Read where it is, from cards and compilers on that know the word. */
#if __CUDA_ARCH__ >= 700 &&                                                   \
    (__CUDACC_VER_MAJOR__ > 11 ||                                             \
     (__CUDACC_VER_MAJOR__ == 11 && __CUDACC_VER_MINOR__ >= 7))
#define SG__IN_PLACE __grid_constant__
#else
#define SG__IN_PLACE
#endif
#define KERNEL(name)                                                          \
    extern "C" __global__ void __launch_bounds__(SG__GROUP, 2)                \
        name(unsigned char *memory, const unsigned char *images,              \
             const SG__IN_PLACE sg__task t)
#define SHARED(type, name, n) __shared__ type name[n]
#define SHARED_QUADS(name, n) __shared__ __align__(16) uint32_t name[n]
#define SYNC __syncthreads();
#define THREAD threadIdx.x
#define GROUP_X blockIdx.x
#define GROUP_Y blockIdx.y
#define ADD32(p, v) atomicAdd((unsigned int *)(p), (unsigned int)(v))
#define ADD64(p, v)                                                           \
    atomicAdd((unsigned long long *)(p), (unsigned long long)(v))
#define INT64_C(x) x##LL
#define UINT64_C(x) x##ULL
#define UNROLL _Pragma("unroll")
#define SG__PERMUTE(x, y, bytes) __byte_perm(x, y, bytes)
#define SG__THREADED 1

#else

#define GLOBAL
#define LOCAL
#define PRIVATELY
typedef struct sg__quad {
    uint32_t x, y, z, w;
} sg__quad;
#define KERNEL(name)                                                          \
    static void name(uint8_t *memory, const uint8_t *images, sg__task t,      \
                     uint32_t GROUP_X, uint32_t GROUP_Y)
#define SHARED(type, name, n) static type name[n]
#define SHARED_QUADS(name, n) static _Alignas(16) uint32_t name[n]
#define SYNC
#define PHASE for (uint32_t THREAD = 0; THREAD < SG__GROUP; THREAD++)
#define PRIVATE(type, name, n) static type name[SG__GROUP][n]
#define MINE(name) (name[THREAD])
#define ADD32(p, v) (*(p) += (v))
#define ADD64(p, v) (*(p) += (v))

#endif

#ifdef SG__THREADED
#define PHASE for (int once_ = 1; once_; once_ = 0)
#define PRIVATE(type, name, n) type name[n]
#define MINE(name) (name)
#define UINT8_MAX 255
#define INT32_MAX 2147483647
#define UINT32_MAX 4294967295u
#endif

/* Which byte of a 16-bit number is the high one, and where byte i in memory is
 * in a 32-bit number. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define SG__HIGH_BYTE 0
#define SG__BYTE_SHIFT(i) (24 - 8 * (i))
#else
#define SG__HIGH_BYTE 1
#define SG__BYTE_SHIFT(i) (8 * (i))
#endif

#ifndef UNROLL /* the loop that follows: its arrays stay in registers */
#define UNROLL
#endif

/* The task of a kernel, for functions that it calls. */
#define TASK (&t)

/* An array at a place of the engine's memory. */
#define AT(type, place) ((GLOBAL type *)(memory + (place)))

/* The sums of SHARED uint64_t or int64_t arrays of SG__GROUP, each in its
 * element 0. */
#define REDUCE2(p, q)                                                         \
    SYNC for (uint32_t half_ = SG__GROUP / 2; half_ > 0; half_ /= 2)          \
    {                                                                         \
        PHASE                                                                 \
        {                                                                     \
            if (THREAD < half_) {                                             \
                p[THREAD] += p[THREAD + half_];                               \
                q[THREAD] += q[THREAD + half_];                               \
            }                                                                 \
        }                                                                     \
        SYNC                                                                  \
    }
#define REDUCE4(p, q, r, s)                                                   \
    SYNC for (uint32_t half_ = SG__GROUP / 2; half_ > 0; half_ /= 2)          \
    {                                                                         \
        PHASE                                                                 \
        {                                                                     \
            if (THREAD < half_) {                                             \
                p[THREAD] += p[THREAD + half_];                               \
                q[THREAD] += q[THREAD + half_];                               \
                r[THREAD] += r[THREAD + half_];                               \
                s[THREAD] += s[THREAD + half_];                               \
            }                                                                 \
        }                                                                     \
        SYNC                                                                  \
    }
#define REDUCE(p)                                                             \
    SYNC for (uint32_t half_ = SG__GROUP / 2; half_ > 0; half_ /= 2)          \
    {                                                                         \
        PHASE                                                                 \
        {                                                                     \
            if (THREAD < half_)                                               \
                p[THREAD] += p[THREAD + half_];                               \
        }                                                                     \
        SYNC                                                                  \
    }
