/* SPDX-License-Identifier: MIT */
#include "guest/fs/proc.h"

#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/core/clock.h"
#include "guest/fs/proc_text.h"
#include "guest/fs/table.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/usercopy.h"

enum proc_kind {
	PROC_ROOT,
	PROC_SELF,
	PROC_FILE,          /* of the whole system; several */
	PROC_PROCESS = 16,
	PROC_PROCESS_FILE,  /* several */
	PROC_EXE = 24,
	PROC_CWD,
	PROC_ROOT_LINK,
	PROC_CMDLINE,
	PROC_FDS,
	PROC_FD,
};

struct proc_entry {
	char name[12];
	uint32_t kind, mode;
	proc_text_fn text;
};

static const struct proc_entry root_entries[] = {
	{ "self", PROC_SELF, MODE_SYMLINK | 0777, NULL },
	{ "meminfo", PROC_FILE, MODE_REGULAR | 0444, proc_text_meminfo },
	{ "uptime", PROC_FILE + 1, MODE_REGULAR | 0444, proc_text_uptime },
	{ "loadavg", PROC_FILE + 2, MODE_REGULAR | 0444, proc_text_loadavg },
	{ "stat", PROC_FILE + 3, MODE_REGULAR | 0444, proc_text_stat },
	{ "version", PROC_FILE + 4, MODE_REGULAR | 0444, proc_text_version },
	{ "cpuinfo", PROC_FILE + 5, MODE_REGULAR | 0444, proc_text_cpuinfo },
	{ "mounts", PROC_FILE + 6, MODE_REGULAR | 0444, proc_text_mounts },
	{ "filesystems", PROC_FILE + 7, MODE_REGULAR | 0444, proc_text_filesystems },
};

static const struct proc_entry process_entries[] = {
	{ "stat", PROC_PROCESS_FILE, MODE_REGULAR | 0444, proc_text_process_stat },
	{ "statm", PROC_PROCESS_FILE + 1, MODE_REGULAR | 0444, proc_text_process_statm },
	{ "status", PROC_PROCESS_FILE + 2, MODE_REGULAR | 0444, proc_text_process_status },
	{ "comm", PROC_PROCESS_FILE + 3, MODE_REGULAR | 0644, proc_text_process_comm },
	{ "mounts", PROC_PROCESS_FILE + 4, MODE_REGULAR | 0444, proc_text_mounts },
	{ "cmdline", PROC_CMDLINE, MODE_REGULAR | 0444, NULL },
	{ "exe", PROC_EXE, MODE_SYMLINK | 0777, NULL },
	{ "cwd", PROC_CWD, MODE_SYMLINK | 0777, NULL },
	{ "root", PROC_ROOT_LINK, MODE_SYMLINK | 0777, NULL },
	{ "fd", PROC_FDS, MODE_DIR | 0500, NULL },
};

/* ---- what the files say ---------------------------------------------- */

/* What an open file says, in a page of its own. */
struct proc_page {
	uint64_t len;
	char text[PAGE_SIZE - sizeof(uint64_t)];
};

struct proc_call {
	const struct proc_entry *entry;
	struct process *process;
	struct proc_page *page;
	struct proc_clock clock;
};

static const struct proc_entry *entry_of(const struct inode *inode)
{
	const struct proc_entry *entries = inode->proc.pid ? process_entries : root_entries;
	unsigned nr = inode->proc.pid ? ARRAY_SIZE(process_entries) : ARRAY_SIZE(root_entries);

	for (unsigned i = 0; i < nr; i++)
		if (entries[i].kind == inode->proc.kind)
			return &entries[i];
	return NULL;
}

static uint64_t write_text(void *arg)
{
	struct proc_call *call = arg;
	struct proc_page *page = call->page;
	struct fmt f = { page->text, page->text + sizeof(page->text) };

	call->entry->text(&f, call->process, &call->clock);
	page->len = f.at - page->text;
	return 0;
}

/* The arguments, from where exec put them. */
static void write_cmdline(struct process *p, struct proc_page *page)
{
	struct space *space = p->space;

	page->len = 0;
	if (!space)
		return;
	page->len = min_u64(space->args_end - space->args_start, sizeof(page->text));
	if (user_read_now(space, page->text, space->args_start, page->len))
		page->len = 0;
}

static int proc_open(struct file *file)
{
	const struct inode *inode = file->inode;
	struct proc_call call = { .entry = entry_of(inode) };
	paddr_t pa;

	if (inode->proc.pid) {
		call.process = process_find(inode->proc.pid);
		if (!call.process)
			return -ESRCH;
	}
	pa = page_alloc();
	if (!pa)
		return -ENOMEM;
	file->page = pa;
	call.page = direct_map(pa);
	call.clock.now_tsc = clock_now();
	call.clock.real_ns = clock_real_ns();
	if (inode->proc.kind == PROC_CMDLINE)
		write_cmdline(call.process, call.page);
	else
		offload_call(write_text, &call);
	return 0;
}

static void proc_close(struct file *file)
{
	page_put(file->page);
}

