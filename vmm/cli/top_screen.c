/* SPDX-License-Identifier: MIT */
#include "vmm/cli/top_screen.h"

#include <errno.h>
#include <locale.h>
#include <ncurses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#define LINES_WITHOUT_TABLE (TOP_NR_HEAD_LINES + 3) /* title, rule, keys */
#define PANE_LEAST	    3
#define RESTORE_SIZE	    128

enum {
	COLOUR_RUNNING = 1,
	COLOUR_READY,
	COLOUR_BLOCKED,
	COLOUR_STOPPED,
};

/* ---- the terminal, as it was ------------------------------------------------- */

/* For a signal handler, which may not call ncurses. */
static struct {
	struct termios settings;
	char text[RESTORE_SIZE]; /* what leaves the second screen and shows the cursor */
} before;

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

static void restore_and_die(int signal)
{
	if (write(STDOUT_FILENO, before.text, strlen(before.text)) < 0)
		_exit(125);
	tcsetattr(STDIN_FILENO, TCSANOW, &before.settings);
	raise(signal); /* by default, once we return */
}

/* NULL: the terminal cannot do that. */
static const char *capability(const char *name)
{
	/* ncurses has it without const. */
	const char *text = tigetstr((char *)(uintptr_t)name);

	return text == (char *)-1 ? NULL : text;
}

static void append_capability(const char *name)
{
	const char *text = capability(name);

	if (text)
		strncat(before.text, text, sizeof(before.text) - strlen(before.text) - 1);
}

static void prepare_for_the_worst(void)
{
	struct sigaction action = {.sa_handler = restore_and_die, .sa_flags = SA_RESETHAND};

	append_capability("sgr0");
	append_capability("rmcup");
	append_capability("cnorm");
	append_capability("rmkx");
	for (unsigned int i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
		sigaction(fatal_signals[i], &action, NULL);
}

static void begin_colours(void)
{
	const char *no_colour = getenv("NO_COLOR");

	if ((no_colour && *no_colour) || !has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(COLOUR_RUNNING, COLOR_GREEN, -1);
	init_pair(COLOUR_READY, COLOR_YELLOW, -1);
	init_pair(COLOUR_BLOCKED, COLOR_CYAN, -1);
	init_pair(COLOUR_STOPPED, COLOR_MAGENTA, -1);
}

int top_screen_open(void)
{
	int found; /* or setupterm ends us */

	setlocale(LC_CTYPE, "");
	if (tcgetattr(STDIN_FILENO, &before.settings) ||
	    setupterm(NULL, STDOUT_FILENO, &found) != OK)
		return -ENOTTY;
	if (!capability("cup"))
		return -EOPNOTSUPP;
	if (!newterm(NULL, stdout, stdin))
		return -ENOTTY;
	prepare_for_the_worst();
	begin_colours();
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, true);
	nodelay(stdscr, true);
	return 0;
}

void top_screen_close(void)
{
	endwin();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before.settings);
}

/* ---- drawing ------------------------------------------------------------------- */

static attr_t state_attribute(uint32_t state)
{
	switch (state) {
	case LDE_STATE_RUNNING:
		return COLOR_PAIR(COLOUR_RUNNING) | A_BOLD;
	case LDE_STATE_READY:
		return COLOR_PAIR(COLOUR_READY);
	case LDE_STATE_BLOCKED:
		return COLOR_PAIR(COLOUR_BLOCKED);
	case LDE_STATE_STOPPED:
		return COLOR_PAIR(COLOUR_STOPPED);
	default:
		return A_DIM;
	}
}

/* One line, cut to the width; what is right of it is in the same attribute. */
static void draw_line(int y, attr_t attribute, const char *text)
{
	attrset(attribute);
	mvhline(y, 0, ' ', COLS);
	mvaddnstr(y, 0, text, -1);
	attrset(A_NORMAL);
}

static void draw_head(const struct top_view *view)
{
	char line[TOP_LINE_SIZE];

	for (unsigned int i = 0; i < TOP_NR_HEAD_LINES; i++) {
		top_format_head(&view->model, i, line);
		draw_line((int)i, i ? A_NORMAL : A_BOLD, line);
	}
}

/* How many lines the table has: as many as it needs, but the pane keeps a third. */
static int table_height(const struct top_view *view)
{
	int room = LINES - LINES_WITHOUT_TABLE, pane = room / 3;
	uint32_t wanted = top_model_nr_shown(&view->model);

	if (pane < PANE_LEAST)
		pane = room > 2 * PANE_LEAST ? PANE_LEAST : 0;
	room -= pane;
	if (room < 1)
		return room < 0 ? 0 : room;
	return wanted < (uint32_t)room ? (int)wanted : room;
}

static void draw_table(struct top_view *view, int height)
{
	uint32_t nr = top_model_nr_shown(&view->model);
	char line[TOP_LINE_SIZE];

	if (view->first + (uint32_t)height > nr)
		view->first = nr > (uint32_t)height ? nr - (uint32_t)height : 0;
	top_format_title(&view->model, line);
	draw_line(TOP_NR_HEAD_LINES, A_REVERSE, line);
	for (int i = 0; i < height; i++) {
		const struct top_row *row = &view->model.rows[view->first + (uint32_t)i];

		top_format_row(row, line);
		draw_line(TOP_NR_HEAD_LINES + 1 + i, state_attribute(row->now.state), line);
	}
}

