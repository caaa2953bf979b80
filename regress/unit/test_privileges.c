/* SPDX-License-Identifier: ISC */
/*
 * What is left after the drop, as the kernel tells it.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/settings.h"
#include "monitor/privileges.h"

#define UID	12345
#define DAC	"0000000000000002"	/* CAP_DAC_OVERRIDE */
#define NONE	"0000000000000000"

/* The value of a line of /proc/self/status is exactly this. */
static int
status_is(const char *name, const char *want)
{
	char	 line[256], *value;
	FILE	*f = fopen("/proc/self/status", "r");
	int	 found = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, name, strlen(name)) != 0)
			continue;
		value = line + strlen(name);
		value += strspn(value, ":\t ");
		value[strcspn(value, "\n ")] = '\0';
		found = strcmp(value, want) == 0;
	}
	if (f != NULL)
		fclose(f);
	return (found);
}

static int
closed(void)
{
	struct rlimit	rl;

	return (status_is("NoNewPrivs", "1") &&
	    prctl(PR_GET_DUMPABLE) == 0 &&
	    getrlimit(RLIMIT_CORE, &rl) == 0 && rl.rlim_max == 0);
}

static int
in_user(void)
{
	struct settings	s = { .monitor_uid = -1, .monitor_gid = -1 };
	uid_t		before = getuid();

	return (privileges_drop(&s) == 0 && closed() && getuid() == before);
}

static int
in_other_uid(void)
{
	struct settings	s = { .monitor_uid = UID, .monitor_gid = UID + 1 };

	return (privileges_drop(&s) == 0 && closed() && getuid() == UID &&
	    geteuid() == UID && getgid() == UID + 1 &&
	    getgroups(0, NULL) == 0 && status_is("CapEff", NONE) &&
	    status_is("CapPrm", NONE) && status_is("CapBnd", NONE) &&
	    setuid(0) == -1);
}

static int
in_root_with_dac(void)
{
	struct settings	s = { .monitor_uid = 0, .monitor_gid = 0,
			    .keep_dac_override = 1 };
	int		fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	return (fchown(fd, UID, UID) == 0 && privileges_drop(&s) == 0 &&
	    closed() && getuid() == 0 && status_is("CapEff", DAC) &&
	    status_is("CapPrm", DAC) && status_is("CapBnd", DAC) &&
	    status_is("CapInh", NONE) && status_is("CapAmb", NONE) &&
	    setresuid(UID, UID, UID) == -1 && chroot("/") == -1 &&
	    fchown(fd, 0, 0) == -1);
}

static void
in_process(int (*fn)(void), int root)
{
	int	status;
	pid_t	pid;

	if (root && geteuid() != 0)
		skip();
	if ((pid = fork()) == 0)
		_exit(fn() ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_user(void **state)
{
	(void)state;
	in_process(in_user, 0);
}

static void
test_other_uid(void **state)
{
	(void)state;
	in_process(in_other_uid, 1);
}

static void
test_root_with_dac(void **state)
{
	(void)state;
	in_process(in_root_with_dac, 1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_other_uid),
		cmocka_unit_test(test_root_with_dac),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
