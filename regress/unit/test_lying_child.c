/* SPDX-License-Identifier: ISC */
/*
 * A child in the hands of an attacker: whatever it says, it gets no identity
 * that a signature did not prove, no signature that is not its due, and no
 * second word after one that the gate does not permit.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

#include "db/acl.h"
#include "db/db.h"
#include "db/host.h"
#include "db/kinds.h"
#include "db/session.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/log.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "regress/unit/liar.h"

/* The newest session's user and whether it is active; caller frees. */
static char *
newest_session(int *active)
{
	const struct session_filter	 f = { .limit = 1 };
	struct session_list		*l;
	char				*name;

	liar_open();
	assert_int_equal(session_list(liar_db, &f, &l), DB_OK);
	assert_int_equal(l->n, 1);
	name = xstrdup(l->v[0].user_name);
	*active = l->v[0].status == SESSION_ACTIVE;
	session_list_free(l);
	liar_close();
	return (name);
}

/* What the rule that lets bob in allows from now on. */
static void
rule_allows(uint32_t allow)
{
	struct acl_list	*l;
	size_t		 i;

	liar_open();
	assert_int_equal(acl_list(liar_db, 0, &l), DB_OK);
	for (i = 0; i < l->n; i++) {
		l->v[i].allow = allow;
		assert_int_equal(acl_update(liar_db, &l->v[i]), DB_OK);
	}
	acl_list_free(l);
	liar_close();
}

/* CHANNEL_OPEN or CHANNEL_REQUEST: the sentence, "" for yes; caller frees. */
static char *
asks(struct liar *l, uint8_t request, const struct ask_channel_open *a)
{
	const struct sentence	s = { .text = a->type };
	struct answer_channel_open answer;
	struct msg		body;
	struct ipc		in;
	char			*said;

	msg_init(&body);
	if (request == ASK_CHANNEL_REQUEST)
		put_sentence(&body, &s);
	else
		put_ask_channel_open(&body, a);
	assert_true(liar_ask(l, request, &body, &in));
	if (request == ASK_CHANNEL_REQUEST)
		assert_int_equal(get_verdict(&in.body, &answer.verdict), 0);
	else
		assert_int_equal(get_answer_channel_open(&in.body,
		    &answer), 0);
	said = xstrdup(answer.verdict.sentence);
	assert_int_equal(answer.verdict.ok, *said == '\0');
	ipc_free(&in);
	msg_free(&body);
	return (said);
}

static void
told(struct liar *l, uint8_t request, const char *type, const char *detail,
    const char *kind)
{
	static uint32_t		number = 100;
	struct ask_channel_open	a = { .channel = ++number, .type = type,
				    .detail = detail };
	char			*said = asks(l, request, &a), *want;

	want = kind == NULL ? xstrdup("") : xasprintf("sshportal: %s: not "
	    "allowed to you on host \"web1\"", kind);
	assert_string_equal(said, want);
	free(want);
	free(said);
}

/* What it may not open it does not get, however it calls it. */
static void
test_kinds(void **state)
{
	const struct sentence	none = { .text = "jump" };
	struct liar		l;
	struct msg		body;
	struct ipc		in;
	char			*said;
	int			i;

	(void)state;
	rule_allows(KIND_BIT(KIND_SFTP));
	for (i = 0; i < 2; i++) {
		liar_birth(&l);
		liar_kex(&l, 1);
		assert_int_equal(liar_login(&l, "web1", &liar_bob), DEST_HOST);
		liar_target(&l);
		assert_true(liar_hostkey(&l, &liar_alice));
		if (i == 0) {
			told(&l, ASK_CHANNEL_OPEN, "shell", "", "shell");
			told(&l, ASK_CHANNEL_OPEN, "exec", "id", "exec");
			told(&l, ASK_CHANNEL_OPEN, "exec", "scp -t x", "scp");
			told(&l, ASK_CHANNEL_OPEN, "subsystem", "x", "exec");
			told(&l, ASK_CHANNEL_OPEN, "subsystem", "sftp", NULL);
			told(&l, ASK_CHANNEL_OPEN, "forward-local", "a:1",
			    "forward-local");
			told(&l, ASK_CHANNEL_OPEN, "forward-remote", "",
			    "forward-remote");
			told(&l, ASK_CHANNEL_OPEN, "agent", "", "agent");
			told(&l, ASK_CHANNEL_REQUEST, "agent", "", "agent");
			told(&l, ASK_CHANNEL_REQUEST, "x11", "", "x11");
			said = asks(&l, ASK_CHANNEL_REQUEST,
			    &(struct ask_channel_open){ .type = "env" });
			assert_string_not_equal(said, "");
			free(said);
			rule_allows(0);
		} else {
			told(&l, ASK_CHANNEL_OPEN, "shell", "", NULL);
			told(&l, ASK_CHANNEL_REQUEST, "agent", "", NULL);
			told(&l, ASK_CHANNEL_REQUEST, "env", "", NULL);
			/* only those that a channel's request can be */
			msg_init(&body);
			put_sentence(&body, &none);
			assert_false(liar_ask(&l, ASK_CHANNEL_REQUEST, &body,
			    &in));
			msg_free(&body);
			assert_true(liar_ends(&l, MONITOR_GATE));
			break;
		}
		assert_int_equal(liar_bye(&l), MONITOR_DONE);
	}
}

