/* SPDX-License-Identifier: MIT */
/* Buffered input with stdio: lines, words, bytes, the longest line, a hash. */
#include <stdlib.h>

#include "abi.h"

int main(void)
{
	size_t lines = 0, words = 0, bytes = 0, longest = 0, size = 0;
	uint64_t hash = 0;
	char *line = NULL;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) >= 0) {
		int in_word = 0;

		lines++;
		bytes += (size_t)len;
		if ((size_t)len > longest)
			longest = (size_t)len;
		hash = abi_hash(line, (size_t)len, hash);
		for (ssize_t i = 0; i < len; i++) {
			int is_space = line[i] == ' ' || line[i] == '\n';

			words += in_word && is_space;
			in_word = !is_space;
		}
		words += (size_t)in_word;
	}
	printf("%zu lines, %zu words, %zu bytes, longest %zu, hash %016llx\n", lines, words, bytes,
	       longest, (unsigned long long)hash);
	check("end of file", feof(stdin) != 0);
	check("no error", ferror(stdin) == 0);
	free(line);
	return abi_end();
}