static int64_t proc_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	const struct proc_page *page = direct_map(file->page);
	int err;

	if (*pos >= page->len)
		return 0;
	len = min_u64(len, page->len - *pos);
	err = user_write(current()->space, buf, page->text + *pos, len);
	if (err)
		return err;
	*pos += len;
	return len;
}

static const struct file_ops proc_file_ops = {
	.open = proc_open,
	.close = proc_close,
	.read = proc_read,
	.can_seek = true,
};

static const struct file_ops proc_dir_ops = { .can_seek = true };

/* ---- the tree -------------------------------------------------------- */

static const struct inode_ops proc_root_ops, proc_process_ops, proc_fds_ops, proc_link_ops,
	proc_file_inode_ops;

static const struct inode_ops *ops_of(const struct proc_entry *entry)
{
	if (entry->kind == PROC_FDS)
		return &proc_fds_ops;
	return (entry->mode & MODE_TYPE) == MODE_SYMLINK ? &proc_link_ops : &proc_file_inode_ops;
}

static struct inode *make(struct inode *parent, const struct inode_ops *ops, uint32_t mode,
			  uint32_t pid, uint32_t kind)
{
	struct inode *inode = inode_create(ops, DEVICE_PROC, mode);

	if (!inode)
		return NULL;
	/* The same number whenever the same thing is looked up. */
	inode->number = pid << 5 | kind | 1u << 30;
	inode->proc.pid = pid;
	inode->proc.kind = kind;
	inode->file_ops = inode_is_dir(inode) ? &proc_dir_ops : &proc_file_ops;
	if (parent) {
		inode->parent = inode_get(parent);
		inode->atime_ns = inode->mtime_ns = inode->ctime_ns = parent->mtime_ns;
	}
	return inode;
}

/* The entry of that name. */
static int find_entry(struct inode *dir, const struct proc_entry *entries, unsigned nr,
		      const char *name, uint32_t len, struct inode **found)
{
	for (unsigned i = 0; i < nr; i++) {
		const struct proc_entry *e = &entries[i];

		if (strnlen(e->name, sizeof(e->name)) != len || memcmp(e->name, name, len))
			continue;
		*found = make(dir, ops_of(e), e->mode, dir->proc.pid, e->kind);
		return *found ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

/* Entry nr of the table, as it is listed; false behind the end. */
static bool list_entry_nr(const struct inode *dir, const struct proc_entry *entries, unsigned nr,
			  uint64_t i, struct dir_item *item)
{
	if (i >= nr)
		return false;
	item->name = entries[i].name;
	item->len = strnlen(entries[i].name, sizeof(entries[i].name));
	item->mode = entries[i].mode;
	item->number = dir->proc.pid << 5 | entries[i].kind | 1u << 30;
	return true;
}

/* A decimal number below end, or end. */
static uint32_t read_number(const char *name, uint32_t len, uint32_t end)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < len; i++) {
		if ((uint8_t)(name[i] - '0') > 9 || (i && !n))
			return end; /* nor with a zero in front */
		n = n * 10 + name[i] - '0';
		if (n >= end)
			return end;
	}
	return n;
}

static void item_set_number(struct dir_item *item, uint32_t n)
{
	struct fmt f = { item->text, item->text + sizeof(item->text) };

	fmt_number(&f, n);
	item->name = item->text;
	item->len = f.at - item->text;
}

static int root_lookup(struct inode *dir, const char *name, uint32_t len, struct inode **found)
{
	int err = find_entry(dir, root_entries, ARRAY_SIZE(root_entries), name, len, found);
	uint32_t pid;

	if (err != -ENOENT)
		return err;
	pid = read_number(name, len, PID_MAX);
	if (pid == PID_MAX || !process_find(pid))
		return -ENOENT;
	*found = make(dir, &proc_process_ops, MODE_DIR | 0555, pid, PROC_PROCESS);
	return *found ? 0 : -ENOMEM;
}

/* Positions: 2 and up for the table, PID_MAX + pid for processes. */
static int root_list(struct inode *dir, uint64_t pos, struct dir_cursor *cursor,
		      struct dir_item *item)
{
	struct process *p;

	(void)cursor;
	if (list_entry_nr(dir, root_entries, ARRAY_SIZE(root_entries), pos - 2, item)) {
		item->next = pos + 1;
		return 1;
	}
	p = process_find_from(pos > PID_MAX ? pos - PID_MAX : 1);
	if (!p)
		return 0;
	item_set_number(item, p->pid);
	item->mode = MODE_DIR;
	item->number = p->pid << 5 | PROC_PROCESS | 1u << 30;
	item->next = PID_MAX + p->pid + 1;
	return 1;
}

static int process_lookup(struct inode *dir, const char *name, uint32_t len, struct inode **found)
{
	if (!process_find(dir->proc.pid))
		return -ENOENT;
	return find_entry(dir, process_entries, ARRAY_SIZE(process_entries), name, len, found);
}

static int process_list(struct inode *dir, uint64_t pos, struct dir_cursor *cursor,
			 struct dir_item *item)
{
	(void)cursor;
	item->next = pos + 1;
	return process_find(dir->proc.pid) &&
	       list_entry_nr(dir, process_entries, ARRAY_SIZE(process_entries), pos - 2, item);
}

