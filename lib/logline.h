/* SPDX-License-Identifier: ISC */
/*
 * A line of the log with its fields, in the forms that it takes: a text, a JSON
 * object, a datagram for systemd's journal.
 */
#ifndef LIB_LOGLINE_H
#define LIB_LOGLINE_H

#include <stddef.h>
#include <stdint.h>

#define LOGLINE_TEXT_MAX	4096	/* bytes of a message, with its NUL */
#define LOGLINE_MAX		(LOGLINE_TEXT_MAX + 128)

/* What may be known of whom a line is about. */
enum log_field {
	LOG_ABOUT_USER,
	LOG_ABOUT_HOST,
	LOG_ABOUT_SOURCE,		/* an address without its port */
	LOG_ABOUTS
};

/* Texts are escaped by now: UTF-8, no control bytes, no newline. */
struct logline {
	int		 priority;	/* as syslog(3) has them */
	const char	*level;		/* "error", "info" ... */
	const char	*role;		/* of the process; "" is a monitor */
	const char	*text;
	int64_t		 session;	/* 0: none */
	const char	*fields[LOG_ABOUTS];	/* "" is none */
};

/* "role: text session=ID" into buf; returns buf. */
char	*logline_text(const struct logline *, char *buf, size_t);

/* An object on one line, without newline; caller frees. NULL: no memory. */
char	*logline_json(const struct logline *);

/*
 * The journal's native form (systemd.io/JOURNAL_NATIVE_PROTOCOL): a FIELD=value
 * a line. Returns its length, or 0 where it does not fit into buf.
 */
size_t	logline_native(const struct logline *, char *buf, size_t);

/*
 * Whether standard error leads to systemd's journal, so that lines may as well
 * go there with their fields.
 */
int	logline_journal_there(void);

/* Sends a datagram to the journal by a socket; 0, or -1 with errno. */
int	logline_journal_send(int fd, const void *, size_t);

/* Such a socket, or -1 with errno. */
int	logline_journal_open(void);

#endif
