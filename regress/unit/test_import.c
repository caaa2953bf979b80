/* SPDX-License-Identifier: ISC */
/*
 * Reading a real original's database, on SQLite and with its own types on
 * MariaDB, and what is found in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "db_fixture.h"
#include "db/original.h"
#include "db/query.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"
#include "shell/entity.h"
#include "shell/import.h"
#include "shell/import_secret.h"

#define KEY	"0123456789abcdef0123456789abcdef"

static char *
data_file(const char *name)
{
	const char	*top = getenv("TOP");

	return (xasprintf("%s/regress/original/%s", top != NULL ? top : ".",
	    name));
}

static char *
read_all(const char *name)
{
	char	*path = data_file(name), *text = xcalloc(1, 1 << 20);
	FILE	*f = fopen(path, "re");

	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	free(path);
	return (text);
}

/* A statement a line, on a server; all of it at once in SQLite. */
static void
load_original(const struct fixture *f)
{
	char	*text, *line, *end;

	if (strcmp(f->driver, "sqlite3") == 0) {
		text = read_all("sshportal.sql");
		fixture_sql(f, text);
		free(text);
		return;
	}
	text = read_all("mysql.sql");
	for (line = text; *line != '\0'; line = end + 1) {
		end = line + strcspn(line, "\n");
		*end = '\0';
		if (strncmp(line, "--", 2) != 0)
			fixture_sql(f, line);
	}
	free(text);
}

static struct import
read_original(const struct fixture *f)
{
	struct import	im;
	char		err[512];

	if (import_read_database(&im, f->driver, f->conn, err,
	    sizeof(err)) == -1)
		fail_msg("%s", err);
	return (im);
}

static json_t *
row_named(const struct import *im, const char *array, const char *name)
{
	json_t	*row;
	size_t	 i;

	json_array_foreach(json_object_get(im->doc, array), i, row) {
		if (strcmp(import_text(row, "Name"), name) == 0)
			return (row);
	}
	fail_msg("no %s in %s", name, array);
	return (NULL);
}

static void
is_number(const json_t *row, const char *field, int64_t want)
{
	assert_true(json_is_integer(json_object_get(row, field)));
	assert_int_equal(import_number(row, field), want);
}

/* "1:name 3:other" of what a row is a member of. */
static void
is_member(const json_t *row, const char *field, const char *want)
{
	char	 got[256] = "";
	json_t	*one;
	size_t	 i;

	json_array_foreach(json_object_get(row, field), i, one) {
		snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s%lld:%s", i > 0 ? " " : "",
		    (long long)import_number(one, "ID"),
		    import_text(one, "Name"));
	}
	assert_string_equal(got, want);
}

static void
count_rows(const struct import *im, const char *array, size_t want)
{
	json_t	*rows = json_object_get(im->doc, array);

	assert_true(json_is_array(rows));
	assert_int_equal(json_array_size(rows), want);
}

static void
test_rows(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct import	 im;
	json_t		*row;

	load_original(f);
	im = read_original(f);
	assert_int_equal(im.version, 32);
	count_rows(&im, "keys", 11);
	count_rows(&im, "hosts", 27);
	count_rows(&im, "user_keys", 8);
	count_rows(&im, "users", 7);
	count_rows(&im, "user_groups", 4);
	count_rows(&im, "host_groups", 5);
	count_rows(&im, "acls", 5);
	count_rows(&im, "settings", 0);
	count_rows(&im, "sessions", 25);
	row = row_named(&im, "hosts", "behind");
	assert_string_equal(import_text(row, "URL"),
	    "ssh://bart@127.0.0.1:2022");
	is_number(row, "SSHKeyID", 1);
	is_number(row, "HopID", 27);
	is_member(row, "Groups", "1:default");
	assert_true(json_is_null(json_object_get(row, "HostKey")));
	row = row_named(&im, "hosts", "target");
	assert_memory_equal(import_text(row, "HostKey"), "AAAAE2VjZHNh", 12);
	assert_memory_equal(import_text(row, "CreatedAt"),
	    "2026-11-23T07:15:23.006", 23);
	assert_true(json_is_null(json_object_get(row, "DeletedAt")));
	is_member(row_named(&im, "hosts", "hostwithgroups"), "Groups",
	    "3:hg1 4:hg2");
	is_member(row_named(&im, "users", "root"), "Roles", "1:admin");
	is_member(row_named(&im, "users", "eve"), "Roles", "2:listhosts");
	is_member(row_named(&im, "users", "carol"), "Groups",
	    "3:ug1 4:ug2");
	row = json_array_get(json_object_get(im.doc, "acls"), 4);
	is_number(row, "ID", 6);
	assert_string_equal(import_text(row, "HostPattern"), "web-*");
	assert_memory_equal(import_text(row, "Inception"),
	    "2026-01-02T03:04:00", 19);
	is_member(row, "UserGroups", "4:ug2");
	row = json_array_get(json_object_get(im.doc, "sessions"), 0);
	assert_string_equal(import_text(json_object_get(row, "User"),
	    "Name"), "root");
	assert_string_equal(import_text(json_object_get(row, "Host"),
	    "Name"), "target");
	import_free(&im);
}

