/* SPDX-License-Identifier: ISC */
/*
 * Sealing and opening for a shell.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/seal.h"
#include "db/user.h"
#include "lib/catalogue.h"
#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/msg.h"
#include "lib/xmalloc.h"
#include "monitor/errand.h"
#include "monitor/journal.h"
#include "monitor/monitor.h"
#include "monitor/secrets.h"
#include "monitor/store.h"
#include "monitor/vault.h"

#define CHALLENGE_SECONDS	600
#define CHALLENGE_SIZE		43	/* prefix, 32 of hex, NUL */

/* The only places whose values are ever sealed. */
static const struct place {
	const char	*table, *column;
} places[] = {
	{ SEAL_KEY_TABLE, SEAL_KEY_COLUMN },
	{ SEAL_HOST_TABLE, SEAL_HOST_COLUMN },
};

static int
is_place(const struct vault_value *v)
{
	size_t	i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strcmp(v->table, places[i].table) == 0 &&
		    strcmp(v->column, places[i].column) == 0)
			return (v->row > 0);
	}
	return (0);
}

/*
 * Opening is for administrators. The role trusted has the passwords sealed of
 * hosts that it adds: what it gives in, it knows.
 */
static int
may(const struct user *u, enum vault type, const struct vault_value *v)
{
	if (!user_usable(u, clock_utc()))
		return (0);
	if (user_is(u, ROLE_ADMIN))
		return (1);
	return (type == VAULT_SEAL && user_is(u, ROLE_TRUSTED) &&
	    strcmp(v->table, SEAL_HOST_TABLE) == 0);
}

/* A request, the value of it if there is one, and whether it is permitted. */
struct asked {
	enum vault			 type;
	const struct vault_value	*v;
	int				 yes;
};

static int
look(struct monitor *m, void *arg)
{
	struct asked	*a = arg;
	struct user	*u;
	int		 r;

	if ((r = user_get(m->db, m->user->id, &u)) != DB_OK)
		return (r);
	/* after a restore the id may be somebody else's */
	a->yes = u->created_at == m->user->created_at &&
	    may(u, a->type, a->v);
	user_free(u);
	return (DB_OK);
}

static int
is_permitted(struct monitor *m, enum vault type, const struct vault_value *v)
{
	struct asked	a = { type, v, 0 };

	m->outage_ends = 0;
	if (store_try(m, look, &a) != DB_OK)
		a.yes = 0;
	store_close(m);
	return (a.yes);
}

static void
seal_value(const struct vault_value *v, struct vault_value *out, char **text)
{
	const struct sealer	*s = secrets_sealer();

	*text = NULL;
	if (s->seal(s->arg, v->table, v->column, v->row, v->value, v->len,
	    text) == -1)
		return;
	out->value = (uint8_t *)*text;
	out->len = strlen(*text);
}

static void
open_value(struct monitor *m, const struct vault_value *v,
    struct vault_value *out, void **plain)
{
	const struct sealer	*s = secrets_sealer();
	char			*sealed = xmemdup0(v->value, v->len), *entity;

	*plain = NULL;
	entity = xasprintf("%s %lld", v->table, (long long)v->row);
	if (s->open(s->arg, v->table, v->column, v->row, sealed, plain,
	    &out->len) == -1)
		*plain = NULL;
	out->value = *plain;
	log_info("user %s: secret of %s %s", m->user->name, entity,
	    *plain != NULL ? "shown" : "does not open");
	journal_event(m, "secret", "open", entity, "");
	free(sealed);
	free(entity);
}

/*
 * What somebody signs to show that a key is theirs: made for them and for some
 * minutes, by all instances alike, and nobody can know it sooner. Returns its
 * length, 0 when it cannot be made.
 */
