/* SPDX-License-Identifier: MIT */
/* The calls of sockets, on numbers that are none: shells ask what standard input is. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void tell(const char *call, const char *what, long result)
{
	printf("%s, %s: %ld %s\n", call, what, result, result < 0 ? strerror(errno) : "");
}

static void ask(const char *what, int fd)
{
	struct sockaddr address = {.sa_family = AF_UNIX};
	socklen_t len = sizeof(address);
	struct iovec iov = {&address, sizeof(address)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	int value = 0;

	tell("bind", what, syscall(SYS_bind, fd, &address, len));
	tell("bind of nothing", what, syscall(SYS_bind, fd, NULL, 0));
	tell("listen", what, syscall(SYS_listen, fd, 1));
	tell("connect", what, syscall(SYS_connect, fd, &address, len));
	tell("accept", what, syscall(SYS_accept, fd, NULL, NULL));
	tell("accept4", what, syscall(SYS_accept4, fd, NULL, NULL, SOCK_CLOEXEC));
	tell("accept4 with other flags", what, syscall(SYS_accept4, fd, NULL, NULL, 1));
	tell("getsockname", what, syscall(SYS_getsockname, fd, &address, &len));
	tell("getpeername", what, syscall(SYS_getpeername, fd, &address, &len));
	tell("getpeername into nothing", what, syscall(SYS_getpeername, fd, NULL, NULL));
	tell("getsockopt", what,
	     syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &value, &len));
	tell("setsockopt", what,
	     syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value)));
	tell("shutdown", what, syscall(SYS_shutdown, fd, SHUT_RDWR));
	tell("sendto", what, syscall(SYS_sendto, fd, "x", 1, 0, NULL, 0));
	tell("recvfrom", what, syscall(SYS_recvfrom, fd, &value, 1, 0, NULL, NULL));
	tell("sendmsg", what, syscall(SYS_sendmsg, fd, &message, 0));
	tell("recvmsg", what, syscall(SYS_recvmsg, fd, &message, 0));
	tell("recvmsg into nothing", what, syscall(SYS_recvmsg, fd, NULL, 0));
}

int main(void)
{
	int ends[2];

	if (pipe(ends) || close(ends[1]))
		return 1;
	ask("no number", -1);
	ask("closed", ends[1]);
	ask("a pipe", ends[0]);
	ask("a path", open("/", O_PATH));
	return 0;
}