/* Every one that was read, opened or not, ends as text with a sentence. */
static int
notes_have(const struct import *im, const char *words)
{
	size_t	i;

	for (i = 0; i < im->nnotes; i++)
		if (strstr(im->note[i].text, words) != NULL)
			return (1);
	return (0);
}

static void
has_note(const struct import *im, const char *words)
{
	size_t	i;

	if (notes_have(im, words))
		return;
	for (i = 0; i < im->nnotes; i++)
		print_error("  %s\n", im->note[i].text);
	fail_msg("no note says: %s", words);
}

static void
look(struct import *im, const char *key)
{
	struct import_key	k;
	char			err[256];

	assert_int_equal(import_key_set(&k, key, err, sizeof(err)), 0);
	import_open_secrets(im, &k);
	import_look(im);
	import_judge(im, clock_utc());
}

static void
test_secrets(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct import	 im;
	json_t		*row;
	size_t		 i;

	load_original(f);
	im = read_original(f);
	look(&im, KEY);
	assert_int_equal(im.stops, 0);
	json_array_foreach(json_object_get(im.doc, "keys"), i, row) {
		assert_memory_equal(import_text(row, "PrivKey"),
		    "-----BEGIN ", 11);
	}
	assert_string_equal(import_text(row_named(&im, "hosts", "pass"),
	    "Password"), "marley-42");
	assert_string_equal(import_text(row_named(&im, "hosts", "testtest"),
	    "Password"), "test");
	has_note(&im, "plain text: the private keys \"default\", \"host\", "
	    "\"imp-rsa-pem\", \"imp-tty\"");
	has_note(&im, "in the URLs of the hosts \"example\", \"passurl\"");
	has_note(&im, "plain text in 5 events");
	import_free(&im);
}

static void
test_wrong_key(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct import	 im;

	load_original(f);
	im = read_original(f);
	look(&im, "0123456789abcdef0123456789abcdeX");
	assert_true(im.stops > 0);
	has_note(&im, "the AES key does not fit; it does not open");
	import_free(&im);
	im = read_original(f);
	look(&im, "");
	assert_int_equal(im.stops, 1);
	has_note(&im, "encrypted: private keys \"cocky_goodall\"");
	import_free(&im);
}

/* Passwords alone: garbage betrays a wrong key, text may be one. */
static void
test_unproven_key(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct import	 im;

	load_original(f);
	fixture_sql(f, "DELETE FROM ssh_keys WHERE priv_key NOT LIKE"
	    " '-----BEGIN%'");
	im = read_original(f);
	look(&im, KEY);
	assert_int_equal(im.stops, 0);
	has_note(&im, "no private key is encrypted that would prove");
	import_free(&im);
	fixture_sql(f, "UPDATE hosts SET password ="
	    " 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'"
	    " WHERE name = 'pass'");
	im = read_original(f);
	look(&im, KEY);
	assert_int_equal(im.stops, 1);
	has_note(&im, "no text comes out of the password");
	import_free(&im);
}