/* The open files of the process that inode is about; NULL if it has ended. */
static struct file_table *table_of(const struct inode *inode)
{
	struct process *p = process_find(inode->proc.pid);

	return p ? p->files : NULL;
}

static uint32_t fd_number(uint32_t pid, uint32_t fd)
{
	return 1u << 31 | pid << 10 | fd;
}

static int fds_lookup(struct inode *dir, const char *name, uint32_t len, struct inode **found)
{
	struct file_table *table = table_of(dir);
	uint32_t fd = read_number(name, len, FD_MAX);

	if (!table || !file_table_get(table, fd))
		return -ENOENT;
	*found = make(dir, &proc_link_ops, MODE_SYMLINK | 0700, dir->proc.pid, PROC_FD);
	if (!*found)
		return -ENOMEM;
	(*found)->proc.fd = fd;
	(*found)->number = fd_number(dir->proc.pid, fd);
	return 0;
}

static int fds_list(struct inode *dir, uint64_t pos, struct dir_cursor *cursor,
		     struct dir_item *item)
{
	struct file_table *table = table_of(dir);
	int fd = table ? file_table_next(table, pos - 2) : FD_MAX;

	(void)cursor;
	if (fd >= FD_MAX)
		return 0;
	item_set_number(item, fd);
	item->mode = MODE_SYMLINK;
	item->number = fd_number(dir->proc.pid, fd);
	item->next = fd + 3;
	return 1;
}

/* What the link leads to, without becoming a user; NULL if it is gone. */
static struct inode *link_target(const struct inode *link)
{
	struct process *p = process_find(link->proc.pid);
	struct file *file;

	if (!p || !p->files)
		return NULL;
	switch (link->proc.kind) {
	case PROC_EXE:
		return p->program;
	case PROC_CWD:
		return p->cwd;
	case PROC_ROOT_LINK:
		return inode_root();
	default:
		file = file_table_get(p->files, link->proc.fd);
		return file ? file->inode : NULL;
	}
}

static struct inode *link_jump(struct inode *link)
{
	struct inode *target;

	if (link->proc.kind == PROC_SELF)
		return make(link->parent, &proc_process_ops, MODE_DIR | 0555, current()->pid,
			    PROC_PROCESS);
	target = link_target(link);
	return target ? inode_get(target) : NULL;
}

/* What stands for a file that has no name. */
static uint64_t write_nameless(const struct inode *inode, char *buf)
{
	struct fmt f = { buf, buf + PATH_SIZE };

	if (inode->device == DEVICE_PIPES ||
	    (inode->device == DEVICE_STREAMS && (inode->mode & MODE_TYPE) == MODE_FIFO)) {
		fmt_text(&f, "pipe:[");
		fmt_number(&f, inode->number);
		fmt_text(&f, "]");
	} else if (inode->device == DEVICE_STREAMS) {
		fmt_text(&f, (inode->mode & MODE_TYPE) == MODE_CHAR ? "/dev/null" : "/stdin");
	} else {
		fmt_text(&f, "/ (deleted)");
	}
	return f.at - buf;
}

static int64_t link_read(struct inode *link, char *buf, const char **text)
{
	struct fmt f = { buf, buf + PATH_SIZE };
	struct inode *target;
	int64_t len;

	*text = buf;
	if (link->proc.kind == PROC_SELF) {
		fmt_number(&f, current()->pid);
		return f.at - buf;
	}
	target = link_target(link);
	if (!target)
		return -ENOENT;
	len = inode_path(target, buf, PATH_SIZE);
	if (len == -ENOENT)
		return write_nameless(target, buf);
	return len < 0 ? len : len - 1;
}

static uint32_t name_of(const struct inode *inode, char text[DIR_TEXT_SIZE], const char **name)
{
	const struct proc_entry *entry = entry_of(inode);
	struct fmt f = { text, text + DIR_TEXT_SIZE };

	*name = text;
	if (inode->proc.kind == PROC_PROCESS)
		fmt_number(&f, inode->proc.pid);
	else if (inode->proc.kind == PROC_FD)
		fmt_number(&f, inode->proc.fd);
	else if (entry)
		fmt_bytes(&f, entry->name, strnlen(entry->name, sizeof(entry->name)));
	return f.at - text;
}

/* The folder itself has a name in the root, as folders have. */
static const struct inode_ops proc_root_ops = { .lookup = root_lookup, .list = root_list };
static const struct inode_ops proc_process_ops = {
	.lookup = process_lookup, .list = process_list, .name = name_of,
};
static const struct inode_ops proc_fds_ops = {
	.lookup = fds_lookup, .list = fds_list, .name = name_of,
};
static const struct inode_ops proc_link_ops = {
	.read_link = link_read, .jump = link_jump, .name = name_of,
};
static const struct inode_ops proc_file_inode_ops = { .name = name_of };

struct inode *proc_create(void)
{
	return make(NULL, &proc_root_ops, MODE_DIR | 0555, 0, PROC_ROOT);
}
