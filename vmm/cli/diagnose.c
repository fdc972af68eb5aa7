/* SPDX-License-Identifier: MIT */
#include "vmm/cli/diagnose.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define NR_GROUPS_MAX 256

/* ---- facts ----------------------------------------------------------- */

/* From /etc/group alone: lde is linked statically, without NSS. */
static void gather_group_name(gid_t gid, char *name, size_t size)
{
	FILE *file = fopen("/etc/group", "re");
	struct group *group;

	snprintf(name, size, "%u", (unsigned int)gid);
	if (!file)
		return;
	while ((group = fgetgrent(file)) != NULL) {
		if (group->gr_gid == gid) {
			snprintf(name, size, "%s", group->gr_name);
			break;
		}
	}
	fclose(file);
}

static bool is_in_group(gid_t gid)
{
	gid_t groups[NR_GROUPS_MAX];
	int nr = getgroups(NR_GROUPS_MAX, groups);

	for (int i = 0; i < nr; i++)
		if (groups[i] == gid)
			return true;
	return getegid() == gid;
}

static void gather_device(struct kvm_facts *facts)
{
	struct stat st;

	if (stat(KVM_DEVICE_PATH, &st) < 0)
		return;
	facts->device_exists = true;
	facts->device_mode = st.st_mode;
	facts->in_device_group = is_in_group(st.st_gid);
	gather_group_name(st.st_gid, facts->device_group, sizeof(facts->device_group));
}

static bool has_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(line, word); at; at = strstr(at + 1, word))
		if (at[-1] == ' ' && (at[len] == ' ' || at[len] == '\n' || at[len] == '\0'))
			return true;
	return false;
}

static void gather_cpu_line(struct kvm_facts *facts, const char *line)
{
	if (strncmp(line, "vendor_id", 9) == 0) {
		if (strstr(line, "GenuineIntel"))
			facts->vendor = CPU_VENDOR_INTEL;
		else if (strstr(line, "AuthenticAMD") || strstr(line, "HygonGenuine"))
			facts->vendor = CPU_VENDOR_AMD;
	} else if (strncmp(line, "flags", 5) == 0) {
		facts->has_virtualization = has_word(line, "vmx") || has_word(line, "svm");
		facts->has_hypervisor = has_word(line, "hypervisor");
	}
}

/* The first CPU speaks for all. */
static void gather_cpu(struct kvm_facts *facts)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return;
	while (getline(&line, &size, file) > 0 && line[0] != '\n')
		gather_cpu_line(facts, line);
	free(line);
	fclose(file);
}

static void gather_module(struct kvm_facts *facts)
{
	DIR *dir = opendir("/sys/module");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, "kvm_", 4) == 0)
			snprintf(facts->module, sizeof(facts->module), "%.31s", entry->d_name);
	closedir(dir);
}

static void gather_surroundings(struct kvm_facts *facts)
{
	struct utsname name;

	facts->in_container = access("/.dockerenv", F_OK) == 0 ||
			      access("/run/.containerenv", F_OK) == 0 ||
			      access("/run/systemd/container", F_OK) == 0;
	if (uname(&name) == 0)
		facts->is_wsl = strcasestr(name.release, "microsoft") != NULL;
}

static void gather_attempt(struct kvm_facts *facts)
{
	struct kvm_host host;
	struct kvm_vm vm;

	if (kvm_open(&host, &facts->error) < 0)
		return;
	if (kvm_vm_create(&host, &vm, &facts->error) == 0) {
		facts->usable = true;
		kvm_vm_close(&vm);
	}
	kvm_close(&host);
}

void diagnose_gather(struct kvm_facts *facts)
{
	*facts = (struct kvm_facts){0};
	gather_device(facts);
	gather_cpu(facts);
	gather_module(facts);
	gather_surroundings(facts);
	gather_attempt(facts);
}

/* ---- judgement ------------------------------------------------------- */

static const char *vendor_module(enum cpu_vendor vendor)
{
	if (vendor == CPU_VENDOR_INTEL)
		return "kvm_intel";
	return vendor == CPU_VENDOR_AMD ? "kvm_amd" : "kvm_intel (or kvm_amd)";
}