/* An honest child gets through, so that the rest means something. */
static void
test_honest(void **state)
{
	struct liar	 l;
	char		*name;
	int		 active, fd;

	(void)state;
	liar_birth(&l);
	liar_kex(&l, 1);
	assert_int_equal(liar_auth(&l, ASK_AUTH_NONE, "web1", &liar_bob, NULL,
	    0), DEST_REFUSED);
	assert_int_equal(liar_auth(&l, ASK_AUTH_QUERY, "web1", &liar_nobody,
	    NULL, 0), DEST_REFUSED);
	assert_int_equal(liar_auth(&l, ASK_AUTH_QUERY, "web1", &liar_bob,
	    NULL, 0), DEST_HOST);
	assert_int_equal(liar_login(&l, "web1", &liar_bob), DEST_HOST);
	liar_target(&l);
	assert_true(l.upstream != -1);
	name = newest_session(&active);
	assert_string_equal(name, "bob");
	assert_true(active);
	free(name);
	assert_true(liar_hostkey(&l, &liar_alice));
	assert_string_equal(l.account, "bart");
	assert_int_equal(liar_up_sign(&l, "bart", l.up_blob, l.up_len), 64);
	assert_true(liar_channel_open(&l, 7, &fd));
	assert_true(fd != -1);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_true(fcntl(fd, F_GETFL) & O_APPEND);
	close(fd);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

static void
test_forged_signature(void **state)
{
	struct liar	l;
	uint8_t		sig[64] = { 1, 2, 3 };

	(void)state;
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_auth(&l, ASK_AUTH_KEY, "web1", &liar_bob, sig,
	    sizeof(sig)), DEST_REFUSED);
	assert_int_equal(liar_auth(&l, ASK_AUTH_KEY, "admin", &liar_alice,
	    sig, sizeof(sig)), DEST_REFUSED);
	liar_send(&l, ASK_TARGET, NULL);
	assert_true(liar_ends(&l, MONITOR_GATE));
}

/* A signature of another connection does not count in this one. */
static void
test_replay(void **state)
{
	struct liar	first, second;
	uint8_t		sig[128];
	size_t		len;

	(void)state;
	liar_reach(&first, ST_AUTH);
	len = liar_sign(&first, "web1", &liar_bob, &liar_bob, sig);
	assert_int_equal(liar_auth(&first, ASK_AUTH_KEY, "web1", &liar_bob,
	    sig, len), DEST_HOST);
	assert_int_equal(liar_bye(&first), MONITOR_DONE);

	liar_birth(&second);
	liar_kex(&second, 2);
	assert_int_equal(liar_auth(&second, ASK_AUTH_KEY, "web1", &liar_bob,
	    sig, len), DEST_REFUSED);
	assert_int_equal(liar_bye(&second), MONITOR_AUTH_FAILED);
}

/* Bob signs, but it says alice; the data names his key, or hers. */
static void
test_another_users_key(void **state)
{
	const struct liar_key	*named[] = { &liar_alice, &liar_bob };
	struct liar		 l;
	uint8_t			 sig[128];
	size_t			 i, len;

	(void)state;
	liar_reach(&l, ST_AUTH);
	for (i = 0; i < 2; i++) {
		len = liar_sign(&l, "admin", &liar_bob, named[i], sig);
		assert_int_equal(liar_auth(&l, ASK_AUTH_KEY, "admin",
		    &liar_alice, sig, len), DEST_REFUSED);
	}
	assert_int_equal(liar_bye(&l), MONITOR_AUTH_FAILED);
}

