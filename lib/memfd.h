/* SPDX-License-Identifier: ISC */
/*
 * Sealed memory files: what one process image leaves to the next.
 */
#ifndef LIB_MEMFD_H
#define LIB_MEMFD_H

#include "lib/msg.h"

/*
 * A memfd with the message's content, sealed against any change and close-on-
 * exec. Returns its descriptor, or -1 with errno.
 */
int	memfd_write(const char *name, const struct msg *);

/*
 * The whole content of a memfd as a message that owns it. Returns 0, or -1
 * with errno (EINVAL: it is not sealed).
 */
int	memfd_read(int fd, struct msg *);

/* The same without a copy: the message borrows it until memfd_unmap(). */
int	memfd_map(int fd, struct msg *);
void	memfd_unmap(struct msg *);

#endif
