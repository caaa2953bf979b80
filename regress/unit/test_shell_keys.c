/* SPDX-License-Identifier: ISC */
/*
 * Commands that bring, rename and remove the portal's keys, against a real
 * store; the keys are made by ssh-keygen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>

#include "db/key.h"
#include "db/user.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"

static struct key *
key_of(struct trial *t, const char *name)
{
	struct key	*k;

	assert_int_equal(key_by_name(t->sh.db, name, &k), DB_OK);
	return (k);
}

/* ssh-keygen -q -f FILE with these arguments, in a shell's words. */
static void
keygen(const char *file, const char *args)
{
	char	*line = xasprintf("exec ssh-keygen -q -f '%s' %s </dev/null",
	    file, args);
	pid_t	 pid = fork();
	int	 status;

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(line);
}

static char *
slurp(const char *path)
{
	char	*text = NULL;
	size_t	 size = 0;
	FILE	*f = fopen(path, "r");

	assert_non_null(f);
	assert_int_not_equal(getdelim(&text, &size, '\0', f), -1);
	fclose(f);
	return (text);
}

static void
input(struct trial *t, const char *text)
{
	if (t->sh.in != NULL)
		fclose(t->sh.in);
	assert_non_null(t->sh.in = fmemopen((void *)text, strlen(text), "r"));
}

/* The same text with CR LF at the end of lines; caller frees. */
static char *
with_cr(const char *text)
{
	char	*out = xcalloc(2, strlen(text) + 1), *p = out;

	for (; *text != '\0'; text++) {
		if (*text == '\n')
			*p++ = '\r';
		*p++ = *text;
	}
	return (out);
}

/* Every format that ssh-keygen writes; what is kept is what was given. */
static void
test_import(void **state)
{
	static const struct {
		const char	*make, *type;
		int		 length;
	} cases[] = {
		{ "-t ed25519 -N ''", "ed25519", 256 },
		{ "-t ecdsa -b 384 -N ''", "ecdsa", 384 },
		{ "-t ecdsa -b 256 -m PEM -N ''", "ecdsa", 256 },
		{ "-t ecdsa -b 521 -m PKCS8 -N ''", "ecdsa", 521 },
		{ "-t rsa -b 2048 -N ''", "rsa", 2048 },
		{ "-t rsa -b 2048 -m PEM -N ''", "rsa", 2048 },
		{ "-t rsa -b 3072 -m PKCS8 -N ''", "rsa", 3072 },
	};
	struct fixture	*f = fixture_use(state);
	struct trial	 t;
	struct key	*k;
	char		*file, *pub, *text, *cr, *line, *public, name[8];
	size_t		 i;

	trial_begin(&t, f->db);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		file = xasprintf("%s/key%zu", f->dir, i);
		pub = xasprintf("%s.pub", file);
		keygen(file, cases[i].make);
		text = slurp(file);
		cr = with_cr(text);
		input(&t, i % 2 == 0 ? text : cr);
		snprintf(name, sizeof(name), "k%zu", i);
		line = xasprintf("key import --name=%s -c note", name);
		ok(&t, line);
		k = key_of(&t, name);
		assert_string_equal(k->type, cases[i].type);
		assert_int_equal(k->length, cases[i].length);
		assert_string_equal(k->comment, "note");
		assert_null(strstr(k->priv_sealed, "PRIVATE"));
		free(text);
		text = slurp(pub);
		public = sshkey_line(k->pub_blob, k->pub_bloblen, NULL);
		assert_memory_equal(public, text, strlen(public));
		key_free(k);
		free(public);
		free(line);
		free(text);
		free(cr);
		free(pub);
		free(file);
	}
	ok(&t, "key inspect --decrypt k0");
	assert_non_null(strstr(t.out, "BEGIN PRIVATE KEY"));
	fclose(t.sh.in);
	trial_end(&t);
}

/* The text, each line ended by a CR alone; caller frees. */
static char *
with_cr_alone(const char *text)
{
	char	*out = xstrdup(text), *p;

	for (p = out; (p = strchr(p, '\n')) != NULL; p++)
		*p = '\r';
	return (out);
}

