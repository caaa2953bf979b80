/* SPDX-License-Identifier: ISC */
/*
 * What a monitor does besides answering its child: time limits, stops, the
 * daemon's wishes, a shell's secrets, the record of the end.
 */
#include <sys/socket.h>

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "db/acl.h"
#include "db/db.h"
#include "db/seal.h"
#include "db/session.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/reach.h"
#include "lib/unixsock.h"
#include "lib/xmalloc.h"
#include "monitor/monitor.h"
#include "monitor/records.h"
#include "monitor/state.h"
#include "monitor/vault.h"
#include "regress/unit/liar.h"

/* Milliseconds that are enough for a login on this machine, as it is now. */
static int64_t
enough_grace(void)
{
	struct liar	l;
	int64_t		began = clock_mono_ms(), took;

	liar_reach(&l, ST_OPEN);
	liar_target(&l);
	took = clock_mono_ms() - began;
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	return (took < 125 ? 500 : took * 4);
}

static void
test_grace(void **state)
{
	struct liar	l;
	int64_t		began, grace = enough_grace();

	(void)state;
	liar_settings.login_grace_ms = grace;
	began = clock_mono_ms();
	liar_reach(&l, ST_AUTH);
	assert_true(liar_ends(&l, MONITOR_GRACE));
	assert_true(clock_mono_ms() - began >= grace);
	/* A text ends too; a login does not. */
	liar_reach(&l, ST_NOTICE);
	assert_true(liar_ends(&l, MONITOR_GRACE));
	liar_reach(&l, ST_OPEN);
	usleep((useconds_t)(grace + grace / 4) * 1000);
	liar_target(&l);
	assert_true(l.upstream != -1);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	liar_settings.login_grace_ms = 60000;
}

static void
test_exit_statuses(void **state)
{
	struct liar	l;

	(void)state;
	liar_reach(&l, ST_KEX);
	assert_int_equal(liar_bye(&l), MONITOR_NO_LOGIN);
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_bye(&l), MONITOR_NO_LOGIN);
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_auth(&l, ASK_AUTH_QUERY, "web1", &liar_nobody,
	    NULL, 0), DEST_REFUSED);
	assert_int_equal(liar_bye(&l), MONITOR_AUTH_FAILED);
	liar_reach(&l, ST_NOTICE);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

