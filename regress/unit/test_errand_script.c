/* SPDX-License-Identifier: ISC */
/*
 * The script that changes authorized_keys, run by each shell that is there, on
 * files as people have them.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "db/key.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "monitor/errand_script.h"

static const char *const	shells[][4] = {
	{ "/bin/sh", "-s", NULL },
	{ "/bin/bash", "-s", NULL },
	{ "/bin/busybox", "sh", "-s", NULL },
	{ "/bin/mksh", "-s", NULL },
	{ "/usr/bin/yash", "-s", NULL },
};
#define NSHELLS	(sizeof(shells) / sizeof(shells[0]))

static struct key	 old, new;
static char		*old_line, *new_line;	/* type and blob */
static char		 home[] = "/var/tmp/errand-script.XXXXXX";

static void
make_key(struct key *k, char **line, const char *kind)
{
	EVP_PKEY	*pkey;
	char		 err[256];

	assert_int_equal(sshkey_generate(kind, 0, &pkey, err, sizeof(err)),
	    0);
	assert_int_equal(sshkey_blob(pkey, &k->pub_blob, &k->pub_bloblen), 0);
	*line = sshkey_line(k->pub_blob, k->pub_bloblen, NULL);
	EVP_PKEY_free(pkey);
}

static int
begin(void **state)
{
	(void)state;
	make_key(&old, &old_line, "ed25519");
	make_key(&new, &new_line, "ecdsa");
	assert_non_null(mkdtemp(home));
	assert_int_equal(chdir(home), 0);
	assert_int_equal(mkdir(".ssh", 0700), 0);
	return (setenv("HOME", home, 1));
}

static int
end(void **state)
{
	(void)state;
	free(old.pub_blob);
	free(new.pub_blob);
	free(old_line);
	free(new_line);
	assert_int_equal(rmdir(".ssh"), 0);
	return (rmdir(home));
}

static void
put(const char *path, const char *text)
{
	FILE	*f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void
assert_file(const char *path, const char *wanted)
{
	static char	 got[65536];
	FILE		*f = fopen(path, "r");

	assert_non_null(f);
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(got, wanted);
}

/* Runs a script, of which only the first len bytes arrive; its status. */
static int
run_part(size_t shell, const struct key *incoming, size_t len)
{
	char	*text = errand_script(&old, incoming);
	int	 p[2], status, null;
	pid_t	 pid;

	assert_non_null(text);
	if (len > strlen(text))
		len = strlen(text);
	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0) {
		null = open("/dev/null", O_WRONLY);
		dup2(p[0], STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(p[0]);
		close(p[1]);
		execv(shells[shell][0], (char *const *)shells[shell]);
		_exit(127);
	}
	close(p[0]);
	assert_int_equal(write(p[1], text, len), len);
	close(p[1]);
	free(text);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

static int
run(size_t shell, const struct key *incoming)
{
	return (run_part(shell, incoming, SIZE_MAX));
}

/* Lines in which the old key stands, and in which it only seems to. */
#define LINES								\
	"# %s\n"							\
	"\n"								\
	"%s portal\n"							\
	"\t  from=\"10.0.0.0/8,::1\",command=\"echo \\\"a  b\\\" \\\\n\" "\
	"%s   two  words\n"						\
	"ssh-rsa AAAA %s\n"						\
	"command=\"x %s y\" ssh-rsa AAAA *\n"				\
	"%sAA longer\n"							\
	"tail \\ without $(end) %%s `id`"

static char *
lines(const char *key)
{
	return (xasprintf(LINES, key, key, key, key, key, key));
}

static char *
with(const char *first, const char *second)
{
	return (xasprintf("# %s\n\n%s"
	    "%s"
	    "ssh-rsa AAAA %s\ncommand=\"x %s y\" ssh-rsa AAAA *\n"
	    "%sAA longer\ntail \\ without $(end) %%s `id`\n", old_line, first,
	    second, old_line, old_line, old_line));
}

#define OPTIONS								\
	"from=\"10.0.0.0/8,::1\",command=\"echo \\\"a  b\\\" \\\\n\" "

static void
in_and_out(size_t shell)
{
	char		*text = lines(old_line), *first, *second, *wanted;
	struct stat	 st;

	put(".ssh/keys", text);
	assert_int_equal(chmod(".ssh/keys", 0640), 0);
	assert_int_equal(symlink("keys", ".ssh/authorized_keys"), 0);
	(void)run_part(shell, &new, 1500);
	assert_file(".ssh/keys", text);
	/* in: beside each line of the old one; and not a second time */
	first = xasprintf("%s portal\n%s portal\n", old_line, new_line);
	second = xasprintf("\t  " OPTIONS "%s   two  words\n" OPTIONS
	    "%s   two  words\n", old_line, new_line);
	wanted = with(first, second);
	assert_int_equal(run(shell, &new), 0);
	assert_file(".ssh/keys", wanted);
	assert_int_equal(run(shell, &new), 0);
	assert_file(".ssh/keys", wanted);
	free(first);
	free(second);
	free(wanted);
	/* out */
	first = xasprintf("%s portal\n", new_line);
	second = xasprintf(OPTIONS "%s   two  words\n", new_line);
	wanted = with(first, second);
	assert_int_equal(run(shell, NULL), 0);
	assert_file(".ssh/keys", wanted);
	assert_int_equal(run(shell, NULL), 0);
	assert_file(".ssh/keys", wanted);
	assert_int_equal(stat(".ssh/keys", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(lstat(".ssh/authorized_keys", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	free(first);
	free(second);
	free(wanted);
	free(text);
	assert_int_equal(unlink(".ssh/keys"), 0);
	assert_int_equal(unlink(".ssh/authorized_keys"), 0);
}

static void
nowhere_to_put_it(size_t shell)
{
	put(".ssh/authorized_keys", "ssh-rsa AAAA other\n");
	assert_int_equal(run(shell, &new), 3);
	assert_file(".ssh/authorized_keys", "ssh-rsa AAAA other\n");
	assert_int_equal(run(shell, NULL), 0);
	assert_int_equal(unlink(".ssh/authorized_keys"), 0);
	assert_int_equal(run(shell, &new), 3);
	/* a link that leads around in circles */
	assert_int_equal(symlink("authorized_keys2", ".ssh/authorized_keys"),
	    0);
	assert_int_equal(symlink("authorized_keys", ".ssh/authorized_keys2"),
	    0);
	assert_int_equal(run(shell, &new), 3);
	assert_int_equal(unlink(".ssh/authorized_keys"), 0);
	assert_int_equal(unlink(".ssh/authorized_keys2"), 0);
	assert_int_equal(mkdir(".ssh/authorized_keys", 0700), 0);
	assert_int_equal(run(shell, &new), 4);
	assert_int_equal(rmdir(".ssh/authorized_keys"), 0);
}

static void
test_every_shell(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < NSHELLS; i++) {
		if (access(shells[i][0], X_OK) == -1)
			continue;
		print_message("%s\n", shells[i][0]);
		in_and_out(i);
		nowhere_to_put_it(i);
	}
}

static void
test_damaged_key(void **state)
{
	struct key	k = { .pub_blob = (unsigned char *)"'; id #",
			    .pub_bloblen = 7 };

	(void)state;
	assert_null(errand_script(&old, &k));
	assert_null(errand_script(&k, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_shell),
		cmocka_unit_test(test_damaged_key),
	};

	return (cmocka_run_group_tests(tests, begin, end));
}