/* What ssh-keygen locks is opened with the line before it. */
static void
test_import_locked(void **state)
{
	static const char *const	cases[] = {
		"-t ed25519", "-t ecdsa -b 384", "-t rsa -b 2048",
		"-t rsa -b 2048 -m PEM", "-t rsa -b 2048 -m PKCS8",
		"-t ecdsa -b 521 -m PEM", "-t ecdsa -b 256 -m PKCS8",
		"-t ed25519 -Z aes128-cbc", "-t ed25519 -Z 3des-cbc",
		"-t ed25519 -a 100",
	};
	struct fixture	*f = fixture_use(state);
	struct trial	 t;
	struct key	*k;
	char		*file, *pub, *text, *all, *line, *public, name[8];
	size_t		 i;

	trial_begin(&t, f->db);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		file = xasprintf("%s/locked%zu", f->dir, i);
		pub = xasprintf("%s.pub", file);
		line = xasprintf("%s -N 'open sesame'", cases[i]);
		keygen(file, line);
		free(line);
		text = slurp(file);
		input(&t, text);
		fails(&t, RUN_FAILED, "key import", "has a passphrase");
		all = xasprintf("open sesam\n%s", text);
		input(&t, all);
		fails(&t, RUN_FAILED, "key import --passphrase",
		    "the passphrase does not open");
		free(all);
		all = xasprintf("open sesame\n%s", text);
		free(text);
		text = i % 2 == 0 ? xstrdup(all) : with_cr_alone(all);
		input(&t, text);
		snprintf(name, sizeof(name), "k%zu", i);
		line = xasprintf("key import --passphrase=- --name=%s", name);
		ok(&t, line);
		k = key_of(&t, name);
		free(text);
		text = slurp(pub);
		public = sshkey_line(k->pub_blob, k->pub_bloblen, NULL);
		assert_memory_equal(public, text, strlen(public));
		key_free(k);
		free(public);
		free(line);
		free(all);
		free(text);
		free(pub);
		free(file);
	}
	ok(&t, "event ls --json");
	assert_non_null(strstr(t.out, "--passphrase=-"));
	assert_null(strstr(t.out, "sesame"));
	fclose(t.sh.in);
	trial_end(&t);
}

/* Each with a sentence of its own. */
static void
test_import_never(void **state)
{
	static const struct {
		const char	*text, *says;
	} cases[] = {
		{ "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
		    "puttygen" },
		{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI\n",
		    "this is a public key" },
		{ "-----BEGIN DSA PRIVATE KEY-----\nMIIB\n"
		    "-----END DSA PRIVATE KEY-----\n",
		    "a DSA key is too weak" },
		/* no cipher, no kdf, one key; then its public half */
		{ "-----BEGIN OPENSSH PRIVATE KEY-----\n"
		    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAA"
		    "CwAAAAdzc2gtZHNz\n-----END OPENSSH PRIVATE KEY-----\n",
		    "a DSA key is too weak" },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----\n"
		    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAA"
		    "HgAAABpzay1zc2gtZWQyNTUxOUBvcGVuc3NoLmNvbQ==\n"
		    "-----END OPENSSH PRIVATE KEY-----\n", "a touch" },
	};
	static const char *const	made[][2] = {
		{ "-t ed25519 -N secret -Z aes256-gcm@openssh.com",
		    "-Z aes256-ctr" },
		{ "-t ed25519 -N secret -Z chacha20-poly1305@openssh.com",
		    "-Z aes256-ctr" },
	};
	struct fixture	*f = fixture_use(state);
	struct trial	 t;
	char		*file, *text;
	size_t		 i;

	trial_begin(&t, f->db);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		input(&t, cases[i].text);
		fails(&t, RUN_FAILED, "key import", cases[i].says);
	}
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		file = xasprintf("%s/never%zu", f->dir, i);
		keygen(file, made[i][0]);
		text = slurp(file);
		input(&t, text);
		fails(&t, RUN_FAILED, "key import", made[i][1]);
		free(text);
		free(file);
	}
	assert_int_equal(count_events(&t), 0);
	fclose(t.sh.in);
	trial_end(&t);
}

