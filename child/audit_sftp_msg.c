/* SPDX-License-Identifier: ISC */
/*
 * The reading of sftp's requests.
 */
#include <stdio.h>
#include <string.h>

#include "child/audit_int.h"
#include "child/audit_sftp.h"
#include "lib/msg.h"

/* Version 3: flags of an OPEN. */
#define OPEN_WRITE	0x02
#define OPEN_APPEND	0x04
#define OPEN_CREAT	0x08
#define OPEN_TRUNC	0x10
/* Version 5: the access wished for, and flags. */
#define ACE_WRITE	0x02
#define ACE_APPEND	0x04
#define OPEN5_APPEND	0x18	/* either way of it */
/* Attributes. */
#define ATTR_SIZE	0x01
#define ATTR_UIDGID	0x02
#define ATTR_MODE	0x04
#define ATTR_TIMES	0x08

const char *
sftp_status(uint32_t code, char *buf, size_t size)
{
	static const char *const	words[] = {
		"ok", "end of file", "no such file", "permission denied",
		"failure", "bad message", "no connection", "connection lost",
		"operation unsupported", "invalid handle", "no such path",
		"file already exists", "write protected", "no media",
		"no space on the file system", "quota exceeded",
		"unknown principal", "lock conflict", "directory not empty",
		"not a directory", "invalid file name", "too many links",
		"cannot be deleted", "invalid parameter", "is a directory",
	};

	if (code < sizeof(words) / sizeof(words[0]))
		return (words[code]);
	snprintf(buf, size, "status %u", code);
	return (buf);
}

int
sftp_is(const uint8_t *name, size_t len, const char *text)
{
	return (len == strlen(text) && memcmp(name, text, len) == 0);
}

/* A path, or as much of it as is there. Returns its length that is kept. */
static size_t
get_path(struct msg *m, const uint8_t **path, struct file_op *op)
{
	size_t	n = msg_get_u32(m), kept;

	if (n > m->len - m->off) {
		n = m->len - m->off;
		op->has |= FILE_HAS_CUT;
	}
	*path = msg_get_raw(m, n);
	kept = n < PATH_BYTES_MAX ? n : PATH_BYTES_MAX;
	if (kept < n)
		op->has |= FILE_HAS_CUT;
	return (*path == NULL ? 0 : kept);
}

void
sftp_get_attrs(struct msg *m, uint32_t version, struct file_op *op)
{
	uint32_t	flags = msg_get_u32(m);

	if (version > 3)
		return;
	if (flags & ATTR_SIZE)
		op->size = msg_get_u64(m);
	if (flags & ATTR_UIDGID) {
		op->uid = msg_get_u32(m);
		op->gid = msg_get_u32(m);
	}
	if (flags & ATTR_MODE)
		op->mode = msg_get_u32(m) & 07777;
	if (flags & ATTR_TIMES) {
		(void)msg_get_u32(m);
		op->time = msg_get_u32(m);
	}
	if (m->error)
		return;
	op->has |= (flags & ATTR_SIZE ? FILE_HAS_SIZE : 0) |
	    (flags & ATTR_UIDGID ? FILE_HAS_OWNER : 0) |
	    (flags & ATTR_MODE ? FILE_HAS_MODE : 0) |
	    (flags & ATTR_TIMES ? FILE_HAS_TIME : 0);
}

static void
get_open(struct msg *m, uint32_t version, struct file_op *op, int *write,
    int *append)
{
	uint32_t	access, flags = msg_get_u32(m);

	if (version < 5) {
		*append = (flags & OPEN_APPEND) != 0;
		*write = (flags & (OPEN_WRITE | OPEN_APPEND | OPEN_CREAT |
		    OPEN_TRUNC)) != 0;
	} else {
		access = flags;
		flags = msg_get_u32(m);
		*write = (access & (ACE_WRITE | ACE_APPEND)) != 0;
		*append = *write && (flags & OPEN5_APPEND) != 0;
	}
	op->action = *write ? FILE_PUT : FILE_GET;
}

/* The second path; with leads the first is what the second leads to. */
static void
get_other(struct msg *m, struct file_op *op, int leads)
{
	const uint8_t	*path;
	size_t		 len;

	op->other_len = get_path(m, &op->other, op);
	if (!leads)
		return;
	path = op->path;
	len = op->path_len;
	op->path = op->other;
	op->path_len = op->other_len;
	op->other = path;
	op->other_len = len;
}

int
sftp_get_request(struct msg *m, uint8_t type, uint32_t version,
    struct file_op *op, int *write, int *append)
{
	static const struct {
		uint8_t			type;
		enum file_action	action;
	}		actions[] = {
		{ SFTP_OPEN, FILE_GET },
		{ SFTP_SETSTAT, FILE_SETSTAT },
		{ SFTP_REMOVE, FILE_REMOVE },
		{ SFTP_MKDIR, FILE_MKDIR },
		{ SFTP_RMDIR, FILE_RMDIR },
		{ SFTP_RENAME, FILE_RENAME },
		{ SFTP_SYMLINK, FILE_SYMLINK },
		{ SFTP_LINK, FILE_LINK },
	};
	size_t		i, n = sizeof(actions) / sizeof(actions[0]);

	for (i = 0; i < n && actions[i].type != type; i++)
		continue;
	if (i == n)
		return (-1);
	file_op_init(op, actions[i].action, NULL, 0);
	op->path_len = get_path(m, &op->path, op);
	if (type == SFTP_OPEN)
		get_open(m, version, op, write, append);
	else if (type == SFTP_SETSTAT)
		sftp_get_attrs(m, version, op);
	else if (type == SFTP_RENAME || type == SFTP_LINK)
		get_other(m, op, 0);
	else if (type == SFTP_SYMLINK)
		get_other(m, op, 1);
	if (type == SFTP_LINK && msg_get_u8(m) != 0)
		op->action = FILE_SYMLINK;
	return (op->path == NULL ? -1 : 0);
}

int
sftp_get_extended(struct msg *m, const uint8_t *name, size_t len,
    struct file_op *op)
{
	static const char *const	silent[] = {
		"statvfs@openssh.com", "fstatvfs@openssh.com",
		"fsync@openssh.com", "limits@openssh.com",
		"expand-path@openssh.com", "home-directory",
		"users-groups-by-id@openssh.com", "vendor-id",
		"space-available", "check-file", "check-file-name",
		"check-file-handle", "md5-hash", "md5-hash-handle",
	};
	size_t				i;

	for (i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		if (sftp_is(name, len, silent[i]))
			return (-1);
	}
	file_op_init(op, FILE_EXTENSION, name, len);
	if (sftp_is(name, len, "lsetstat@openssh.com")) {
		op->action = FILE_SETSTAT;
		op->path_len = get_path(m, &op->path, op);
		sftp_get_attrs(m, 3, op);
	} else if (sftp_is(name, len, "posix-rename@openssh.com") ||
	    sftp_is(name, len, "copy-file")) {
		op->action = name[0] == 'p' ? FILE_RENAME : FILE_COPY;
		op->path_len = get_path(m, &op->path, op);
		get_other(m, op, 0);
	} else if (sftp_is(name, len, "hardlink@openssh.com")) {
		op->action = FILE_LINK;
		op->path_len = get_path(m, &op->path, op);
		get_other(m, op, 1);
	}
	return (op->path == NULL ? -1 : 0);
}
