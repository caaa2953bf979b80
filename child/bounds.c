/* SPDX-License-Identifier: ISC */
/*
 * How much a host may send: libssh2 keeps what it cannot use, for as long as
 * there is memory, and reads on for as long as something comes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "child/bounds.h"
#include "child/upstream.h"
#include "child/upstream_int.h"
#include "lib/clock.h"
#include "lib/escape.h"

#define KB		((size_t)1024)
#define TURN_MAX	(256 * KB)	/* read before others have their turn */
#define VERSION_MAX_LEN	(32 * KB)	/* before the line with its version */
#define LOGIN_BYTES	(1024 * KB)	/* before the login is done */
#define LOGIN_MS	(120 * 1000)	/* as sshd's LoginGraceTime */
#define MEMORY_MAX	(1024 * KB)	/* when no channel's data waits */
#define CHANNEL_MAX	(2560 * KB)	/* for each channel: its window, in
					   packets that are not very small */
#define GOODBYE_MAX	200		/* bytes of a host's last words */

void
bounds_alloc(struct upstream *up, size_t n)
{
	up->memory += n;
}

void
bounds_free(struct upstream *up, size_t n)
{
	/* some that libssh2 frees were not allocated by it */
	up->memory -= n < up->memory ? n : up->memory;
}

/* Whether a channel has data that nobody has taken yet. */
static int
data_waits(const struct upstream *up)
{
	unsigned long	n;
	size_t		i;

	for (i = 0; i < up->nopen; i++) {
		n = 0;
		libssh2_channel_window_read_ex(up->open[i], &n, NULL);
		if (n > 0)
			return (1);
	}
	return (0);
}

static int
is_full(const struct upstream *up)
{
	return (up->memory > MEMORY_MAX + up->nopen * CHANNEL_MAX);
}

int
bounds_full(struct upstream *up)
{
	if (up->full && !is_full(up))
		up->full = 0;
	return (up->full);
}

/* Of a login; each a sentence about a host that will come to none. */
static void
check_login(struct upstream *up)
{
	if (up->state == UP_HANDSHAKE && up->received > VERSION_MAX_LEN &&
	    !offer_has_version(&up->offered))
		upstream_lost(up, "it does not answer as an SSH server");
	else if (up->received > LOGIN_BYTES)
		upstream_lost(up, "it sends more than belongs to a login");
}

int
bounds_read(struct upstream *up)
{
	if (up->state < UP_READY)
		check_login(up);
	if (up->memory <= MEMORY_MAX)
		up->full = 0;
	else if (up->state != UP_READY || !data_waits(up))
		upstream_lost(up, "it sends what nobody asked for");
	else
		up->full = is_full(up);
	if (up->state == UP_DEAD || up->full)
		return (-1);
	/* only a socket never ends */
	return (up->via == NULL && up->turn_read >= TURN_MAX ? -1 : 0);
}

static int
is_login(const struct upstream *up)
{
	return (up->state >= UP_HANDSHAKE && up->state < UP_READY);
}

void
bounds_time(struct upstream *up)
{
	if (!is_login(up))
		return;
	if (up->due == 0)
		up->due = clock_mono_ms() + LOGIN_MS;
	else if (clock_mono_ms() >= up->due)
		upstream_lost(up, "the login there takes too long");
}

int
bounds_wait(const struct upstream *up)
{
	int64_t	left;

	if (!is_login(up) || up->due == 0)
		return (-1);
	left = up->due - clock_mono_ms();
	return (left > 0 ? (int)left : 0);
}

void
bounds_goodbye(struct upstream *up, const char *words, size_t len)
{
	free(up->goodbye);
	up->goodbye = words == NULL || len == 0 ? NULL :
	    escape_text(words, len < GOODBYE_MAX ? len : GOODBYE_MAX);
}
