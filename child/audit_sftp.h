/* SPDX-License-Identifier: ISC */
/*
 * What sftp's messages say: draft-ietf-secsh-filexfer-02, and -13 for what
 * later versions have, and OpenSSH's PROTOCOL for its extensions.
 */
#ifndef CHILD_AUDIT_SFTP_H
#define CHILD_AUDIT_SFTP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/catalogue.h"

struct msg;

enum sftp_type {
	SFTP_INIT = 1,
	SFTP_VERSION = 2,
	SFTP_OPEN = 3,
	SFTP_CLOSE = 4,
	SFTP_READ = 5,
	SFTP_WRITE = 6,
	SFTP_SETSTAT = 9,
	SFTP_FSETSTAT = 10,
	SFTP_REMOVE = 13,
	SFTP_MKDIR = 14,
	SFTP_RMDIR = 15,
	SFTP_RENAME = 18,
	SFTP_SYMLINK = 20,
	SFTP_LINK = 21,		/* from version 6 on */
	SFTP_STATUS = 101,
	SFTP_HANDLE = 102,
	SFTP_DATA = 103,
	SFTP_EXTENDED = 200,
	SFTP_EXTENDED_REPLY = 201
};

#define SFTP_OK			0
#define SFTP_EOF		1
#define SFTP_UNSUPPORTED	8
#define SFTP_VERSION_MAX	6	/* of which something is known */

/* A status in words, perhaps in buf. */
const char	*sftp_status(uint32_t code, char *buf, size_t size);

/* Whether len bytes are this text. */
int		 sftp_is(const uint8_t *, size_t len, const char *text);

/*
 * The rest of a request with paths, behind its id; its paths are borrowed. An
 * OPEN is a FILE_PUT if something may be written, at the end with *append.
 * Returns 0, or -1: it changes nothing, or makes no sense.
 */
int		 sftp_get_request(struct msg *, uint8_t type,
		    uint32_t version, struct file_op *, int *write,
		    int *append);

/* The same of an extension, behind its name. */
int		 sftp_get_extended(struct msg *, const uint8_t *name,
		    size_t len, struct file_op *);

/* What attributes set, as far as they can be read. */
void		 sftp_get_attrs(struct msg *, uint32_t version,
		    struct file_op *);

#endif
