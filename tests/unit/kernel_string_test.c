/* SPDX-License-Identifier: MIT */
/* The kernel's mem* and str*, under the name guest_*, beside the C library's. */
#include "tests/unit/fake/fake.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#define SIZE 96 /* several words and every remainder of one */

void *guest_memcpy(void *restrict dst, const void *restrict src, size_t n);
void *guest_memmove(void *dst, const void *src, size_t n);
void *guest_memset(void *dst, int c, size_t n);
int guest_memcmp(const void *a, const void *b, size_t n);
void *guest_memchr(const void *s, int c, size_t n);
size_t guest_strlen(const char *s);
size_t guest_strnlen(const char *s, size_t max);
int guest_strcmp(const char *a, const char *b);
char *guest_strchr(const char *s, int c);
char *guest_strrchr(const char *s, int c);
void string_copy(char *dst, const char *src, size_t size);
const char *string_base_name(const char *path);

/* Two buffers that end at pages which cannot be touched. */
static unsigned char *ours, *theirs;

static unsigned char *guarded(void)
{
	char *p = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p + 4096, 4096, PROT_NONE), 0);
	return (unsigned char *)p + 4096 - SIZE;
}

static int group_set_up(void **state)
{
	(void)state;
	ours = guarded();
	theirs = guarded();
	return 0;
}

static void fill(void)
{
	for (unsigned i = 0; i < SIZE; i++)
		ours[i] = theirs[i] = (unsigned char)(i * 37 + 11);
}

static void memcpy_copies_every_size_at_every_place(void **state)
{
	unsigned char src[SIZE];

	(void)state;
	for (unsigned i = 0; i < SIZE; i++)
		src[i] = (unsigned char)(200 - i);
	for (unsigned to = 0; to < 16; to++) {
		for (unsigned n = 0; n <= SIZE - 16; n++) {
			unsigned from = (to * 5 + n) % 16;

			fill();
			memcpy(theirs + to, src + from, n);
			assert_ptr_equal(guest_memcpy(ours + to, src + from, n), ours + to);
			assert_memory_equal(ours, theirs, SIZE);
		}
	}
	fill();
	guest_memcpy(ours, src, SIZE); /* up to the last byte before the guard */
	assert_memory_equal(ours, src, SIZE);
}

static void memmove_copies_every_overlap(void **state)
{
	(void)state;
	for (unsigned to = 0; to < 40; to++) {
		for (unsigned from = 0; from < 40; from++) {
			for (unsigned n = 0; n <= SIZE - 40; n += 1 + n / 20) {
				fill();
				memmove(theirs + to, theirs + from, n);
				assert_ptr_equal(guest_memmove(ours + to, ours + from, n), ours + to);
				assert_memory_equal(ours, theirs, SIZE);
			}
		}
	}
}

