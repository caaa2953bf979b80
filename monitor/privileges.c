/* SPDX-License-Identifier: ISC */
/*
 * The way down from root. Capabilities are set with the bare system call: two
 * words of bits need no library.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include "lib/harden.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "monitor/privileges.h"

static int
ids_set(const struct settings *s)
{
	uid_t	uid = s->monitor_uid;
	gid_t	gid = s->monitor_gid;

	if (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		return (-1);
	return (0);
}

/* What an execve(2) could give back at most; needs CAP_SETPCAP still. */
static int
bounding_set(uint64_t keep)
{
	unsigned long	cap;

	for (cap = 0; cap < 64; cap++) {
		if (keep & UINT64_C(1) << cap)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
			return (errno == EINVAL ? 0 : -1);
	}
	return (0);
}

static int
capabilities_set(uint64_t keep)
{
	struct __user_cap_header_struct	head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct	data[2] = {
		{ .effective = keep, .permitted = keep },
		{ .effective = keep >> 32, .permitted = keep >> 32 },
	};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1)
		return (-1);
	return (syscall(SYS_capset, &head, data));
}

static int
root_drop(const struct settings *s)
{
	uint64_t	keep = 0;

	if (s->keep_dac_override)
		keep = UINT64_C(1) << CAP_DAC_OVERRIDE;
	if (bounding_set(keep) == -1 || ids_set(s) == -1)
		return (-1);
	/* A uid other than 0 has lost them with setresuid() already. */
	return (s->monitor_uid == 0 ? capabilities_set(keep) : 0);
}

/* There is no way back, and nobody may look inside. */
static int
process_close(void)
{
	struct rlimit	none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1 ||
	    harden_dumps() == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return (-1);
	umask(077);
	return (0);
}

int
privileges_drop(const struct settings *s)
{
	if ((s->monitor_uid != -1 && root_drop(s) == -1) ||
	    process_close() == -1) {
		log_error("privileges cannot be dropped: %s", strerror(errno));
		return (-1);
	}
	if (s->monitor_uid > 0 && setuid(0) == 0)
		panic("privileges came back");
	return (0);
}