static void
test_retire(void **state)
{
	struct liar	l;
	struct ipc	out;

	(void)state;
	liar_spare(&l);
	ipc_init(&out, CTL_RETIRE, 0);
	assert_int_equal(ipc_send(l.ctl, &out), IPC_OK);
	assert_true(liar_ends(&l, MONITOR_SPARE));
	/* A spare whose daemon is gone ends; a session goes on. */
	liar_spare(&l);
	shutdown(l.ctl, SHUT_RDWR);
	assert_true(liar_ends(&l, MONITOR_SPARE));
	liar_reach(&l, ST_OPEN);
	shutdown(l.ctl, SHUT_RDWR);
	liar_target(&l);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

static int64_t
newest_session(void)
{
	const struct session_filter	 f = { .limit = 1 };
	struct session_list		*list;
	int64_t				 id;

	liar_open();
	assert_int_equal(session_list(liar_db, &f, &list), DB_OK);
	assert_int_equal(list->n, 1);
	id = list->v[0].id;
	session_list_free(list);
	liar_close();
	return (id);
}

/* Asks the newest session. */
static const char *
ask_session(const char *request)
{
	return (liar_ask_session(newest_session(), request));
}

/* The child is told to say this, and does not have for ever to do it. */
static void
assert_told(struct liar *l, const char *what)
{
	struct sentence	s;
	struct ipc	in;

	assert_int_equal(ipc_recv(l->gate, &in), IPC_OK);
	assert_int_equal(in.type, TELL_STOP);
	assert_int_equal(get_sentence(&in.body, &s), 0);
	assert_non_null(strstr(s.text, what));
	ipc_free(&in);
}

static void
test_stop(void **state)
{
	struct liar	l;
	char		byte;

	(void)state;
	liar_reach(&l, ST_RUN);
	assert_string_equal(ask_session("nonsense"), "what");
	assert_string_equal(ask_session("revalidate"), "ok");
	assert_string_equal(ask_session("stop lunch\033[2J"), "ok");
	assert_told(&l, "lunch\\x1b[2J");
	assert_int_equal(liar_bye(&l), MONITOR_STOPPED);
	/* One that does not end: its connection is cut. */
	liar_reach(&l, ST_RUN);
	kill(l.monitor, SIGTERM);
	assert_told(&l, "sshportal: ");
	close(l.client[0]);
	l.client[0] = dup(STDERR_FILENO);
	assert_int_equal(recv(l.client[1], &byte, 1, 0), 0);
	assert_true(liar_ends(&l, MONITOR_STOPPED));
}

static void
set_disabled(int disabled)
{
	struct user	*u;

	liar_open();
	assert_int_equal(user_by_name(liar_db, "bob", &u), DB_OK);
	u->disabled = disabled;
	assert_int_equal(user_update(liar_db, u), DB_OK);
	user_free(u);
	liar_close();
}

/* Limits of his account and key that came, or became due, in session. */
static void
revalidate_limits(void)
{
	static const struct {
		const char	*user, *key;
		int64_t		 expires;
		const char	*why;
	} cases[] = {
		{ "10.0.0.0/8", NULL, 0, "your account is no longer for this" },
		{ NULL, "10.0.0.0/8", 0, "your key is no longer for this" },
		{ NULL, NULL, 1, "your key has expired" },
		{ "192.0.2.7", "192.0.2.0/24", INT64_MAX, NULL },
		{ NULL, NULL, 0, NULL },
	};
	struct userkey	*k;
	struct user	*u;
	struct liar	 l;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		liar_reach(&l, ST_RUN);
		liar_open();
		assert_int_equal(userkey_by_blob(liar_db, liar_bob.blob,
		    liar_bob.len, &k), DB_OK);
		assert_int_equal(user_get(liar_db, k->user_id, &u), DB_OK);
		free(k->allowed_from);
		free(u->allowed_from);
		k->allowed_from = (char *)cases[i].key;
		u->allowed_from = (char *)cases[i].user;
		k->expires_at = cases[i].expires;
		assert_int_equal(userkey_update(liar_db, k), DB_OK);
		assert_int_equal(user_update(liar_db, u), DB_OK);
		liar_close();
		assert_string_equal(ask_session("revalidate"),
		    cases[i].why != NULL ? "stopped" : "ok");
		if (cases[i].why != NULL)
			assert_told(&l, cases[i].why);
		assert_int_equal(liar_bye(&l), cases[i].why != NULL ?
		    MONITOR_STOPPED : MONITOR_DONE);
		/* as they were, for the next to get in */
		k->allowed_from = u->allowed_from = NULL;
		k->expires_at = 0;
		liar_open();
		assert_int_equal(userkey_update(liar_db, k), DB_OK);
		assert_int_equal(user_update(liar_db, u), DB_OK);
		liar_close();
		userkey_free(k);
		user_free(u);
	}
}

static void
test_revalidate(void **state)
{
	struct acl_list	*list;
	struct liar	 l;

	(void)state;
	liar_reach(&l, ST_RUN);
	set_disabled(1);
	assert_string_equal(ask_session("revalidate"), "stopped");
	assert_told(&l, "disabled");
	assert_int_equal(liar_bye(&l), MONITOR_STOPPED);
	/* Nor does he get in. */
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "web1", &liar_bob), DEST_REFUSED);
	assert_int_equal(liar_bye(&l), MONITOR_ACCOUNT);
	set_disabled(0);

	revalidate_limits();
	liar_reach(&l, ST_RUN);
	liar_open();
	assert_int_equal(acl_list(liar_db, 0, &list), DB_OK);
	assert_int_equal(list->n, 1);
	list->v[0].action = ACL_DENY;
	assert_int_equal(acl_update(liar_db, &list->v[0]), DB_OK);
	liar_close();
	assert_string_equal(ask_session("revalidate"), "stopped");
	assert_told(&l, "no longer");
	assert_int_equal(liar_bye(&l), MONITOR_STOPPED);
	liar_open();
	list->v[0].action = ACL_ALLOW;
	assert_int_equal(acl_update(liar_db, &list->v[0]), DB_OK);
	acl_list_free(list);
	liar_close();
}