/* What was signed for one login is not good for another. */
static void
test_another_login(void **state)
{
	struct liar	l;
	uint8_t		sig[128];
	size_t		len;

	(void)state;
	liar_reach(&l, ST_AUTH);
	len = liar_sign(&l, "web1", &liar_bob, &liar_bob, sig);
	assert_int_equal(liar_auth(&l, ASK_AUTH_KEY, "pass1", &liar_bob, sig,
	    len), DEST_REFUSED);
	assert_int_equal(liar_bye(&l), MONITOR_AUTH_FAILED);
}

/* Query alice, query bob, query alice, sign bob: it is bob. */
static void
test_query_binds_nothing(void **state)
{
	struct liar	 l;
	char		*name;
	int		 active;

	(void)state;
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_auth(&l, ASK_AUTH_QUERY, "admin", &liar_alice,
	    NULL, 0), DEST_SHELL);
	assert_int_equal(liar_auth(&l, ASK_AUTH_QUERY, "web1", &liar_bob,
	    NULL, 0), DEST_HOST);
	assert_int_equal(liar_auth(&l, ASK_AUTH_QUERY, "web1", &liar_alice,
	    NULL, 0), DEST_HOST);
	assert_int_equal(liar_login(&l, "web1", &liar_bob), DEST_HOST);
	liar_target(&l);
	name = newest_session(&active);
	assert_string_equal(name, "bob");
	free(name);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	/* And a query alone is no login. */
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_auth(&l, ASK_AUTH_QUERY, "admin", &liar_alice,
	    NULL, 0), DEST_SHELL);
	liar_send(&l, ASK_SHELL, NULL);
	assert_true(liar_ends(&l, MONITOR_GATE));
}

static void
send_kex(struct liar *l, int number, const uint8_t *ks, size_t len)
{
	struct ask_sign	a = { .hash_len = 32 };
	struct msg	t, body;

	liar_transcript(l, number, ks, len, &t);
	a.transcript = t.data;
	a.len = t.len;
	msg_init(&body);
	put_ask_sign(&body, &a);
	liar_send(l, ASK_KEX_SIGN, &body);
	msg_free(&body);
	msg_free(&t);
}

static void
test_foreign_host_key(void **state)
{
	struct liar	l;

	(void)state;
	liar_reach(&l, ST_KEX);
	send_kex(&l, 1, liar_nobody.blob, liar_nobody.len);
	assert_true(liar_ends(&l, MONITOR_GATE));
}

static void
test_second_sign(void **state)
{
	struct liar	l;

	(void)state;
	liar_reach(&l, ST_AUTH);
	send_kex(&l, 2, NULL, 0);
	assert_true(liar_ends(&l, MONITOR_GATE));
}

static void
test_target_before_login(void **state)
{
	static const enum gate_state	states[] = { ST_KEX, ST_AUTH };
	struct liar			l;
	size_t				i;

	(void)state;
	for (i = 0; i < 2; i++) {
		liar_reach(&l, states[i]);
		liar_send(&l, ASK_TARGET, NULL);
		assert_true(liar_ends(&l, MONITOR_GATE));
	}
}

/* Every type that the table does not permit, in every state. */
static void
test_every_type_in_every_state(void **state)
{
	static const enum gate_state	states[] = { ST_KEX, ST_AUTH,
					    ST_NOTICE, ST_SHELL, ST_OPEN,
					    ST_HOSTKEY, ST_HOP, ST_RUN,
					    ST_REFUSED };
	struct liar			l;
	unsigned			type;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		for (type = 0; type <= ASK_END_OF_LIST; type++) {
			if (type > 0 && type < ASK_END_OF_LIST &&
			    gates[type].states & 1U << states[i])
				continue;
			liar_reach(&l, states[i]);
			liar_send(&l, type, NULL);
			if (!liar_ends(&l, MONITOR_GATE))
				fail_msg("state %u, type %u", states[i], type);
		}
	}
}

/* The first state that permits it and that we can be in. */
static enum gate_state
state_for(unsigned type)
{
	enum gate_state	s;

	for (s = ST_KEX; s < ST_END_OF_LIST; s++) {
		if (s != ST_DIAL && gates[type].states & 1U << s)
			return (s);
	}
	fail_msg("no state for %u", type);
	return (ST_SPARE);
}

