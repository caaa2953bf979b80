/* SPDX-License-Identifier: ISC */
/*
 * Commands that send the portal to hosts. What is told of the hosts comes from
 * here; what it does to the store is real. (regress/host_test.sh and
 * key_rotate.sh have real hosts.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "db/host.h"
#include "db/key.h"
#include "lib/errand.h"
#include "lib/ipc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"
#include "shell/errand.h"

/* What becomes of errands. */
static struct fate {
	int		 none;		/* nobody can go */
	int		 dies;		/* in the middle */
	int		 nonsense;
	int64_t		 host;		/* fails there, 0: nowhere */
	unsigned	 kind;		/* on an errand of this kind */
	unsigned	 stage;		/* at this stage */
	unsigned	 sent[ERRAND_KINDS];
} fate;

static void
say(int sock, uint8_t type, unsigned stage, unsigned result, const char *text)
{
	struct errand_step	s = { (uint8_t)stage, (uint8_t)result, 7,
				    text };
	struct ipc		m;

	ipc_init(&m, type, 0);
	if (type == ERRAND_STEP)
		put_errand_step(&m.body, &s);
	assert_int_equal(ipc_send(sock, &m), IPC_OK);
	ipc_free(&m);
}

static int
go(void *arg, const struct errand *e, int *sock, char *err)
{
	unsigned	stage, last = e->kind == ERRAND_TEST ? ERRAND_LOGIN :
			    ERRAND_WORK;
	int		sv[2], fails;

	(void)arg;
	if (fate.none) {
		snprintf(err, CMD_ERROR_MAX, "nobody is there");
		return (-1);
	}
	fate.sent[e->kind]++;
	assert_true(errand_is_sound(e));
	assert_int_equal(ipc_pair(sv), 0);
	for (stage = 0; stage <= last && !fate.dies; stage++) {
		if (stage == ERRAND_HOP)
			continue;	/* none lies behind another */
		fails = e->host == fate.host && e->kind == fate.kind &&
		    stage == fate.stage;
		say(sv[1], ERRAND_STEP, stage, fails ? ERRAND_FAILED :
		    ERRAND_OK, fails ? "it \033[2J is broken" : "fine");
		if (fails)
			break;
	}
	if (fate.nonsense)
		say(sv[1], 99, 0, 0, "");
	if (!fate.dies)
		say(sv[1], ERRAND_END, 0, 0, "");
	close(sv[1]);
	*sock = sv[0];
	return (0);
}

static int64_t
host_id(struct trial *t, const char *name)
{
	struct host	*h;
	int64_t		 id;

	assert_int_equal(host_by_name(t->sh.db, name, &h), DB_OK);
	id = h->id;
	host_free(h);
	return (id);
}

/* The name of the key that a host has. */
static void
assert_key(struct trial *t, const char *host, const char *key)
{
	struct host	*h;

	assert_int_equal(host_by_name(t->sh.db, host, &h), DB_OK);
	assert_string_equal(h->key_name, key);
	host_free(h);
}

static void
begin(struct trial *t, void **state)
{
	static const struct errander	errander = { .send = go };

	trial_begin(t, fixture_use(state)->db);
	memset(&fate, 0, sizeof(fate));
	t->sh.errander = &errander;
	ok(t, "key create --name=default --comment=ours");
	ok(t, "key create --name=host");
	ok(t, "key create --name=other");
	ok(t, "host create web1");
	ok(t, "host create web2");
	ok(t, "host create web3 --key=other");
}

static void
fails_at(struct trial *t, const char *host, unsigned kind, unsigned stage)
{
	memset(&fate, 0, sizeof(fate));
	fate.host = host != NULL ? host_id(t, host) : 0;
	fate.kind = kind;
	fate.stage = stage;
}

static void
test_host_test(void **state)
{
	struct trial	 t;
	json_t		*rows;

	begin(&t, state);
	ok(&t, "host test web1 web2");
	assert_non_null(strstr(t.out, "key exchange"));
	assert_int_equal(fate.sent[ERRAND_TEST], 2);
	ok(&t, "host test --json web1 --timeout=3");
	rows = json_loads(t.out, 0, NULL);
	assert_int_equal(json_array_size(rows), 5);
	assert_string_equal(json_string_value(json_object_get(
	    json_array_get(rows, 3), "Step")), "host key");
	assert_int_equal(json_integer_value(json_object_get(
	    json_array_get(rows, 3), "Milliseconds")), 7);
	json_decref(rows);
	/* One that fails makes it fail, and what a host says is escaped. */
	fails_at(&t, "web2", ERRAND_TEST, ERRAND_HOSTKEY);
	assert_int_equal(run(&t, "host test web1 web2"), RUN_FAILED);
	assert_string_equal(t.err, "");
	assert_non_null(strstr(t.out, "is broken"));
	assert_null(strchr(t.out, '\033'));
	trial_end(&t);
}

