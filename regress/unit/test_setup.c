/* SPDX-License-Identifier: ISC */
/*
 * The one-shot setup, run for real: what a first start makes, what a second
 * one leaves alone, and what it refuses, in one sentence.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "db/acl.h"
#include "db/group.h"
#include "db/key.h"
#include "db/setting.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/sshkey.h"
#include "lib/token.h"
#include "lib/xmalloc.h"
#include "monitor/secrets.h"
#include "portal_fixture.h"

#define INSTANCES	10

/* With MySQL the operator has made the key. */
static struct portal *
ready(struct fixture *f)
{
	struct portal	*p = portal_new(f, "a");
	char		 err[256];

	if (strcmp(f->driver, "mysql") == 0)
		assert_int_equal(secrets_create_key(&p->ss, err, sizeof(err)),
		    0);
	secrets_forget();
	return (p);
}

/* The token after "invite:", malloc'ed, or NULL. */
static char *
token_of(const char *out)
{
	const char	*s = strstr(out, "invite:");

	if (s == NULL)
		return (NULL);
	s += strlen("invite:");
	return (xmemdup0(s, strcspn(s, "@")));
}

/* Fails and says one sentence with this in it. */
static void
expect_refusal(const struct portal *p, const char *words)
{
	char	*out, *err, *line;

	assert_int_equal(portal_setup(p, &out, &err), 1);
	assert_string_equal(out, "");
	line = strstr(err, "sshportal: ");
	if (line == NULL || strstr(line, words) == NULL)
		fail_msg("no \"%s\" in: %s", words, err);
	assert_null(strstr(line + 1, "sshportal: "));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	free(out);
	free(err);
}

static void
check_key(struct db *db, const char *name)
{
	struct key	*k;
	EVP_PKEY	*pkey;
	uint8_t		*blob;
	void		*pem;
	size_t		 len;

	assert_int_equal(key_by_name(db, name, &k), DB_OK);
	assert_string_equal(k->type, "ed25519");
	assert_null(strstr(k->priv_sealed, "PRIVATE"));
	assert_int_equal(secrets_sealer()->open(NULL, SEAL_KEY_TABLE,
	    SEAL_KEY_COLUMN, k->id, k->priv_sealed, &pem, &len), 0);
	assert_int_equal(sshkey_read_private(pem, len, &pkey, NULL, 0), 0);
	assert_int_equal(sshkey_blob(pkey, &blob, &len), 0);
	assert_int_equal(len, k->pub_bloblen);
	assert_memory_equal(blob, k->pub_blob, len);
	sodium_free(pem);
	free(blob);
	EVP_PKEY_free(pkey);
	key_free(k);
}

static void
check_rows(struct db *db)
{
	struct acl_list		*acls;
	struct user		*u;

	check_key(db, KEY_HOST);
	check_key(db, KEY_DEFAULT);
	assert_int_equal(acl_list(db, 0, &acls), DB_OK);
	assert_int_equal(acls->n, 1);
	assert_int_equal(acls->v[0].action, ACL_ALLOW);
	assert_int_equal(acls->v[0].user_groups.n, 1);
	assert_string_equal(acls->v[0].user_groups.name[0], "default");
	assert_int_equal(acls->v[0].host_groups.n, 1);
	assert_string_equal(acls->v[0].host_groups.name[0], "default");
	acl_list_free(acls);
	assert_int_equal(user_by_name(db, "bart", &u), DB_OK);
	assert_true(user_is(u, ROLE_ADMIN));
	assert_string_equal(u->email, "bart@localhost");
	assert_int_equal(u->groups.n, 1);
	assert_in_range(u->invite_expires_at, clock_utc() + 86300,
	    clock_utc() + 86400);
	user_free(u);
}

static void
load_key(const struct portal *p)
{
	char	err[256];

	assert_int_equal(secrets_load_key(&p->s, &p->ss, err, sizeof(err)),
	    0);
}

static struct user *
invited(struct db *db, const char *token)
{
	char		 hash[TOKEN_HASH_SIZE];
	struct user	*u;

	token_hash(token, hash);
	user_by_invite(db, hash, clock_utc(), &u);
	return (u);
}