/* Passwords that people typed are nowhere in what is taken over of events. */
static void
test_events_masked(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct import	 im;
	char		*text;

	load_original(f);
	im = read_original(f);
	text = json_dumps(json_object_get(im.doc, "events"), 0);
	assert_non_null(strstr(text, "marley-42"));
	free(text);
	look(&im, KEY);
	text = json_dumps(json_object_get(im.doc, "events"), 0);
	assert_null(strstr(text, "marley"));
	assert_null(strstr(text, "=wrong"));
	assert_non_null(strstr(text, "--password=****"));
	assert_non_null(strstr(text, "bob:****@example.com:2222"));
	assert_non_null(strstr(text, "--name=badpass"));
	free(text);
	import_free(&im);
}

static void
test_people(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct import	 im;

	load_original(f);
	fixture_sql(f, "UPDATE users SET invite_token = '' WHERE id = 7");
	im = read_original(f);
	look(&im, KEY);
	has_note(&im, "live invites, without a key yet: each is good for one "
	    "key now, of the users \"dave\", \"a b\"");
	has_note(&im, "closed, of the users \"root\", \"bob\", \"carol\", "
	    "\"eve\"");
	has_note(&im, "cannot come in: the user \"frank\"");
	assert_false(notes_have(&im, "no administrator has a key"));
	import_free(&im);
	fixture_sql(f, "DELETE FROM user_keys WHERE user_id = 1");
	im = read_original(f);
	look(&im, KEY);
	has_note(&im, "no administrator has a key");
	import_free(&im);
}

/* A removed user's groups are not the next one's. */
static void
test_left_behind(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct import	 im;

	load_original(f);
	fixture_sql(f, "UPDATE user_groups SET deleted_at ="
	    " '2026-11-23 08:00:00.000' WHERE id = 4");
	im = read_original(f);
	has_note(&im, "5 memberships of users belong to rows that are gone");
	has_note(&im, "2 memberships of hosts belong to rows that are gone");
	assert_string_equal(import_text(row_named(&im, "user_groups", "ug2"),
	    "DeletedAt"), strcmp(f->driver, "mysql") == 0 ?
	    "2026-11-23T08:00:00.000000Z" : "2026-11-23T08:00:00.000Z");
	is_member(row_named(&im, "users", "carol"), "Groups", "3:ug1");
	import_free(&im);
}

static void
test_rules(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct import	 im;

	load_original(f);
	im = read_original(f);
	look(&im, KEY);
	has_note(&im, "ACL 3, allow with weight 0, has the pattern \"tar*\", "
	    "which the original ignored and which decides here; it newly "
	    "allows \"carol\" on \"target\", \"dave\" on \"target\"");
	has_note(&im, "ACL 6, allow with weight 0, has the pattern \"web-*\", "
	    "which the original ignored and which decides here; it fits no "
	    "host now");
	import_free(&im);
	/* more than are named; by address too; and one that denies */
	fixture_sql(f, "UPDATE acls SET host_pattern = '127.*' WHERE id = 3");
	fixture_sql(f, "UPDATE acls SET host_pattern = '*', weight = 1,"
	    " action = 'deny', inception = NULL WHERE id = 6");
	fixture_sql(f, "DELETE FROM host_group_acls WHERE acl_id = 6");
	fixture_sql(f, "UPDATE acls SET action = 'never' WHERE id = 4");
	im = read_original(f);
	look(&im, KEY);
	has_note(&im, " and 34 more");
	has_note(&im, "ACL 6, deny with weight 1, has the pattern "
	    "\"*\", which the original ignored and which decides here; it "
	    "newly denies \"root\" on \"hostwithgroups\", \"carol\" on "
	    "\"hostwithgroups\", \"dave\" on \"hostwithgroups\"");
	import_free(&im);
	/* a tie of rules is no more decided by chance */
	fixture_sql(f, "UPDATE acls SET host_pattern = '' WHERE id IN (3, 6)");
	fixture_sql(f, "UPDATE acls SET weight = 0, action = 'deny'"
	    " WHERE id = 4");
	im = read_original(f);
	look(&im, KEY);
	has_note(&im, "chance decided in the original, here deny does; that "
	    "is \"root\" on \"target\", \"root\" on \"example\"");
	import_free(&im);
}