/* Where it is permitted: too long, too short, with a descriptor. */
static void
test_malformed(void **state)
{
	struct liar	l;
	struct msg	body;
	struct ipc	out;
	unsigned	type;

	(void)state;
	for (type = 1; type < ASK_END_OF_LIST; type++) {
		msg_init(&body);
		while (body.len <= gates[type].max)
			msg_put_u8(&body, 0);
		liar_reach(&l, state_for(type));
		liar_send(&l, type, &body);
		if (!liar_ends(&l, MONITOR_GATE))
			fail_msg("type %u, too long", type);
		msg_free(&body);
		if (type != ASK_TARGET) {
			liar_reach(&l, state_for(type));
			liar_send(&l, type, NULL);
			if (!liar_ends(&l, MONITOR_GATE))
				fail_msg("type %u, empty", type);
		}
		liar_reach(&l, state_for(type));
		ipc_init(&out, type, 1);
		out.fds[0] = STDERR_FILENO;
		assert_int_equal(ipc_send(l.gate, &out), IPC_OK);
		if (!liar_ends(&l, MONITOR_GATE))
			fail_msg("type %u, with a descriptor", type);
	}
}

/* Nothing that lib/ipc.h would call a message. */
static void
test_no_message(void **state)
{
	static const size_t	sizes[] = { 1, 4, IPC_BODY_MAX + 6, 200000 };
	struct liar		l;
	char			*data = xcalloc(1, 200000);
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		liar_reach(&l, ST_AUTH);
		assert_true(send(l.gate, data, sizes[i], MSG_NOSIGNAL) > 0);
		assert_true(liar_ends(&l, MONITOR_GATE));
	}
	free(data);
}

/* What an honest child sends with a signature that is good. */
static void
signed_request(const struct liar *l, const char *login,
    const struct liar_key *k, struct msg *body)
{
	uint8_t		sig[128];
	struct ask_auth	a = { .login = login, .alg = "ssh-ed25519",
			    .key = k->blob, .key_len = k->len, .sig = sig };

	a.sig_len = liar_sign(l, login, k, k, sig);
	msg_init(body);
	put_ask_auth(body, &a);
}

static void
test_counts(void **state)
{
	struct liar	l;
	struct msg	body;
	struct ipc	in;
	uint8_t		sig[64] = { 0 };
	int		i;

	(void)state;
	liar_reach(&l, ST_AUTH);
	for (i = 0; i < 20; i++)
		liar_auth(&l, ASK_AUTH_QUERY, "web1", &liar_nobody, NULL, 0);
	liar_send(&l, ASK_AUTH_QUERY, NULL);
	assert_true(liar_ends(&l, MONITOR_GATE));

	liar_reach(&l, ST_AUTH);
	for (i = 0; i < 6; i++)
		assert_int_equal(liar_auth(&l, ASK_AUTH_KEY, "web1",
		    &liar_bob, sig, sizeof(sig)), DEST_REFUSED);
	liar_send(&l, ASK_AUTH_KEY, NULL);
	assert_true(liar_ends(&l, MONITOR_GATE));

	liar_settings.max_auth_tries = 2;
	liar_reach(&l, ST_AUTH);
	liar_settings.max_auth_tries = 6;
	for (i = 0; i < 2; i++)
		assert_int_equal(liar_auth(&l, ASK_AUTH_KEY, "web1",
		    &liar_bob, sig, sizeof(sig)), DEST_REFUSED);
	signed_request(&l, "web1", &liar_bob, &body);
	assert_false(liar_ask(&l, ASK_AUTH_KEY, &body, &in));
	msg_free(&body);
	assert_true(liar_ends(&l, MONITOR_GATE));

	liar_reach(&l, ST_RUN);
	for (i = 0; i < 3; i++)
		assert_int_equal(liar_up_sign(&l, "bart", l.up_blob, l.up_len),
		    64);
	assert_int_equal(liar_up_sign(&l, "bart", l.up_blob, l.up_len), -1);
	assert_true(liar_ends(&l, MONITOR_GATE));
}

