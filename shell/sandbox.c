/* SPDX-License-Identifier: ISC */
/*
 * The shell's own sandbox. It has the store's password and parses what people
 * type, so it may neither run programs nor reach into other processes; files
 * and the network it needs for the store.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include <errno.h>
#include <seccomp.h>
#include <string.h>

#include "lib/harden.h"
#include "lib/log.h"
#include "shell/sandbox.h"

static const int	denied[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(keyctl),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(mount),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(kexec_load),
};

void
sandbox_shell(void)
{
	const struct rlimit	none = { 0, 0 };
	scmp_filter_ctx		ctx;
	size_t			i;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    harden_dumps() == -1 ||
	    setrlimit(RLIMIT_CORE, &none) == -1)
		fatal("sandbox: %s", strerror(errno));
	if (RELAXED)
		return;
	if ((ctx = seccomp_init(SCMP_ACT_ALLOW)) == NULL)
		fatal("sandbox: seccomp_init failed");
	for (i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
		if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), denied[i],
		    0) != 0)
			fatal("sandbox: rule %zu was not taken", i);
	}
	if (seccomp_load(ctx) != 0)
		fatal("sandbox: seccomp is not to be had");
	seccomp_release(ctx);
}
