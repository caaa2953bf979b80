/* SPDX-License-Identifier: ISC */
/*
 * The wall around a child.
 *
 * What is not in these tables kills. The few calls that a library may try in
 * passing (a configuration file, a terminal) fail with EACCES instead.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "child/sandbox.h"
#include "lib/harden.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"

#define FDS_BASE	32		/* besides those of channels */
#define FDS_A_CHANNEL	4
#define DATA_MAX	(1UL << 30)	/* bytes; a transfer takes 10 MB */

/* An argument's value; the value of those bits of it that are in a mask. */
#define ARG_IS(n, value)	{ n, SCMP_CMP_EQ, value, 0 }
#define ARG_HAS(n, mask, value)	{ n, SCMP_CMP_MASKED_EQ, mask, value }

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write),
	SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	SCMP_SYS(recvmsg), SCMP_SYS(sendmsg),
	SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(close), SCMP_SYS(shutdown),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(getrandom),
	SCMP_SYS(fstatfs),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
	SCMP_SYS(exit_group),
};

static const int failing[] = {
	SCMP_SYS(openat), SCMP_SYS(newfstatat), SCMP_SYS(ioctl),
};

/* Calls that are allowed with certain arguments only: (arg & mask) == value. */
static const struct rule {
	int		 call;
	uint32_t	 action;
	unsigned	 nargs;
	struct scmp_arg_cmp args[2];
} rules[] = {
	{ SCMP_SYS(mmap), SCMP_ACT_ALLOW, 1, {
		ARG_HAS(2, PROT_EXEC, 0) } },
	{ SCMP_SYS(mprotect), SCMP_ACT_ALLOW, 1, {
		ARG_HAS(2, PROT_EXEC, 0) } },
	{ SCMP_SYS(fcntl), SCMP_ACT_ALLOW, 1, {
		ARG_IS(1, F_GETFL) } },
	{ SCMP_SYS(fcntl), SCMP_ACT_ALLOW, 1, {
		ARG_IS(1, F_GETFD) } },
	{ SCMP_SYS(fcntl), SCMP_ACT_ALLOW, 1, {
		ARG_IS(1, F_SETFD) } },
	/* a recording stays append-only */
	{ SCMP_SYS(fcntl), SCMP_ACT_ALLOW, 2, {
		ARG_IS(1, F_SETFL),
		ARG_HAS(2, O_APPEND, O_APPEND) } },
	{ SCMP_SYS(fcntl), SCMP_ACT_ERRNO(EACCES), 2, {
		ARG_IS(1, F_SETFL),
		ARG_HAS(2, O_APPEND, 0) } },
	{ SCMP_SYS(setsockopt), SCMP_ACT_ALLOW, 2, {
		ARG_IS(1, IPPROTO_TCP),
		ARG_IS(2, TCP_QUICKACK) } },
};

static struct sock_fprog	filter;

/* Adds one rule; calls that this machine does not have are none. */
static void
add_rule(scmp_filter_ctx ctx, const struct rule *r)
{
	int	error;

	if (r->call < 0)
		return;
	error = seccomp_rule_add_array(ctx, r->action, r->call, r->nargs,
	    r->args);
	if (error != 0)
		fatal("sandbox: system call %d: %s", r->call,
		    strerror(-error));
}

static void
add_calls(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
	struct rule	r = { .action = action };
	size_t		i;

	for (i = 0; i < n; i++) {
		r.call = calls[i];
		add_rule(ctx, &r);
	}
}

/* The compiled filter, out of libseccomp by way of a memory file. */
static void
export_filter(scmp_filter_ctx ctx)
{
	struct stat	st;
	int		fd, error;

	if ((fd = memfd_create("filter", MFD_CLOEXEC)) == -1)
		fatal("sandbox: memfd: %s", strerror(errno));
	if ((error = seccomp_export_bpf(ctx, fd)) != 0)
		fatal("sandbox: filter: %s", strerror(-error));
	if (fstat(fd, &st) == -1 || st.st_size == 0 ||
	    st.st_size % sizeof(struct sock_filter) != 0)
		fatal("sandbox: no filter");
	filter.filter = xmalloc(st.st_size);
	filter.len = st.st_size / sizeof(struct sock_filter);
	if (pread(fd, filter.filter, st.st_size, 0) != st.st_size)
		fatal("sandbox: filter: %s", strerror(errno));
	close(fd);
}

void
sandbox_prepare(void)
{
	scmp_filter_ctx	ctx;
	size_t		i;

	if (filter.len != 0)
		return;
	if ((ctx = seccomp_init(SCMP_ACT_KILL_PROCESS)) == NULL ||
	    seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS) != 0)
		fatal("sandbox: libseccomp does not start");
	add_calls(ctx, SCMP_ACT_ALLOW, allowed,
	    sizeof(allowed) / sizeof(allowed[0]));
	add_calls(ctx, SCMP_ACT_ERRNO(EACCES), failing,
	    sizeof(failing) / sizeof(failing[0]));
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		add_rule(ctx, &rules[i]);
	export_filter(ctx);
	seccomp_release(ctx);
}

static void
limit(int resource, rlim_t n)
{
	struct rlimit	r = { n, n };

	if (setrlimit(resource, &r) == -1)
		fatal("sandbox: setrlimit %d: %s", resource, strerror(errno));
}

void
sandbox_drop(const struct settings *s)
{
	if (s->child_uid != -1) {
		if (!RELAXED &&
		    (chroot(s->empty_dir) == -1 || chdir("/") == -1))
			fatal("chroot %s: %s", s->empty_dir, strerror(errno));
		if (setgroups(0, NULL) == -1 ||
		    setresgid(s->child_gid, s->child_gid,
		    s->child_gid) == -1 ||
		    setresuid(s->child_uid, s->child_uid,
		    s->child_uid) == -1)
			fatal("uid %lld: %s", (long long)s->child_uid,
			    strerror(errno));
	}
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, FDS_BASE + FDS_A_CHANNEL *
	    (rlim_t)s->max_channels);
	if (RELAXED)
		return;
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_DATA, DATA_MAX);
}

/* As in linux/landlock.h, whose own stops at what it knew when installed. */
struct ruleset {
	uint64_t	handled_fs, handled_net, scoped;
};

/*
 * Handles every kind of access that the kernel knows and allows none (see
 * landlock(7)). A ruleset may name only what its ABI has.
 */
static void
lock_files(void)
{
	static const uint8_t	 fs_bits[] = { 0, 13, 14, 15, 15, 16 };
	struct ruleset		 set;
	size_t			 size;
	long			 abi, fd;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	if (abi < 1) {
		log_verbose("the kernel has no Landlock: %s", strerror(errno));
		return;
	}
	memset(&set, 0, sizeof(set));
	set.handled_fs = (1ULL << fs_bits[abi > 5 ? 5 : abi]) - 1;
	size = sizeof(set.handled_fs);
	if (abi >= 4) {
		set.handled_net = 3;	/* bind, connect */
		size += sizeof(set.handled_net);
	}
	if (abi >= 6) {
		set.scoped = 3;		/* abstract sockets, signals */
		size += sizeof(set.scoped);
	}
	fd = syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (fd == -1 || syscall(SYS_landlock_restrict_self, fd, 0) == -1)
		log_verbose("Landlock: %s", strerror(errno));
	if (fd != -1)
		close(fd);
}

void
sandbox_lock(void)
{
	sandbox_prepare();
	if (harden_dumps() == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fatal("sandbox: prctl: %s", strerror(errno));
	if (RELAXED)
		return;
	lock_files();
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == -1)
		fatal("sandbox: seccomp: %s", strerror(errno));
}