static void
test_first_start(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = ready(f);
	struct stat	 st;
	struct user	*u;
	char		*out, *err, *token;

	assert_int_equal(portal_setup(p, &out, &err), 0);
	assert_null(strstr(err, "sshportal: "));
	assert_non_null(strstr(out, "127.0.0.1:2222"));
	assert_non_null(strstr(out, "ssh -p 2222 admin@localhost host "
	    "create"));
	assert_non_null(strstr(out, "key setup default"));
	token = token_of(out);
	assert_non_null(token);
	f->db = fixture_open(f);
	load_key(p);
	check_rows(f->db);
	u = invited(f->db, token);
	assert_non_null(u);
	assert_string_equal(u->name, "bart");
	user_free(u);
	assert_int_equal(stat(p->s.state_dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(p->s.empty_dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(stat(p->ss.master_key_file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	free(out), free(err), free(token);
	secrets_forget();
	portal_free(p);
}

/* Until somebody has come in, each start invites anew; then never again. */
static void
test_later_starts(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = ready(f);
	struct userkey	 k = { .type = (char *)"ssh-ed25519",
			    .blob = (unsigned char *)"blob", .bloblen = 4,
			    .comment = (char *)"" };
	struct acl_list	*acls;
	struct key	*key;
	struct user	*u;
	char		*first, *second, *out, hash[TOKEN_HASH_SIZE];
	int64_t		 id;

	assert_int_equal(portal_setup(p, &out, NULL), 0);
	first = token_of(out);
	free(out);
	assert_int_equal(portal_setup(p, &out, NULL), 0);
	second = token_of(out);
	free(out);
	assert_non_null(second);
	assert_string_not_equal(first, second);
	f->db = fixture_open(f);
	load_key(p);
	check_rows(f->db);
	assert_null(invited(f->db, first));
	u = invited(f->db, second);
	assert_non_null(u);
	user_free(u);

	token_hash(second, hash);
	assert_int_equal(user_redeem(f->db, hash, clock_utc(), &k, &id),
	    DB_OK);
	/* What an administrator removes stays removed, but the host key. */
	assert_int_equal(acl_list(f->db, 0, &acls), DB_OK);
	assert_int_equal(acl_remove(f->db, acls->v[0].id), DB_OK);
	acl_list_free(acls);
	assert_int_equal(key_by_name(f->db, KEY_DEFAULT, &key), DB_OK);
	assert_int_equal(key_remove(f->db, key->id), DB_OK);
	key_free(key);
	assert_int_equal(portal_setup(p, &out, NULL), 0);
	assert_null(strstr(out, "invite:"));
	assert_non_null(strstr(out, "127.0.0.1:2222"));
	assert_int_equal(acl_list(f->db, 0, &acls), DB_OK);
	assert_int_equal(acls->n, 0);
	acl_list_free(acls);
	assert_int_equal(key_by_name(f->db, KEY_DEFAULT, &key), DB_NOTFOUND);
	check_key(f->db, KEY_HOST);
	free(first), free(second), free(out);
	secrets_forget();
	portal_free(p);
}

static void
test_preset(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = ready(f);
	struct user	*u;
	char		*out;

	free(p->ss.invite_token);
	p->ss.invite_token = xstrdup("a token; with blanks");
	expect_refusal(p, "INVITE_TOKEN");
	free(p->ss.invite_token);
	p->ss.invite_token = xstrdup("integration");
	p->s.quiet_start = 1;
	assert_int_equal(portal_setup(p, &out, NULL), 0);
	assert_string_equal(out, "");
	f->db = fixture_open(f);
	u = invited(f->db, "integration");
	assert_non_null(u);
	user_free(u);
	free(out);
	portal_free(p);
}

static void
test_keys_refused(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = ready(f);
	char		*path = p->ss.master_key_file, *aside, err[256];

	aside = xasprintf("%s.aside", path);
	assert_int_equal(portal_setup(p, NULL, NULL), 0);
	assert_int_equal(chmod(path, 0644), 0);
	expect_refusal(p, "chmod 600");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(portal_setup(p, NULL, NULL), 0);

	assert_int_equal(rename(path, aside), 0);
	expect_refusal(p, path);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(secrets_create_key(&p->ss, err, sizeof(err)), 0);
	expect_refusal(p, "wrong master key");
	secrets_forget();
	assert_int_equal(rename(aside, path), 0);
	assert_int_equal(portal_setup(p, NULL, NULL), 0);
	free(aside);
	portal_free(p);
}

static void
test_mysql_without_key(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = portal_new(f, "a");

	expect_refusal(p, p->ss.master_key_file);
	assert_int_equal(access(p->ss.master_key_file, F_OK), -1);
	p->ss.master_key_file[0] = '\0';
	expect_refusal(p, "genkey");
	portal_free(p);
}

static void
test_mysql_unreachable(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = ready(f);

	free(p->ss.db_conn);
	p->ss.db_conn = xstrdup("u:p@tcp(127.0.0.1:1)/x");
	expect_refusal(p, "");
	portal_free(p);
}

static void
test_bad_files(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = portal_new(f, "a");
	FILE		*file;

	/* Something that is no database is left as it is. */
	file = fopen(f->path, "w");
	fputs("This is a letter to my aunt, and no database at all.\n"
	    "She lives by the sea.\n", file);
	fclose(file);
	expect_refusal(p, "");
	file = fopen(f->path, "r");
	assert_int_equal(fgetc(file), 'T');
	fclose(file);
	assert_int_equal(access(p->ss.master_key_file, F_OK), -1);
	unlink(f->path);
	portal_free(p);

	p = portal_new(f, "b");
	assert_int_equal(mkdir(p->s.state_dir, 0777), 0);
	assert_int_equal(chmod(p->s.state_dir, 0777), 0);
	expect_refusal(p, p->s.state_dir);
	assert_int_equal(rmdir(p->s.state_dir), 0);
	close(open(p->s.state_dir, O_CREAT | O_WRONLY, 0600));
	expect_refusal(p, p->s.state_dir);
	unlink(p->s.state_dir);
	assert_int_equal(portal_setup(p, NULL, NULL), 0);
	portal_free(p);
}

/* Where we are root, everything it makes belongs to the monitor's uid. */
static void
test_uids(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = portal_new(f, "a");
	char		*spool, *id;
	struct stat	 st;

	if (geteuid() != 0) {
		portal_free(p);
		skip();
	}
	assert_int_equal(chown(f->dir, 12345, 12345), 0);
	p->s.monitor_uid = p->s.monitor_gid = 12345;
	assert_int_equal(portal_setup(p, NULL, NULL), 0);
	spool = xasprintf("%s/spool", p->s.state_dir);
	id = xasprintf("%s/instance-id", p->s.state_dir);
	const char *const	paths[] = { p->s.state_dir, p->s.run_dir,
				    p->s.logs_dir, spool, id, f->path,
				    p->ss.master_key_file };
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(stat(paths[i], &st), 0);
		assert_int_equal(st.st_uid, 12345);
		assert_int_equal(st.st_mode & 077, 0);
	}
	assert_int_equal(stat(p->s.empty_dir, &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(portal_setup(p, NULL, NULL), 0);
	free(spool);
	free(id);
	portal_free(p);
}

static int
start_one(const struct fixture *f, int number)
{
	struct fixture	 own = *f;
	char		 name[32];
	struct portal	*p;
	int		 status;

	snprintf(name, sizeof(name), "i%d", number);
	p = portal_new(&own, name);
	status = portal_setup(p, NULL, NULL);
	portal_free(p);
	return (status);
}

/* Ten instances that start at the same moment make one of everything. */
static void
test_race(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = ready(f);
	struct user	*u;
	int64_t		 count;
	int		 results[INSTANCES], i;

	fixture_race(f, INSTANCES, start_one, results);
	for (i = 0; i < INSTANCES; i++)
		assert_int_equal(results[i], 0);
	f->db = fixture_open(f);
	load_key(p);
	check_rows(f->db);
	assert_int_equal(user_count(f->db, &count), DB_OK);
	assert_int_equal(count, 1);
	assert_int_equal(user_by_name(f->db, "bart", &u), DB_OK);
	user_free(u);
	secrets_forget();
	portal_free(p);
}

/* Of several that start together one prints an invite, and that one works. */
static void
test_one_invite(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = ready(f), *q = portal_new(f, "b");
	struct user	*u;
	char		*out, *token;

	assert_int_equal(portal_setup(p, &out, NULL), 0);
	token = token_of(out);
	free(out);
	assert_int_equal(portal_setup(q, &out, NULL), 0);
	assert_null(strstr(out, "invite:"));
	assert_non_null(strstr(out, "another instance"));
	free(out);
	f->db = fixture_open(f);
	u = invited(f->db, token);
	assert_non_null(u);
	user_free(u);
	free(token);
	portal_free(p);
	portal_free(q);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		EMPTY_BOTH(test_first_start), EMPTY_BOTH(test_later_starts),
		EMPTY_BOTH(test_preset), EMPTY_BOTH(test_keys_refused),
		EMPTY_MYSQL(test_mysql_without_key),
		EMPTY_MYSQL(test_mysql_unreachable),
		EMPTY_SQLITE(test_bad_files), EMPTY_SQLITE(test_uids),
		EMPTY_MYSQL(test_race), EMPTY_MYSQL(test_one_invite),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