static void
test_host_test_errors(void **state)
{
	struct trial	t;

	begin(&t, state);
	fails(&t, RUN_FAILED, "host test web9", "web9");
	fails(&t, RUN_USAGE, "host test", "HOST");
	fails(&t, RUN_FAILED, "host test --timeout=31 web1", "1 to 30 seconds");
	fate.none = 1;
	assert_int_equal(run(&t, "host test web1"), RUN_FAILED);
	assert_non_null(strstr(t.out, "nobody is there"));
	fate.none = 0;
	fate.dies = 1;
	assert_int_equal(run(&t, "host test web1"), RUN_FAILED);
	assert_non_null(strstr(t.out, "too much to do"));
	fate.dies = 0;
	fate.nonsense = 1;
	assert_int_equal(run(&t, "host test web1"), RUN_FAILED);
	assert_non_null(strstr(t.out, "makes no sense"));
	t.sh.errander = NULL;
	assert_int_equal(run(&t, "host test web1"), RUN_FAILED);
	assert_non_null(strstr(t.out, "no way to send"));
	t.sh.user_id = add_user(t.sh.db, "audrey", "auditor");
	fails(&t, RUN_FAILED, "host test web1", "role");
	trial_end(&t);
}

static void
test_key_rotate(void **state)
{
	struct trial	 t;
	struct key	*before, *after;

	begin(&t, state);
	assert_int_equal(key_by_name(t.sh.db, "default", &before), DB_OK);
	ok(&t, "key rotate default");
	assert_non_null(strstr(t.out, "web1"));
	assert_null(strstr(t.out, "web3"));
	assert_int_equal(fate.sent[ERRAND_INSTALL], 2);
	assert_int_equal(fate.sent[ERRAND_TEST], 2);
	assert_int_equal(fate.sent[ERRAND_REMOVE], 2);
	assert_int_equal(key_by_name(t.sh.db, "default", &after), DB_OK);
	assert_string_not_equal(before->fingerprint, after->fingerprint);
	assert_string_equal(after->comment, "ours");
	assert_int_equal(after->replaces_id, 0);
	assert_int_equal(after->nhosts, 2);
	key_free(before);
	assert_int_equal(key_get(t.sh.db, after->id, &before), DB_OK);
	key_free(before);
	key_free(after);
	/* Of another kind; and one that no host has. */
	ok(&t, "key rotate default --type=ecdsa --length=384");
	assert_int_equal(key_by_name(t.sh.db, "default", &after), DB_OK);
	assert_string_equal(after->type, "ecdsa");
	assert_int_equal(after->length, 384);
	key_free(after);
	ok(&t, "host update web3 --key=default");
	ok(&t, "key rotate other");
	trial_end(&t);
}

/* Cut off anywhere: what is done is done, the rest works, and it goes on. */
static void
test_key_rotate_again(void **state)
{
	static const struct {
		unsigned	 kind, stage;
		const char	*key;		/* that web2 has then */
		const char	*says;
	} cuts[] = {
		{ ERRAND_INSTALL, ERRAND_CONNECT, "default", "connection: " },
		{ ERRAND_TEST, ERRAND_LOGIN, "default", "is there, but" },
		{ ERRAND_REMOVE, ERRAND_WORK, "default-next", "still let in" },
	};
	struct trial	 t;
	struct key	*k;
	size_t		 i;

	begin(&t, state);
	for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		fails_at(&t, "web2", cuts[i].kind, cuts[i].stage);
		assert_int_equal(run(&t, "key rotate default"), RUN_FAILED);
		assert_non_null(strstr(t.err, "1 of 2 hosts are left"));
		assert_non_null(strstr(t.out, cuts[i].says));
		assert_key(&t, "web1", "default-next");
		assert_key(&t, "web2", cuts[i].key);
		fails(&t, RUN_FAILED, "key rotate default-next",
		    "on its way to take another's place");
		fails(&t, RUN_FAILED, "key rotate default --type=rsa",
		    "go on without --type");
		fails_at(&t, NULL, 0, 0);
		ok(&t, "key rotate default");
		assert_int_equal(fate.sent[ERRAND_INSTALL], i < 2);
		assert_key(&t, "web1", "default");
		assert_key(&t, "web2", "default");
		assert_int_equal(key_by_name(t.sh.db, "default-next", &k),
		    DB_NOTFOUND);
	}
	trial_end(&t);
}

/* A host that refused the change, but knows the key from elsewhere. */
static void
test_key_rotate_by_hand(void **state)
{
	struct trial	t;

	begin(&t, state);
	fails_at(&t, "web2", ERRAND_INSTALL, ERRAND_WORK);
	ok(&t, "key rotate default");
	assert_key(&t, "web2", "default");
	fails(&t, RUN_FAILED, "key rotate host", "own host key");
	fails(&t, RUN_FAILED, "key rotate nothing", "nothing");
	fails(&t, RUN_FAILED, "key rotate default --type=rsa --length=99",
	    "bits");
	t.refuse = 1;
	fails(&t, RUN_FAILED, "key rotate default", "sealed");
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_host_test),
		ON_BOTH(test_host_test_errors),
		ON_BOTH(test_key_rotate),
		ON_BOTH(test_key_rotate_again),
		ON_BOTH(test_key_rotate_by_hand),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
