/* SPDX-License-Identifier: MIT */
/* The line discipline: what is read and what is shown, for what is typed. */
#include "tests/unit/fake/fake.h"

#include <string.h>

#include <asm/signal.h>

#include "guest/dev/ldisc.h"
#include "guest/lib/compiler.h"

static struct ldisc ld;

/* As Linux sets up a new terminal. */
static const struct termios usual = {
	.c_iflag = ICRNL | IXON,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc = { [VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4, [VSTART] = 17,
		  [VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18, [VWERASE] = 23, [VLNEXT] = 22,
		  [VMIN] = 1 },
};

static int set_up(void **state)
{
	(void)state;
	memset(&ld, 0, sizeof(ld));
	ld.settings = usual;
	return 0;
}

static void change(uint32_t iflag_on, uint32_t lflag_on, uint32_t lflag_off)
{
	struct termios t = ld.settings;

	t.c_iflag |= iflag_on;
	t.c_lflag = (t.c_lflag | lflag_on) & ~lflag_off;
	ldisc_set(&ld, &t);
}

static void type_bytes(const char *keys, uint32_t len)
{
	ldisc_receive(&ld, (const uint8_t *)keys, len);
}

static void type(const char *keys)
{
	type_bytes(keys, strlen(keys));
}

static void expect_read_of(uint32_t len, const char *expected)
{
	uint8_t got[LDISC_SIZE + 1];
	uint32_t n = ldisc_read(&ld, got, len);

	got[n] = '\0';
	assert_string_equal((char *)got, expected);
}

static void expect_read(const char *expected)
{
	assert_true(ldisc_has_input(&ld, 1));
	expect_read_of(LDISC_SIZE, expected);
}

static void expect_echo(const char *expected)
{
	char shown[LDISC_ECHO_SIZE + 1];
	uint32_t n = 0;

	while (ld.echo_start != ld.echo_end)
		shown[n++] = (char)ld.echo[ld.echo_start++ % LDISC_ECHO_SIZE];
	shown[n] = '\0';
	assert_string_equal(shown, expected);
}

static void nothing_is_read_before_the_line_is_complete(void **state)
{
	(void)state;
	type("hello");
	assert_false(ldisc_has_input(&ld, 1));
	assert_int_equal(ldisc_nr_readable(&ld), 0);
	type("\r");
	assert_int_equal(ldisc_nr_readable(&ld), 6);
	expect_read("hello\n");
	expect_echo("hello\n");
	assert_false(ldisc_has_input(&ld, 1));
}

static void one_line_is_read_at_a_time(void **state)
{
	(void)state;
	type("one\ntwo\nthr");
	expect_read_of(2, "on");
	expect_read_of(100, "e\n");
	expect_read("two\n");
	assert_false(ldisc_has_input(&ld, 1));
}

static void the_end_of_input_completes_a_line_and_is_not_read(void **state)
{
	(void)state;
	type("abc\4");
	assert_int_equal(ldisc_nr_readable(&ld), 3);
	expect_read("abc");
	type("\4x");
	expect_read("");
	assert_false(ldisc_has_input(&ld, 1));
	expect_echo("abcx");
}

static void a_mark_behind_the_last_byte_asked_for_goes_with_it(void **state)
{
	(void)state;
	type("abc\4de\n");
	expect_read_of(3, "abc");
	expect_read("de\n");
}

static void the_last_character_can_be_erased(void **state)
{
	(void)state;
	type("ab\177\177\177c\n");
	expect_read("c\n");
	expect_echo("ab\b \b\b \bc\n");
}

static void a_complete_line_cannot_be_edited(void **state)
{
	(void)state;
	type("ab\n\177\25\27c\n");
	expect_read("ab\n");
	expect_read("c\n");
}

static void a_control_character_shows_as_two_and_goes_as_two(void **state)
{
	(void)state;
	type("a\1\177\n");
	expect_read("a\n");
	expect_echo("a^A\b \b\b \b\n");
}

static void a_tab_goes_back_to_where_it_came_from(void **state)
{
	(void)state;
	type("abc\t\177x\n");
	expect_read("abcx\n");
	expect_echo("abc\t\b\b\b\b\bx\n");
}

static void a_character_of_many_bytes_is_one(void **state)
{
	(void)state;
	change(IUTF8, 0, 0);
	type("a\xc3\xa4\xe2\x82\xac\177\177\n");
	expect_read("a\n");
	expect_echo("a\xc3\xa4\xe2\x82\xac\b \b\b \b\n");
}

static void words_are_erased_with_what_follows_them(void **state)
{
	(void)state;
	type("one two_3, \27\n");
	expect_read("one \n");
	type("a b\27\27\27c\n");
	expect_read("c\n");
}

static void a_line_is_killed(void **state)
{
	(void)state;
	type("abc\25d\n");
	expect_read("d\n");
	expect_echo("abc\b \b\b \b\b \bd\n");
	change(0, 0, ECHOKE);
	type("abc\25d\n");
	expect_read("d\n");
	expect_echo("abc^U\nd\n");
	change(0, 0, ECHO);
	type("abc\25d\n");
	expect_read("d\n");
	expect_echo("");
}

static void a_printing_terminal_shows_what_was_erased(void **state)
{
	(void)state;
	change(0, ECHOPRT, 0);
	type("abc\177\177d\n");
	expect_read("ad\n");
	expect_echo("abc\\cb/d\n");
}

static void erasing_without_ECHOE_shows_the_key(void **state)
{
	(void)state;
	change(0, 0, ECHOE);
	type("ab\177\n");
	expect_read("a\n");
	expect_echo("ab^?\n");
}

static void a_line_is_shown_again(void **state)
{
	(void)state;
	type("ab\22c\n");
	expect_read("abc\n");
	expect_echo("ab^R\nabc\n");
}

static void a_quoted_key_means_itself(void **state)
{
	(void)state;
	type("a\26\3\26\177\26\4\n");
	expect_read("a\3\177\4\n");
	assert_int_equal(ld.signals, 0);
	expect_echo("a^\b^C^\b^?^\b^D\n");
}

static void without_IEXTEN_some_keys_are_characters(void **state)
{
	(void)state;
	change(0, 0, IEXTEN);
	type("a\26\27\n");
	expect_read("a\26\27\n");
}

static void keys_become_signals_and_drop_what_was_typed(void **state)
{
	(void)state;
	type("ab\nc\3d");
	assert_int_equal(ld.signals, 1u << SIGINT);
	assert_false(ldisc_has_input(&ld, 1));
	expect_echo("ab\nc^Cd");
	type("\n");
	expect_read("d\n");
	ld.signals = 0;
	type("\34\32");
	assert_int_equal(ld.signals, 1u << SIGQUIT | 1u << SIGTSTP);
	change(0, NOFLSH, 0);
	type("x\3\n");
	expect_read("x\n");
	ld.signals = 0;
	change(0, 0, ISIG);
	type("\3\n");
	expect_read("\3\n");
	assert_int_equal(ld.signals, 0);
}

static void signals_come_of_keys_without_lines_too(void **state)
{
	(void)state;
	change(0, 0, ICANON);
	type("ab\3c");
	assert_int_equal(ld.signals, 1u << SIGINT);
	expect_read("c");
}

static void a_disabled_key_is_none(void **state)
{
	struct termios t = usual;

	(void)state;
	t.c_cc[VINTR] = t.c_cc[VEOF] = 0;
	ldisc_set(&ld, &t);
	type_bytes("a\0\3\4\n", 5);
	assert_int_equal(ldisc_nr_readable(&ld), 5);
	assert_int_equal(ld.signals, 0);
}

static void line_ends_are_converted_as_set(void **state)
{
	struct termios t = usual;

	(void)state;
	t.c_lflag &= ~(ICANON | ECHO);
	t.c_iflag = 0;
	ldisc_set(&ld, &t);
	type("\r\n");
	expect_read("\r\n");
	t.c_iflag = ICRNL | INLCR;
	ldisc_set(&ld, &t);
	type("\r\n");
	expect_read("\n\r");
	t.c_iflag = IGNCR | ICRNL;
	ldisc_set(&ld, &t);
	type("a\rb\n");
	expect_read("ab\n");
}

static void bytes_are_narrowed_as_set(void **state)
{
	(void)state;
	change(ISTRIP | IUCLC, 0, ECHO);
	type("\xc1\xdaz\n");
	expect_read("azz\n");
}

static void other_keys_may_end_lines(void **state)
{
	struct termios t = usual;

	(void)state;
	t.c_cc[VEOL] = ';';
	t.c_cc[VEOL2] = '!';
	ldisc_set(&ld, &t);
	type("a;b!c");
	expect_read("a;");
	expect_read("b!");
	assert_false(ldisc_has_input(&ld, 1));
	expect_echo("a;b!c");
}

static void output_stops_and_starts(void **state)
{
	(void)state;
	type("a\23");
	assert_true(ld.is_stopped);
	type("b");
	assert_true(ld.is_stopped);
	type("\21\n");
	assert_false(ld.is_stopped);
	expect_read("ab\n");
	type("\23");
	change(IXANY, 0, 0);
	type("x");
	assert_false(ld.is_stopped);
	type("\23\3");
	assert_false(ld.is_stopped);
	type("\23");
	ld.settings.c_iflag &= ~(uint32_t)IXON;
	ldisc_set(&ld, &ld.settings);
	assert_false(ld.is_stopped);
}

static void only_new_lines_echo_with_ECHONL(void **state)
{
	(void)state;
	change(0, ECHONL, ECHO);
	type("secret\n");
	expect_read("secret\n");
	expect_echo("\n");
}

static void what_the_host_has_echoed_is_not_echoed_again(void **state)
{
	(void)state;
	ld.nr_echoed = 3;
	type("ab\ncd");
	expect_read("ab\n");
	expect_echo("cd");
}

static void bytes_are_counted_without_lines(void **state)
{
	(void)state;
	change(0, 0, ICANON);
	type("abc");
	assert_true(ldisc_has_input(&ld, 3));
	assert_false(ldisc_has_input(&ld, 4));
	assert_int_equal(ldisc_nr_readable(&ld), 3);
	expect_read_of(2, "ab");
	expect_read("c");
}

static void what_was_typed_survives_a_change_of_mode(void **state)
{
	(void)state;
	type("one\ntw");
	change(0, 0, ICANON);
	expect_read("one\ntw");
	type("three");
	change(0, ICANON, 0);
	expect_read("three");
	type("four\n");
	expect_read("four\n");
	type("five\4");
	change(0, 0, ICANON);
	assert_int_equal(ldisc_nr_readable(&ld), 5); /* the mark is a byte now, as on Linux */
}

static void flushing_forgets_what_was_typed(void **state)
{
	(void)state;
	type("one\ntwo");
	ldisc_flush_input(&ld);
	assert_false(ldisc_has_input(&ld, 1));
	type("x\n");
	expect_read("x\n");
}

static void a_line_too_long_loses_its_middle_and_ends(void **state)
{
	uint8_t got[LDISC_SIZE];

	(void)state;
	for (unsigned i = 0; i < 2 * LDISC_SIZE; i++) {
		assert_true(ldisc_room(&ld) > 0);
		type("x");
	}
	type("\n");
	assert_int_equal(ldisc_read(&ld, got, sizeof(got)), LDISC_SIZE - 1);
	assert_int_equal(got[LDISC_SIZE - 2], '\n');
}

static void a_reader_that_is_slow_holds_the_typist_up(void **state)
{
	(void)state;
	change(0, 0, ICANON);
	for (unsigned i = 0; i < LDISC_SIZE - 1; i++) {
		assert_int_equal(ldisc_room(&ld), LDISC_SIZE - 1 - i);
		type("x");
	}
	assert_int_equal(ldisc_room(&ld), 0);
	type("lost");
	assert_int_equal(ldisc_nr_readable(&ld), LDISC_SIZE - 1);
}

/* Whatever is typed and set, positions stay in order and reading ends. */
static void nonsense_is_survived(void **state)
{
	uint8_t got[LDISC_SIZE];

	(void)state;
	fake_random_start();
	for (unsigned round = 0; round < 20000; round++) {
		struct termios t = usual;
		uint8_t bytes[64];

		for (unsigned i = 0; i < sizeof(bytes); i++)
			bytes[i] = fake_random() >> 32;
		if (round % 7 == 0) {
			t.c_iflag = (uint32_t)fake_random();
			t.c_lflag = (uint32_t)fake_random();
			memcpy(t.c_cc, bytes, sizeof(t.c_cc));
			ldisc_set(&ld, &t);
		}
		ldisc_receive(&ld, bytes, sizeof(bytes));
		if (round % 3 == 0)
			ldisc_read(&ld, got, bytes[0] * 16);
		assert_true(ld.end - ld.start < LDISC_SIZE);
		assert_true(ld.line_start - ld.start <= ld.end - ld.start);
		assert_true(ld.echo_end - ld.echo_start <= LDISC_ECHO_SIZE);
		assert_true(ldisc_nr_readable(&ld) <= ld.end - ld.start);
		ld.echo_start = ld.echo_end;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, set_up)
		T(nothing_is_read_before_the_line_is_complete),
		T(one_line_is_read_at_a_time),
		T(the_end_of_input_completes_a_line_and_is_not_read),
		T(a_mark_behind_the_last_byte_asked_for_goes_with_it),
		T(the_last_character_can_be_erased),
		T(a_complete_line_cannot_be_edited),
		T(a_control_character_shows_as_two_and_goes_as_two),
		T(a_tab_goes_back_to_where_it_came_from),
		T(a_character_of_many_bytes_is_one),
		T(words_are_erased_with_what_follows_them),
		T(a_line_is_killed),
		T(a_printing_terminal_shows_what_was_erased),
		T(erasing_without_ECHOE_shows_the_key),
		T(a_line_is_shown_again),
		T(a_quoted_key_means_itself),
		T(without_IEXTEN_some_keys_are_characters),
		T(keys_become_signals_and_drop_what_was_typed),
		T(signals_come_of_keys_without_lines_too),
		T(a_disabled_key_is_none),
		T(line_ends_are_converted_as_set),
		T(bytes_are_narrowed_as_set),
		T(other_keys_may_end_lines),
		T(output_stops_and_starts),
		T(only_new_lines_echo_with_ECHONL),
		T(what_the_host_has_echoed_is_not_echoed_again),
		T(bytes_are_counted_without_lines),
		T(what_was_typed_survives_a_change_of_mode),
		T(flushing_forgets_what_was_typed),
		T(a_line_too_long_loses_its_middle_and_ends),
		T(a_reader_that_is_slow_holds_the_typist_up),
		T(nonsense_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