/* Signatures for a host: not for another account, not with another key. */
static void
test_up_sign(void **state)
{
	struct liar	l;

	(void)state;
	liar_reach(&l, ST_RUN);
	assert_int_equal(liar_up_sign(&l, "root", l.up_blob, l.up_len), -1);
	assert_true(liar_ends(&l, MONITOR_GATE));
	liar_reach(&l, ST_RUN);
	assert_int_equal(liar_up_sign(&l, "bart", liar_bob.blob, liar_bob.len),
	    -1);
	assert_true(liar_ends(&l, MONITOR_GATE));
	/* Not before the host has shown its key, nor after a wrong one. */
	liar_reach(&l, ST_HOSTKEY);
	assert_int_equal(liar_up_sign(&l, "bart", l.up_blob, l.up_len), -1);
	assert_true(liar_ends(&l, MONITOR_GATE));
	liar_reach(&l, ST_RUN);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	liar_reach(&l, ST_HOSTKEY);
	assert_false(liar_hostkey(&l, &liar_nobody));
	assert_int_equal(liar_up_sign(&l, "bart", l.up_blob, l.up_len), -1);
	assert_true(liar_ends(&l, MONITOR_GATE));
}

/* HOSTKEY with a transcript that is cut: the monitor hangs up. */
static void
cut_transcript(size_t keep)
{
	struct ask_hostkey	a = { .hop = 0 };
	struct liar		l;
	struct msg		t, body;

	liar_reach(&l, ST_HOSTKEY);
	liar_transcript(&l, 7, liar_alice.blob, liar_alice.len, &t);
	assert_true(keep < t.len);
	a.transcript = t.data;
	a.len = keep;
	msg_init(&body);
	put_ask_hostkey(&body, &a);
	liar_send(&l, ASK_HOSTKEY, &body);
	assert_true(liar_ends(&l, MONITOR_GATE));
	msg_free(&body);
	msg_free(&t);
}

/*
 * Signatures for another connection: to another host, whose key is in the
 * hash that is its session id; to none that there is; to the person.
 */
static void
test_other_connection(void **state)
{
	struct liar	l;
	struct msg	t;

	(void)state;
	liar_reach(&l, ST_RUN);
	liar_transcript(&l, 7, liar_nobody.blob, liar_nobody.len, &t);
	EVP_Digest(t.data, t.len, l.up_id, NULL, EVP_sha256(), NULL);
	msg_free(&t);
	assert_int_equal(liar_up_sign(&l, "bart", l.up_blob, l.up_len), -1);
	assert_true(liar_ends(&l, MONITOR_GATE));

	liar_reach(&l, ST_RUN);
	liar_transcript(&l, 8, liar_alice.blob, liar_alice.len, &t);
	EVP_Digest(t.data, t.len, l.up_id, NULL, EVP_sha256(), NULL);
	msg_free(&t);
	assert_int_equal(liar_up_sign(&l, "bart", l.up_blob, l.up_len), -1);
	assert_true(liar_ends(&l, MONITOR_GATE));

	liar_reach(&l, ST_RUN);
	memcpy(l.up_id, l.session_id, sizeof(l.up_id));
	assert_int_equal(liar_up_sign(&l, "bart", l.up_blob, l.up_len), -1);
	assert_true(liar_ends(&l, MONITOR_GATE));

	liar_reach(&l, ST_RUN);
	memset(l.up_id, 0, sizeof(l.up_id));
	assert_int_equal(liar_up_sign(&l, "bart", l.up_blob, l.up_len), -1);
	assert_true(liar_ends(&l, MONITOR_GATE));

	cut_transcript(0);
	cut_transcript(100);
	cut_transcript(8 + strlen(SERVER_VERSION));
}

/* The password: of a host that has one, once, and after its key. */
static void
test_up_password(void **state)
{
	struct liar	l;
	char		password[64] = "";

	(void)state;
	liar_reach(&l, ST_RUN);
	assert_false(liar_password(&l, password, sizeof(password)));
	assert_true(liar_ends(&l, MONITOR_GATE));

	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "pass1", &liar_bob), DEST_HOST);
	liar_target(&l);
	assert_int_equal(l.up_len, 0);
	assert_true(liar_hostkey(&l, &liar_alice));
	assert_true(liar_password(&l, password, sizeof(password)));
	assert_string_equal(password, "opensesame");
	assert_false(liar_password(&l, password, sizeof(password)));
	assert_true(liar_ends(&l, MONITOR_GATE));
}