static size_t
make_challenge(const struct monitor *m, int64_t before,
    char text[CHALLENGE_SIZE])
{
	uint8_t		sum[16];
	const uint8_t	*key = secrets_challenge_key();
	struct msg	msg;

	if (key == NULL || before < 0 || before > 1)
		return (0);
	msg_init(&msg);
	msg_put_str(&msg, "userkey");
	msg_put_u64(&msg, m->user->id);
	msg_put_u64(&msg, clock_utc() / CHALLENGE_SECONDS - before);
	crypto_generichash(sum, sizeof(sum), msg.data, msg.len, key,
	    SECRETS_CHALLENGE_KEY_LEN);
	msg_free(&msg);
	memcpy(text, "sshportal-", 10);
	sodium_bin2hex(text + 10, CHALLENGE_SIZE - 10, sum, sizeof(sum));
	return (strlen(text));
}

/* Of no use to anybody but who is logged in, so nobody is refused. */
static int
answer_challenge(struct monitor *m, int sock, const struct ipc *req,
    const struct vault_value *v)
{
	struct vault_value	out = { .table = "", .column = "" };
	struct ipc		reply;
	char			text[CHALLENGE_SIZE];
	enum ipc_result		r;

	out.len = make_challenge(m, v->row, text);
	out.value = (uint8_t *)text;
	ipc_init(&reply, req->type, req->id);
	put_vault_value(&reply.body, &out);
	r = ipc_send(sock, &reply);
	ipc_free(&reply);
	return (r == IPC_OK ? 0 : -1);
}

/* Answers; the value is empty where it is refused. */
static int
answer(struct monitor *m, int sock, const struct ipc *req,
    const struct vault_value *v)
{
	struct vault_value	 out = { .table = v->table,
				    .column = v->column, .row = v->row };
	struct ipc		 reply;
	char			*sealed = NULL;
	void			*plain = NULL;
	enum ipc_result		 r;

	if (!is_place(v) || !is_permitted(m, req->type, v))
		log_error("user %s: a secret of %s %lld was asked for and "
		    "refused", m->user->name, v->table, (long long)v->row);
	else if (req->type == VAULT_SEAL)
		seal_value(v, &out, &sealed);
	else
		open_value(m, v, &out, &plain);
	ipc_init(&reply, req->type, req->id);
	put_vault_value(&reply.body, &out);
	r = ipc_send(sock, &reply);
	ipc_free(&reply);
	free(sealed);
	if (plain != NULL)
		sodium_free(plain);
	return (r == IPC_OK ? 0 : -1);
}

/* An errand is asked for. */
static int
errand(struct monitor *m, int sock, struct ipc *req)
{
	static const struct verdict	no = { .sentence = "errands are for "
					    "administrators" };
	struct errand			e;
	struct ipc			reply;
	int				r;

	if (get_errand(&req->body, &e) == -1)
		return (-1);
	if (is_permitted(m, VAULT_ERRAND, NULL))
		return (errand_send(m, sock, req, &e));
	log_error("user %s: an errand was asked for and refused",
	    m->user->name);
	ipc_init(&reply, req->type, req->id);
	put_verdict(&reply.body, &no);
	r = ipc_send(sock, &reply) == IPC_OK ? 0 : -1;
	ipc_free(&reply);
	return (r);
}

int
vault_serve(struct monitor *m, int sock)
{
	struct vault_value	v;
	struct ipc		req;
	int			r;

	switch (ipc_recv(sock, &req)) {
	case IPC_AGAIN:
		return (0);
	case IPC_OK:
		break;
	default:
		return (-1);
	}
	r = -1;
	if ((req.type == VAULT_SEAL || req.type == VAULT_OPEN) &&
	    get_vault_value(&req.body, &v) == 0)
		r = answer(m, sock, &req, &v);
	else if (req.type == VAULT_CHALLENGE &&
	    get_vault_value(&req.body, &v) == 0)
		r = answer_challenge(m, sock, &req, &v);
	else if (req.type == VAULT_ERRAND)
		r = errand(m, sock, &req);
	else
		log_error("user %s: a malformed request of the shell",
		    m->user->name);
	ipc_free(&req);
	return (r);
}
