/* SPDX-License-Identifier: ISC */
/*
 * The portal's own keys.
 */
#include <stdlib.h>
#include <string.h>

#include "db/key.h"
#include "db/query.h"
#include "db/seal.h"
#include "lib/clock.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"

#define BLOB_MAX	16384

#define SELECT \
	"SELECT k.id, k.name, k.type, k.length, k.pub_blob, k.fingerprint," \
	" k.priv_sealed, k.comment, k.created_at, k.updated_at," \
	" k.replaces_id," \
	" (SELECT COUNT(*) FROM hosts h WHERE h.key_id = k.id)" \
	" FROM private_keys k "

const struct key_host	key_host_kinds[KEY_HOST_KINDS] = {
	{ KEY_HOST, "ed25519" },
	{ KEY_HOST_ECDSA, "ecdsa" },
	{ KEY_HOST_RSA, "rsa" },
};

size_t
key_host_by_name(const char *name)
{
	size_t	i;

	for (i = 0; i < KEY_HOST_KINDS; i++) {
		if (strcmp(name, key_host_kinds[i].name) == 0)
			break;
	}
	return (i);
}

size_t
key_host_by_type(const char *type)
{
	size_t	i;

	for (i = 0; i < KEY_HOST_KINDS; i++) {
		if (strcmp(type, key_host_kinds[i].type) == 0)
			break;
	}
	return (i);
}

int
key_is_host(const char *name)
{
	return (key_host_by_name(name) < KEY_HOST_KINDS);
}

static void
key_clear(void *row)
{
	struct key	*k = row;

	free(k->name);
	free(k->type);
	free(k->pub_blob);
	free(k->fingerprint);
	free(k->priv_sealed);
	free(k->comment);
}

void
key_free(struct key *k)
{
	if (k != NULL)
		db_free_rows(k, 1, sizeof(*k), key_clear);
}

void
key_list_free(struct key_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), key_clear);
	free(l);
}

static void
key_read(struct db_stmt *st, void *row)
{
	struct key	*k = row;

	k->id = col_int(st);
	k->name = col_text(st);
	k->type = col_text(st);
	k->length = col_int(st);
	k->pub_blob = col_blob(st, &k->pub_bloblen);
	k->fingerprint = col_text(st);
	k->priv_sealed = col_opt(st);
	k->comment = col_text(st);
	k->created_at = col_int(st);
	k->updated_at = col_int(st);
	k->replaces_id = col_int(st);
	k->nhosts = col_int(st);
}

static int
key_check(struct db *db, const struct key *k)
{
	int	r;

	if ((r = db_check_name(db, "key name", k->name)) != DB_OK)
		return (r);
	return (db_check_text(db, "comment", k->comment));
}

int
key_create(struct db *db, const struct key *k, int64_t *id)
{
	char	fingerprint[SSHKEY_FINGERPRINT_SIZE];
	int64_t	now = clock_utc();
	int	r;

	*id = 0;
	if (k->pub_blob == NULL || k->pub_bloblen == 0 ||
	    k->pub_bloblen > BLOB_MAX)
		return (db_fail(db, DB_INVALID, "the key has %zu bytes, not 1 "
		    "to %d", k->pub_bloblen, BLOB_MAX));
	if ((r = key_check(db, k)) != DB_OK ||
	    (r = db_check_name(db, "key type", k->type)) != DB_OK)
		return (r);
	sshkey_fingerprint(k->pub_blob, k->pub_bloblen, fingerprint);
	return (db_edit(db, id, "INSERT INTO private_keys (name, type, length,"
	    " pub_blob, fingerprint, comment, created_at, updated_at,"
	    " replaces_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDS(bind_text(k->name), bind_text(k->type),
	    bind_int(k->length), bind_blob(k->pub_blob, k->pub_bloblen),
	    bind_text(fingerprint), bind_text(k->comment), bind_int(now),
	    bind_int(now), bind_id(k->replaces_id))));
}

int
key_set_sealed(struct db *db, int64_t id, const char *sealed)
{
	int	r;

	if ((r = db_check_text(db, "sealed key", sealed)) != DB_OK)
		return (r);
	return (db_edit(db, NULL, "UPDATE private_keys SET priv_sealed = ?,"
	    " updated_at = ? WHERE id = ?", BINDS(bind_opt(sealed),
	    bind_int(clock_utc()), bind_int(id))));
}

