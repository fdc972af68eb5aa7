/* SPDX-License-Identifier: MIT */
#include "vmm/base/status_line.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static struct {
	pthread_mutex_t lock;
	bool is_shown;
	bool is_within_line; /* of somebody else's */
} line = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Nobody is left to be told if stderr fails. */
static void put(const char *text, size_t len)
{
	ssize_t ignored = write(STDERR_FILENO, text, len);

	(void)ignored;
}

static void hide(void)
{
	static const char erase[] = "\r\033[K";

	if (line.is_shown)
		put(erase, sizeof(erase) - 1);
	line.is_shown = false;
}

void status_line_show(const char *text, size_t columns)
{
	char out[300];
	int len;

	pthread_mutex_lock(&line.lock);
	if (!line.is_within_line && columns > 1) {
		/* The cursor goes back to the beginning: what is written there
		 * by surprise covers the line and is not appended to it. */
		len = snprintf(out, sizeof(out), "\r%.*s\033[K\r",
			       columns - 1 < 250 ? (int)columns - 1 : 250, text);
		put(out, (size_t)len);
		line.is_shown = true;
	}
	pthread_mutex_unlock(&line.lock);
}

void status_line_hide(void)
{
	pthread_mutex_lock(&line.lock);
	hide();
	pthread_mutex_unlock(&line.lock);
}

void status_line_begin(void)
{
	pthread_mutex_lock(&line.lock);
	hide();
}

void status_line_end(int last)
{
	if (last >= 0)
		line.is_within_line = last != '\n';
	pthread_mutex_unlock(&line.lock);
}
