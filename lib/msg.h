/* SPDX-License-Identifier: ISC */
/*
 * The codec of all that passes between processes, and of the SSH wire formats
 * that the monitor rebuilds: integers big-endian, blobs as SSH strings (RFC
 * 4251, section 5). Adders never fail. Getters keep the first error: after it
 * they return zeroes, so that a message is read in one go and checked once,
 * with msg_end(), which also wants that nothing is left over.
 */
#ifndef LIB_MSG_H
#define LIB_MSG_H

#include <stddef.h>
#include <stdint.h>

struct msg {
	uint8_t	*data;		/* owned unless borrowed; wiped when freed */
	size_t	 len;		/* bytes in it */
	size_t	 off;		/* next byte to get */
	size_t	 size;		/* bytes allocated; 0: data is borrowed */
	int	 error;		/* something did not fit what was asked */
};

/* An empty message to add to; free with msg_free(). */
void		 msg_init(struct msg *);

/* A message to read over len bytes that stay the caller's. */
void		 msg_borrow(struct msg *, const void *, size_t);

/* Wipes and frees; the message is then as after msg_init(). */
void		 msg_free(struct msg *);

void		 msg_put_u8(struct msg *, uint8_t);
void		 msg_put_u32(struct msg *, uint32_t);
void		 msg_put_u64(struct msg *, uint64_t);
/* Bytes as they are. */
void		 msg_put_raw(struct msg *, const void *, size_t);
/* An SSH string: length, bytes. */
void		 msg_put_blob(struct msg *, const void *, size_t);
/* An SSH string of a C string's bytes, without its NUL. */
void		 msg_put_text(struct msg *, const char *);
/* A C string of ours: length, bytes, NUL; NULL is sent as "". */
void		 msg_put_str(struct msg *, const char *);

uint8_t		 msg_get_u8(struct msg *);
uint32_t	 msg_get_u32(struct msg *);
uint64_t	 msg_get_u64(struct msg *);
/* Borrowed from the message; NULL and *len 0 on error. At most max bytes. */
const uint8_t	*msg_get_raw(struct msg *, size_t len);
const uint8_t	*msg_get_blob(struct msg *, size_t max, size_t *len);
/* Borrowed; never NULL ("" on error); at most max bytes; no NUL within. */
const char	*msg_get_str(struct msg *, size_t max);
/* Gets an SSH string and wants it to be exactly this text. */
void		 msg_want_text(struct msg *, const char *);

/* Marks the message as bad, for what a caller's own check found. */
void		 msg_bad(struct msg *);

/* Whether all was there and nothing is left. */
int		 msg_end(const struct msg *);

#endif
