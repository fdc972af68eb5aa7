/* SPDX-License-Identifier: MIT */
#include "vmm/run/postmortem.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm/base/log.h"

#define INSN_MAX 15

static const char *reason_name(uint32_t reason)
{
	switch (reason) {
	case KVM_EXIT_MMIO:
		return "it touched memory that does not exist";
	case KVM_EXIT_SHUTDOWN:
		return "triple fault";
	case KVM_EXIT_INTERNAL_ERROR:
		return "KVM cannot emulate an instruction of it";
	case KVM_EXIT_FAIL_ENTRY:
		return "the CPU refuses to enter it";
	case KVM_EXIT_HLT:
		return "it halted for ever";
	case KVM_EXIT_UNKNOWN:
		return "unknown hardware exit";
	default:
		return "unexpected exit";
	}
}

/* The number that goes with the reason, if it has one. */
static void log_detail(const struct kvm_run *run)
{
	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		log_line("  %s of %u bytes at %#llx", run->mmio.is_write ? "write" : "read",
			 run->mmio.len, (unsigned long long)run->mmio.phys_addr);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		log_line("  suberror %u", run->internal.suberror);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		log_line("  hardware reason %#llx",
			 (unsigned long long)run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_UNKNOWN:
		log_line("  hardware reason %#llx",
			 (unsigned long long)run->hw.hardware_exit_reason);
		break;
	}
}

/* The failing instruction as KVM fetched it, or none. */
static size_t reported_insn(const struct kvm_run *run, uint8_t insn[INSN_MAX])
{
	if (run->exit_reason != KVM_EXIT_INTERNAL_ERROR ||
	    run->internal.suberror != KVM_INTERNAL_ERROR_EMULATION ||
	    run->emulation_failure.ndata < 3 ||
	    !(run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES))
		return 0;
	size_t len = run->emulation_failure.insn_size;
	if (len > INSN_MAX)
		len = INSN_MAX;
	memcpy(insn, run->emulation_failure.insn_bytes, len);
	return len;
}

/* The code at rip, by way of the guest's page tables (4.34), up to the page's
 * end. */
static size_t fetch_insn(const struct kvm_vcpu *vcpu, const struct guestmem *mem, uint64_t rip,
			 uint8_t insn[INSN_MAX])
{
	struct kvm_translation translation = {.linear_address = rip};
	uint64_t len = 4096 - rip % 4096;

	if (len > INSN_MAX)
		len = INSN_MAX;
	if (ioctl(vcpu->fd, KVM_TRANSLATE, &translation) < 0 || !translation.valid ||
	    guestmem_read(mem, gpa_of(translation.physical_address), insn, len))
		return 0;
	return (size_t)len;
}

static void log_code(const struct kvm_vcpu *vcpu, const struct guestmem *mem, uint64_t rip)
{
	uint8_t insn[INSN_MAX];
	char text[3 * INSN_MAX + 1] = "";

	size_t len = reported_insn(vcpu->run, insn);
	if (!len)
		len = fetch_insn(vcpu, mem, rip, insn);
	for (size_t i = 0; i < len; i++)
		snprintf(text + 3 * i, sizeof(text) - 3 * i, " %02x", insn[i]);
	log_line("  code at rip:%s", len ? text : " cannot be read");
}

static void log_registers(const struct kvm_vcpu *vcpu, const struct guestmem *mem)
{
	struct kvm_regs r;
	struct kvm_sregs s;

	if (ioctl(vcpu->fd, KVM_GET_REGS, &r) < 0 || ioctl(vcpu->fd, KVM_GET_SREGS, &s) < 0)
		return;
	log_line("  rip %016llx  cs %04x  rflags %08llx  cpl %u", r.rip, s.cs.selector, r.rflags,
		 s.ss.dpl);
	log_code(vcpu, mem, r.rip);
	log_line("  rax %016llx  rbx %016llx  rcx %016llx  rdx %016llx", r.rax, r.rbx, r.rcx,
		 r.rdx);
	log_line("  rsi %016llx  rdi %016llx  rbp %016llx  rsp %016llx", r.rsi, r.rdi, r.rbp,
		 r.rsp);
	log_line("  r8  %016llx  r9  %016llx  r10 %016llx  r11 %016llx", r.r8, r.r9, r.r10,
		 r.r11);
	log_line("  r12 %016llx  r13 %016llx  r14 %016llx  r15 %016llx", r.r12, r.r13, r.r14,
		 r.r15);
	log_line("  cr0 %08llx  cr2 %016llx  cr3 %09llx  cr4 %08llx  efer %04llx", s.cr0, s.cr2,
		 s.cr3, s.cr4, s.efer);
}

void postmortem_log_exit(const struct kvm_vcpu *vcpu, const struct guestmem *mem)
{
	log_line("the guest's kernel cannot go on: %s (KVM exit %u):",
		 reason_name(vcpu->run->exit_reason), vcpu->run->exit_reason);
	log_detail(vcpu->run);
	log_registers(vcpu, mem);
}

void postmortem_log_error(const struct kvm_vcpu *vcpu, const struct guestmem *mem, int error)
{
	log_line("the guest cannot go on: KVM_RUN failed: %s; if the host is short of memory, "
		 "free some:",
		 strerror(-error));
	log_registers(vcpu, mem);
}
