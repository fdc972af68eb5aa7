/* SPDX-License-Identifier: MIT */
#include "vmm/boot/cpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>

#include <asm/hwcap2.h>
#include <asm/kvm_para.h>

#include <lde/boot.h>
#include <lde/layout.h>

#define CR0_PE (1ull << 0)
#define CR0_MP (1ull << 1)
#define CR0_ET (1ull << 4)
#define CR0_NE (1ull << 5)
#define CR0_WP (1ull << 16)
#define CR0_AM (1ull << 18)
#define CR0_PG (1ull << 31)

#define CR4_PAE        (1ull << 5)
#define CR4_OSFXSR     (1ull << 9)
#define CR4_OSXMMEXCPT (1ull << 10)

#define EFER_SCE (1ull << 0)
#define EFER_LME (1ull << 8)
#define EFER_LMA (1ull << 10)
#define EFER_NXE (1ull << 11)

#define APIC_BASE_ADDRESS 0xfee00000ull
#define APIC_BASE_BSP     (1ull << 8)
#define APIC_BASE_ENABLE  (1ull << 11)

#define RFLAGS_RESERVED 2

/* CPUID.1:ECX */
#define CPUID_1_ECX_MONITOR      (1u << 3)
#define CPUID_1_ECX_VMX          (1u << 5)
#define CPUID_1_ECX_X2APIC       (1u << 21)
/* x87, SSE, AVX, AVX-512 (SDM vol. 1, 13.1). */
#define XSTATE_OFFERED 0xe7u
#define CPUID_1_ECX_TSC_DEADLINE (1u << 24)
#define CPUID_1_ECX_XSAVE        (1u << 26)
#define CPUID_1_ECX_HYPERVISOR   (1u << 31)
/* CPUID.7.0 */
#define CPUID_7_EBX_FSGSBASE (1u << 0)
#define CPUID_7_EBX_SMEP     (1u << 7)
#define CPUID_7_ECX_UMIP     (1u << 2)
/* CPUID.8000_0001:ECX */
#define CPUID_80000001_ECX_SVM (1u << 2)

/* KVM has answered with at most about 100 since there is such a call. */
#define CPUID_ENTRIES_MAX 256

static int fail(struct kvm_error *error, int err)
{
	*error = (struct kvm_error){.step = KVM_STEP_CPU_STATE, .error = err};
	return err;
}

/*
 * What the guest is shown of leaf 1. TSC-deadline is set although some hosts
 * leave it out of KVM_GET_SUPPORTED_CPUID: the timer is emulated by KVM (which
 * has KVM_CAP_TSC_DEADLINE_TIMER, checked by kvm_open), and without the bit
 * KVM drops the guest's writes to it (4.46, and 5. of the CPUID section).
 * Nested virtualization and MONITOR are not offered. EBX: APIC id 0, 1 CPU.
 */
static void adjust_leaf_1(struct kvm_cpuid_entry2 *leaf)
{
	leaf->ebx = (leaf->ebx & 0xffff) | 1u << 16;
	leaf->ecx |= CPUID_1_ECX_TSC_DEADLINE | CPUID_1_ECX_X2APIC | CPUID_1_ECX_HYPERVISOR;
	leaf->ecx &= ~(CPUID_1_ECX_VMX | CPUID_1_ECX_MONITOR);
}

static void adjust_leaf(struct kvm_cpuid_entry2 *leaf, struct bootcpu *info)
{
	switch (leaf->function) {
	case 1:
		adjust_leaf_1(leaf);
		info->has_xsave = leaf->ecx & CPUID_1_ECX_XSAVE;
		break;
	case 7:
		if (leaf->index)
			break;
		info->has_fsgsbase = leaf->ebx & CPUID_7_EBX_FSGSBASE;
		info->has_smep = leaf->ebx & CPUID_7_EBX_SMEP;
		info->has_umip = leaf->ecx & CPUID_7_ECX_UMIP;
		break;
	case 0xd: /* XSAVE: which components there are */
		if (!leaf->index)
			info->xstate_mask = leaf->eax & XSTATE_OFFERED;
		break;
	case 0xb: /* topology: the x2APIC id of this CPU */
	case 0x1f:
		leaf->edx = 0;
		break;
	case KVM_CPUID_FEATURES:
		info->has_pv_eoi = leaf->eax & 1u << KVM_FEATURE_PV_EOI;
		break;
	case 0x80000001:
		leaf->ecx &= ~CPUID_80000001_ECX_SVM;
		break;
	}
}

static int set_cpuid(const struct kvm_host *host, const struct kvm_vcpu *vcpu,
		     struct bootcpu *info)
{
	struct kvm_cpuid2 *cpuid =
		calloc(1, sizeof(*cpuid) + CPUID_ENTRIES_MAX * sizeof(cpuid->entries[0]));
	int err = 0;

	if (!cpuid)
		return -ENOMEM;
	info->has_host_fsgsbase = getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE;
	cpuid->nent = CPUID_ENTRIES_MAX;
	if (ioctl(host->fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0)
		err = -errno;
	for (uint32_t i = 0; i < cpuid->nent && !err; i++)
		adjust_leaf(&cpuid->entries[i], info);
	if (!err && ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid) < 0)
		err = -errno;
	free(cpuid);
	return err;
}

