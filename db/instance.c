/* SPDX-License-Identifier: ISC */
/*
 * The portals that share this store.
 */
#include <stdlib.h>

#include "db/instance.h"
#include "db/query.h"
#include "lib/xmalloc.h"

#define COLUMNS	"id, hostname, version, pid, started_at, heartbeat_at"

static void
instance_clear(void *row)
{
	struct instance	*in = row;

	free(in->id);
	free(in->hostname);
	free(in->version);
}

void
instance_free(struct instance *in)
{
	if (in != NULL)
		db_free_rows(in, 1, sizeof(*in), instance_clear);
}

void
instance_list_free(struct instance_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), instance_clear);
	free(l);
}

static void
instance_read(struct db_stmt *st, void *row)
{
	struct instance	*in = row;

	in->id = col_text(st);
	in->hostname = col_text(st);
	in->version = col_text(st);
	in->pid = col_int(st);
	in->started_at = col_int(st);
	in->heartbeat_at = col_int(st);
}

static int
instance_upsert_run(struct db *db, void *arg)
{
	const struct instance	*in = arg;
	int			 r;

	r = db_exec(db, "DELETE FROM instances WHERE id = ?",
	    BINDS(bind_text(in->id)));
	if (r != DB_OK)
		return (r);
	return (db_exec(db, "INSERT INTO instances (" COLUMNS ")"
	    " VALUES (?, ?, ?, ?, ?, ?)",
	    BINDS(bind_text(in->id), bind_cut(in->hostname, DB_NAME_MAX),
	    bind_cut(in->version, DB_NAME_MAX), bind_int(in->pid),
	    bind_int(in->started_at), bind_int(in->heartbeat_at))));
}

int
instance_upsert(struct db *db, const struct instance *in)
{
	struct instance	copy = *in;
	int		r;

	if ((r = db_check_name(db, "instance id", in->id)) != DB_OK)
		return (r);
	return (db_transaction(db, instance_upsert_run, &copy));
}

int
instance_heartbeat(struct db *db, const char *id, int64_t now)
{
	return (db_exec_one(db, "UPDATE instances SET heartbeat_at = ?"
	    " WHERE id = ?", BINDS(bind_int(now), bind_text(id))));
}

int
instance_get(struct db *db, const char *id, struct instance **out)
{
	return (db_get_row(db, out, sizeof(**out), instance_read,
	    instance_clear, "SELECT " COLUMNS " FROM instances WHERE id = ?",
	    BINDS(bind_text(id))));
}

int
instance_list(struct db *db, struct instance_list **out)
{
	struct instance_list	*l;
	int			 r;

	*out = NULL;
	l = xcalloc(1, sizeof(*l));
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), instance_read,
	    "SELECT " COLUMNS " FROM instances"
	    " ORDER BY heartbeat_at DESC, id", NO_BINDS);
	if (r != DB_OK) {
		instance_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}

int
instance_remove(struct db *db, const char *id)
{
	return (db_exec_one(db, "DELETE FROM instances WHERE id = ?",
	    BINDS(bind_text(id))));
}
