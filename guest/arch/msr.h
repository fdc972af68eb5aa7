/* SPDX-License-Identifier: MIT */
/* Model-specific registers (SDM vol. 4) and control-register bits (vol. 3, 2.5). */
#ifndef GUEST_ARCH_MSR_H
#define GUEST_ARCH_MSR_H

#define MSR_APIC_BASE    0x0000001b
#define MSR_TSC_DEADLINE 0x000006e0
#define MSR_STAR         0xc0000081
#define MSR_LSTAR        0xc0000082
#define MSR_SFMASK       0xc0000084
#define MSR_FS_BASE      0xc0000100
#define MSR_GS_BASE      0xc0000101

#define APIC_BASE_X2APIC (1u << 10)
#define APIC_BASE_ENABLE (1u << 11)

/* x2APIC registers (SDM vol. 3, 11.12.1.2). */
#define MSR_X2APIC_TPR       0x808
#define MSR_X2APIC_EOI       0x80b
#define MSR_X2APIC_SPURIOUS  0x80f
#define MSR_X2APIC_ISR       0x810 /* the first of eight */
#define MSR_X2APIC_LVT_TIMER 0x832
#define MSR_X2APIC_LVT_LINT0 0x835
#define MSR_X2APIC_LVT_LINT1 0x836

/* Linux, Documentation/virt/kvm/x86/msr.rst: the address of a word, and bit 0. */
#define MSR_KVM_PV_EOI 0x4b564d04
#define KVM_PV_EOI_ON  1

#define LVT_MASKED       0x10000
#define LVT_TSC_DEADLINE (2u << 17)
#define SPURIOUS_ENABLE  0x100

#define CR4_UMIP     (1u << 11)
#define CR4_FSGSBASE (1u << 16)
#define CR4_OSXSAVE  (1u << 18)
#define CR4_SMEP     (1u << 20)

#endif
