/* SPDX-License-Identifier: MIT */
#include "vmm/host/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>


static const struct {
	int number;
	const char *name;
} capabilities[] = {
	{KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY"},
	{KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"},
	{KVM_CAP_SPLIT_IRQCHIP, "KVM_CAP_SPLIT_IRQCHIP"},
	{KVM_CAP_SIGNAL_MSI, "KVM_CAP_SIGNAL_MSI"},
	{KVM_CAP_TSC_DEADLINE_TIMER, "KVM_CAP_TSC_DEADLINE_TIMER"},
	{KVM_CAP_GET_TSC_KHZ, "KVM_CAP_GET_TSC_KHZ"},
	{KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID"},
};
#define NR_CAPABILITIES (sizeof(capabilities) / sizeof(capabilities[0]))

static int fail(struct kvm_error *error, enum kvm_step step, int err, int detail)
{
	*error = (struct kvm_error){.step = step, .error = err, .detail = detail};
	return err;
}

const char *kvm_capability_name(int capability)
{
	for (size_t i = 0; i < NR_CAPABILITIES; i++)
		if (capabilities[i].number == capability)
			return capabilities[i].name;
	return "?";
}

static int check_host(struct kvm_host *host, struct kvm_error *error)
{
	int version = ioctl(host->fd, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION)
		return fail(error, KVM_STEP_VERSION, version < 0 ? -errno : -EPROTO, version);
	for (size_t i = 0; i < NR_CAPABILITIES; i++)
		if (ioctl(host->fd, KVM_CHECK_EXTENSION, capabilities[i].number) <= 0)
			return fail(error, KVM_STEP_CAPABILITY, -ENOTSUP, capabilities[i].number);
	int run_size = ioctl(host->fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (run_size < (int)sizeof(struct kvm_run))
		return fail(error, KVM_STEP_CREATE_VCPU, run_size < 0 ? -errno : -EPROTO, 0);
	host->run_size = (size_t)run_size;
	return 0;
}

int kvm_open(struct kvm_host *host, struct kvm_error *error)
{
	*host = (struct kvm_host){.fd = open(KVM_DEVICE_PATH, O_RDWR | O_CLOEXEC)};
	if (host->fd < 0)
		return fail(error, KVM_STEP_OPEN, -errno, 0);
	int err = check_host(host, error);
	if (err)
		kvm_close(host);
	return err;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void kvm_close(struct kvm_host *host)
{
	close_fd(&host->fd);
}

/* A signal for the process interrupts these ioctls; they are then repeated. */
static int ioctl_retry(int fd, unsigned long request, unsigned long arg)
{
	int ret;

	do
		ret = ioctl(fd, request, arg);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

/*
 * The split kind: KVM emulates the local APIC and nothing else. The full kind
 * has a PIC and an IOAPIC, which no guest of ours uses, and makes the memory
 * slot wait 6 ms for what their creation left to do (docs/decisions/0002).
 * The argument is the number of routes kept for an IOAPIC in user space.
 */
static int create_irqchip(int vm_fd)
{
	struct kvm_enable_cap split = {.cap = KVM_CAP_SPLIT_IRQCHIP, .args = {1}};

	return ioctl_retry(vm_fd, KVM_ENABLE_CAP, (unsigned long)&split);
}

int kvm_vm_create(const struct kvm_host *host, struct kvm_vm *vm, struct kvm_error *error)
{
	*vm = (struct kvm_vm){.fd = -1};
	int fd = ioctl_retry(host->fd, KVM_CREATE_VM, 0);
	if (fd < 0)
		return fail(error, KVM_STEP_CREATE_VM, fd, 0);
	int err = create_irqchip(fd);
	if (err) {
		close(fd);
		return fail(error, KVM_STEP_IRQCHIP, err, 0);
	}
	vm->fd = fd;
	return 0;
}

void kvm_vm_close(struct kvm_vm *vm)
{
	close_fd(&vm->fd);
}

/*
 * How many shadow page tables KVM may keep before it recycles them (4.44).
 * The default, 2 % of the memory, is too few for a software KVM with a
 * thousand address spaces; a quarter is a limit that is not met, and nothing
 * is allocated ahead. Set before the slot, which otherwise computes its own.
 * Not every KVM has it, and none needs it, so the result is ignored.
 */
static void set_nr_mmu_pages(int vm_fd, uint64_t memory_bytes)
{
	ioctl_retry(vm_fd, KVM_SET_NR_MMU_PAGES, memory_bytes / 4096 / 4);
}

int kvm_vm_set_memory(const struct kvm_vm *vm, const struct guestmem *mem,
		      struct kvm_error *error)
{
	struct kvm_userspace_memory_region slot = {
		.slot = 0,
		.guest_phys_addr = 0,
		.memory_size = mem->size_bytes,
		.userspace_addr = (uintptr_t)mem->base,
	};

	set_nr_mmu_pages(vm->fd, mem->size_bytes);
	int err = ioctl_retry(vm->fd, KVM_SET_USER_MEMORY_REGION, (unsigned long)&slot);
	return err ? fail(error, KVM_STEP_MEMORY, err, 0) : 0;
}

int kvm_vm_add_doorbell(const struct kvm_vm *vm, gpa_t gpa, int event_fd,
			struct kvm_error *error)
{
	struct kvm_ioeventfd doorbell = {
		.addr = gpa.value,
		.len = sizeof(uint32_t),
		.fd = event_fd,
	};
	int err = ioctl_retry(vm->fd, KVM_IOEVENTFD, (unsigned long)&doorbell);

	return err ? fail(error, KVM_STEP_DOORBELL, err, 0) : 0;
}

int kvm_vcpu_create(const struct kvm_host *host, const struct kvm_vm *vm, uint32_t id,
		    struct kvm_vcpu *vcpu, struct kvm_error *error)
{
	*vcpu = (struct kvm_vcpu){.fd = -1};
	int fd = ioctl_retry(vm->fd, KVM_CREATE_VCPU, id);
	if (fd < 0)
		return fail(error, KVM_STEP_CREATE_VCPU, fd, 0);
	void *run = mmap(NULL, host->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (run == MAP_FAILED) {
		int err = -errno;
		close(fd);
		return fail(error, KVM_STEP_CREATE_VCPU, err, 0);
	}
	*vcpu = (struct kvm_vcpu){.fd = fd, .run = run, .run_size = host->run_size};
	return 0;
}

void kvm_vcpu_close(struct kvm_vcpu *vcpu)
{
	if (vcpu->run)
		munmap(vcpu->run, vcpu->run_size);
	vcpu->run = NULL;
	close_fd(&vcpu->fd);
}
