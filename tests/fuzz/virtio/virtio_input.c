/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/virtio/virtio_input.h"

#include <dirent.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/fuzz/input.h"

#define MEMORY_BYTES (1u << 20)

/* Where an honest driver would put its rings; input may use other places. */
#define QUEUE_SIZE 8
#define DESC_GPA   0x1000
#define AVAIL_GPA  0x2000
#define USED_GPA   0x3000
#define NEXT_QUEUE 0x200 /* from one queue's to the next one's */

/* What one byte of input stands for. */
enum op { OP_REGISTER, OP_MEMORY, OP_SERVE, OP_READ, OP_ACCESS, OP_START, OP_OFFER, NR_OPS };

static struct guestmem mem;
static const struct virtio_target *target;

void virtio_input_check(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void set(uint32_t reg, uint32_t value)
{
	vmmio_write(target->mmio, reg, sizeof(value), value);
}

/* As an honest driver would; with all features but those of the mask. */
static void start(uint8_t without)
{
	set(VIRTIO_MMIO_STATUS, 0);
	set(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	for (uint32_t half = 0; half < 2; half++) {
		set(VIRTIO_MMIO_DEVICE_FEATURES_SEL, half);
		set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, half);
		uint32_t features = (uint32_t)vmmio_read(target->mmio, VIRTIO_MMIO_DEVICE_FEATURES, 4);
		/* Bits 28 and 29 are indirect descriptors and event indices. */
		if (!half)
			features &= ~((uint32_t)without << 28 & 0x30000000);
		set(VIRTIO_MMIO_DRIVER_FEATURES, features);
	}
	set(VIRTIO_MMIO_STATUS, 0xb);
	for (unsigned int i = 0; i < target->nr_queues; i++) {
		set(VIRTIO_MMIO_QUEUE_SEL, i);
		set(VIRTIO_MMIO_QUEUE_NUM, QUEUE_SIZE);
		set(VIRTIO_MMIO_QUEUE_DESC_LOW, DESC_GPA + i * NEXT_QUEUE);
		set(VIRTIO_MMIO_QUEUE_AVAIL_LOW, AVAIL_GPA + i * NEXT_QUEUE);
		set(VIRTIO_MMIO_QUEUE_USED_LOW, USED_GPA + i * NEXT_QUEUE);
		set(VIRTIO_MMIO_QUEUE_READY, 1);
	}
	set(VIRTIO_MMIO_STATUS, 0xf);
}

/* Of several queues the upper half says which. */
static void offer(uint16_t head)
{
	unsigned int queue = target->nr_queues > 1 ? (head >> 8) % target->nr_queues : 0;
	uint16_t *avail = guestmem_at(&mem, gpa_of(AVAIL_GPA + queue * NEXT_QUEUE),
				      4 + 2 * QUEUE_SIZE);

	if (target->nr_queues > 1)
		head &= 0xff;

	avail[2 + avail[1] % QUEUE_SIZE] = head;
	avail[1]++;
}

static void write_memory(struct input *in)
{
	uint32_t gpa = (uint32_t)input_take(in, 2);
	size_t len = (size_t)input_take(in, 1);

	if (len > in->len)
		len = in->len;
	memcpy(mem.base + gpa, in->bytes, len);
	in->bytes += len;
	in->len -= len;
}

static void perform(struct input *in)
{
	uint32_t offset;
	uint8_t size;

	switch ((enum op)(input_take(in, 1) % NR_OPS)) {
	case OP_REGISTER:
		offset = (uint32_t)input_take(in, 1) * 4;
		set(offset, (uint32_t)input_take(in, 4));
		break;
	case OP_MEMORY:
		write_memory(in);
		break;
	case OP_READ:
		offset = (uint32_t)input_take(in, 2) % 0x200;
		size = 1u << input_take(in, 1) % 4;
		vmmio_read(target->mmio, offset, size);
		break;
	case OP_ACCESS:
		offset = (uint32_t)input_take(in, 2) % 0x200;
		size = 1u << input_take(in, 1) % 4;
		vmmio_write(target->mmio, offset, size, input_take(in, 8));
		break;
	case OP_START:
		start((uint8_t)input_take(in, 1));
		break;
	case OP_OFFER:
		offer((uint16_t)input_take(in, 2));
		break;
	default:
		target->serve();
	}
}

void virtio_input_run(const struct virtio_target *of, const uint8_t *bytes, size_t len)
{
	struct input in = {bytes, len};

	target = of;
	if (!mem.base) {
		virtio_input_check(!guestmem_init(&mem, MEMORY_BYTES), "there is memory");
		target->create(&mem);
	}
	memset(mem.base, 0, 1 << 16);
	set(VIRTIO_MMIO_STATUS, 0);
	while (in.len)
		perform(&in);
	target->serve();
	target->check(0);
	set(VIRTIO_MMIO_STATUS, 0);
	target->check(1);
	virtio_input_check(!vmmio_read(target->mmio, VIRTIO_MMIO_STATUS, 4),
			   "a reset clears the status");
	/* And after all that an honest driver gets what it wants. */
	start(0);
	virtio_input_check(vmmio_read(target->mmio, VIRTIO_MMIO_STATUS, 4) == 0xf,
			   "an honest driver can start");
}

static bool run_file(const struct virtio_target *of, const char *folder, const char *name)
{
	uint8_t bytes[65536];
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	if (!file)
		return false;
	size_t len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	virtio_input_run(of, bytes, len);
	return true;
}

int virtio_input_run_folder(const struct virtio_target *of, const char *folder)
{
	const struct dirent *entry;
	DIR *dir = opendir(folder);
	int nr = 0;

	while (dir && nr >= 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			nr = run_file(of, folder, entry->d_name) ? nr + 1 : -1;
	if (dir)
		closedir(dir);
	return dir ? nr : -1;
}

void virtio_input_run_garbage(const struct virtio_target *of, int rounds)
{
	const char *asked = getenv("FAKE_SEED");
	uint64_t x = asked ? strtoull(asked, NULL, 0) : (uint64_t)time(NULL) * 0x9e3779b97f4a7c15;
	uint8_t bytes[256];

	printf("# seed %#llx (FAKE_SEED sets it)\n", (unsigned long long)x);
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			x = x * 6364136223846793005 + 1442695040888963407;
			bytes[i] = (uint8_t)(x >> 56);
		}
		bytes[0] = OP_START; /* as it should be, every second time */
		virtio_input_run(of, bytes + round % 2, sizeof(bytes) - (size_t)(round % 2));
	}
}

void virtio_input_end(void)
{
	if (!mem.base)
		return;
	target->end();
	guestmem_fini(&mem);
}
