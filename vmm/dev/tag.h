/* SPDX-License-Identifier: MIT */
/*
 * Lines with the process in front: what --tag does to the programs' output.
 *
 *   [3 wordcount] 17 lines
 *
 * One for each output stream. A line is put out when it is complete; what a
 * process has written of the next one is kept. A line longer than
 * TAGGER_LINE_MAX is broken there. One thread at a time.
 */
#ifndef VMM_DEV_TAG_H
#define VMM_DEV_TAG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define TAGGER_LINE_MAX     8192
#define TAGGER_PARTIALS_MAX 256

/* Bytes that grow at the end. */
struct tagger_text {
	char *bytes;
	size_t len;
	size_t size;
};

/* The name of a process, in buf or elsewhere; NULL: none is known. */
typedef const char *tagger_name(void *ctx, uint32_t pid, char *buf, size_t size);

struct tagger_partial {
	uint32_t pid;
	struct tagger_text text;
};

struct tagger {
	tagger_name *name;
	void *ctx;
	struct tagger_partial partials[TAGGER_PARTIALS_MAX];
	unsigned int nr_partials;
	unsigned int next_evicted; /* when all are taken */
};

void tagger_init(struct tagger *tagger, tagger_name *name, void *ctx);
void tagger_fini(struct tagger *tagger);

/*
 * Takes what pid wrote and appends the lines that it completes, tagged, to
 * out. 0 or -ENOMEM; then a part may have been taken.
 */
int tagger_take(struct tagger *tagger, uint32_t pid, const struct iovec *iov,
		unsigned int nr_iov, struct tagger_text *out);

/* Appends the unfinished lines to out, each with a newline. 0 or -ENOMEM. */
int tagger_flush(struct tagger *tagger, struct tagger_text *out);

#endif