/* Refused hosts have no descriptor, and the same words. */
static void
test_refused_targets(void **state)
{
	static const char *const	names[] = { "dark1", "nosuch", "down1",
					    "other+web1", "+web1" };
	struct answer_target		t;
	struct liar			l;
	struct ipc			in;
	char				*want;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		liar_reach(&l, ST_AUTH);
		assert_int_equal(liar_login(&l, names[i], &liar_bob),
		    DEST_HOST);
		assert_true(liar_ask(&l, ASK_TARGET, NULL, &in));
		assert_int_equal(get_answer_target(&in.body, &t), 0);
		assert_false(t.verdict.ok);
		assert_int_equal(in.fds[0], -1);
		assert_int_equal(t.nhops, 0);
		want = xasprintf("sshportal: no host \"%s\" that you may "
		    "reach", names[i]);
		if (i < 2)
			assert_string_equal(t.verdict.sentence, want);
		else
			assert_memory_equal(t.verdict.sentence, "sshportal: ",
			    11);
		if (i == 3)
			assert_string_equal(t.verdict.sentence, "sshportal: "
			    "no host \"web1\" that you may reach as "
			    "\"other\"");
		if (i == 4)
			assert_non_null(strstr(t.verdict.sentence,
			    "cannot be an account"));
		free(want);
		ipc_free(&in);
		assert_int_equal(liar_bye(&l), MONITOR_DONE);
	}
}

static int64_t
keys_of_root(void)
{
	struct user	*u;
	int64_t		 n;

	liar_open();
	assert_int_equal(user_by_name(liar_db, "root", &u), DB_OK);
	assert_int_equal(userkey_count(liar_db, u->id, &n), DB_OK);
	user_free(u);
	liar_close();
	return (n);
}

/* An invite is used by a right signature with a new key, and once. */
static void
test_invite(void **state)
{
	static const char	login[] = "invite:" LIAR_INVITE;
	struct liar_key		k = liar_nobody, other = { 0 };
	struct liar		l;
	uint8_t			sig[64] = { 7 };

	(void)state;
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_auth(&l, ASK_AUTH_QUERY, login, &liar_bob, NULL,
	    0), DEST_REFUSED);
	assert_int_equal(liar_auth(&l, ASK_AUTH_QUERY, login, &k, NULL, 0),
	    DEST_NOTICE);
	assert_int_equal(liar_auth(&l, ASK_AUTH_KEY, login, &k, sig,
	    sizeof(sig)), DEST_REFUSED);
	assert_int_equal(liar_login(&l, "invite:other", &k), DEST_REFUSED);
	assert_int_equal(keys_of_root(), 0);
	assert_int_equal(liar_login(&l, login, &k), DEST_NOTICE);
	assert_int_equal(keys_of_root(), 1);
	/* That was a greeting, not a login. */
	liar_send(&l, ASK_SHELL, NULL);
	assert_true(liar_ends(&l, MONITOR_GATE));

	assert_int_equal(sshkey_generate("ed25519", 0, &other.pkey, NULL, 0),
	    0);
	assert_int_equal(sshkey_blob(other.pkey, &other.blob, &other.len),
	    0);
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, login, &other), DEST_REFUSED);
	assert_int_equal(keys_of_root(), 1);
	/* The key that was bound is root's, an administrator. */
	assert_int_equal(liar_login(&l, "admin", &k), DEST_SHELL);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	EVP_PKEY_free(other.pkey);
	free(other.blob);
}

/* A channel is closed once, and only one that was opened. */
static void
test_channels(void **state)
{
	const struct ask_channel_close	a = { .channel = 7, .signal = "" };
	struct liar			l;
	struct msg			body;
	int				fd;

	(void)state;
	msg_init(&body);
	put_ask_channel_close(&body, &a);
	liar_reach(&l, ST_RUN);
	liar_send(&l, ASK_CHANNEL_CLOSE, &body);
	assert_true(liar_ends(&l, MONITOR_GATE));

	liar_reach(&l, ST_RUN);
	assert_true(liar_channel_open(&l, 7, &fd));
	close(fd);
	liar_send(&l, ASK_CHANNEL_CLOSE, &body);
	/* The number may be used again, its recording is another one. */
	assert_true(liar_channel_open(&l, 7, &fd));
	assert_true(fd != -1);
	close(fd);
	liar_send(&l, ASK_CHANNEL_CLOSE, &body);
	liar_send(&l, ASK_CHANNEL_CLOSE, &body);
	assert_true(liar_ends(&l, MONITOR_GATE));
	msg_free(&body);
}