/*
 * Lets the guest's counter run as fast as the host's, whose rate KVM_SET_TSC_KHZ takes
 * for 0. A new vCPU's is the default of the VM; on a CPU without an invariant counter
 * that is what the host thought when KVM was loaded, before it had measured precisely.
 * Where the two differ by more than kvm.tsc_tolerance_ppm and the CPU cannot scale, KVM
 * takes the guest's counter to be 0 for ever: a timer is late by the host's uptime.
 */
static void set_host_tsc_rate(const struct kvm_vcpu *vcpu)
{
	ioctl(vcpu->fd, KVM_SET_TSC_KHZ, 0);
}

/*
 * Makes the guest's rdtsc equal the host's, so that time stamps of both sides
 * are on one clock (KVM_VCPU_TSC_OFFSET, devices/vcpu.rst 4.1). A KVM without
 * the attribute is one that does not offset the counter, or is too old to be
 * asked; either way LDE_MONITOR_CLOCK still relates the clocks.
 */
static void clear_tsc_offset(const struct kvm_vcpu *vcpu)
{
	uint64_t offset = 0;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)&offset,
	};

	ioctl(vcpu->fd, KVM_SET_DEVICE_ATTR, &attr);
}

uint64_t bootcpu_tsc_offset(const struct kvm_vcpu *vcpu)
{
	uint64_t offset = 0;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)&offset,
	};

	return ioctl(vcpu->fd, KVM_GET_DEVICE_ATTR, &attr) < 0 ? 0 : offset;
}

/*
 * XCR0 as the kernel is going to set it. It would do so without this, but where
 * the CPU under KVM is itself emulated, KVM may not see the guest's XSETBV, and
 * then puts its own idea of XCR0 back after an exit: two programs' AVX state
 * would be one (4.67).
 */
static int set_xcr0(const struct kvm_vcpu *vcpu, uint32_t mask)
{
	struct kvm_xcrs xcrs = {.nr_xcrs = 1, .xcrs = {{.xcr = 0, .value = mask}}};

	return ioctl(vcpu->fd, KVM_SET_XCRS, &xcrs) < 0 ? -errno : 0;
}

int bootcpu_identify(const struct kvm_host *host, const struct kvm_vcpu *vcpu,
		     struct bootcpu *info, struct kvm_error *error)
{
	*info = (struct bootcpu){0};
	int err = set_cpuid(host, vcpu, info);
	if (err)
		return fail(error, err);
	if (info->has_xsave)
		err = set_xcr0(vcpu, info->xstate_mask);
	if (err)
		return fail(error, err);
	set_host_tsc_rate(vcpu);
	clear_tsc_offset(vcpu);
	int khz = ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0);
	if (khz <= 0)
		return fail(error, khz < 0 ? -errno : -EIO);
	info->tsc_hz = (uint64_t)khz * 1000;
	return 0;
}

static void set_segments(struct kvm_sregs *sregs)
{
	const struct kvm_segment code = {
		.limit = 0xffffffff,
		.selector = 0x10,
		.type = 11, /* execute, read, accessed */
		.present = 1,
		.s = 1,
		.l = 1,
		.g = 1,
	};
	struct kvm_segment data = code;

	data.selector = 0x18;
	data.type = 3; /* read, write, accessed */
	data.l = 0;
	data.db = 1;
	sregs->cs = code;
	sregs->ds = sregs->es = sregs->ss = data;
	/* A null selector in long mode: base 0, and nothing else is looked at,
	 * but KVM wants the state of a usable segment for entry. */
	data.selector = 0;
	sregs->fs = sregs->gs = data;
}

static void set_control(struct kvm_sregs *sregs)
{
	sregs->cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG;
	sregs->cr3 = LDE_BOOT_PT_PML4;
	sregs->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	sregs->efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
	sregs->apic_base = APIC_BASE_ADDRESS | APIC_BASE_ENABLE | APIC_BASE_BSP;
	/* No descriptor tables: any trap before the kernel loads its own is a
	 * triple fault, which the exit loop reports. */
	memset(&sregs->idt, 0, sizeof(sregs->idt));
	memset(&sregs->gdt, 0, sizeof(sregs->gdt));
}

/* The FPU is left as it is: a vCPU starts with FCW 0x37f and MXCSR 0x1f80. */
int bootcpu_set_state(const struct kvm_vcpu *vcpu, uint64_t entry, gpa_t fdt_gpa,
		      struct kvm_error *error)
{
	struct kvm_sregs sregs;
	const struct kvm_regs regs = {
		.rip = entry,
		.rdi = fdt_gpa.value,
		.rsi = LDE_BOOT_MAGIC,
		.rflags = RFLAGS_RESERVED,
	};

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
		return fail(error, -errno);
	set_segments(&sregs);
	set_control(&sregs);
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) < 0 || ioctl(vcpu->fd, KVM_SET_REGS, &regs) < 0)
		return fail(error, -errno);
	return 0;
}
