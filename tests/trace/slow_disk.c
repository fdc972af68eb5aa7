/* SPDX-License-Identifier: MIT */
/*
 * Runs a command whose disk is slow: each write(2) of a page or more takes MS
 * milliseconds more, in the command and in all that it starts. By a seccomp filter
 * that asks a supervisor, this program's child, before each of them.
 *
 * usage: slow_disk MS COMMAND [ARG]...
 * Status: the command's; 77: this kernel cannot, 1: something else is wrong.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CANNOT 77
#define PAGE   4096

/* The notifications of all writes of a page or more, as a descriptor. */
static int install_filter(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, PAGE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

union rights {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static struct msghdr message_of(struct iovec *byte, union rights *rights)
{
	struct msghdr message = { .msg_iov = byte, .msg_iovlen = 1 };

	message.msg_control = rights->bytes;
	message.msg_controllen = sizeof(rights->bytes);
	return message;
}

static int send_descriptor(int socket, int fd)
{
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	union rights rights = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
					  .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = message_of(&iov, &rights);

	memcpy(CMSG_DATA(&rights.head), &fd, sizeof(fd));
	return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

static int receive_descriptor(int socket)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union rights rights;
	struct msghdr message = message_of(&iov, &rights);
	int fd;

	if (recvmsg(socket, &message, 0) != 1 || message.msg_controllen < CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(&rights.head), sizeof(fd));
	return fd;
}

/* Until nobody is left whom the filter is for. */
static void supervise(int notifications, long ms)
{
	const struct timespec delay = { ms / 1000, ms % 1000 * 1000000 };
	struct pollfd poll_fd = { .fd = notifications, .events = POLLIN };

	while (poll(&poll_fd, 1, -1) > 0 && !(poll_fd.revents & POLLHUP)) {
		struct seccomp_notif asked = { 0 };
		struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

		if (ioctl(notifications, SECCOMP_IOCTL_NOTIF_RECV, &asked))
			continue; /* it has been killed meanwhile */
		nanosleep(&delay, NULL);
		answer.id = asked.id;
		ioctl(notifications, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

static void be_supervisor(int socket, long ms)
{
	int notifications = receive_descriptor(socket);

	close(socket);
	/* Its output is not ours to keep open. */
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	if (notifications >= 0)
		supervise(notifications, ms);
	_exit(0);
}

int main(int argc, char **argv)
{
	int ends[2], notifications;
	pid_t supervisor;

	if (argc < 3 || atol(argv[1]) <= 0) {
		fprintf(stderr, "usage: slow_disk MS COMMAND [ARG]...\n");
		return 1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) || (supervisor = fork()) < 0)
		return 1;
	if (!supervisor) {
		close(ends[0]);
		be_supervisor(ends[1], atol(argv[1]));
	}
	notifications = install_filter();
	if (notifications < 0) {
		fprintf(stderr, "slow_disk: %s\n", strerror(errno));
		return CANNOT;
	}
	if (send_descriptor(ends[0], notifications))
		return 1;
	close(notifications);
	execvp(argv[2], argv + 2);
	fprintf(stderr, "slow_disk: %s: %s\n", argv[2], strerror(errno));
	return 1;
}