/* Whatever its child says, a monitor counts channels itself. */
static void
test_too_many_channels(void **state)
{
	const struct ask_channel_close	a = { .channel = 1, .signal = "" };
	struct liar			l;
	struct msg			body;
	uint32_t			i, n = liar_settings.max_channels;
	int				fd;

	(void)state;
	liar_reach(&l, ST_RUN);
	for (i = 1; i <= n; i++) {
		assert_true(liar_channel_open(&l, i, &fd));
		close(fd);
	}
	assert_false(liar_channel_open(&l, n + 1, &fd));
	assert_int_equal(fd, -1);
	msg_init(&body);
	put_ask_channel_close(&body, &a);
	liar_send(&l, ASK_CHANNEL_CLOSE, &body);
	msg_free(&body);
	assert_true(liar_channel_open(&l, n + 2, &fd));
	close(fd);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

static void
read_all(int fd, char *out, size_t size)
{
	struct pollfd	p = { .fd = fd, .events = POLLIN };
	size_t		n = 0;
	ssize_t		r = 1;

	while (r > 0 && n < size - 1 && poll(&p, 1, 20000) == 1) {
		if ((r = read(fd, out + n, size - 1 - n)) > 0)
			n += r;
	}
	out[n] = '\0';
}

/* Runs a command; its status, and what it wrote. */
static uint32_t
run_shell(const char *login, const struct liar_key *k, const char *command,
    char *out, char *err, size_t size)
{
	const struct ask_shell	 a = { .channel = 1, .term = "",
				    .has_command = 1, .command = command };
	struct tell_shell_exit	 t;
	struct verdict		 v;
	struct liar		 l;
	struct msg		 body;
	struct ipc		 in;

	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, login, k), DEST_SHELL);
	msg_init(&body);
	put_ask_shell(&body, &a);
	assert_true(liar_ask(&l, ASK_SHELL, &body, &in));
	assert_int_equal(get_verdict(&in.body, &v), 0);
	assert_true(v.ok);
	assert_true(in.fds[0] != -1);
	assert_true(in.fds[1] != -1);
	read_all(in.fds[0], out, size);
	read_all(in.fds[1], err, size);
	ipc_free(&in);
	msg_free(&body);
	assert_int_equal(ipc_recv(l.gate, &in), IPC_OK);
	assert_int_equal(in.type, TELL_SHELL_EXIT);
	assert_int_equal(get_tell_shell_exit(&in.body, &t), 0);
	assert_int_equal(t.channel, 1);
	ipc_free(&in);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	return (t.status);
}

/* A shell is that of who signed; the login "admin" makes nobody one. */
static void
test_shell(void **state)
{
	char	out[4096], err[4096];

	(void)state;
	/* it keeps the hard limit of descriptors, which a shell lowers */
	if (getenv("UNDER_VALGRIND") != NULL)
		skip();
	assert_int_equal(run_shell("admin", &liar_alice, "user ls", out, err,
	    sizeof(out)), 0);
	assert_non_null(strstr(out, "bob"));
	assert_string_equal(err, "");
	assert_int_equal(run_shell("admin", &liar_bob, "user ls", out, err,
	    sizeof(out)), 1);
	assert_string_equal(out, "");
	assert_true(err[0] != '\0');
	/* With a secret to seal, which only an administrator may. */
	assert_int_equal(run_shell("alice", &liar_alice, "host create "
	    "bart:geheim@127.0.0.1:9 --name=sealed1", out, err, sizeof(out)),
	    0);
	assert_int_equal(run_shell("bob", &liar_bob, "host create "
	    "bart:geheim@127.0.0.1:9 --name=sealed2", out, err, sizeof(out)),
	    1);
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
		cmocka_unit_test(test_honest),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_forged_signature),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_another_users_key),
		cmocka_unit_test(test_another_login),
		cmocka_unit_test(test_query_binds_nothing),
		cmocka_unit_test(test_foreign_host_key),
		cmocka_unit_test(test_second_sign),
		cmocka_unit_test(test_target_before_login),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_no_message),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_every_type_in_every_state),
		cmocka_unit_test(test_up_sign),
		cmocka_unit_test(test_other_connection),
		cmocka_unit_test(test_up_password),
		cmocka_unit_test(test_refused_targets),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_too_many_channels),
		cmocka_unit_test(test_shell),
		cmocka_unit_test(test_invite),
	};

	if (getenv("LIAR_LOG") == NULL)
		log_set_sink(no_log);
	return (cmocka_run_group_tests(tests, liar_start, liar_stop));
}
