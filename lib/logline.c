/* SPDX-License-Identifier: ISC */
/*
 * The forms of a line, and the way to the journal. That is our own because
 * libsystemd keeps its descriptor where nobody can close it: our processes
 * close all descriptors after a fork, and what took that number, the socket to
 * another process say, would then get the lines.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/logline.h"

#define JOURNAL_PREFIX	"/run/systemd/journal"	/* .NAMESPACE may follow */
#define JOURNAL_STREAM	"/stdout"
#define JOURNAL_SOCKET	JOURNAL_PREFIX "/socket"

static const char *const	json_names[LOG_ABOUTS] = {
	[LOG_ABOUT_USER] = "user",
	[LOG_ABOUT_HOST] = "host",
	[LOG_ABOUT_SOURCE] = "source",
};
static const char *const	native_names[LOG_ABOUTS] = {
	[LOG_ABOUT_USER] = "USER",
	[LOG_ABOUT_HOST] = "HOST",
	[LOG_ABOUT_SOURCE] = "SOURCE",
};

/* Of a process that logs in sshd's words and does not name itself. */
static const char *
process(const struct logline *l)
{
	return (*l->role != '\0' ? l->role : "monitor");
}

char *
logline_text(const struct logline *l, char *buf, size_t size)
{
	const char	*colon = *l->role != '\0' ? ": " : "";
	char		 session[32] = "";

	if (l->session != 0)
		snprintf(session, sizeof(session), " session=%lld",
		    (long long)l->session);
	snprintf(buf, size, "%s%s%s%s", l->role, colon, l->text, session);
	return (buf);
}

/* RFC 3339, in UTC, with milliseconds. */
static void
time_stamp(char *buf, size_t size)
{
	struct timespec	ts;
	struct tm	tm;
	size_t		n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, size - n, ".%03ldZ", ts.tv_nsec / 1000000);
}

char *
logline_json(const struct logline *l)
{
	char	 stamp[40], *out = NULL;
	json_t	*o;
	int	 i, bad = 0;

	time_stamp(stamp, sizeof(stamp));
	o = json_pack("{s:s, s:s, s:s, s:i, s:s}", "time", stamp, "level",
	    l->level, "process", process(l), "pid", (int)getpid(),
	    "message", l->text);
	if (o == NULL)
		return (NULL);
	if (l->session != 0)
		bad |= json_object_set_new(o, "session",
		    json_integer(l->session));
	for (i = 0; i < LOG_ABOUTS; i++) {
		if (*l->fields[i] != '\0')
			bad |= json_object_set_new(o, json_names[i],
			    json_string(l->fields[i]));
	}
	if (!bad)
		out = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return (out);
}

/* A buffer that is written from its beginning, until something is too long. */
struct native {
	char	*buf;
	size_t	 size, len;
	int	 full;
};

static void __attribute__((format(printf, 2, 3)))
add(struct native *n, const char *fmt, ...)
{
	size_t	left = n->size - n->len;
	va_list	ap;
	int	r;

	va_start(ap, fmt);
	r = vsnprintf(n->buf + n->len, left, fmt, ap);
	va_end(ap);
	if (r < 0 || (size_t)r >= left)
		n->full = 1;
	else
		n->len += r;
}

size_t
logline_native(const struct logline *l, char *buf, size_t size)
{
	char		text[LOGLINE_MAX];
	struct native	n = { .buf = buf, .size = size };
	int		i;

	add(&n, "PRIORITY=%d\nSYSLOG_FACILITY=%d\n"
	    "SYSLOG_IDENTIFIER=sshportal\nSYSLOG_PID=%d\nMESSAGE=%s\n"
	    "SSHPORTAL_PROCESS=%s\n", l->priority, LOG_FAC(LOG_AUTH),
	    (int)getpid(), logline_text(l, text, sizeof(text)), process(l));
	if (l->session != 0)
		add(&n, "SSHPORTAL_SESSION=%lld\n", (long long)l->session);
	for (i = 0; i < LOG_ABOUTS; i++) {
		if (*l->fields[i] != '\0')
			add(&n, "SSHPORTAL_%s=%s\n", native_names[i],
			    l->fields[i]);
	}
	return (n.full ? 0 : n.len);
}

/* The environment, which has JOURNAL_STREAM, does not survive our start. */
int
logline_journal_there(void)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNSPEC };
	socklen_t		len = sizeof(sun);
	size_t			n;

	if (getpeername(STDERR_FILENO, (struct sockaddr *)&sun, &len) == -1 ||
	    sun.sun_family != AF_UNIX || len >= sizeof(sun))
		return (0);
	n = strnlen(sun.sun_path, sizeof(sun.sun_path));
	return (strncmp(sun.sun_path, JOURNAL_PREFIX,
	    strlen(JOURNAL_PREFIX)) == 0 && n >= strlen(JOURNAL_STREAM) &&
	    memcmp(sun.sun_path + n - strlen(JOURNAL_STREAM), JOURNAL_STREAM,
	    strlen(JOURNAL_STREAM)) == 0);
}

int
logline_journal_open(void)
{
	return (socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

int
logline_journal_send(int fd, const void *data, size_t len)
{
	static const struct sockaddr_un	to = {
		.sun_family = AF_UNIX,
		.sun_path = JOURNAL_SOCKET,
	};

	return (sendto(fd, data, len, MSG_NOSIGNAL,
	    (const struct sockaddr *)&to, sizeof(to)) == -1 ? -1 : 0);
}
