/* SPDX-License-Identifier: ISC */
/*
 * The public keys that people log in with, found by fingerprint.
 */
#include <stdlib.h>
#include <string.h>

#include "db/query.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"

#define BLOB_MAX	16384

#define SELECT \
	"SELECT k.id, k.user_id, u.name, k.type, k.key_blob," \
	" k.fingerprint, k.comment, k.expires_at, k.allowed_from," \
	" k.created_at, k.updated_at" \
	" FROM user_keys k JOIN users u ON u.id = k.user_id "

static void
userkey_clear(void *row)
{
	struct userkey	*k = row;

	free(k->user_name);
	free(k->type);
	free(k->blob);
	free(k->fingerprint);
	free(k->comment);
	free(k->allowed_from);
}

void
userkey_free(struct userkey *k)
{
	if (k != NULL)
		db_free_rows(k, 1, sizeof(*k), userkey_clear);
}

void
userkey_list_free(struct userkey_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), userkey_clear);
	free(l);
}

static void
userkey_read(struct db_stmt *st, void *row)
{
	struct userkey	*k = row;

	k->id = col_int(st);
	k->user_id = col_int(st);
	k->user_name = col_text(st);
	k->type = col_text(st);
	k->blob = col_blob(st, &k->bloblen);
	k->fingerprint = col_text(st);
	k->comment = col_text(st);
	k->expires_at = col_int(st);
	k->allowed_from = col_opt(st);
	k->created_at = col_int(st);
	k->updated_at = col_int(st);
}

static int
userkey_check(struct db *db, const struct userkey *k)
{
	int	r;

	if ((r = db_check_text(db, "comment", k->comment)) != DB_OK)
		return (r);
	return (db_check_sources(db, k->allowed_from));
}

int
userkey_create(struct db *db, const struct userkey *k, int64_t *id)
{
	char	fingerprint[SSHKEY_FINGERPRINT_SIZE];
	int64_t	now = clock_utc();
	int	r;

	*id = 0;
	if (k->blob == NULL || k->bloblen == 0 || k->bloblen > BLOB_MAX)
		return (db_fail(db, DB_INVALID, "the key has %zu bytes, not 1 "
		    "to %d", k->bloblen, BLOB_MAX));
	if ((r = db_check_name(db, "key type", k->type)) != DB_OK ||
	    (r = userkey_check(db, k)) != DB_OK)
		return (r);
	sshkey_fingerprint(k->blob, k->bloblen, fingerprint);
	return (db_edit(db, id, "INSERT INTO user_keys (user_id, type,"
	    " key_blob, fingerprint, comment, expires_at, allowed_from,"
	    " created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDS(bind_int(k->user_id), bind_text(k->type),
	    bind_blob(k->blob, k->bloblen), bind_text(fingerprint),
	    bind_text(k->comment), bind_int(k->expires_at),
	    bind_sources(k->allowed_from), bind_int(now), bind_int(now))));
}

int
userkey_update(struct db *db, const struct userkey *k)
{
	int	r;

	if ((r = userkey_check(db, k)) != DB_OK)
		return (r);
	return (db_edit(db, NULL, "UPDATE user_keys SET comment = ?,"
	    " expires_at = ?, allowed_from = ?, updated_at = ? WHERE id = ?",
	    BINDS(bind_text(k->comment), bind_int(k->expires_at),
	    bind_sources(k->allowed_from), bind_int(clock_utc()),
	    bind_int(k->id))));
}

int
userkey_remove(struct db *db, int64_t id)
{
	return (db_edit(db, NULL, "DELETE FROM user_keys WHERE id = ?",
	    BINDS(bind_int(id))));
}

int
userkey_get(struct db *db, int64_t id, struct userkey **out)
{
	return (db_get_row(db, out, sizeof(**out), userkey_read,
	    userkey_clear, SELECT "WHERE k.id = ?", BINDS(bind_int(id))));
}

int
userkey_by_blob(struct db *db, const void *blob, size_t bloblen,
    struct userkey **out)
{
	char		 fingerprint[SSHKEY_FINGERPRINT_SIZE];
	struct userkey	*k;
	int		 r;

	*out = NULL;
	sshkey_fingerprint(blob, bloblen, fingerprint);
	r = db_get_row(db, &k, sizeof(*k), userkey_read, userkey_clear,
	    SELECT "WHERE k.fingerprint = ?", BINDS(bind_text(fingerprint)));
	if (r != DB_OK)
		return (r);
	if (k->bloblen != bloblen || memcmp(k->blob, blob, bloblen) != 0) {
		userkey_free(k);
		return (db_absent(db));
	}
	*out = k;
	return (DB_OK);
}

int
userkey_lookup(struct db *db, const void *blob, size_t bloblen,
    int64_t *user_id, int64_t *id)
{
	struct userkey	*k;
	int		 r;

	*user_id = 0;
	if (id != NULL)
		*id = 0;
	r = userkey_by_blob(db, blob, bloblen, &k);
	if (r != DB_OK || k == NULL)
		return (r);
	*user_id = k->user_id;
	if (id != NULL)
		*id = k->id;
	userkey_free(k);
	return (DB_OK);
}

int
userkey_list(struct db *db, int64_t user_id, int64_t limit,
    struct userkey_list **out)
{
	struct db_bind		 some[] = { bind_int(user_id),
	    bind_int(db_limit(limit)), { .kind = BIND_END } };
	struct userkey_list	*l;
	int			 r;

	*out = NULL;
	l = xcalloc(1, sizeof(*l));
	if (user_id != 0)
		r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v),
		    userkey_read, SELECT "WHERE k.user_id = ?"
		    " ORDER BY k.id DESC LIMIT ?", some);
	else
		r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v),
		    userkey_read, SELECT "ORDER BY k.id DESC LIMIT ?",
		    some + 1);
	if (r != DB_OK) {
		userkey_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}

int
userkey_count(struct db *db, int64_t user_id, int64_t *count)
{
	if (user_id == 0)
		return (db_get_int(db, count,
		    "SELECT COUNT(*) FROM user_keys", NO_BINDS));
	return (db_get_int(db, count, "SELECT COUNT(*) FROM user_keys"
	    " WHERE user_id = ?", BINDS(bind_int(user_id))));
}

int
userkey_usable(const struct userkey *k, int64_t now)
{
	return (k->expires_at == 0 || k->expires_at > now);
}
