/* SPDX-License-Identifier: MIT */
#include "guest/sys/exec.h"

#include <linux/auxvec.h>

#include "guest/arch/event.h"
#include "guest/arch/insn.h"
#include "guest/arch/offload.h"
#include "guest/core/process.h"
#include "guest/core/random.h"
#include "guest/fs/table.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/usercopy.h"
#include "guest/sys/exit.h"
#include "guest/sys/image.h"
#include "guest/sys/robust.h"
#include "guest/sys/signals.h"

#define PLATFORM     "x86_64"
#define RANDOM_BYTES 16
#define AUXV_MAX     20
#define CLOCK_TICKS  100 /* AT_CLKTCK: what times(2) counts in */
#define HWCAP2_FSGSBASE 2

/* A list of strings on its way to the new stack. */
struct pushed {
	uint32_t nr;
	uint64_t bytes;
	vaddr_t at;     /* of the first one, once it is there */
};

/* One program start; what the offloaded part works on. */
struct exec {
	const struct exec_args *args;
	struct space *old; /* where the user's strings are, or NULL */
	struct inode *inode;
	struct image image;
	struct process_name name;
	uint8_t random[RANDOM_BYTES];
	uint32_t hwcap;
	vaddr_t sp;
	struct pushed argv, env;
	vaddr_t path, random_at, platform; /* strings on the stack */
};

static uint32_t count_strings(struct string_list list)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < list.bytes; i++)
		nr += !list.data[i];
	return nr;
}

/* Entry i of an array of pointers; 0 at its end. */
static int read_pointer(const struct exec *x, const struct exec_strings *s, uint64_t i,
			vaddr_t *pointer)
{
	return user_read_now(x->old, pointer, s->user + (s->skip + i) * 8, 8);
}

/* How many strings there are, and how long they are together. */
static int measure(const struct exec *x, const struct exec_strings *s, struct pushed *out)
{
	out->nr = count_strings(s->kernel);
	out->bytes = s->kernel.bytes;
	for (uint64_t i = 0; s->user; i++) {
		vaddr_t pointer;
		int64_t len = read_pointer(x, s, i, &pointer);

		if (len)
			return len;
		if (!pointer)
			return 0;
		len = user_strlen_now(x->old, pointer, EXEC_STRING_MAX);
		if (len < 0)
			return len;
		out->nr++;
		out->bytes += len + 1;
		if (out->bytes + 8 * (uint64_t)out->nr > EXEC_STRINGS_MAX)
			return -E2BIG;
	}
	return 0;
}

/* Pushes len bytes; false when a page cannot be had. */
static bool push(struct exec *x, const void *data, uint64_t len)
{
	x->sp -= len;
	return !user_write(x->image.space, x->sp, data, len);
}

/* Copies the strings, first one lowest. */
static bool push_list(struct exec *x, const struct exec_strings *s, struct pushed *out)
{
	vaddr_t at = x->sp -= out->bytes;
	uint32_t nr = out->nr - count_strings(s->kernel);

	out->at = at;
	if (user_write(x->image.space, at, s->kernel.data, s->kernel.bytes))
		return false;
	at += s->kernel.bytes;
	for (uint32_t i = 0; i < nr; i++) {
		vaddr_t pointer;
		int64_t len;

		if (read_pointer(x, s, i, &pointer))
			return false;
		len = user_strlen_now(x->old, pointer, EXEC_STRING_MAX);
		if (len < 0 || user_copy_now(x->image.space, at, x->old, pointer, len + 1))
			return false;
		at += len + 1;
	}
	return true;
}

