/* SPDX-License-Identifier: MIT */
/* What the boot CPU is made on this host's KVM. */
#include "vmm/boot/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <cmocka.h>

struct machine {
	struct kvm_host host;
	struct kvm_vm vm;
	struct kvm_vcpu vcpu;
};

static void close_machine(struct machine *machine)
{
	kvm_vcpu_close(&machine->vcpu);
	kvm_vm_close(&machine->vm);
	kvm_close(&machine->host);
}

static bool open_machine(struct machine *machine)
{
	struct kvm_error error;

	*machine = (struct machine){.host.fd = -1, .vm.fd = -1, .vcpu.fd = -1};
	if (!kvm_open(&machine->host, &error) &&
	    !kvm_vm_create(&machine->host, &machine->vm, &error) &&
	    !kvm_vcpu_create(&machine->host, &machine->vm, 0, &machine->vcpu, &error))
		return true;
	close_machine(machine);
	return false;
}

static int tsc_khz(const struct machine *machine)
{
	return ioctl(machine->vcpu.fd, KVM_GET_TSC_KHZ, 0);
}

/* The counter's rate, of a CPU that began with one that is percent of the host's, as
 * where KVM was loaded before the host had measured its counter. */
static void expect_host_rate(int percent)
{
	struct machine machine;
	struct bootcpu info;
	struct kvm_error error;

	if (!open_machine(&machine))
		skip();
	/* Where KVM cannot scale a counter it says no to a slower one, and has it. */
	ioctl(machine.vcpu.fd, KVM_SET_TSC_KHZ, 0);
	int host = tsc_khz(&machine);
	int other = (int)((int64_t)host * percent / 100);

	ioctl(machine.vcpu.fd, KVM_SET_TSC_KHZ, other);
	int before = tsc_khz(&machine);
	int err = bootcpu_identify(&machine.host, &machine.vcpu, &info, &error);
	int after = tsc_khz(&machine);

	close_machine(&machine);
	assert_int_equal(err, 0);
	assert_int_equal(before, other);
	assert_int_equal(after, host);
	assert_int_equal(info.tsc_hz, (uint64_t)host * 1000);
}

static void counter_that_was_slower(void **state)
{
	(void)state;
	expect_host_rate(99);
}

static void counter_that_was_faster(void **state)
{
	(void)state;
	expect_host_rate(101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counter_that_was_slower),
		cmocka_unit_test(counter_that_was_faster),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
