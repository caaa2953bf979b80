/* SPDX-License-Identifier: ISC */
/*
 * The names of channel requests that libssh does not know.
 *
 * Names wait in the order of the requests. Who starts may have some unread
 * that were not named: until all of these are, no name counts.
 */
#include <stdint.h>
#include <string.h>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include "child/naming.h"
#include "lib/buf.h"

#define FUNCTION	"ssh_message_handle_channel_request"
#define BEFORE		"Received a "
#define AFTER		" channel_request for channel ("
#define NAMES_MAX	(64 * 1024)	/* that wait, a byte each */

static struct buf	names = { .max = NAMES_MAX };
static unsigned		users;
static int		sure;	/* the first name is the next request's */

static int
is_named(const char *line, const char *name)
{
	size_t	len = strlen(name);

	return (strncmp(line, name, len) == 0 &&
	    strncmp(line + len, AFTER, strlen(AFTER)) == 0);
}

/* libssh names these itself. */
static int
is_known(const char *line)
{
	static const char *const	known[] = { "pty-req", "window-change",
					    "subsystem", "shell", "exec", "env",
					    "x11-req" };
	size_t				i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (is_named(line, known[i]))
			return (1);
	}
	return (0);
}

static void
on_log(int priority, const char *function, const char *line, void *arg)
{
	uint8_t	name;

	(void)priority;
	(void)arg;
	if (strcmp(function, FUNCTION) != 0 ||
	    (line = strstr(line, BEFORE)) == NULL)
		return;
	line += strlen(BEFORE);
	if (is_known(line))
		return;
	name = is_named(line, "eow@openssh.com") ? NAMING_EOW :
	    is_named(line, "break") ? NAMING_BREAK : NAMING_OTHER;
	if (buf_put(&names, &name, 1) == 0)
		sure = 0;
}

void
naming_start(void)
{
	if (users++ > 0)
		return;
	sure = 0;
	ssh_set_log_callback(on_log);
	ssh_set_log_level(SSH_LOG_PACKET);
}

void
naming_stop(void)
{
	if (--users > 0)
		return;
	ssh_set_log_level(SSH_LOG_NONE);
	buf_clear(&names);
}

enum naming
naming_take(void)
{
	enum naming	name;

	if (names.len == 0)
		return (NAMING_NONE);
	name = *buf_head(&names);
	buf_take(&names, 1);
	return (sure ? name : NAMING_NONE);
}

void
naming_settled(void)
{
	if (users == 0)
		return;
	sure = 1;
	buf_clear(&names);
}
