/* SPDX-License-Identifier: ISC */
/*
 * The archivist's wall. It reads what hosts and people have sent and hands it
 * to a compressor, so it is given only what that takes.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "lib/harden.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/archive_sandbox.h"

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fcntl),
	SCMP_SYS(openat), SCMP_SYS(newfstatat), SCMP_SYS(fstat),
	SCMP_SYS(fstatfs), SCMP_SYS(statx), SCMP_SYS(getdents64),
	SCMP_SYS(flock), SCMP_SYS(fsync), SCMP_SYS(fchmod),
	SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlinkat),
	SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendto),
	SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit_group),
	SCMP_SYS(tgkill),		/* abort(3) */
	SCMP_SYS(sigaltstack),		/* the end of a sanitized process */
};

static struct sock_fprog	filter;

/* Calls that this machine does not have are none. */
static int
fill(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp	not_exec = SCMP_A2(SCMP_CMP_MASKED_EQ,
					    PROT_EXEC, 0);
	size_t				i;
	int				r = 0;

	for (i = 0; r == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		if (allowed[i] >= 0)
			r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i],
			    0);
	}
	if (r == 0)
		r = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap),
		    1, &not_exec);
	if (r == 0)
		r = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW,
		    SCMP_SYS(mprotect), 1, &not_exec);
	return (r);
}

/* The compiled filter, out of libseccomp by way of a memory file. */
static int
export_filter(scmp_filter_ctx ctx)
{
	struct stat	st;
	int		fd = memfd_create("filter", MFD_CLOEXEC);

	if (fd == -1 || seccomp_export_bpf(ctx, fd) != 0 ||
	    fstat(fd, &st) == -1 || st.st_size == 0 ||
	    st.st_size % sizeof(struct sock_filter) != 0) {
		if (fd != -1)
			close(fd);
		return (-1);
	}
	filter.filter = xmalloc(st.st_size);
	if (pread(fd, filter.filter, st.st_size, 0) == st.st_size)
		filter.len = st.st_size / sizeof(struct sock_filter);
	close(fd);
	return (filter.len != 0 ? 0 : -1);
}

int
archive_sandbox_prepare(void)
{
	scmp_filter_ctx	ctx;
	int		ok;

	if (RELAXED || filter.len != 0)
		return (0);
	ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	ok = ctx != NULL && fill(ctx) == 0 && export_filter(ctx) == 0;
	seccomp_release(ctx);
	if (!ok)
		log_error("the archivist's sandbox cannot be made");
	return (ok ? 0 : -1);
}

/* As in linux/landlock.h, which may be older than the kernel. */
struct ruleset {
	uint64_t	handled_fs, handled_net, scoped;
};
struct beneath {
	uint64_t	allowed;
	int32_t		fd;
} __attribute__((packed));

enum {
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_REG = 1 << 8
};
#define RULE_PATH_BENEATH	1

/* See landlock(7): every right that this kernel knows is taken, some are
   given back for one directory. */
static int
lock_files(int dir)
{
	static const uint8_t	fs_bits[] = { 0, 13, 14, 15, 15, 16 };
	struct beneath		rule = { .allowed = FS_WRITE_FILE |
				    FS_READ_FILE | FS_READ_DIR | FS_REMOVE_DIR |
				    FS_REMOVE_FILE | FS_MAKE_REG, .fd = dir };
	struct ruleset		set;
	size_t			size = sizeof(set.handled_fs);
	long			abi, fd;
	int			r;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	if (abi < 1) {
		log_verbose("the kernel has no Landlock: %s", strerror(errno));
		return (0);
	}
	memset(&set, 0, sizeof(set));
	set.handled_fs = (1ULL << fs_bits[abi > 5 ? 5 : abi]) - 1;
	if (abi >= 4) {
		set.handled_net = 3;	/* bind, connect */
		size += sizeof(set.handled_net);
	}
	if (abi >= 6) {
		set.scoped = 3;		/* abstract sockets, signals */
		size += sizeof(set.scoped);
	}
	fd = syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (fd == -1)
		return (-1);
	r = syscall(SYS_landlock_add_rule, fd, RULE_PATH_BENEATH, &rule,
	    0) == -1 || syscall(SYS_landlock_restrict_self, fd, 0) == -1;
	close(fd);
	return (r ? -1 : 0);
}

int
archive_sandbox_enter(int dir)
{
	if (RELAXED)
		return (0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    lock_files(dir) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0)
		return (0);
	log_error("the archivist's sandbox: %s", strerror(errno));
	return (-1);
}
