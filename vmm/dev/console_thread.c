/* SPDX-License-Identifier: MIT */
/* The console's I/O thread: requests that have to wait for the host. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "vmm/base/event.h"
#include "vmm/dev/console.h"
#include "vmm/dev/console_stream.h"
#include "vmm/host/terminal.h"

/* Interrupts a transfer that blocks after all, when the console is stopped. */
#define KICK_SIGNAL SIGURG
#define KICK_EVERY_NS (20 * 1000 * 1000)

/* poll(2) said ready and nothing moved: a terminal that has room for one byte
 * and needs two, or another writer was quicker. Not to spin on it. */
#define STALL_NS (1000 * 1000)

static void sleep_ns(long ns)
{
	nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

/* In the background what is typed is not for us; whether we are there changes
 * without notice. */
#define BACKGROUND_MS 200

/* Whether to read what is typed, asked for or not. */
static bool is_listening(struct vconsole *console)
{
	return terminal_is_ours() && !console->keyboard.has_ended &&
	       keyboard_room(&console->keyboard).iov_len;
}

/* What the thread waits for: a wake-up, the front's doorbell, and the descriptors
 * of pending requests. */
enum { POLL_WAKE, POLL_DOORBELL, POLL_STREAMS, NR_POLLS = POLL_STREAMS + VCONSOLE_STREAMS };

static bool gather(struct vconsole *console, struct pollfd pollfds[NR_POLLS])
{
	const struct vconsole_front *front = console->config.front;

	pthread_mutex_lock(&console->lock);
	bool is_stopping = console->is_stopping;
	pollfds[POLL_WAKE] = (struct pollfd){.fd = console->wake_fd, .events = POLLIN};
	/* A negative descriptor is left out by poll(2). */
	pollfds[POLL_DOORBELL] =
		(struct pollfd){.fd = front ? front->doorbell_fd : -1, .events = POLLIN};
	for (int i = 0; i < VCONSOLE_STREAMS; i++) {
		struct vconsole_stream *stream = &console->streams[i];
		bool is_wanted = i == LDE_STREAM_TERMINAL_IN ? is_listening(console)
							     : stream->is_pending;
		pollfds[POLL_STREAMS + i] = (struct pollfd){
			.fd = is_wanted ? hostio_poll_fd(&stream->io) : -1,
			.events = hostio_events(&stream->io),
		};
	}
	pthread_mutex_unlock(&console->lock);
	return !is_stopping;
}

static void lock_front(const struct vconsole *console)
{
	if (console->config.front)
		pthread_mutex_lock(console->config.front->lock);
}

static void unlock_front(const struct vconsole *console)
{
	if (console->config.front)
		pthread_mutex_unlock(console->config.front->lock);
}

/* The guest may use the stream again as soon as it sees the result, so the
 * stream is given back first. */
static void complete(struct vconsole *console, struct vconsole_stream *stream, int64_t result)
{
	const struct vconsole_front *front = console->config.front;
	uint32_t req_gpa = stream->req_gpa;

	pthread_mutex_lock(&console->lock);
	stream->is_pending = false;
	if (!front)
		vconsole_store_result(console, req_gpa, result);
	pthread_mutex_unlock(&console->lock);
	if (front)
		front->complete(front->ctx, (unsigned int)(stream - console->streams), result);
	else
		console->config.interrupt(console->config.ctx);
}

/* False: the descriptor is ready, and nothing could be moved. */
static bool advance(struct vconsole *console, struct vconsole_stream *stream, short revents)
{
	uint64_t before = stream->moved_bytes;
	int64_t result;

	if (vconsole_stream_advance(stream, &result))
		complete(console, stream, result);
	else if (stream->moved_bytes == before && !(revents & (POLLIN | POLLOUT)))
		complete(console, stream, -EIO); /* hung up: would be so for ever */
	else
		return stream->moved_bytes != before;
	return true;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Something has been typed: keeps it. */
static void listen_to(struct vconsole *console)
{
	struct vconsole_stream *stream = &console->streams[LDE_STREAM_TERMINAL_IN];
	struct keyboard *keyboard = &console->keyboard;
	bool has_escaped = false;

	pthread_mutex_lock(&console->lock);
	struct iovec room = keyboard_room(keyboard);
	pthread_mutex_unlock(&console->lock);
	/* Outside the lock: only we add, and what was taken makes no difference. */
	ssize_t len = hostio_transfer(&stream->io, &room, 1);
	if (len == -EAGAIN || len == -EINTR)
		return;
	pthread_mutex_lock(&console->lock);
	if (len > 0) {
		has_escaped = keyboard_add(keyboard, (size_t)len, now_ns());
	} else {
		keyboard->has_ended = true;
		keyboard->error = (int)len;
	}
	pthread_mutex_unlock(&console->lock);
	if (has_escaped && console->config.escape)
		console->config.escape(console->config.ctx);
}

/* The request for what is typed, which may have come a moment after it. */
static void answer_reader(struct vconsole *console)
{
	struct vconsole_stream *stream = &console->streams[LDE_STREAM_TERMINAL_IN];
	int64_t result;

	lock_front(console);
	if (vconsole_is_pending(console, stream) && vconsole_serve_keyboard(console, stream, &result))
		complete(console, stream, result);
	unlock_front(console);
}

static void serve_stream(struct vconsole *console, int stream, short revents)
{
	bool is_stalled;

	if (stream == LDE_STREAM_TERMINAL_IN) {
		listen_to(console);
		return;
	}
	lock_front(console);
	/* A reset of the front may have taken it away. */
	is_stalled = vconsole_is_pending(console, &console->streams[stream]) &&
		     !advance(console, &console->streams[stream], revents);
	unlock_front(console);
	if (is_stalled)
		sleep_ns(STALL_NS);
}

static void serve_front(const struct vconsole *console)
{
	const struct vconsole_front *front = console->config.front;

	lock_front(console);
	front->serve(front->ctx, event_take(front->doorbell_fd));
	unlock_front(console);
}

/* How long to wait: for ever, unless the terminal may become ours. */
static int patience_ms(void)
{
	return terminal_is_taken() && !terminal_is_ours() ? BACKGROUND_MS : -1;
}

static void *run_thread(void *arg)
{
	struct vconsole *console = arg;
	struct pollfd pollfds[NR_POLLS];

	while (gather(console, pollfds)) {
		if (poll(pollfds, NR_POLLS, patience_ms()) < 0)
			continue;
		if (pollfds[POLL_WAKE].revents)
			event_take(console->wake_fd);
		if (pollfds[POLL_DOORBELL].revents)
			serve_front(console);
		for (int i = 0; i < VCONSOLE_STREAMS; i++)
			if (pollfds[POLL_STREAMS + i].revents)
				serve_stream(console, i, pollfds[POLL_STREAMS + i].revents);
		answer_reader(console);
	}
	return NULL;
}

static void on_kick(int signal)
{
	(void)signal;
}

/* All signals but the kick are for the vCPU thread. Those that a terminal sends
 * to a background process must not be blocked: it then says EIO. */
static int create_thread(struct vconsole *console)
{
	struct sigaction kick = {.sa_handler = on_kick};
	sigset_t blocked, before;

	sigaction(KICK_SIGNAL, &kick, NULL);
	sigfillset(&blocked);
	sigdelset(&blocked, KICK_SIGNAL);
	sigdelset(&blocked, SIGTTIN);
	sigdelset(&blocked, SIGTTOU);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	int err = pthread_create(&console->thread, NULL, run_thread, console);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int vconsole_thread_start(struct vconsole *console)
{
	if (console->has_thread)
		return 0;
	console->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (console->wake_fd < 0)
		return -errno;
	int err = create_thread(console);
	if (err) {
		close(console->wake_fd);
		console->wake_fd = -1;
		return err;
	}
	console->has_thread = true;
	return 0;
}

int vconsole_thread_take(struct vconsole *console, struct vconsole_stream *stream)
{
	int err = vconsole_thread_start(console);

	if (err)
		return err;
	pthread_mutex_lock(&console->lock);
	stream->is_pending = true;
	pthread_mutex_unlock(&console->lock);
	event_signal(console->wake_fd);
	return 0;
}

void vconsole_thread_drop(struct vconsole *console, struct vconsole_stream *stream)
{
	pthread_mutex_lock(&console->lock);
	stream->is_pending = false;
	pthread_mutex_unlock(&console->lock);
}

static bool join_within(pthread_t thread, long ns)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += ns;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return pthread_timedjoin_np(thread, NULL, &until) != ETIMEDOUT;
}

void vconsole_thread_stop(struct vconsole *console)
{
	if (!console->has_thread)
		return;
	pthread_mutex_lock(&console->lock);
	console->is_stopping = true;
	pthread_mutex_unlock(&console->lock);
	event_signal(console->wake_fd);
	while (!join_within(console->thread, KICK_EVERY_NS))
		pthread_kill(console->thread, KICK_SIGNAL);
	console->has_thread = false;
	close(console->wake_fd);
	console->wake_fd = -1;
}
