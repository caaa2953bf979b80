/* SPDX-License-Identifier: ISC */
/*
 * What a spare that has waited for a minute finds in its store, and whether it
 * goes on to wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/db.h"
#include "db/key.h"
#include "db_fixture.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"
#include "monitor/monitor.h"
#include "monitor/spare.h"

/* A host key's row, and a spare that knows it. */
static void
begin(struct fixture *f, struct monitor *m)
{
	static const uint8_t	blob[] = "\0\0\0\13ssh-ed25519\0\0\0\40"
				    "0123456789abcdef0123456789abcdef";
	struct key		k = { .name = (char *)KEY_HOST,
				    .type = (char *)"ed25519", .length = 256,
				    .pub_blob = (uint8_t *)blob,
				    .pub_bloblen = sizeof(blob) - 1,
				    .comment = (char *)"" };
	int64_t			id;

	assert_int_equal(key_create(f->db, &k, &id), DB_OK);
	memset(m, 0, sizeof(*m));
	m->db = f->db;
	m->host_keys[0].blob = xmalloc(sizeof(blob));
	memcpy(m->host_keys[0].blob, blob, sizeof(blob));
	m->host_keys[0].blob_len = sizeof(blob) - 1;
	m->nhost_keys = 1;
}

static void
finish(struct monitor *m)
{
	free(m->host_keys[0].blob);
	free(m->error);
}

static void
test_goes_on(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct monitor	 m;
	int64_t		 now = clock_mono_ms();

	begin(f, &m);
	spare_check(&m);
	assert_false(m.ending);
	assert_in_range(m.next_ping, now + 1000, now + 120000);
	finish(&m);
}

static void
test_other_key(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct monitor	 m;

	begin(f, &m);
	m.host_keys[0].blob[m.host_keys[0].blob_len - 1]++;
	spare_check(&m);
	assert_true(m.ending);
	assert_int_equal(m.status, MONITOR_SPARE);
	finish(&m);
}

/* One more that it could offer is a change, unless it is none by its type. */
static void
test_another_kind(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct monitor	 m;
	struct key	 k = { .name = (char *)KEY_HOST_RSA,
			    .type = (char *)"ed25519", .length = 2048,
			    .pub_blob = (uint8_t *)"rsa", .pub_bloblen = 3,
			    .comment = (char *)"" };
	int64_t		 id;

	begin(f, &m);
	assert_int_equal(key_create(f->db, &k, &id), DB_OK);
	spare_check(&m);
	assert_false(m.ending);
	assert_int_equal(key_remove(f->db, id), DB_OK);
	k.type = (char *)"rsa";
	assert_int_equal(key_create(f->db, &k, &id), DB_OK);
	spare_check(&m);
	assert_true(m.ending);
	/* and one that goes is one, too */
	m.ending = 0;
	m.host_keys[1].blob = (uint8_t *)"rsa";
	m.host_keys[1].blob_len = 3;
	m.nhost_keys = 2;
	spare_check(&m);
	assert_false(m.ending);
	assert_int_equal(key_remove(f->db, id), DB_OK);
	spare_check(&m);
	assert_true(m.ending);
	finish(&m);
}

/* The beginning of the key is not the key. */
static void
test_shorter_key(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct monitor	 m;

	begin(f, &m);
	m.host_keys[0].blob_len--;
	spare_check(&m);
	assert_true(m.ending);
	finish(&m);
}

static void
test_no_key(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct monitor	 m;
	struct key	*k;

	begin(f, &m);
	assert_int_equal(key_by_name(f->db, KEY_HOST, &k), DB_OK);
	assert_int_equal(key_remove(f->db, k->id), DB_OK);
	key_free(k);
	spare_check(&m);
	assert_true(m.ending);
	assert_int_equal(m.status, MONITOR_SPARE);
	finish(&m);
}

/* A connection that the server has ended is no reason: there is another. */
static void
test_lost_connection(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct monitor	 m;

	begin(f, &m);
	fixture_kill_connections(f);
	spare_check(&m);
	assert_false(m.ending);
	spare_check(&m);
	assert_false(m.ending);
	finish(&m);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_goes_on), ON_SQLITE(test_other_key),
		ON_SQLITE(test_shorter_key),
		ON_SQLITE(test_another_kind),
		ON_BOTH(test_no_key), ON_MYSQL(test_lost_connection),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
