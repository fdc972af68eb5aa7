/* SPDX-License-Identifier: MIT */
/*
 * System calls about users and groups: all processes are root, of a machine that
 * has no other user, as in a Linux user namespace that maps number 0 alone. So there
 * is no way to give up being root, and who tries is told, rather than left to
 * believe that files are safe from him now.
 */
#include "guest/core/sched.h"
#include "guest/sys/syscall.h"

#define ID_SAME UINT32_MAX /* setreuid(2) and its kin: is left as it is */

/* Linux: NGROUPS_MAX */
#define GROUPS_MAX 65536

int64_t sys_zero_id(struct trap_frame *f)
{
	(void)f;
	return 0;
}

static uint32_t id(const struct trap_frame *f, unsigned i)
{
	return (uint32_t)arg_u64(f, i);
}

/* setuid, setgid */
int64_t sys_set_id(struct trap_frame *f)
{
	return id(f, 0) ? -EINVAL : 0;
}

/* Of so many numbers from the first on, each is 0 or is left out. */
static int64_t set_ids(const struct trap_frame *f, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (id(f, i) && id(f, i) != ID_SAME)
			return -EINVAL;
	return 0;
}

int64_t sys_setre_id(struct trap_frame *f)
{
	return set_ids(f, 2);
}

int64_t sys_setres_id(struct trap_frame *f)
{
	return set_ids(f, 3);
}

int64_t sys_getres_id(struct trap_frame *f)
{
	static const uint32_t zero;

	for (unsigned i = 0; i < 3; i++)
		if (put_user(arg_u64(f, i), &zero, sizeof(zero)))
			return -EFAULT;
	return 0;
}

/* ---- supplementary groups ------------------------------------------------ */

/* All of them are group 0, so their number says all. */
#define PIECE 64

int64_t sys_getgroups(struct trap_frame *f)
{
	static const uint32_t zeroes[PIECE];
	uint32_t nr = current()->nr_groups;
	vaddr_t to = arg_u64(f, 1);

	if (arg_int(f, 0) < 0 || (arg_int(f, 0) && id(f, 0) < nr))
		return -EINVAL;
	if (!arg_int(f, 0))
		return nr;
	for (uint32_t done = 0; done < nr; done += PIECE) {
		uint32_t bytes = min_u64(nr - done, PIECE) * sizeof(zeroes[0]);

		if (put_user(to + done * sizeof(zeroes[0]), zeroes, bytes))
			return -EFAULT;
		sched_cond_resched();
	}
	return nr;
}

int64_t sys_setgroups(struct trap_frame *f)
{
	uint32_t piece[PIECE], nr = id(f, 0);
	vaddr_t from = arg_u64(f, 1);

	if (nr > GROUPS_MAX)
		return -EINVAL;
	for (uint32_t done = 0; done < nr; done += PIECE) {
		uint32_t len = min_u64(nr - done, PIECE);

		if (get_user(piece, from + done * sizeof(piece[0]), len * sizeof(piece[0])))
			return -EFAULT;
		for (uint32_t i = 0; i < len; i++)
			if (piece[i])
				return -EINVAL;
		sched_cond_resched();
	}
	current()->nr_groups = nr;
	return 0;
}
