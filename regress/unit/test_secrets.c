/* SPDX-License-Identifier: ISC */
/*
 * The master key's file, its place in the store, and what is sealed with it.
 */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "db/setting.h"
#include "lib/xmalloc.h"
#include "monitor/secrets.h"
#include "portal_fixture.h"

static char	err[512];

static void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE	*f;

	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static int
load(const struct portal *p)
{
	secrets_forget();
	err[0] = '\0';
	return (secrets_load_key(&p->s, &p->ss, err, sizeof(err)));
}

static void
test_file(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = portal_new(f, "a");
	char		 text[SECRETS_KEY_TEXT_SIZE], id[SECRETS_ID_SIZE];
	char		*path = p->ss.master_key_file;
	struct stat	 st;

	assert_int_equal(load(p), SECRETS_ABSENT);
	assert_false(secrets_loaded());
	assert_int_equal(secrets_create_key(&p->ss, err, sizeof(err)), 0);
	assert_true(secrets_loaded());
	memcpy(id, secrets_key_id(), sizeof(id));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(load(p), 0);
	assert_string_equal(secrets_key_id(), id);
	/* One that is there is never written over. */
	assert_int_equal(secrets_create_key(&p->ss, err, sizeof(err)), -1);
	assert_int_equal(load(p), 0);
	assert_string_equal(secrets_key_id(), id);

	secrets_make_key_text(text);
	write_file(path, text, 0400);
	assert_int_equal(load(p), 0);
	assert_string_not_equal(secrets_key_id(), id);
	portal_free(p);
	secrets_forget();
}

static void
test_file_refused(void **state)
{
	static const mode_t	modes[] = { 0640, 0604, 0660, 0622, 0644 };
	struct fixture		*f = fixture_use(state);
	struct portal		*p = portal_new(f, "a");
	char			 text[SECRETS_KEY_TEXT_SIZE], *longer;
	char			*path = p->ss.master_key_file;
	size_t			 i;

	secrets_make_key_text(text);
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		write_file(path, text, modes[i]);
		assert_int_equal(load(p), -1);
		assert_non_null(strstr(err, "chmod 600"));
	}
	longer = xasprintf("%sA", text);
	write_file(path, longer, 0600);
	assert_int_equal(load(p), -1);
	free(longer);
	write_file(path, text + 1, 0600);
	assert_int_equal(load(p), -1);
	write_file(path, "", 0600);
	assert_int_equal(load(p), -1);
	text[30] = '*';
	write_file(path, text, 0600);
	assert_int_equal(load(p), -1);
	assert_non_null(strstr(err, "genkey"));
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(load(p), -1);
	rmdir(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(load(p), -1);
	if (geteuid() == 0) {
		secrets_make_key_text(text);
		write_file(path, text, 0600);
		assert_int_equal(chown(path, 12345, 0), 0);
		assert_int_equal(load(p), -1);
		p->s.monitor_uid = 12345;
		assert_int_equal(load(p), 0);
	}
	assert_int_equal(secrets_loaded(), geteuid() == 0);
	portal_free(p);
	secrets_forget();
}

static char *
seal(const char *table, const char *column, int64_t row, const void *v,
    size_t len)
{
	char	*sealed;

	assert_int_equal(secrets_sealer()->seal(NULL, table, column, row, v,
	    len, &sealed), 0);
	return (sealed);
}

/* Whether it opens at that place, as the value. */
static int
opens(const char *table, const char *column, int64_t row, const char *sealed,
    const void *v, size_t len)
{
	void	*plain;
	size_t	 n;

	if (secrets_sealer()->open(NULL, table, column, row, sealed, &plain,
	    &n) == -1) {
		assert_null(plain);
		return (0);
	}
	assert_int_equal(n, len);
	assert_memory_equal(plain, v, len);
	sodium_free(plain);
	return (1);
}

