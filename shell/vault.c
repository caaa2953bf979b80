/* SPDX-License-Identifier: ISC */
/*
 * Asking the monitor to seal and open single values.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/seal.h"
#include "lib/catalogue.h"
#include "lib/ipc.h"
#include "lib/xmalloc.h"
#include "shell/errand.h"
#include "shell/vault.h"

static uint32_t	last_id;

/*
 * One question and its answer, which is in *m then (ipc_free() it in any
 * case); an answer to something else, or an empty one, is a refusal.
 */
static int
vault_ask(int fd, enum vault type, const struct vault_value *q,
    struct ipc *m, struct vault_value *a)
{
	uint32_t	id = ++last_id;
	int		sent;

	ipc_init(m, type, id);
	put_vault_value(&m->body, q);
	sent = ipc_send(fd, m) == IPC_OK;
	ipc_free(m);
	ipc_init(m, 0, 0);
	if (!sent || ipc_recv(fd, m) != IPC_OK)
		return (-1);
	if (m->type != type || m->id != id ||
	    get_vault_value(&m->body, a) == -1 || a->len == 0)
		return (-1);
	return (0);
}

static int
vault_seal(void *arg, const char *table, const char *column, int64_t row,
    const void *plain, size_t len, char **sealed)
{
	struct vault_value	q = { table, column, row, plain, len }, a;
	struct ipc		m;
	int			r;

	*sealed = NULL;
	if (len > VAULT_MAX)
		return (-1);
	if ((r = vault_ask(*(int *)arg, VAULT_SEAL, &q, &m, &a)) == 0)
		*sealed = xmemdup0(a.value, a.len);
	ipc_free(&m);
	return (r);
}

static int
vault_open(void *arg, const char *table, const char *column, int64_t row,
    const char *sealed, void **plain, size_t *len)
{
	struct vault_value	q = { table, column, row,
				    (const uint8_t *)sealed, strlen(sealed) };
	struct vault_value	a;
	struct ipc		m;
	int			r;

	*plain = NULL;
	*len = 0;
	if (q.len > VAULT_MAX)
		return (-1);
	r = vault_ask(*(int *)arg, VAULT_OPEN, &q, &m, &a);
	if (r == 0 && (*plain = sodium_malloc(a.len)) != NULL) {
		memcpy(*plain, a.value, a.len);
		*len = a.len;
	} else {
		r = -1;
	}
	ipc_free(&m);
	return (r);
}

static int
vault_errand(void *arg, const struct errand *e, int *sock, char *err)
{
	int		fd = *(int *)arg;
	uint32_t	id = ++last_id;
	struct verdict	v;
	struct ipc	m;
	int		sent, r = -1;

	ipc_init(&m, VAULT_ERRAND, id);
	put_errand(&m.body, e);
	sent = ipc_send(fd, &m) == IPC_OK;
	ipc_free(&m);
	ipc_init(&m, 0, 0);
	if (!sent || ipc_recv(fd, &m) != IPC_OK || m.type != VAULT_ERRAND ||
	    m.id != id || get_verdict(&m.body, &v) == -1 ||
	    (v.ok && m.fds[0] == -1)) {
		snprintf(err, CMD_ERROR_MAX, "the portal does not answer");
	} else if (!v.ok) {
		snprintf(err, CMD_ERROR_MAX, "%s", v.sentence);
	} else {
		*sock = ipc_take_fd(&m, 0);
		r = 0;
	}
	ipc_free(&m);
	return (r);
}

void
vault_init(struct sealer *s, struct errander *e, int *fd)
{
	e->send = vault_errand;
	e->arg = fd;
	s->seal = vault_seal;
	s->open = vault_open;
	s->arg = fd;
}

int
vault_challenge(void *arg, int before, char *out, size_t size)
{
	struct vault_value	q = { "", "", before, NULL, 0 }, a;
	struct ipc		m;
	int			r;

	r = vault_ask(*(int *)arg, VAULT_CHALLENGE, &q, &m, &a);
	if (r == 0 && a.len < size) {
		memcpy(out, a.value, a.len);
		out[a.len] = '\0';
	} else {
		r = -1;
	}
	ipc_free(&m);
	return (r);
}
