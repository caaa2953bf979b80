/* SPDX-License-Identifier: ISC */
/*
 * The log.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/escape.h"
#include "lib/log.h"

#define FIELD_MAX	1024		/* bytes of a field, with its NUL */

static enum log_level	 log_most = LOG_LEVEL_INFO;
static const char	*log_role = "sshportal";
static log_sink		*sink;
static int		 use_syslog;
static int		 use_json;
static int		 use_journal;
static int		 journal = -1;	/* a socket, while it is used */
static int		 on_terminal;	/* somebody sees standard error */
static int64_t		 session;
static char		 fields[LOG_ABOUTS][FIELD_MAX];

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_VERBOSE] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

static const char *const levels[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_VERBOSE] = "verbose",
	[LOG_LEVEL_DEBUG] = "debug",
};

void
log_init(const char *role, enum log_level most)
{
	log_role = role;
	log_most = most;
}

static void
syslog_open(void)
{
	openlog("sshportal", LOG_PID | LOG_NDELAY, LOG_AUTH);
}

void
log_to_syslog(int on)
{
	use_syslog = on;
	on_terminal = isatty(STDERR_FILENO);
	if (on)
		syslog_open();
	else
		closelog();
}

void
log_to_journal(void)
{
	use_journal = logline_journal_there();
	if (use_journal)
		journal = logline_journal_open();
}

void
log_as_json(int on)
{
	use_json = on;
}

void
log_pause(void)
{
	if (use_syslog)
		closelog();
	if (journal != -1)
		close(journal);
	journal = -1;
}

void
log_resume(void)
{
	if (use_syslog)
		syslog_open();
	if (use_journal)
		journal = logline_journal_open();
}

void
log_set_sink(log_sink *fn)
{
	sink = fn;
}

int64_t
log_session(int64_t id)
{
	int64_t	before = session;

	session = id;
	return (before);
}

void
log_about(enum log_field field, const char *value)
{
	escape_into(fields[field], FIELD_MAX, value);
}

/* One write, so that lines of several processes do not mix. */
static void
write_line(const struct logline *l)
{
	char	 line[LOGLINE_MAX + 64], text[LOGLINE_MAX], *json = NULL;
	int	 n;

	if (use_json && (json = logline_json(l)) != NULL) {
		n = strlen(json);
		json[n] = '\n';		/* where its NUL was */
		if (write(STDERR_FILENO, json, n + 1) == -1)
			n = 0;	/* nowhere left to say it */
		free(json);
		return;
	}
	n = snprintf(line, sizeof(line), "sshportal[%d]: %s\n", (int)getpid(),
	    logline_text(l, text, sizeof(text)));
	if (n > 0 && write(STDERR_FILENO, line, n) == -1)
		return;		/* nowhere left to say it */
}

static void
write_syslog(const struct logline *l)
{
	char	 text[LOGLINE_MAX], *json = NULL;

	if (use_json && (json = logline_json(l)) != NULL)
		syslog(l->priority, "%s", json);
	else
		syslog(l->priority, "%s", logline_text(l, text, sizeof(text)));
	free(json);
}

/* 0 when the journal took it. */
static int
write_journal(const struct logline *l)
{
	char	buf[LOGLINE_MAX + (LOG_ABOUTS + 1) * FIELD_MAX];
	size_t	len = logline_native(l, buf, sizeof(buf));

	return (len == 0 ? -1 : logline_journal_send(journal, buf, len));
}

static void
emit(enum log_level level, const char *role, const char *text)
{
	struct logline	l = {
		.priority = priorities[level],
		.level = levels[level],
		.role = role,
		.text = text,
		.session = session,
	};
	int		i;

	for (i = 0; i < LOG_ABOUTS; i++)
		l.fields[i] = fields[i];
	if (use_syslog) {
		write_syslog(&l);
		if (level != LOG_LEVEL_ERROR || !on_terminal)
			return;
	}
	if (journal == -1 || write_journal(&l) == -1)
		write_line(&l);
}

static void
log_va(enum log_level level, const char *fmt, va_list ap)
{
	char	raw[LOGLINE_TEXT_MAX / 2], text[LOGLINE_TEXT_MAX];

	if (level > log_most)
		return;
	vsnprintf(raw, sizeof(raw), fmt, ap);
	escape_into(text, sizeof(text), raw);
	if (sink != NULL)
		sink(level, text);
	else
		emit(level, log_role, text);
}

void
log_relay(enum log_level level, const char *role, const char *text)
{
	char	clean[LOGLINE_TEXT_MAX];

	if (level > log_most)
		return;
	emit(level, role, escape_into(clean, sizeof(clean), text));
}

#define LOG_FUNCTION(name, level)		\
void						\
name(const char *fmt, ...)			\
{						\
	va_list	ap;				\
						\
	va_start(ap, fmt);			\
	log_va(level, fmt, ap);			\
	va_end(ap);				\
}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_verbose, LOG_LEVEL_VERBOSE)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

void
fatal(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
	_exit(1);
}

void
panic(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
	abort();
}