static void draw_help(int height)
{
	static const char *const help[] = {
		"q      leave; a run that goes on is ended",
		"space  freeze the screen, and go on",
		"P      sort by share of the CPU      T  by time on the CPU",
		"N      by number of the process      E  by exits    C  by system calls",
		"R      the other way round           Z  without those that have ended",
		"arrows, page up, page down           move in the table",
		"States: R running, r ready, B blocked, S stopped, E ended",
	};

	draw_line(TOP_NR_HEAD_LINES, A_REVERSE, " Keys (h: back)");
	for (int i = 0; i < height; i++)
		draw_line(TOP_NR_HEAD_LINES + 1 + i, A_NORMAL,
			  i < (int)(sizeof(help) / sizeof(help[0])) ? help[i] : "");
}

static void draw_pane(const struct top_view *view, int top, int height)
{
	size_t width = COLS > 0 ? (size_t)COLS : 1;
	size_t at = top_output_last_lines(&view->output, height > 0 ? (size_t)height : 0, width);
	char line[4096];

	for (int i = 0; i < height; i++) {
		if (!top_output_next_line(&view->output, &at, width, line, sizeof(line)))
			line[0] = '\0';
		draw_line(top + i, A_NORMAL, line);
	}
}

static void draw_rule(const struct top_view *view, int y)
{
	char text[160];

	snprintf(text, sizeof(text), " %soutput of the programs%s%s%s ",
		 view->has_errors_elsewhere ? "standard " : "",
		 view->has_ended ? " - the run has ended: " : "", view->has_ended ? view->end : "",
		 view->is_frozen ? " - FROZEN, space goes on" : "");
	mvhline(y, 0, ACS_HLINE, COLS);
	attrset(view->has_ended || view->is_frozen ? A_BOLD : A_NORMAL);
	mvaddnstr(y, 2, text, COLS > 4 ? COLS - 4 : 0);
	attrset(A_NORMAL);
}

void top_screen_draw(struct top_view *view)
{
	int room = LINES - LINES_WITHOUT_TABLE;
	int height = view->shows_help && room > 0 ? (room < 7 ? room : 7) : table_height(view);
	int rule = TOP_NR_HEAD_LINES + 1 + height;

	erase();
	draw_head(view);
	if (view->shows_help)
		draw_help(height);
	else
		draw_table(view, height);
	draw_rule(view, rule);
	draw_pane(view, rule + 1, LINES - 1 - (rule + 1));
	draw_line(LINES - 1, A_REVERSE,
		  " q quit  space freeze  h help  "
		  "sort: P cpu N pid T time E exits C calls  R reverse");
	refresh();
}

/* ---- keys ---------------------------------------------------------------------- */

static void set_order(struct top_view *view, enum top_order order)
{
	view->model.order = order;
	top_model_sort(&view->model);
}

static void move_by(struct top_view *view, int64_t rows)
{
	int64_t first = (int64_t)view->first + rows;

	view->first = first < 0 ? 0 : (uint32_t)first;
}

static void take_order(struct top_view *view, int key)
{
	switch (key) {
	case 'P': case 'p':
		set_order(view, TOP_BY_CPU);
		break;
	case 'N': case 'n':
		set_order(view, TOP_BY_PID);
		break;
	case 'T': case 't':
		set_order(view, TOP_BY_TIME);
		break;
	case 'E': case 'e':
		set_order(view, TOP_BY_EXITS);
		break;
	case 'C': case 'c':
		set_order(view, TOP_BY_CALLS);
		break;
	case 'R': case 'r':
		view->model.is_reversed = !view->model.is_reversed;
		top_model_sort(&view->model);
		break;
	default:
		break;
	}
}

/* True: to leave. */
static bool take_key(struct top_view *view, int key)
{
	int page = LINES > LINES_WITHOUT_TABLE ? table_height(view) : 1;

	switch (key) {
	case 'q': case 'Q':
		return true;
	case ' ':
		view->is_frozen = !view->is_frozen;
		break;
	case 'h': case 'H': case '?':
		view->shows_help = !view->shows_help;
		break;
	case 'Z': case 'z':
		view->model.hides_ended = !view->model.hides_ended;
		break;
	case KEY_UP:
		move_by(view, -1);
		break;
	case KEY_DOWN:
		move_by(view, 1);
		break;
	case KEY_PPAGE:
		move_by(view, -page);
		break;
	case KEY_NPAGE:
		move_by(view, page);
		break;
	case KEY_HOME:
		view->first = 0;
		break;
	case KEY_END:
		move_by(view, view->model.nr_rows);
		break;
	default: /* KEY_RESIZE: it is drawn anew in any case */
		take_order(view, key);
	}
	return false;
}

bool top_screen_take_keys(struct top_view *view)
{
	int key;

	while ((key = getch()) != ERR)
		if (take_key(view, key))
			return true;
	return false;
}
