/* The level of the x86-64 instruction set that this CPU and its operating system support:
 * 1 = baseline (SSE2), 3 = AVX2 and FMA, 4 = AVX-512 F, BW, CD, DQ, VL. setup.py lets the compiler
 * use the same features for the level. Every other architecture is level 1. */
#ifndef MIXCLUST_CPU_H
#define MIXCLUST_CPU_H

#if defined(__x86_64__) || defined(_M_X64)

#if defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>

static void cpu_id(unsigned leaf, unsigned regs[4]) { __cpuidex((int *)regs, (int)leaf, 0); }

static unsigned long long cpu_xcr0(void) { return _xgetbv(0); }
#else
#include <cpuid.h>

static void cpu_id(unsigned leaf, unsigned regs[4]) {
    __cpuid_count(leaf, 0, regs[0], regs[1], regs[2], regs[3]);
}

/* The xgetbv intrinsic needs -mxsave, which the baseline does not have. */
static unsigned long long cpu_xcr0(void) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((unsigned long long)high << 32) | low;
}
#endif

#define CPU_BIT(position) (1u << (position))

static int cpu_level(void) {
    enum { EAX, EBX, ECX };
    /* Leaf 1, ECX: FMA, MOVBE, POPCNT, OSXSAVE, AVX, F16C. */
    const unsigned v3_leaf_1 = CPU_BIT(12) | CPU_BIT(22) | CPU_BIT(23) | CPU_BIT(27) |
                               CPU_BIT(28) | CPU_BIT(29);
    /* Leaf 7, EBX: BMI1, AVX2, BMI2. */
    const unsigned v3_leaf_7 = CPU_BIT(3) | CPU_BIT(5) | CPU_BIT(8);
    /* Leaf 0x80000001, ECX: LZCNT. */
    const unsigned v3_extended = CPU_BIT(5);
    /* Leaf 7, EBX: AVX-512 F, DQ, CD, BW, VL. */
    const unsigned v4_leaf_7 = CPU_BIT(16) | CPU_BIT(17) | CPU_BIT(28) | CPU_BIT(30) | CPU_BIT(31);
    /* XCR0: the operating system saves XMM and YMM; opmask and both halves of ZMM. */
    const unsigned long long ymm = 0x6, zmm = 0xe6;
    unsigned highest[4], leaf_1[4], leaf_7[4], highest_extended[4], extended[4];
    unsigned long long saved;

    cpu_id(0, highest);
    cpu_id(0x80000000u, highest_extended);
    if (highest[EAX] < 7 || highest_extended[EAX] < 0x80000001u) return 1;
    cpu_id(1, leaf_1);
    cpu_id(7, leaf_7);
    cpu_id(0x80000001u, extended);
    /* OSXSAVE is among the bits tested, and xgetbv is an illegal instruction without it. */
    if ((leaf_1[ECX] & v3_leaf_1) != v3_leaf_1) return 1;
    saved = cpu_xcr0();
    if ((leaf_7[EBX] & v3_leaf_7) != v3_leaf_7 || !(extended[ECX] & v3_extended) ||
        (saved & ymm) != ymm)
        return 1;
    return (leaf_7[EBX] & v4_leaf_7) == v4_leaf_7 && (saved & zmm) == zmm ? 4 : 3;
}

/* Whether a CPU of level 4 multiplies and adds bytes in one instruction (AVX-512 VNNI). */
static inline int cpu_multiplies_bytes(void) {
    unsigned leaf_7[4];
    cpu_id(7, leaf_7);
    return (leaf_7[2] & CPU_BIT(11)) != 0;
}

#else

static int cpu_level(void) { return 1; }

#endif
#endif
