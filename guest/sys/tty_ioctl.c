/* SPDX-License-Identifier: MIT */
#include "guest/sys/tty_ioctl.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>

#include "guest/core/process.h"
#include "guest/dev/tty.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/sys/group.h"
#include "guest/sys/syscall.h"

/* ---- settings -------------------------------------------------------- */

/* The second form has the speeds, too, which mean nothing here. */
#define SPEED 38400

static int64_t get_settings(vaddr_t dst, bool is_second)
{
	struct termios t;
	struct termios2 t2 = { .c_ispeed = SPEED, .c_ospeed = SPEED };

	tty_get_settings(&t);
	if (!is_second)
		return put_user(dst, &t, sizeof(t));
	memcpy(&t2, &t, sizeof(t));
	return put_user(dst, &t2, sizeof(t2));
}

/* What is written is with the host at once: there is nothing to drain. */
static int64_t set_settings(vaddr_t src, bool is_second, bool flushes)
{
	struct termios t;
	struct termios2 t2;
	int err = tty_check_change();

	if (err)
		return err;
	if (is_second ? get_user(&t2, src, sizeof(t2)) : get_user(&t, src, sizeof(t)))
		return -EFAULT;
	if (is_second)
		memcpy(&t, &t2, sizeof(t));
	tty_set_settings(&t, flushes);
	return 0;
}

static int64_t flush(int queue)
{
	int err = tty_check_change();

	if (err)
		return err;
	if (queue != TCIFLUSH && queue != TCOFLUSH && queue != TCIOFLUSH)
		return -EINVAL;
	if (queue != TCOFLUSH)
		tty_flush_input();
	return 0;
}

static int64_t flow(int action)
{
	int err = tty_check_change();

	if (err)
		return err;
	switch (action) {
	case TCOOFF:
	case TCOON:
		tty_stop_output(action == TCOOFF);
		return 0;
	case TCIOFF:
	case TCION:
		return 0; /* who types is not held up */
	default:
		return -EINVAL;
	}
}

/* ---- window ---------------------------------------------------------- */

static int64_t get_size(vaddr_t dst)
{
	struct winsize size;

	tty_get_size(&size);
	return put_user(dst, &size, sizeof(size));
}

static int64_t set_size(vaddr_t src)
{
	struct winsize size;

	if (get_user(&size, src, sizeof(size)))
		return -EFAULT;
	tty_set_size(&size);
	return 0;
}

/* ---- sessions -------------------------------------------------------- */

static int64_t get_foreground(vaddr_t dst)
{
	int32_t group = tty_foreground();

	if (!tty_is_controlling(current()))
		return -ENOTTY;
	return put_user(dst, &group, sizeof(group));
}

static int64_t set_foreground(vaddr_t src)
{
	int err = tty_check_change();
	int32_t group;

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (!tty_is_controlling(current()))
		return -ENOTTY;
	if (get_user(&group, src, sizeof(group)))
		return -EFAULT;
	if (group < 0)
		return -EINVAL;
	if (!group_is_in_session(group, current()->session))
		return process_find(group) ? -EPERM : -ESRCH;
	tty_set_foreground(group);
	return 0;
}

static int64_t get_session(vaddr_t dst)
{
	int32_t session = tty_session();

	if (!tty_is_controlling(current()))
		return -ENOTTY;
	return put_user(dst, &session, sizeof(session));
}

/* A leader without a terminal takes this one; with steal, from another session. */
static int64_t control(bool steal)
{
	struct process *p = current();

	if (p->session != p->pid)
		return -EPERM;
	if (tty_is_controlling(p))
		return 0;
	if (tty_session() != TTY_NO_SESSION && !steal)
		return -EPERM;
	p->has_left_tty = false;
	tty_set_session(p->session, p->group);
	return 0;
}

static int64_t leave(void)
{
	struct process *p = current();

	if (!tty_is_controlling(p))
		return -ENOTTY;
	if (p->session == p->pid)
		tty_end_session();
	else
		p->has_left_tty = true;
	return 0;
}

int64_t tty_ioctl(uint32_t request, uint64_t arg)
{
	switch (request) {
	case TCGETS:
	case TCGETS2:
		return get_settings(arg, request == TCGETS2);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_settings(arg, false, request == TCSETSF);
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return set_settings(arg, true, request == TCSETSF2);
	case TCFLSH:
		return flush(arg);
	case TCXONC:
		return flow(arg);
	case TCSBRK:
	case TCSBRKP:
		return tty_check_change();
	case TIOCOUTQ:
		return put_user(arg, &(int32_t){ 0 }, sizeof(int32_t));
	case TIOCGETD:
		return put_user(arg, &(int32_t){ 0 }, sizeof(int32_t));
	case TIOCGWINSZ:
		return get_size(arg);
	case TIOCSWINSZ:
		return set_size(arg);
	case TIOCGPGRP:
		return get_foreground(arg);
	case TIOCSPGRP:
		return set_foreground(arg);
	case TIOCGSID:
		return get_session(arg);
	case TIOCSCTTY:
		return control(arg == 1);
	case TIOCNOTTY:
		return leave();
	default:
		return -ENOTTY;
	}
}
