/* SPDX-License-Identifier: ISC */
/*
 * The way to a host.
 */
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/host.h"
#include "db/key.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "monitor/login.h"
#include "monitor/monitor.h"
#include "monitor/secrets.h"
#include "monitor/way.h"

static int
is_among(struct host *const *found, size_t n, int64_t id)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		if (found[i]->id == id)
			return (1);
	}
	return (0);
}

/*
 * The hosts of the way, backwards. A circle or too many: the last one found
 * has a hop that is none of them, which way_open() sees.
 */
static int
follow(struct monitor *m, struct host *found[HOPS_MAX], size_t *n)
{
	int64_t	id;
	int	r = DB_OK;

	found[0] = m->host;
	*n = 1;
	while ((id = found[*n - 1]->hop_id) != 0) {
		if (*n == HOPS_MAX || is_among(found, *n, id))
			break;
		if ((r = host_get(m->db, id, &found[*n])) != DB_OK)
			break;
		(*n)++;
	}
	return (r == DB_NOTFOUND ? DB_REF : r);
}

static int
get_key(struct monitor *m, struct way_hop *h, int64_t id)
{
	int	r;

	if (id == 0)
		return (DB_OK);
	r = key_get(m->db, id, &h->key);
	return (r == DB_NOTFOUND ? DB_REF : r);
}

int
way_look_up(struct monitor *m, int64_t key)
{
	struct host	*found[HOPS_MAX];
	struct way	*w = &m->way;
	size_t		 i;
	int		 r;

	way_forget(m);
	r = follow(m, found, &w->n);
	w->hops = xcalloc(w->n, sizeof(*w->hops));
	for (i = 0; i < w->n; i++)
		w->hops[i].host = found[w->n - 1 - i];
	for (i = 0; r == DB_OK && i + 1 < w->n; i++)
		r = get_key(m, &w->hops[i], w->hops[i].host->key_id);
	return (r == DB_OK ? get_key(m, way_last(m), key) : r);
}

int
way_load_key(struct way_hop *h)
{
	const struct sealer	*s = secrets_sealer();
	const struct key	*k = h->key;
	void			*pem;
	size_t			 len;
	int			 r;

	if (k->priv_sealed == NULL || s->open(s->arg, SEAL_KEY_TABLE,
	    SEAL_KEY_COLUMN, k->id, k->priv_sealed, &pem, &len) == -1) {
		log_error("key %s: its private half does not open", k->name);
		return (-1);
	}
	r = sshkey_read_private(pem, len, &h->pkey, NULL, 0);
	sodium_free(pem);
	if (r == 0)
		r = sshkey_blob(h->pkey, &h->blob, &h->blob_len);
	if (r == -1)
		log_error("key %s: unreadable", k->name);
	return (r);
}

/* One before the last: NULL, or why nobody gets through it. */
static char *
open_hop(struct monitor *m, struct way_hop *h)
{
	char	name[WAY_NAME_SIZE];

	way_name(m, h, name);
	if (h->host->scheme != HOST_SSH)
		return (xasprintf("sshportal: host %s is a telnet host, "
		    "through which no other host is reached: tell an "
		    "administrator", name));
	if (h->key != NULL && way_load_key(h) == -1)
		return (xasprintf("sshportal: the key for host %s cannot be "
		    "read: tell an administrator", name));
	if (h->key == NULL && h->host->password_sealed == NULL)
		return (xasprintf("sshportal: host %s has neither a key nor a "
		    "password to log in with: tell an administrator", name));
	return (NULL);
}

char *
way_open(struct monitor *m)
{
	const struct way	*w = &m->way;
	char			 name[WAY_NAME_SIZE], *no;
	size_t			 i;

	if (w->hops[0].host->hop_id != 0)
		return (xasprintf("sshportal: host %s cannot be reached: the "
		    "way there leads in a circle, or through more than %d "
		    "other hosts: tell an administrator",
		    way_name(m, way_last(m), name), HOPS_MAX - 1));
	for (i = 0; i + 1 < w->n; i++) {
		if ((no = open_hop(m, &w->hops[i])) != NULL)
			return (no);
	}
	if (w->n > 1 && m->host->scheme != HOST_SSH)
		return (xasprintf("sshportal: host %s is a telnet host behind "
		    "another host, which is not supported",
		    way_name(m, way_last(m), name)));
	return (NULL);
}

struct way_hop *
way_last(struct monitor *m)
{
	return (&m->way.hops[m->way.n - 1]);
}

struct host *
way_first(const struct monitor *m)
{
	return (m->way.hops[0].host);
}

int
way_has_unknown(const struct monitor *m)
{
	size_t	i;

	for (i = m->way.shown; i < m->way.n; i++) {
		if (m->way.hops[i].host->scheme == HOST_SSH &&
		    m->way.hops[i].host->host_key == NULL)
			return (1);
	}
	return (0);
}

const char *
way_name(const struct monitor *m, const struct way_hop *h,
    char buf[WAY_NAME_SIZE])
{
	char	name[NAME_MAX_BYTES + 1], end[NAME_MAX_BYTES + 1];

	escape_into(name, sizeof(name), h->host->name);
	if (h->host == m->host)
		snprintf(buf, WAY_NAME_SIZE, "\"%s\"", name);
	else
		snprintf(buf, WAY_NAME_SIZE, "\"%s\" (on the way to \"%s\")",
		    name, escape_into(end, sizeof(end), m->host->name));
	return (buf);
}

char *
way_list(const struct monitor *m)
{
	char	*list = xstrdup(""), *longer;
	size_t	 i;

	for (i = 0; i + 1 < m->way.n; i++) {
		longer = xasprintf("%s%s%s", list, i == 0 ? ", through " :
		    ", ", m->way.hops[i].host->name);
		free(list);
		list = longer;
	}
	return (list);
}

static void
put_hop(const struct monitor *m, const struct way_hop *h,
    struct target_hop *t)
{
	const struct host	*host = h->host;
	int			 last = host == m->host;

	t->host = host->name;
	t->addr = host->addr;
	t->port = host->port;
	t->account = last ? login_account(&m->wanted, host) : host->login;
	t->has_password = host->password_sealed != NULL &&
	    (!last || !login_other_account(&m->wanted, host));
	t->legacy = host->legacy != 0;
	t->key = h->blob;
	t->key_len = h->blob_len;
	t->hostkey_type = host->host_key_type;
}

void
way_put(const struct monitor *m, struct answer_target *t)
{
	size_t	i;

	t->scheme = m->host->scheme == HOST_TELNET ? SCHEME_TELNET :
	    SCHEME_SSH;
	t->nhops = (uint8_t)m->way.n;
	for (i = 0; i < m->way.n; i++)
		put_hop(m, &m->way.hops[i], &t->hops[i]);
}

void
way_forget(struct monitor *m)
{
	struct way	*w = &m->way;
	size_t		 i;

	for (i = 0; i < w->n; i++) {
		if (w->hops[i].host != m->host)
			host_free(w->hops[i].host);
		key_free(w->hops[i].key);
		EVP_PKEY_free(w->hops[i].pkey);
		free(w->hops[i].blob);
	}
	free(w->hops);
	memset(w, 0, sizeof(*w));
}
