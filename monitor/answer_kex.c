/* SPDX-License-Identifier: ISC */
/*
 * Key exchange with the person: the signature of the portal's host key, and
 * the session id that all later signatures must cover.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/monitor.h"

static int
answer_sign(struct monitor *m, struct ipc *req, struct sign_exchange *x)
{
	struct ask_sign		 a;
	struct answer_sign	 answer;
	struct ipc		 out;
	struct msg		 sig;
	const char		*wrong;

	if (get_ask_sign(&req->body, &a) == -1)
		return (-1);
	msg_init(&sig);
	if ((wrong = sign_exchange(&a, m->host_keys, m->nhost_keys, x,
	    &sig)) != NULL) {
		log_error("exchange from the child: %s", wrong);
		msg_free(&sig);
		return (-1);
	}
	ipc_init(&out, req->type | ANSWER, req->id);
	answer.sig = sig.data;
	answer.len = sig.len;
	put_answer_sign(&out.body, &answer);
	monitor_answer(m, &out);
	ipc_free(&out);
	msg_free(&sig);
	return (0);
}

int
answer_kex_sign(struct monitor *m, struct ipc *req)
{
	struct sign_exchange	x;

	if (answer_sign(m, req, &x) == -1)
		return (-1);
	memcpy(m->session_id, x.hash, x.hash_len);
	m->session_id_len = x.hash_len;
	m->host_key = x.key;
	free(m->client_version);
	m->client_version = xstrdup(x.client_version);
	m->use.state = ST_AUTH;
	return (0);
}

int
answer_rekey_sign(struct monitor *m, struct ipc *req)
{
	struct sign_exchange	x;

	return (answer_sign(m, req, &x));
}
