/* SPDX-License-Identifier: MIT */
#include "guest/sys/exec.h"

#include <linux/auxvec.h>

#include "guest/arch/insn.h"
#include "guest/arch/offload.h"
#include "guest/core/process.h"
#include "guest/core/random.h"
#include "guest/fs/file.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/usercopy.h"
#include "guest/sys/image.h"

#define STRINGS_MAX  (1u << 20) /* bytes of arguments and environment */
#define PLATFORM     "x86_64"
#define RANDOM_BYTES 16
#define AUXV_MAX     20
#define CLOCK_TICKS  100 /* AT_CLKTCK: what times(2) counts in */
#define HWCAP2_FSGSBASE 2

/* One program start; what the offloaded part works on. */
struct exec {
	const struct exec_args *args;
	struct inode *inode;
	struct image image;
	uint8_t random[RANDOM_BYTES];
	uint32_t hwcap;
	vaddr_t sp;
	vaddr_t path, random_at, platform, argv, env; /* strings on the stack */
};

static uint32_t count_strings(struct string_list list)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < list.bytes; i++)
		nr += !list.data[i];
	return nr;
}

/* Pushes len bytes; false when a page cannot be had. */
static bool push(struct exec *x, const void *data, uint64_t len)
{
	x->sp -= len;
	return !user_write(x->image.space, x->sp, data, len);
}

static bool push_strings(struct exec *x)
{
	static const uint64_t end_marker = 0;
	const struct exec_args *a = x->args;
	bool ok;

	ok = push(x, &end_marker, sizeof(end_marker)) && push(x, a->path, strlen(a->path) + 1);
	x->path = x->sp;
	ok = ok && push(x, a->env.data, a->env.bytes);
	x->env = x->sp;
	ok = ok && push(x, a->argv.data, a->argv.bytes);
	x->argv = x->sp;
	ok = ok && push(x, PLATFORM, sizeof(PLATFORM));
	x->platform = x->sp;
	ok = ok && push(x, x->random, RANDOM_BYTES);
	x->random_at = x->sp;
	return ok;
}

static unsigned fill_auxv(const struct exec *x, uint64_t (*auxv)[2])
{
	const struct image *image = &x->image;
	const uint64_t entries[][2] = {
		{ AT_HWCAP, x->hwcap },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_CLKTCK, CLOCK_TICKS },
		{ AT_PHDR, image->headers },
		{ AT_PHENT, sizeof(Elf64_Phdr) },
		{ AT_PHNUM, image->nr_headers },
		{ AT_BASE, 0 },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, image->entry },
		{ AT_UID, 0 },
		{ AT_EUID, 0 },
		{ AT_GID, 0 },
		{ AT_EGID, 0 },
		{ AT_SECURE, 0 },
		{ AT_RANDOM, x->random_at },
		{ AT_HWCAP2, cpu_features.fsgsbase ? HWCAP2_FSGSBASE : 0 },
		{ AT_EXECFN, x->path },
		{ AT_PLATFORM, x->platform },
		{ AT_NULL, 0 },
	};

	_Static_assert(ARRAY_SIZE(entries) <= AUXV_MAX, "auxv");
	memcpy(auxv, entries, sizeof(entries));
	return ARRAY_SIZE(entries);
}

/* Pushes the addresses of the strings that begin at va, last one first. */
static bool push_pointers(struct exec *x, struct string_list list, vaddr_t va)
{
	uint32_t nr = count_strings(list);
	vaddr_t at = x->sp - 8 * ((uint64_t)nr + 1);

	x->sp = at;
	for (uint32_t i = 0; i < list.bytes; i += strlen(list.data + i) + 1, at += 8) {
		uint64_t pointer = va + i;

		if (user_write(x->image.space, at, &pointer, 8))
			return false;
	}
	return true; /* the null at the end is in a fresh page, or above one */
}

static bool push_tables(struct exec *x)
{
	uint64_t auxv[AUXV_MAX][2];
	unsigned nr = fill_auxv(x, auxv);
	uint64_t argc = count_strings(x->args->argv);
	uint64_t words = 1 + argc + 1 + count_strings(x->args->env) + 1;

	/* argc is to be 16-byte aligned (System V ABI, 3.4.1). */
	x->sp = ALIGN_DOWN(x->sp, 16) - (words % 2) * 8;
	return push(x, auxv, nr * sizeof(auxv[0])) && push_pointers(x, x->args->env, x->env) &&
	       push_pointers(x, x->args->argv, x->argv) && push(x, &argc, sizeof(argc));
}

static uint64_t exec_build(void *arg)
{
	struct exec *x = arg;
	int err = image_map(&x->image, x->inode);

	if (err)
		return err;
	x->sp = STACK_TOP;
	return push_strings(x) && push_tables(x) ? 0 : -ENOMEM;
}

static int check_program(const struct exec *x)
{
	if (!inode_is_regular(x->inode) || !(x->inode->mode & MODE_EXEC_ANY))
		return -EACCES;
	if ((uint64_t)x->args->argv.bytes + x->args->env.bytes > STRINGS_MAX)
		return -E2BIG;
	return 0;
}

/* The point of no return is behind: the process becomes the new program. */
static void exec_commit(struct exec *x, struct trap_frame *frame)
{
	struct process *p = current();
	struct space *old = p->space;

	p->space = x->image.space;
	if (p->program)
		inode_put(p->program);
	p->program = x->inode;
	context_set_root(&p->context, p->space->tables.root);
	if (old)
		space_put(old);
	file_table_close_on_exec(p->files);
	process_set_name(p, x->args->path);
	p->clear_tid = 0;
	memset(p->alternate_stack, 0, sizeof(p->alternate_stack));
	*frame = (struct trap_frame){
		.rip = x->image.entry,
		.rsp = x->sp,
		.cs = USER_CS,
		.ss = USER_DS,
		.rflags = FLAG_ONE | FLAG_IF,
	};
}

static int exec_load(struct exec *x)
{
	int err = check_program(x);
	uint32_t r[4];

	if (err)
		return err;
	x->image.space = space_create();
	if (!x->image.space)
		return -ENOMEM;
	random_bytes(x->random, sizeof(x->random));
	insn_cpuid(1, 0, r);
	x->hwcap = r[3];
	err = (int)offload_call(exec_build, x);
	if (err)
		space_put(x->image.space);
	return err;
}

int exec_program(const struct exec_args *args, struct trap_frame *frame)
{
	struct exec x = { .args = args };
	int err = inode_lookup(current()->cwd, args->path, true, &x.inode);

	if (err)
		return err;
	err = exec_load(&x);
	if (err)
		inode_put(x.inode);
	else
		exec_commit(&x, frame);
	return err;
}