static void
test_seal(void **state)
{
	static const uint8_t	 value[] = "a\0secret\xff";
	struct fixture		*f = fixture_use(state);
	struct portal		*p = portal_new(f, "a");
	char			*one, *two, head[32];
	size_t			 n = sizeof(value);

	assert_int_equal(secrets_create_key(&p->ss, err, sizeof(err)), 0);
	one = seal("hosts", "password", 7, value, n);
	two = seal("hosts", "password", 7, value, n);
	snprintf(head, sizeof(head), "$1$%s$", secrets_key_id());
	assert_memory_equal(one, head, strlen(head));
	assert_string_not_equal(one, two);
	assert_true(opens("hosts", "password", 7, one, value, n));
	assert_true(opens("hosts", "password", 7, two, value, n));

	assert_false(opens("hosts", "password", 8, one, value, n));
	assert_false(opens("hosts", "password", -7, one, value, n));
	assert_false(opens("keys", "password", 7, one, value, n));
	assert_false(opens("hosts", "comment", 7, one, value, n));
	/* The same letters with the border elsewhere. */
	assert_false(opens("host", "spassword", 7, one, value, n));
	assert_false(opens("hostsp", "assword", 7, one, value, n));
	free(one);
	free(two);
	one = seal("t", "c", 1, "", 0);
	assert_true(opens("t", "c", 1, one, "", 0));
	free(one);
	portal_free(p);
	secrets_forget();
}

static void
test_seal_edited(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = portal_new(f, "a");
	char		*sealed, *copy;
	size_t		 i, n;
	int		 bit;

	assert_int_equal(secrets_create_key(&p->ss, err, sizeof(err)), 0);
	sealed = seal("t", "c", 1, "value", 5);
	n = strlen(sealed);
	for (i = 0; i < n; i++) {
		for (bit = 0; bit < 7; bit++) {
			copy = xstrdup(sealed);
			copy[i] ^= 1 << bit;
			assert_false(opens("t", "c", 1, copy, "value", 5));
			free(copy);
		}
		copy = xmemdup0(sealed, i);
		assert_false(opens("t", "c", 1, copy, "value", 5));
		free(copy);
	}
	copy = xasprintf("%sAAAA", sealed);
	assert_false(opens("t", "c", 1, copy, "value", 5));
	free(copy);
	assert_true(opens("t", "c", 1, sealed, "value", 5));
	free(sealed);
	portal_free(p);
	secrets_forget();
}

static void
test_seal_other_key(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = portal_new(f, "a");
	char		*sealed, *forged, *out;

	assert_int_equal(secrets_create_key(&p->ss, err, sizeof(err)), 0);
	sealed = seal("t", "c", 1, "value", 5);
	unlink(p->ss.master_key_file);
	assert_int_equal(secrets_create_key(&p->ss, err, sizeof(err)), 0);
	assert_false(opens("t", "c", 1, sealed, "value", 5));
	/* Not even under this key's name. */
	forged = xstrdup(sealed);
	memcpy(forged + 3, secrets_key_id(), SECRETS_ID_SIZE - 1);
	assert_false(opens("t", "c", 1, forged, "value", 5));
	free(forged);
	secrets_forget();
	assert_false(opens("t", "c", 1, sealed, "value", 5));
	assert_int_equal(secrets_sealer()->seal(NULL, "t", "c", 1, "v", 1,
	    &out), -1);
	free(sealed);
	portal_free(p);
}

static void
test_store(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = portal_new(f, "a");
	char		 first[SECRETS_ID_SIZE];

	assert_int_equal(secrets_create_key(&p->ss, err, sizeof(err)), 0);
	assert_int_equal(secrets_check(f->db, err, sizeof(err)), -1);
	assert_int_equal(secrets_adopt(f->db, err, sizeof(err)), DB_OK);
	assert_int_equal(secrets_adopt(f->db, err, sizeof(err)), DB_OK);
	assert_int_equal(secrets_check(f->db, err, sizeof(err)), 0);

	memcpy(first, secrets_key_id(), sizeof(first));
	unlink(p->ss.master_key_file);
	assert_int_equal(secrets_create_key(&p->ss, err, sizeof(err)), 0);
	assert_int_equal(secrets_check(f->db, err, sizeof(err)), -1);
	assert_non_null(strstr(err, first));
	assert_non_null(strstr(err, secrets_key_id()));
	assert_int_equal(secrets_adopt(f->db, err, sizeof(err)), DB_INVALID);

	/* The other key under the first one's name. */
	assert_int_equal(setting_set(f->db, SETTING_MASTER_KEY_ID,
	    secrets_key_id()), DB_OK);
	assert_int_equal(secrets_check(f->db, err, sizeof(err)), -1);
	assert_int_equal(secrets_adopt(f->db, err, sizeof(err)), DB_INVALID);
	portal_free(p);
	secrets_forget();
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		EMPTY_SQLITE(test_file), EMPTY_SQLITE(test_file_refused),
		EMPTY_SQLITE(test_seal), EMPTY_SQLITE(test_seal_edited),
		EMPTY_SQLITE(test_seal_other_key), ON_BOTH(test_store),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
