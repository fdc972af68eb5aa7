/* SPDX-License-Identifier: MIT */
/* Room cannot be reserved in files on ext2, as in Linux: reserve DIR */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_refused(int fd, int mode, off_t offset, off_t len, int with)
{
	if (fallocate(fd, mode, offset, len) == -1 && errno == with)
		return 1;
	printf("fallocate, mode %d, %ld at %ld: errno %d, not %d\n", mode, (long)len,
	       (long)offset, errno, with);
	return 0;
}

int main(int argc, char **argv)
{
	struct stat st;
	int fd, ro;

	if (argc < 2 || chdir(argv[1]))
		return 2;
	fd = open("file", O_RDWR | O_CREAT, 0644);
	ro = open("file", O_RDONLY);
	if (!is_refused(fd, 0, 0, 8192, EOPNOTSUPP) ||
	    !is_refused(fd, FALLOC_FL_KEEP_SIZE, 4096, 1, EOPNOTSUPP) ||
	    !is_refused(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1, EOPNOTSUPP) ||
	    !is_refused(fd, 0, 0, 0, EINVAL) || !is_refused(fd, 0, -1, 1, EINVAL) ||
	    !is_refused(ro, 0, 0, 1, EBADF) || !is_refused(-1, 0, 0, 1, EBADF))
		return 1;
	/* musl hands that on; glibc writes instead. */
	if (posix_fallocate(fd, 0, 8192) != EOPNOTSUPP || fstat(fd, &st) || st.st_size ||
	    st.st_blocks) {
		printf("posix_fallocate, or the file is another\n");
		return 1;
	}
	return 0;
}