/* Before roles, addresses without URLs, no hops, no events. */
static void
test_old_schema(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct import	 im;
	json_t		*row;

	load_original(f);
	fixture_sql(f, "DELETE FROM migrations WHERE id NOT IN"
	    " ('1', '2', '3', '4', '5', '6', '7', '8')");
	fixture_sql(f, "UPDATE users SET is_admin = 1 WHERE id = 3");
	fixture_sql(f, "DROP TABLE user_user_roles");
	fixture_sql(f, "DROP TABLE user_roles");
	fixture_sql(f, "DROP TABLE events");
	fixture_sql(f, "DROP TABLE sessions");
	if (strcmp(f->driver, "sqlite3") == 0)
		fixture_sql(f, "CREATE TABLE h AS SELECT id, created_at,"
		    " updated_at, deleted_at, name, '10.0.0.1:2200' AS addr,"
		    " 'bart' AS user, password, ssh_key_id, comment FROM hosts;"
		    " DROP TABLE hosts; ALTER TABLE h RENAME TO hosts");
	else {
		fixture_sql(f, "UPDATE hosts SET addr = '10.0.0.1:2200',"
		    " user = 'bart'");
		fixture_sql(f, "ALTER TABLE hosts DROP url, DROP host_key,"
		    " DROP logging, DROP hop_id");
	}
	im = read_original(f);
	assert_int_equal(im.version, 8);
	look(&im, KEY);
	row = row_named(&im, "hosts", "target");
	assert_string_equal(import_text(row, "Addr"), "10.0.0.1:2200");
	assert_string_equal(import_text(row, "User"), "bart");
	assert_string_equal(import_text(row, "URL"), "");
	is_number(row, "HopID", 0);
	is_member(row_named(&im, "users", "carol"), "Roles", "0:admin");
	is_member(row_named(&im, "users", "root"), "Roles", "");
	count_rows(&im, "events", 0);
	import_free(&im);
}

static void
refused(const struct fixture *f, const char *words)
{
	struct import	im;
	char		err[512];

	assert_int_equal(import_read_database(&im, f->driver, f->conn, err,
	    sizeof(err)), -1);
	if (strstr(err, words) == NULL)
		fail_msg("no \"%s\" in: %s", words, err);
}

static void
test_foreign(void **state)
{
	struct fixture	*f = fixture_use(state);

	fixture_sql(f, "CREATE TABLE ssh_keys (id INTEGER)");
	refused(f, "is no database of the original sshportal: it has no "
	    "table hosts");
}

static void
test_ours(void **state)
{
	struct fixture	*f = fixture_use(state);

	refused(f, "is a database of this sshportal, not of the original");
}

/* Nothing is written, whatever one tries. */
static void
test_read_only(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct db	*db;
	int64_t		 version;
	char		 err[512];
	int		 i;

	load_original(f);
	for (i = 0; i < 2; i++) {
		assert_int_equal(original_open(&db, f->driver, f->conn,
		    &version, err, sizeof(err)), DB_OK);
		/* in its transaction, and in another */
		if (i == 1)
			assert_int_equal(db_commit(db), DB_OK);
		assert_int_not_equal(db_exec(db, "UPDATE users SET name ="
		    " 'x'", NO_BINDS), DB_OK);
		db_close(db);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EMPTY_BOTH(test_rows),
		EMPTY_BOTH(test_secrets),
		EMPTY_BOTH(test_wrong_key),
		EMPTY_BOTH(test_unproven_key),
		EMPTY_BOTH(test_events_masked),
		EMPTY_BOTH(test_people),
		EMPTY_BOTH(test_left_behind),
		EMPTY_BOTH(test_rules),
		EMPTY_BOTH(test_old_schema),
		EMPTY_BOTH(test_foreign),
		ON_BOTH(test_ours),
		EMPTY_BOTH(test_read_only),
	};

	if (sodium_init() == -1)
		return (1);
	entity_wipe_freed();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