static const char *vendor_firmware_name(enum cpu_vendor vendor)
{
	if (vendor == CPU_VENDOR_INTEL)
		return "Intel VT-x";
	return vendor == CPU_VENDOR_AMD ? "AMD SVM" : "Intel VT-x or AMD SVM";
}

/* No device, or one without a driver. */
static void fix_missing(const struct kvm_facts *facts, char *fix, size_t size)
{
	if (facts->in_container)
		snprintf(fix, size,
			 "give the container the host's device: docker run "
			 "--device " KVM_DEVICE_PATH);
	else if (facts->is_wsl)
		snprintf(fix, size,
			 "in WSL2, put nestedVirtualization=true under [wsl2] in "
			 "%%UserProfile%%\\.wslconfig, then: wsl --shutdown");
	else if (facts->module[0] && !facts->device_exists)
		snprintf(fix, size,
			 "%s is loaded but its device is missing: sudo mknod " KVM_DEVICE_PATH
			 " c 10 232",
			 facts->module);
	else if (facts->has_virtualization)
		snprintf(fix, size,
			 "load the module: sudo modprobe %s; if it refuses, switch on %s in "
			 "the firmware (BIOS)",
			 vendor_module(facts->vendor), vendor_firmware_name(facts->vendor));
	else if (facts->has_hypervisor)
		snprintf(
			fix, size,
			"this is a virtual machine without nested virtualization: switch "
			"it on for this machine in its hypervisor (QEMU: -cpu host), or use a host "
			"that has it");
	else
		snprintf(fix, size,
			 "the CPU offers no virtualization: switch on %s in the firmware "
			 "(BIOS)",
			 vendor_firmware_name(facts->vendor));
}

static void fix_forbidden(const struct kvm_facts *facts, char *fix, size_t size)
{
	bool group_may = (facts->device_mode & 0060) == 0060;

	if (!group_may)
		snprintf(fix, size,
			 "its group may not use it: sudo chgrp kvm " KVM_DEVICE_PATH
			 " && sudo chmod 660 " KVM_DEVICE_PATH " && sudo usermod -aG kvm $USER, "
			 "then log in again");
	else if (facts->in_device_group)
		snprintf(fix, size,
			 "its permissions would allow it, so a container or a security "
			 "module forbids it; in a container: --device " KVM_DEVICE_PATH);
	else if (facts->in_container)
		snprintf(fix, size,
			 "give the container the device and its group: docker run "
			 "--device " KVM_DEVICE_PATH " --group-add %s",
			 facts->device_group);
	else
		snprintf(fix, size,
			 "join its group: sudo usermod -aG %s $USER, then log in again (or: "
			 "newgrp %s)",
			 facts->device_group, facts->device_group);
}

static void fix_find(const struct kvm_facts *facts, char *fix, size_t size)
{
	int error = -facts->error.error;

	if (facts->error.step != KVM_STEP_OPEN)
		snprintf(fix, size, "%s", kvm_error_remedy(&facts->error));
	else if (error == ENOENT || error == ENODEV || error == ENXIO)
		fix_missing(facts, fix, size);
	else if (error == EACCES || error == EPERM)
		fix_forbidden(facts, fix, size);
	else
		snprintf(fix, size, "%s", kvm_error_remedy(&facts->error));
}

int diagnose_judge(const struct kvm_facts *facts, struct complaint *complaint)
{
	char problem[160], fix[COMPLAINT_SIZE - 200];

	if (facts->usable)
		return 0;
	fix_find(facts, fix, sizeof(fix));
	return complaint_set(complaint, facts->error.error, "%s; %s",
			     kvm_error_text(&facts->error, problem, sizeof(problem)), fix);
}

int diagnose_refusal(struct complaint *complaint)
{
	struct kvm_facts facts;
	struct kvm_host host;
	struct kvm_error error;

	if (kvm_open(&host, &error) == 0) {
		kvm_close(&host);
		return 0;
	}
	diagnose_gather(&facts);
	return diagnose_judge(&facts, complaint);
}