static void memset_takes_the_low_byte(void **state)
{
	static const int values[] = { 0, 1, 0x80, 0xff, 0x1234, -1 };

	(void)state;
	for (unsigned v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
		for (unsigned to = 0; to < 9; to++) {
			for (unsigned n = 0; n <= SIZE - to; n++) {
				fill();
				memset(theirs + to, values[v], n);
				assert_ptr_equal(guest_memset(ours + to, values[v], n), ours + to);
				assert_memory_equal(ours, theirs, SIZE);
			}
		}
	}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void memcmp_compares_unsigned_bytes(void **state)
{
	(void)state;
	for (unsigned n = 0; n <= SIZE; n++) {
		for (unsigned at = 0; at < SIZE; at += 5) {
			fill();
			ours[at] ^= 0x80;
			assert_int_equal(sign(guest_memcmp(ours, theirs, n)),
					 sign(memcmp(ours, theirs, n)));
			assert_int_equal(sign(guest_memcmp(theirs, ours, n)),
					 sign(memcmp(theirs, ours, n)));
		}
	}
}

static void memchr_finds_the_first_and_stays_inside(void **state)
{
	(void)state;
	fill();
	for (unsigned n = 0; n <= SIZE; n++)
		for (int c = -1; c < 257; c++)
			assert_ptr_equal(guest_memchr(ours, c, n), memchr(ours, c, n));
}

/* A string of n bytes that ends at the guard. */
static char *string_of(unsigned char *buffer, unsigned n)
{
	char *s = (char *)buffer + SIZE - 1 - n;

	memset(buffer, 'z', SIZE);
	for (unsigned i = 0; i < n; i++)
		s[i] = (char)('a' + i % 7);
	s[n] = '\0';
	return s;
}

static void lengths_do_not_read_beyond_the_end(void **state)
{
	(void)state;
	for (unsigned n = 0; n < SIZE - 1; n++) {
		const char *s = string_of(ours, n);

		assert_int_equal(guest_strlen(s), n);
		for (unsigned max = 0; max < SIZE; max++)
			assert_int_equal(guest_strnlen(s, max), max < n ? max : n);
		ours[SIZE - 1] = 'x'; /* no end at all: only max holds it back */
		assert_int_equal(guest_strnlen(s, n + 1), n + 1);
	}
}

static void strcmp_orders_as_unsigned_and_stops_at_the_end(void **state)
{
	static const char *const words[] = { "", "a", "ab", "abc", "abd", "b", "\x7f", "\x80", "\xff",
					     "a\xff", "A", "lde,tsc-hz", "lde,tsc-h", "lde,tsc-hzz" };
	unsigned nr = sizeof(words) / sizeof(words[0]);

	(void)state;
	for (unsigned i = 0; i < nr; i++)
		for (unsigned j = 0; j < nr; j++)
			assert_int_equal(sign(guest_strcmp(words[i], words[j])),
					 sign(strcmp(words[i], words[j])));
	assert_int_equal(guest_strcmp(string_of(ours, 50), string_of(theirs, 50)), 0);
}

static void strchr_and_strrchr_find_the_end_too(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 30; n++) {
		const char *s = string_of(ours, n);

		for (int c = 0; c < 256; c++) {
			assert_ptr_equal(guest_strchr(s, c), strchr(s, c));
			assert_ptr_equal(guest_strrchr(s, c), strrchr(s, c));
		}
	}
	assert_int_equal(*guest_strchr("\xff", -1), '\xff');
}

static void a_string_is_cut_to_its_place(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 20; n++) {
		for (unsigned size = 1; size < 24; size++) {
			unsigned cut = n < size - 1 ? n : size - 1;
			char dst[32];

			memset(dst, '#', sizeof(dst));
			string_copy(dst, string_of(ours, n), size);
			assert_memory_equal(dst, string_of(ours, n), cut);
			assert_int_equal(dst[cut], '\0');
			for (unsigned i = cut + 1; i < sizeof(dst); i++)
				assert_int_equal(dst[i], '#');
		}
	}
}

static void an_unterminated_source_is_read_no_further_than_needed(void **state)
{
	char dst[8];

	(void)state;
	memset(ours, 'q', SIZE);
	string_copy(dst, (char *)ours + SIZE - 7, 8);
	assert_string_equal(dst, "qqqqqqq");
}

static void a_base_name_follows_the_last_slash(void **state)
{
	(void)state;
	assert_string_equal(string_base_name("/bin/sh"), "sh");
	assert_string_equal(string_base_name("sh"), "sh");
	assert_string_equal(string_base_name("a/b//c"), "c");
	assert_string_equal(string_base_name("dir/"), "");
	assert_string_equal(string_base_name(""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memcpy_copies_every_size_at_every_place),
		cmocka_unit_test(memmove_copies_every_overlap),
		cmocka_unit_test(memset_takes_the_low_byte),
		cmocka_unit_test(memcmp_compares_unsigned_bytes),
		cmocka_unit_test(memchr_finds_the_first_and_stays_inside),
		cmocka_unit_test(lengths_do_not_read_beyond_the_end),
		cmocka_unit_test(strcmp_orders_as_unsigned_and_stops_at_the_end),
		cmocka_unit_test(strchr_and_strrchr_find_the_end_too),
		cmocka_unit_test(a_string_is_cut_to_its_place),
		cmocka_unit_test(an_unterminated_source_is_read_no_further_than_needed),
		cmocka_unit_test(a_base_name_follows_the_last_slash),
	};

	return cmocka_run_group_tests_name("kernel_string", tests, group_set_up, NULL);
}
