/* SPDX-License-Identifier: ISC */
/*
 * Which kind of channel it is: what somebody may ask who may copy files and no
 * more, and all the ways in which they would ask for a shell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/catalogue.h"
#include "monitor/kind.h"

static void
is_kind(const char *type, const char *detail, int pty, enum kind want)
{
	struct ask_channel_open	a = { .type = type, .detail = detail,
				    .pty = pty };
	enum kind		k;

	if (kind_of(&a, &k) != 0)
		fail_msg("%s \"%s\": no kind", type, detail);
	if (k != want)
		fail_msg("%s \"%s\": %s, not %s", type, detail, kind_name(k),
		    kind_name(want));
}

static void
test_types(void **state)
{
	static const char *const	none[] = { "", "Shell", "sftp", "scp",
					    "all", "default", "none", "shell,",
					    "direct-tcpip", "jump" };
	struct ask_channel_open		a = { .detail = "" };
	enum kind			k;
	size_t				i;

	(void)state;
	is_kind("shell", "", 1, KIND_SHELL);
	is_kind("shell", "", 0, KIND_SHELL);
	is_kind("exec", "id", 0, KIND_EXEC);
	is_kind("exec", "", 0, KIND_EXEC);
	is_kind("forward-local", "db1:5432", 0, KIND_FORWARD_LOCAL);
	is_kind("forward-remote", "listens on :80", 0, KIND_FORWARD_REMOTE);
	is_kind("agent", "", 0, KIND_AGENT);
	is_kind("x11", "", 0, KIND_X11);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		a.type = none[i];
		assert_int_equal(kind_of(&a, &k), -1);
	}
}

static void
test_subsystems(void **state)
{
	(void)state;
	is_kind("subsystem", "sftp", 0, KIND_SFTP);
	is_kind("subsystem", "sftp", 1, KIND_EXEC);
	is_kind("subsystem", "netconf", 0, KIND_EXEC);
	is_kind("subsystem", "", 0, KIND_EXEC);
	is_kind("subsystem", "SFTP", 0, KIND_EXEC);
	is_kind("subsystem", "sftp ", 0, KIND_EXEC);
	is_kind("subsystem", "sftp\n", 0, KIND_EXEC);
}

static void
test_scp(void **state)
{
	/* of OpenSSH, dropbear, PuTTY, libssh, libssh2, paramiko's scp */
	static const char *const	good[] = {
		"scp -t .", "scp -f /etc/motd", "scp -v -r -p -d -t /tmp/x",
		"scp -rpt -- /srv/a-b_c.d", "scp -pf 'a b.txt'",
		"scp -t  'dir'", "scp -qrf ~/a ~bob/b", "scp -f -- -strange",
		"scp -t '/srv/f\xc3\xbcr immer'", "scp -f a'b c'd",
		"scp -r -f x:zh20+1=2", "scp -t ''a",
	};
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		is_kind("exec", good[i], 0, KIND_SCP);
		is_kind("exec", good[i], 1, KIND_EXEC);
	}
}

static void
test_no_scp(void **state)
{
	static const char *const	bad[] = {
		/* no server, or none that is whole */
		"scp", "scp ", "scp -t", "scp -f --", "scp a b", "scp -r x",
		"scp -t -f x", "scp -tf x", "scp -ttf x", "scp -v x",
		"scp host:a b", "scp -3 a:b c:d", "scp --help -t x",
		/* options that name a program */
		"scp -t -S/tmp/x y", "scp -S /tmp/x -t y",
		"scp -t -oProxyCommand=x y", "scp -o ProxyCommand=x -t y",
		"scp -t -D /tmp/x y", "scp -t x -S/tmp/x", "scp -tS x y",
		"scp -t '-S' x", "scp -t x '-S/tmp/x'", "scp -t '' x",
		"scp -tvrpdqvrpdqvrpdqvrpdq x",
		/* what a shell makes of it */
		"scp -t x;id", "scp -t x; id", "scp -t x&id", "scp -t x|id",
		"scp -t x||id", "scp -t `id`", "scp -t $(id)", "scp -t $HOME",
		"scp -t ${IFS}x", "scp -t x\nid", "scp -t x\rid",
		"scp -t x>y", "scp -t x<y", "scp -t <(id)", "scp -t {a,b}",
		"scp -t *", "scp -t ?", "scp -t [ab]", "scp -t x#y",
		"scp -t !x", "scp -t x^y", "scp -t \"x\"", "scp -t \"$(id)\"",
		"scp -t \\x", "scp -t x\\", "scp -t x\tid", "scp\t-t x",
		"scp -t 'x", "scp -t x'", "scp -t 'a' 'b", "scp -t '",
		/* quotes that not all shells end at the same place */
		"scp -t 'a\\' '; id '", "scp -t 'a;id'", "scp -t 'a & calc'",
		"scp -t 'a|b'", "scp -t 'a`id`'", "scp -t 'a$(id)'",
		"scp -t 'a\nid'", "scp -t '!!'", "scp -t 'a\"b'",
		/* another program */
		"scpx -t x", "/tmp/scp -t x", "./scp -t x", "SCP -t x",
		" scp -t x", "'scp' -t x", "A=b scp -t x", "exec scp -t x",
		"env scp -t x", "scp;id -t x", "sh -c 'scp -t x'",
		"rsync --server . x", "git-upload-pack 'x'", "id", "",
		"\x7fscp -t x", "scp -t \x1b[2J", "scp -t x\x01",
	};
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_kind("exec", bad[i], 0, KIND_EXEC);
}

static void
test_sftp_server(void **state)
{
	static const char *const	bad[] = {
		"sftp-server", "/usr/lib/openssh/sftp-server ",
		"/usr/lib/openssh/sftp-server -e",
		"/usr/lib/openssh/sftp-server;id",
		"/home/bob/sftp-server", "/tmp/usr/lib/openssh/sftp-server",
		"/usr/lib/openssh/../../../tmp/sftp-server", "sftp",
		"internal-sftp", "'/usr/lib/openssh/sftp-server'",
		"/usr/lib/openssh/sftp-server\n",
	};
	size_t				i;

	(void)state;
	is_kind("exec", "/usr/lib/openssh/sftp-server", 0, KIND_SFTP);
	is_kind("exec", "/usr/libexec/openssh/sftp-server", 0, KIND_SFTP);
	is_kind("exec", "/usr/lib/openssh/sftp-server", 1, KIND_EXEC);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_kind("exec", bad[i], 0, KIND_EXEC);
}

/*
 * Every byte, in a name and in quotes: none that is not meant passes, and one
 * that passes in quotes is the blank or passes without.
 */
static void
test_every_byte(void **state)
{
	static const char	fine[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-./:+=~";
	char			bare[] = "scp -t axb", quoted[] =
				    "scp -t 'axb'";
	int			b, ok;

	(void)state;
	for (b = 1; b < 256; b++) {
		bare[8] = quoted[9] = (char)b;
		ok = b >= 0x80 || strchr(fine, b) != NULL;
		assert_int_equal(kind_is_scp(bare), ok || b == ' ');
		assert_int_equal(kind_is_scp(quoted), ok || b == ' ');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_subsystems),
		cmocka_unit_test(test_scp),
		cmocka_unit_test(test_no_scp),
		cmocka_unit_test(test_sftp_server),
		cmocka_unit_test(test_every_byte),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