static void
test_import_refused(void **state)
{
	static const char *const	locked[] = {
		"-t ed25519 -N secret", "-t rsa -b 2048 -m PEM -N secret",
		"-t rsa -b 2048 -m PKCS8 -N secret",
	};
	struct fixture	*f = fixture_use(state);
	struct trial	 t;
	struct key_list	*l;
	char		*file, *text;
	size_t		 i;

	trial_begin(&t, f->db);
	for (i = 0; i < sizeof(locked) / sizeof(locked[0]); i++) {
		file = xasprintf("%s/locked%zu", f->dir, i);
		keygen(file, locked[i]);
		text = slurp(file);
		input(&t, text);
		fails(&t, RUN_FAILED, "key import", "has a passphrase");
		free(text);
		free(file);
	}
	file = xasprintf("%s/weak", f->dir);
	keygen(file, "-t rsa -b 1024 -N ''");
	text = slurp(file);
	input(&t, text);
	fails(&t, RUN_FAILED, "key import",
	    "an RSA key of 1024 bits is too weak");
	free(text);
	free(file);
	file = xasprintf("%s/good", f->dir);
	keygen(file, "-t ed25519 -N ''");
	text = slurp(file);
	input(&t, text);
	fails(&t, RUN_FAILED, "key import --name='a b'", "blanks");
	input(&t, text);
	ok(&t, "key import --name=good");
	input(&t, text);
	fails(&t, RUN_FAILED, "key import --name=good", "\"good\" already");
	t.refuse = 1;
	input(&t, text);
	fails(&t, RUN_FAILED, "key import --name=k", "");
	t.refuse = 0;
	text[strlen(text) / 2] = '\0';
	input(&t, text);
	fails(&t, RUN_FAILED, "key import", "not a private key");
	input(&t, "\n\n");
	fails(&t, RUN_FAILED, "key import", "no private key came");
	input(&t, "nonsense\n");
	fails(&t, RUN_FAILED, "key import", "not a private key");
	fclose(t.sh.in);
	t.sh.in = NULL;
	fails(&t, RUN_FAILED, "key import", "no private key came");
	assert_int_equal(key_list(t.sh.db, 0, &l), DB_OK);
	assert_int_equal(l->n, 1);
	key_list_free(l);
	assert_int_equal(count_events(&t), 1);
	t.sh.user_id = add_user(t.sh.db, "reader", ROLE_AUDITOR);
	fails(&t, RUN_FAILED, "key import", "roles");
	free(text);
	free(file);
	trial_end(&t);
}

static void
test_update_and_rm(void **state)
{
	static const struct {
		int		 status;
		const char	*line, *says;
	} cases[] = {
		{ RUN_USAGE, "key update", "KEY is missing" },
		{ RUN_USAGE, "key update one", "an option is missing" },
		{ RUN_USAGE, "key update one two -n x",
		    "--name is for one key only" },
		{ RUN_FAILED, "key update one nosuch -c x",
		    "no key \"nosuch\"" },
		{ RUN_FAILED, "key update one -c x -n two",
		    "a key \"two\" already" },
		{ RUN_FAILED, "key update one -n 'a b'", "blanks" },
		{ RUN_FAILED, "key update host -n h", "keeps its name" },
		{ RUN_FAILED, "key update one -n host-rsa", "is kept for" },
		{ RUN_FAILED, "key create -n host-ecdsa", "is kept for" },
		{ RUN_USAGE, "key rm", "KEY is missing" },
		{ RUN_FAILED, "key rm one nosuch", "no key \"nosuch\"" },
		{ RUN_FAILED, "key rm one host", "it stays" },
		{ RUN_FAILED, "key rm one two",
		    "the host \"web1\" is logged in to with \"two\"" },
		{ RUN_FAILED, "key rm one default", "2 hosts" },
	};
	struct trial	 t;
	struct key	*k;
	int64_t		 events;
	size_t		 i;

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "key create --name=default");
	ok(&t, "key create --name=host");
	ok(&t, "key create --name=one");
	ok(&t, "key create --name=two");
	ok(&t, "host create web1 --key=two");
	ok(&t, "host create web2");
	ok(&t, "host create web3");
	events = count_events(&t);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fails(&t, cases[i].status, cases[i].line, cases[i].says);
		k = key_of(&t, "one");
		assert_string_equal(k->comment, "");
		key_free(k);
		assert_int_equal(count_events(&t), events);
	}
	ok(&t, "key update two --name=second -c 'for web1'");
	assert_string_equal(t.out, "");
	k = key_of(&t, "second");
	assert_string_equal(k->comment, "for web1");
	assert_int_equal(k->nhosts, 1);
	key_free(k);
	ok(&t, "key update host one --comment=x");
	ok(&t, "host rm web1");
	ok(&t, "key rm second one");
	assert_int_equal(key_by_name(t.sh.db, "one", &k), DB_NOTFOUND);
	assert_int_equal(key_by_name(t.sh.db, "second", &k), DB_NOTFOUND);
	t.sh.user_id = add_user(t.sh.db, "reader", ROLE_AUDITOR);
	fails(&t, RUN_FAILED, "key rm default", "roles");
	fails(&t, RUN_FAILED, "key update default -c x", "roles");
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_import),
		ON_BOTH(test_import_refused),
		ON_BOTH(test_import_locked),
		ON_SQLITE(test_import_never),
		ON_BOTH(test_update_and_rm),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
