/* SPDX-License-Identifier: ISC */
/*
 * The bytes of a channel, both ways.
 */
#include <sys/mman.h>

#include <malloc.h>
#include <string.h>

#include "child/ask.h"
#include "child/chan.h"
#include "child/client.h"
#include "child/conn.h"
#include "child/far.h"
#include "child/files.h"
#include "child/record.h"
#include "child/relay.h"
#include "lib/log.h"

#define CHUNK	(64 * 1024)	/* read at once from a far end */

static uint8_t	*chunk;		/* CHUNK bytes, of whoever reads */
static uint64_t	 moved;

/* The buffer that data passes through; its pages come with its first use. */
static uint8_t *
get_chunk(void)
{
	if (chunk == NULL) {
		chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (chunk == MAP_FAILED)
			fatal("out of memory");
	}
	return (chunk);
}

void
relay_release(void)
{
	if (chunk != NULL)
		munmap(chunk, CHUNK);
	chunk = NULL;
	record_release();
	malloc_trim(0);
}

uint64_t
relay_moved(void)
{
	return (moved);
}

/*
 * What was to be recorded no longer can be. Where it had to be, nobody goes on
 * unseen; elsewhere the person reads so.
 */
static void
record_fails(struct chan *c)
{
	static const char	unseen[] = "sshportal: the session ends, for "
				    "it can no longer be recorded";

	log_error("channel %u: the recording stops: %m", c->id);
	if (record_required(c->record)) {
		ask_ending(unseen);
		conn_stop(c->conn, unseen);
	} else if (c->pty && !c->conn->unrecorded_told) {
		c->conn->unrecorded_told = 1;
		c->to_say = "sshportal: the session is no longer recorded";
	}
	record_free(c->record);
	c->record = NULL;
}

/* Gives bytes to the far end; returns how many it took, all if it is deaf. */
static size_t
give(struct chan *c, const uint8_t *data, size_t len)
{
	size_t	done = 0;
	ssize_t	n = 0;

	while (done < len && !c->in_deaf && !files_full(c->files)) {
		n = c->far->write(c, data + done, len - done);
		if (n == FAR_AGAIN)
			break;
		if (n == FAR_REFUSED)
			c->in_deaf = 1;
		else {
			files_take(c->files, AUDIT_CLIENT, data + done, n);
			done += n;
		}
	}
	if (c->record != NULL && done > 0 &&
	    record_input(c->record, data, done) == -1)
		record_fails(c);
	c->bytes_in += done;
	moved += done;
	return (c->in_deaf ? len : done);
}

/* Gives what was kept. Returns whether nothing is left of it. */
static int
give_kept(struct chan *c)
{
	if (c->to_far.len > 0)
		buf_take(&c->to_far, give(c, buf_head(&c->to_far),
		    c->to_far.len));
	return (c->to_far.len == 0);
}

size_t
relay_data(struct chan *c, const void *data, size_t len)
{
	size_t	done;

	c->held = len;
	if (c->state == CHAN_ENDED)
		c->held = 0;
	else if (c->state == CHAN_RUNNING && give_kept(c)) {
		done = give(c, data, len);
		/* a far end that waits wants the same bytes again */
		done += buf_put(&c->to_far, (const uint8_t *)data + done,
		    len - done);
		c->held = len - done;
	}
	return (len - c->held);
}

void
relay_up(struct chan *c)
{
	uint8_t	*p;
	size_t	 n;

	while (give_kept(c) && c->held > 0) {
		p = buf_reserve(&c->to_far, c->held, &n);
		n = client_read(c->ssh, p, n);
		buf_filled(&c->to_far, n);
		c->held = n == 0 ? 0 : c->held - n;
	}
	if (c->in_eof && !c->in_done && c->held == 0 && c->to_far.len == 0 &&
	    c->far->eof(c) != FAR_AGAIN)
		c->in_done = 1;
}

/* Counts and records what the person's client has taken. */
static void
shown(struct chan *c, const uint8_t *data, size_t len, int is_stderr)
{
	c->bytes_out += len;
	moved += len;
	if (c->record != NULL && len > 0 &&
	    record_output(c->record, data, len, is_stderr) == -1)
		record_fails(c);
}

void
relay_resized(struct chan *c)
{
	if (c->record != NULL &&
	    record_resize(c->record, c->size[0], c->size[1]) == -1)
		record_fails(c);
}

void
relay_say(struct chan *c, const char *line)
{
	buf_put(&c->to_client, line, strlen(line));
	buf_put(&c->to_client, "\r\n", 2);
	c->to_client_err = 1;
}

/* Writes to the person; what is not taken is kept. */
static void
show(struct chan *c, const uint8_t *data, size_t len, int is_stderr)
{
	size_t	window = client_window(c->ssh);
	int	n;

	n = client_write(c->ssh, data, len < window ? len : window, is_stderr);
	if (n < 0) {
		c->in_closed = 1;
		return;
	}
	shown(c, data, n, is_stderr);
	c->to_client_err = is_stderr;
	buf_put(&c->to_client, data + n, len - n);
}

/* Writes what was kept. Returns whether nothing is left of it. */
static int
show_kept(struct chan *c)
{
	size_t	window;
	int	n;

	if (c->to_client.len == 0)
		return (1);
	if ((window = client_window(c->ssh)) > c->to_client.len)
		window = c->to_client.len;
	if (window == 0)
		return (0);
	n = client_write(c->ssh, buf_head(&c->to_client), window,
	    c->to_client_err);
	if (n < 0) {
		c->in_closed = 1;
		return (0);
	}
	shown(c, buf_head(&c->to_client), n, c->to_client_err);
	buf_take(&c->to_client, n);
	return (c->to_client.len == 0);
}

/* Reads once and shows it. Returns whether it is worth doing again. */
static int
relay_chunk(struct chan *c)
{
	size_t	window = c->in_closed ? CHUNK : client_window(c->ssh);
	ssize_t	n;
	int	is_stderr;

	/* a recording that ended: not a byte more of that far end */
	if (window == 0 || (c->sentence != NULL && c->far != &far_text) ||
	    files_full(c->files))
		return (0);
	/* it may be more than asked for, of a host: show() keeps that */
	n = c->far->read(c, get_chunk(), window < CHUNK ? window : CHUNK,
	    &is_stderr);
	if (n == FAR_AGAIN)
		return (0);
	if (n <= 0) {
		c->out_eof = 1;
		return (0);
	}
	if (c->out_unwanted && !is_stderr) {
		c->out_refused = 1;
		return (0);
	}
	if (!is_stderr)
		files_take(c->files, AUDIT_HOST, chunk, n);
	if (!c->in_closed)
		show(c, chunk, n, is_stderr);
	return (1);
}

void
relay_down(struct chan *c)
{
	struct client	*client = &c->conn->client;
	uint64_t	 had = c->bytes_out;

	/* one chunk each, and more while the socket takes it */
	if (client->turns == 0)
		return;
	if (c->to_say != NULL && c->to_client.len == 0) {
		relay_say(c, c->to_say);
		c->to_say = NULL;
	}
	do {
		if (c->in_closed)
			buf_clear(&c->to_client);
		if (c->out_eof || !show_kept(c))
			break;
	} while (relay_chunk(c) && client_writable(client));
	if (c->bytes_out != had && !client_writable(client))
		client->turns--;
}