struct sealed_key {
	const struct key	*k;
	const void		*priv;
	size_t			 privlen;
	const struct sealer	*sealer;
	int64_t			 id;
};

static int
create_sealed_run(struct db *db, void *arg)
{
	struct sealed_key	*x = arg;
	char			*sealed = NULL;
	int			 r;

	if ((r = key_create(db, x->k, &x->id)) != DB_OK)
		return (r);
	if (x->sealer->seal(x->sealer->arg, SEAL_KEY_TABLE, SEAL_KEY_COLUMN,
	    x->id, x->priv, x->privlen, &sealed) == -1)
		return (db_fail(db, DB_ERROR, "the key cannot be sealed"));
	r = key_set_sealed(db, x->id, sealed);
	free(sealed);
	return (r);
}

int
key_create_sealed(struct db *db, const struct key *k, const void *priv,
    size_t privlen, const struct sealer *sealer, int64_t *id)
{
	struct sealed_key	x = { k, priv, privlen, sealer, 0 };
	int			r;

	r = db_transaction(db, create_sealed_run, &x);
	*id = r == DB_OK ? x.id : 0;
	return (r);
}

int
key_update(struct db *db, const struct key *k)
{
	int	r;

	if ((r = key_check(db, k)) != DB_OK)
		return (r);
	return (db_edit(db, NULL, "UPDATE private_keys SET name = ?,"
	    " comment = ?, updated_at = ? WHERE id = ?",
	    BINDS(bind_text(k->name), bind_text(k->comment),
	    bind_int(clock_utc()), bind_int(k->id))));
}

int
key_successor(struct db *db, int64_t id, struct key **out)
{
	return (db_get_row(db, out, sizeof(**out), key_read, key_clear,
	    SELECT "WHERE k.replaces_id = ? ORDER BY k.id DESC LIMIT 1",
	    BINDS(bind_int(id))));
}

static int
take_over(struct db *db, void *arg)
{
	const int64_t	*id = arg;
	struct key	*new, *old = NULL;
	int		 r;

	if ((r = key_get(db, *id, &new)) != DB_OK)
		return (r);
	if ((r = key_get(db, new->replaces_id, &old)) == DB_OK &&
	    (r = key_remove(db, old->id)) == DB_OK)
		r = db_edit(db, NULL, "UPDATE private_keys SET name = ?,"
		    " comment = ?, replaces_id = NULL, updated_at = ?"
		    " WHERE id = ?", BINDS(bind_text(old->name),
		    bind_text(old->comment), bind_int(clock_utc()),
		    bind_int(new->id)));
	key_free(old);
	key_free(new);
	return (r);
}

int
key_take_over(struct db *db, int64_t id)
{
	return (db_transaction(db, take_over, &id));
}

int
key_remove(struct db *db, int64_t id)
{
	return (db_edit(db, NULL, "DELETE FROM private_keys WHERE id = ?",
	    BINDS(bind_int(id))));
}

int
key_get(struct db *db, int64_t id, struct key **out)
{
	return (db_get_row(db, out, sizeof(**out), key_read, key_clear,
	    SELECT "WHERE k.id = ?", BINDS(bind_int(id))));
}

int
key_by_name(struct db *db, const char *name, struct key **out)
{
	return (db_get_row(db, out, sizeof(**out), key_read, key_clear,
	    SELECT "WHERE k.name = ?", BINDS(bind_text(name))));
}

int
key_find(struct db *db, const char *text, struct key **out)
{
	int64_t	id;
	int	r = DB_NOTFOUND;

	*out = NULL;
	if (db_text_id(text, &id))
		r = key_get(db, id, out);
	if (r == DB_NOTFOUND)
		r = key_by_name(db, text, out);
	return (r);
}

int
key_list(struct db *db, int64_t limit, struct key_list **out)
{
	struct key_list	*l;
	int		 r;

	*out = NULL;
	l = xcalloc(1, sizeof(*l));
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), key_read,
	    SELECT "ORDER BY k.id DESC LIMIT ?",
	    BINDS(bind_int(db_limit(limit))));
	if (r != DB_OK) {
		key_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}

int
key_hosts(struct db *db, int64_t id, struct db_names *names)
{
	*names = (struct db_names){ 0 };
	return (db_get_names(db, names, "SELECT name FROM hosts"
	    " WHERE key_id = ? ORDER BY name", BINDS(bind_int(id))));
}
