/* SPDX-License-Identifier: MIT */
/* What is said of hosts on which no machine can be made. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/cli/diagnose.h"
#include "vmm/cli/doctor_report.h"
#include "vmm/cli/probe.h"

/* A host whose device does not open, an Intel machine that could. */
static struct kvm_facts host_with(int error)
{
	return (struct kvm_facts){
		.error = {.step = KVM_STEP_OPEN, .error = -error},
		.device_exists = error != ENOENT,
		.device_mode = 0660,
		.device_group = "kvm",
		.vendor = CPU_VENDOR_INTEL,
		.has_virtualization = true,
	};
}

static void check(const struct kvm_facts *facts, const char *problem, const char *fix)
{
	struct complaint complaint;

	assert_true(diagnose_judge(facts, &complaint) < 0);
	if (!strstr(complaint.text, problem) || !strstr(complaint.text, fix))
		fail_msg("'%s' lacks '%s' or '%s'", complaint.text, problem, fix);
}

static void a_usable_host_has_no_problem(void **state)
{
	struct kvm_facts facts = {.usable = true};
	struct complaint complaint;

	(void)state;
	assert_int_equal(diagnose_judge(&facts, &complaint), 0);
}

static void a_missing_module_is_named_by_the_vendor(void **state)
{
	struct kvm_facts facts = host_with(ENOENT);

	(void)state;
	check(&facts, "cannot open /dev/kvm", "modprobe kvm_intel");
	facts.vendor = CPU_VENDOR_AMD;
	check(&facts, "cannot open /dev/kvm", "modprobe kvm_amd");
	facts = host_with(ENODEV);
	check(&facts, "cannot open /dev/kvm", "modprobe kvm_intel");
}

static void a_cpu_without_virtualization_is_sent_to_the_firmware(void **state)
{
	struct kvm_facts facts = host_with(ENOENT);

	(void)state;
	facts.has_virtualization = false;
	check(&facts, "offers no virtualization", "Intel VT-x");
	facts.vendor = CPU_VENDOR_AMD;
	check(&facts, "offers no virtualization", "AMD SVM");
}

static void a_virtual_machine_is_told_of_nesting(void **state)
{
	struct kvm_facts facts = host_with(ENOENT);

	(void)state;
	facts.has_virtualization = false;
	facts.has_hypervisor = true;
	check(&facts, "nested virtualization", "-cpu host");
}

static void a_container_is_told_of_the_device(void **state)
{
	struct kvm_facts facts = host_with(ENOENT);

	(void)state;
	facts.in_container = true;
	check(&facts, "cannot open /dev/kvm", "--device /dev/kvm");
	facts = host_with(EACCES);
	facts.in_container = true;
	check(&facts, "Permission denied", "--group-add kvm");
}

static void windows_is_told_of_its_setting(void **state)
{
	struct kvm_facts facts = host_with(ENOENT);

	(void)state;
	facts.is_wsl = true;
	check(&facts, "cannot open /dev/kvm", "nestedVirtualization=true");
}

static void a_loaded_module_without_device_gets_a_node(void **state)
{
	struct kvm_facts facts = host_with(ENOENT);

	(void)state;
	strcpy(facts.module, "kvm_intel");
	check(&facts, "kvm_intel is loaded", "mknod /dev/kvm c 10 232");
}

static void a_stranger_is_told_the_group(void **state)
{
	struct kvm_facts facts = host_with(EACCES);

	(void)state;
	check(&facts, "Permission denied", "sudo usermod -aG kvm $USER");
	strcpy(facts.device_group, "virt");
	check(&facts, "Permission denied", "usermod -aG virt");
}

static void a_device_that_no_group_may_use_gets_a_mode(void **state)
{
	struct kvm_facts facts = host_with(EACCES);

	(void)state;
	facts.device_mode = 0600;
	check(&facts, "Permission denied", "chmod 660 /dev/kvm");
}

static void a_member_of_the_group_is_told_of_other_barriers(void **state)
{
	struct kvm_facts facts = host_with(EPERM);

	(void)state;
	facts.in_device_group = true;
	check(&facts, "Operation not permitted", "security module");
}

static void later_steps_have_their_own_remedy(void **state)
{
	struct kvm_facts facts = {.error = {.step = KVM_STEP_CREATE_VM, .error = -EBUSY}};

	(void)state;
	check(&facts, "cannot create a virtual machine", "VirtualBox");
	facts.error = (struct kvm_error){
		.step = KVM_STEP_CAPABILITY, .error = -ENOTSUP, .detail = KVM_CAP_USER_MEMORY};
	check(&facts, "KVM_CAP_USER_MEMORY", "Linux");
	facts.error = (struct kvm_error){.step = KVM_STEP_OPEN, .error = -EMFILE};
	check(&facts, "Too many open files", "ulimit -n");
}

static void the_lines_of_the_probe_are_taken(void **state)
{
	struct probe probe = {.tsc_hz = 2000000000};

	(void)state;
	probe_parse(&probe, "ring=3\nsyscall_cycles=1000\n# a line to time\n=\nnonsense\n"
			    "timer_late_ns=250\nfeatures=sse2 avx\nunknown=9\nwrite_cycles=40");
	assert_int_equal(probe.ring, 3);
	assert_int_equal(probe.syscall_ns, 500);
	assert_int_equal(probe.timer_late_ns, 250);
	assert_int_equal(probe.write_ns, 20);
	assert_string_equal(probe.features, "sse2 avx");
	assert_int_equal(probe.page_fault_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usable_host_has_no_problem),
		cmocka_unit_test(a_missing_module_is_named_by_the_vendor),
		cmocka_unit_test(a_cpu_without_virtualization_is_sent_to_the_firmware),
		cmocka_unit_test(a_virtual_machine_is_told_of_nesting),
		cmocka_unit_test(a_container_is_told_of_the_device),
		cmocka_unit_test(windows_is_told_of_its_setting),
		cmocka_unit_test(a_loaded_module_without_device_gets_a_node),
		cmocka_unit_test(a_stranger_is_told_the_group),
		cmocka_unit_test(a_device_that_no_group_may_use_gets_a_mode),
		cmocka_unit_test(a_member_of_the_group_is_told_of_other_barriers),
		cmocka_unit_test(later_steps_have_their_own_remedy),
		cmocka_unit_test(the_lines_of_the_probe_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
