/* SPDX-License-Identifier: ISC */
/*
 * Signatures that ssh-keygen makes: taken as it makes them, and nothing else.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/sshsig.h"
#include "lib/xmalloc.h"

#define SPACE	"test@sshportal"
#define TEXT	"what was said\n"

static char	dir[] = "/var/tmp/sshsig.XXXXXX";

static void
keygen(const char *const argv[])
{
	int	status;
	pid_t	pid = fork();

	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		execvp("ssh-keygen", (char *const *)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
put_file(const char *path, const char *text)
{
	FILE	*f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The text of a signature of TEXT by a new key; caller frees. */
static char *
new_sig(const char *kind, const char *bits, const char *hash)
{
	char		*key = xasprintf("%s/key", dir), *text = NULL;
	char		*said = xasprintf("%s/said", dir);
	char		*sig = xasprintf("%s/said.sig", dir);
	char		*pub = xasprintf("%s/key.pub", dir);
	const char	*make[] = { "ssh-keygen", "-q", "-t", kind, "-b", bits,
			    "-N", "", "-f", key, NULL };
	const char	*sign[] = { "ssh-keygen", "-q", "-Y", "sign", "-n",
			    SPACE, "-O", hash, "-f", key, said, NULL };
	size_t		 size = 0;
	FILE		*f;

	keygen(make);
	put_file(said, TEXT);
	keygen(sign);
	assert_non_null(f = fopen(sig, "r"));
	assert_int_not_equal(getdelim(&text, &size, '\0', f), -1);
	fclose(f);
	unlink(sig);
	unlink(said);
	unlink(key);
	unlink(pub);
	free(sig);
	free(said);
	free(key);
	free(pub);
	return (text);
}

static int
verified(const char *text, const char *space, const char *said)
{
	struct sshsig	s;
	int		ok = 0;

	if (sshsig_read(&s, text) == 0)
		ok = sshsig_verify(&s, space, said, strlen(said));
	sshsig_free(&s);
	return (ok);
}

static void
test_kinds(void **state)
{
	static const struct {
		const char	*kind, *bits, *hash;
	} kinds[] = {
		{ "ed25519", "256", "hashalg=sha512" },
		{ "ed25519", "256", "hashalg=sha256" },
		{ "ecdsa", "256", "hashalg=sha512" },
		{ "ecdsa", "384", "hashalg=sha512" },
		{ "ecdsa", "521", "hashalg=sha256" },
		{ "rsa", "2048", "hashalg=sha512" },
	};
	char	*text;
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		text = new_sig(kinds[i].kind, kinds[i].bits, kinds[i].hash);
		assert_true(verified(text, SPACE, TEXT));
		assert_false(verified(text, SPACE, "what was said"));
		assert_false(verified(text, SPACE, ""));
		assert_false(verified(text, "file", TEXT));
		assert_false(verified(text, SPACE "x", TEXT));
		free(text);
	}
}

/* Each character changed, and each end cut: never good, never a crash. */
static void
test_damaged(void **state)
{
	char	*text = new_sig("ecdsa", "256", "hashalg=sha512"), *cut, was;
	size_t	 i, len = strlen(text);

	(void)state;
	for (i = 0; i < len; i++) {
		cut = xmemdup0(text, i);
		/* behind the last line nothing is missed */
		assert_int_equal(verified(cut, SPACE, TEXT), i + 1 >= len);
		free(cut);
		was = text[i];
		text[i] = was == 'A' ? 'B' : 'A';
		if (was != '\n' && verified(text, SPACE, TEXT))
			fail_msg("changed at %zu", i);
		text[i] = was;
	}
	assert_true(verified(text, SPACE, TEXT));
	assert_false(verified("", SPACE, TEXT));
	assert_false(verified(SSHSIG_BEGIN "\n" SSHSIG_END, SPACE, TEXT));
	free(text);
}

static int
set_up(void **state)
{
	(void)state;
	return (mkdtemp(dir) == NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	return (rmdir(dir));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_damaged),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