static int
count_files(const char *dir)
{
	char		*path = xasprintf("%s/%s", liar_settings.state_dir,
			    dir);
	struct dirent	*e;
	DIR		*d = opendir(path);
	int		 n = 0;

	free(path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return (n);
}

/* Without a keeper the end goes to the spool, and the socket is gone. */
static void
test_end_is_spooled(void **state)
{
	struct liar	l;
	char		name[REACH_SOCKET_SIZE];
	int		before;

	(void)state;
	liar_reach(&l, ST_RUN);
	reach_session_socket(newest_session(), name);
	assert_int_equal(unixsock_alive(liar_settings.run_dir, name), 1);
	before = count_files("spool");
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	assert_true(count_files("spool") > before);
	assert_int_equal(unixsock_alive(liar_settings.run_dir, name), 0);
}

/* One request of a shell, served by a monitor of this user. */
static size_t
vault(const char *name, enum vault type, const struct vault_value *v,
    char *out, size_t size)
{
	struct monitor		*m = xcalloc(1, sizeof(*m));
	struct vault_value	 answer;
	struct ipc		 req, in;
	int			 sv[2];
	size_t			 len;

	m->settings = &liar_settings;
	m->secrets = liar_secrets;
	liar_open();
	assert_int_equal(user_by_name(liar_db, name, &m->user), DB_OK);
	liar_close();
	assert_int_equal(ipc_pair(sv), 0);
	ipc_init(&req, type, 5);
	put_vault_value(&req.body, v);
	assert_int_equal(ipc_send(sv[1], &req), IPC_OK);
	ipc_free(&req);
	assert_int_equal(vault_serve(m, sv[0]), 0);
	assert_int_equal(ipc_recv(sv[1], &in), IPC_OK);
	assert_int_equal(in.type, type);
	assert_int_equal(get_vault_value(&in.body, &answer), 0);
	assert_true(answer.len < size);
	len = answer.len;
	memcpy(out, answer.value, len);
	out[len] = '\0';
	ipc_free(&in);
	close(sv[0]);
	close(sv[1]);
	user_free(m->user);
	free(m);
	return (len);
}

static void
test_vault(void **state)
{
	struct vault_value	v = { .table = SEAL_HOST_TABLE,
				    .column = SEAL_HOST_COLUMN, .row = 7,
				    .value = (const uint8_t *)"geheim",
				    .len = 6 };
	struct user		*bob;
	char			 sealed[512], out[512];

	(void)state;
	assert_int_equal(records_init(&liar_settings), 0);
	assert_int_equal(vault("bob", VAULT_SEAL, &v, out, sizeof(out)), 0);
	assert_true(vault("alice", VAULT_SEAL, &v, sealed,
	    sizeof(sealed)) > 6);
	assert_null(strstr(sealed, "geheim"));
	v.value = (const uint8_t *)sealed;
	v.len = strlen(sealed);
	assert_int_equal(vault("bob", VAULT_OPEN, &v, out, sizeof(out)), 0);
	assert_int_equal(vault("alice", VAULT_OPEN, &v, out, sizeof(out)), 6);
	assert_string_equal(out, "geheim");
	/* For this row and column alone, and only for such places. */
	v.row = 8;
	assert_int_equal(vault("alice", VAULT_OPEN, &v, out, sizeof(out)), 0);
	v.row = 7;
	v.table = SEAL_KEY_TABLE;
	v.column = SEAL_KEY_COLUMN;
	assert_int_equal(vault("alice", VAULT_OPEN, &v, out, sizeof(out)), 0);
	/* who adds hosts has their passwords sealed, and opens nothing */
	liar_open();
	assert_int_equal(user_by_name(liar_db, "bob", &bob), DB_OK);
	assert_int_equal(user_role_add(liar_db, bob->id, ROLE_TRUSTED), DB_OK);
	liar_close();
	assert_int_equal(vault("bob", VAULT_SEAL, &v, out, sizeof(out)), 0);
	v.table = SEAL_HOST_TABLE;
	v.column = SEAL_HOST_COLUMN;
	assert_true(vault("bob", VAULT_SEAL, &v, out, sizeof(out)) > 6);
	assert_int_equal(vault("bob", VAULT_OPEN, &v, out, sizeof(out)), 0);
	liar_open();
	assert_int_equal(user_role_remove(liar_db, bob->id, ROLE_TRUSTED),
	    DB_OK);
	liar_close();
	assert_int_equal(vault("bob", VAULT_SEAL, &v, out, sizeof(out)), 0);
	user_free(bob);
	v.table = "settings";
	v.column = "value";
	assert_int_equal(vault("alice", VAULT_SEAL, &v, out, sizeof(out)), 0);
	assert_int_equal(records_finish(0), 0);
}

static void
no_log(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_statuses),
		cmocka_unit_test(test_grace),
		cmocka_unit_test(test_retire),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_revalidate),
		cmocka_unit_test(test_end_is_spooled),
		cmocka_unit_test(test_vault),
	};

	if (getenv("LIAR_LOG") == NULL)
		log_set_sink(no_log);
	return (cmocka_run_group_tests(tests, liar_start, liar_stop));
}
