/* SPDX-License-Identifier: MIT */
#include "guest/arch/vector.h"

#include "guest/arch/cpu.h"
#include "guest/arch/insn.h"
#include "guest/arch/offload.h"
#include "guest/arch/panic.h"
#include "guest/lib/string.h"

/* State components (SDM vol. 1, 13.1). */
#define XSTATE_X87 0x1u
#define XSTATE_SSE 0x2u
#define XSTATE_AVX 0x4u
#define XSTATE_AVX512 0xe0u
/* Tiles need a permission that nobody asks the host for. */
#define XSTATE_AMX 0x60000u

#define CPUID_XSTATE    0xd
#define CPUID_1_OSXSAVE (1u << 27) /* in ecx */
#define FXSAVE_FCW   0
#define FXSAVE_MXCSR 24
#define FXSAVE_MXCSR_MASK 28
#define MXCSR_MASK_DEFAULT 0xffbf /* where FXSAVE says 0 (SDM vol. 1, 11.6.6) */
#define XSAVE_HEADER 512
#define FCW_DEFAULT   0x37f
#define MXCSR_DEFAULT 0x1f80

uint32_t vector_area_size = 512; /* what FXSAVE writes */
static uint32_t mxcsr_mask;
static uint32_t xstate_mask; /* components switched; 0: by FXSAVE */

/* With a clear header XRSTOR reads nothing but MXCSR. */
const char vector_initial[XSAVE_HEADER + 64] __attribute__((aligned(VECTOR_AREA_ALIGN))) = {
	[FXSAVE_FCW] = FCW_DEFAULT & 0xff, FCW_DEFAULT >> 8,
	[FXSAVE_MXCSR] = (char)(MXCSR_DEFAULT & 0xff), MXCSR_DEFAULT >> 8,
};

static inline void xsave(void *area, uint32_t mask)
{
	__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(mask), "d"(0) : "memory");
}

static inline void xrstor(const void *area, uint32_t mask)
{
	__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(mask), "d"(0) : "memory");
}

static uint32_t read_xcr0(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return lo;
}

/* What programs can use is the host's choice, and only ring 3 can ask. */
static __attribute__((noinline)) uint64_t offload_user_survey(void *unused)
{
	uint32_t r[4];

	(void)unused;
	insn_cpuid(1, 0, r);
	return r[2] & CPUID_1_OSXSAVE ? read_xcr0() & ~XSTATE_AMX : 0;
}

static uint32_t enable_xstate(void)
{
	uint32_t r[4];

	if (!cpu_features.xsave)
		return 0;
	insn_cpuid(CPUID_XSTATE, 0, r);
	r[0] &= XSTATE_X87 | XSTATE_SSE | XSTATE_AVX | XSTATE_AVX512;
	__asm__ volatile("xsetbv" : : "c"(0), "a"(r[0]), "d"(0));
	return r[0];
}

/* Where the last of the components ends. */
static uint64_t measure_area(void *arg)
{
	uint32_t mask = *(uint32_t *)arg, end = 0;

	for (unsigned i = 2; i < 32; i++) {
		uint32_t r[4];

		if (!(mask & 1u << i))
			continue;
		insn_cpuid(CPUID_XSTATE, i, r);
		if (r[1] + r[0] > end)
			end = r[1] + r[0];
	}
	return end;
}

static uint32_t read_mxcsr_mask(void)
{
	static char area[512] __attribute__((aligned(16)));
	uint32_t mask;

	__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
	mask = *(uint32_t *)(area + FXSAVE_MXCSR_MASK);
	return mask ? mask : MXCSR_MASK_DEFAULT;
}

void vector_init(void)
{
	mxcsr_mask = read_mxcsr_mask();
	if (offload_is_active)
		xstate_mask = offload_call(offload_user_survey, NULL);
	else
		xstate_mask = enable_xstate();
	if (xstate_mask)
		vector_area_size = max_u64(XSAVE_HEADER + 64, offload_call(measure_area, &xstate_mask));
	if (vector_area_size > VECTOR_AREA_MAX)
		panic("the vector state does not fit its area");
}

void vector_area_init(void *area)
{
	memset((char *)area + (xstate_mask ? XSAVE_HEADER : 0), 0, xstate_mask ? 64 : 512);
	*(uint16_t *)((char *)area + FXSAVE_FCW) = FCW_DEFAULT;
	*(uint32_t *)((char *)area + FXSAVE_MXCSR) = MXCSR_DEFAULT;
}

void vector_switch(void *save, const void *load)
{
	if (likely(xstate_mask)) {
		xsave(save, xstate_mask);
		xrstor(load, xstate_mask);
	} else {
		__asm__ volatile("fxsave64 (%0)" : : "r"(save) : "memory");
		__asm__ volatile("fxrstor64 (%0)" : : "r"(load) : "memory");
	}
}

void vector_save(void *area)
{
	if (likely(xstate_mask))
		xsave(area, xstate_mask);
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void vector_load_copy(void *area, const void *src)
{
	uint64_t *header = (uint64_t *)((char *)area + XSAVE_HEADER);

	copy_words(area, src, vector_area_size / 8);
	*(uint32_t *)((char *)area + FXSAVE_MXCSR) &= mxcsr_mask;
	if (likely(xstate_mask)) {
		header[0] &= xstate_mask;
		zero_words(&header[1], 7); /* XCOMP_BV and what is reserved */
		xrstor(area, xstate_mask);
	} else {
		__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
	}
}