static bool push_strings(struct exec *x)
{
	static const uint64_t end_marker = 0;
	const struct exec_args *a = x->args;
	bool ok;

	ok = push(x, &end_marker, sizeof(end_marker)) && push(x, a->path, strlen(a->path) + 1);
	x->path = x->sp;
	ok = ok && push_list(x, &a->env, &x->env) && push_list(x, &a->argv, &x->argv) &&
	     push(x, PLATFORM, sizeof(PLATFORM));
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

/* Pushes the addresses of the strings, and a null behind them. */
static bool push_pointers(struct exec *x, const struct pushed *list)
{
	vaddr_t at = x->sp - 8 * ((uint64_t)list->nr + 1), string = list->at;
	static const uint64_t null = 0;

	x->sp = at;
	for (uint32_t i = 0; i < list->nr; i++, at += 8) {
		int64_t len = user_strlen_now(x->image.space, string, EXEC_STRINGS_MAX);

		if (len < 0 || user_write(x->image.space, at, &string, 8))
			return false;
		string += len + 1;
	}
	return !user_write(x->image.space, at, &null, 8);
}

static bool push_tables(struct exec *x)
{
	uint64_t auxv[AUXV_MAX][2];
	unsigned nr = fill_auxv(x, auxv);
	uint64_t argc = x->argv.nr, words = 1 + argc + 1 + x->env.nr + 1;

	/* argc is to be 16-byte aligned (System V ABI, 3.4.1). */
	x->sp = ALIGN_DOWN(x->sp, 16) - (words % 2) * 8;
	return push(x, auxv, nr * sizeof(auxv[0])) && push_pointers(x, &x->env) &&
	       push_pointers(x, &x->argv) && push(x, &argc, sizeof(argc));
}

/* Looks at all of the user's strings before it makes anything: they may be on a disk. */
static uint64_t exec_build(void *arg)
{
	struct exec *x = arg;
	int err = measure(x, &x->args->argv, &x->argv);

	if (!err)
		err = measure(x, &x->args->env, &x->env);
	if (!err && !x->image.space)
		x->image.space = space_create();
	if (!err && !x->image.space)
		err = -ENOMEM;
	if (!err)
		err = image_map(&x->image, x->inode);
	if (err)
		return err;
	x->name = process_name_of(x->args->path);
	x->sp = x->image.stack_top;
	return push_strings(x) && push_tables(x) ? 0 : -ENOMEM;
}

static int check_program(const struct inode *inode)
{
	if (!inode_is_regular(inode) || !(inode->mode & MODE_EXEC_ANY))
		return -EACCES;
	return inode->nr_writers ? -ETXTBSY : 0;
}

/* What exec reads of a program on a disk is brought in, and stays as long as the
 * program is held; the rest comes when it is touched. */
static int hold_program(struct inode *inode)
{
	const struct tree_ops *tree = inode->ops->tree;
	uint64_t start, len;
	int err;

	tree->hold(inode);
	err = tree->load(inode, 0, PAGE_SIZE);
	if (!err && image_find_headers(inode, &start, &len))
		err = tree->load(inode, start, len);
	if (!err)
		err = check_program(inode); /* again: it took a while */
	if (err)
		tree->let_go(inode);
	return err;
}

int exec_find(const char *path, struct inode **inode)
{
	int err = inode_lookup(current()->cwd, path, true, inode);

	if (err)
		return err;
	err = check_program(*inode);
	if (!err && inode_is_on_disk(*inode))
		err = hold_program(*inode);
	if (err)
		inode_put(*inode);
	return err;
}

void exec_let_go(struct inode *inode)
{
	if (inode_is_on_disk(inode))
		inode->ops->tree->let_go(inode);
	inode_put(inode);
}

/* The point of no return is behind: the process becomes the new program. */
static void exec_commit(struct exec *x, struct trap_frame *frame)
{
	struct process *p = current();
	struct space *old = p->space;

	/* What waits now is to find neither space half done. */
	if (p->robust_list)
		robust_end(p, false);
	p->space = x->image.space;
	p->space->args_start = x->argv.at;
	p->space->args_end = x->argv.at + x->argv.bytes;
	if (p->program)
		inode_run_end(p->program);
	p->program = inode_run(x->inode);
	context_set_root(&p->context, p->space->tables.root);
	if (old) {
		space_put(old);
		context_reset(&p->context);
		p->has_executed = true;
		exit_release_vfork_parent(p);
	}
	file_table_close_on_exec(p->files);
	signals_reset_handlers(p);
	process_set_name(p, &x->name);
	if (event_is_on(LDE_TRACE_C_PROCESS))
		event_add_name(LDE_TRACE_PROCESS_EXEC, 0, 0, p->record->name, 0);
	p->clear_tid = 0;
	memset(p->alternate_stack, 0, sizeof(p->alternate_stack));
	*frame = (struct trap_frame){
		.syscall_nr = frame->syscall_nr,
		.rip = x->image.entry,
		.rsp = x->sp,
		.cs = frame_program_cs(),
		.ss = frame_program_ss(),
		.rflags = FLAG_ONE | FLAG_IF,
	};
}

/* Where memory is not private: the space that all programs share, if there is
 * one yet, with room for this program. */
static int join_space(struct image *image, struct inode *inode)
{
	for (const struct process *p = process_find_from(1); p;
	     p = process_find_from(p->pid + 1)) {
		if (!p->space)
			continue;
		p->space->users++;
		image->space = p->space;
		return image_make_room(image, inode);
	}
	return 0;
}

int exec_program(struct inode *inode, const struct exec_args *args, struct trap_frame *frame)
{
	struct exec x = { .args = args, .inode = inode, .old = current()->space };
	uint32_t r[4];
	int err;

	random_bytes(x.random, sizeof(x.random));
	insn_cpuid(1, 0, r);
	x.hwcap = r[3];
	err = limits.private_memory ? 0 : join_space(&x.image, inode);
	if (!err)
		do
			err = (int)offload_call(exec_build, &x);
		while (err == -EFAULT && user_bring(x.old, x.old->refused, ACCESS_READ));
	if (err) {
		if (x.image.space)
			space_put(x.image.space);
		return err;
	}
	exec_commit(&x, frame);
	return 0;
}
