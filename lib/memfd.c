/* SPDX-License-Identifier: ISC */
/*
 * Sealed memory files.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/memfd.h"

#define SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int
memfd_write(const char *name, const struct msg *m)
{
	ssize_t	n;
	size_t	off;
	int	fd, saved;

	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return (-1);
	for (off = 0; off < m->len; off += n) {
		if ((n = write(fd, m->data + off, m->len - off)) == -1)
			goto bad;
	}
	if (fcntl(fd, F_ADD_SEALS, SEALS) == 0)
		return (fd);
bad:
	saved = errno;
	close(fd);
	errno = saved;
	return (-1);
}

int
memfd_map(int fd, struct msg *m)
{
	struct stat	 st;
	void		*data;

	msg_init(m);
	if (fcntl(fd, F_GET_SEALS) != SEALS) {
		errno = EINVAL;
		return (-1);
	}
	if (fstat(fd, &st) == -1)
		return (-1);
	if (st.st_size == 0)
		return (0);
	data = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return (-1);
	msg_borrow(m, data, st.st_size);
	return (0);
}

void
memfd_unmap(struct msg *m)
{
	if (m->len > 0)
		munmap(m->data, m->len);
	msg_init(m);
}

int
memfd_read(int fd, struct msg *m)
{
	struct msg	there;

	msg_init(m);
	if (memfd_map(fd, &there) == -1)
		return (-1);
	if (there.len > 0)
		msg_put_raw(m, there.data, there.len);
	memfd_unmap(&there);
	return (0);
}
