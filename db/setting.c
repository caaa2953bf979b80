/* SPDX-License-Identifier: ISC */
/*
 * Settings by name and the generation counter.
 */
#include <stdlib.h>

#include "db/query.h"
#include "db/setting.h"

int
setting_get(struct db *db, const char *name, char **value)
{
	struct db_stmt	*st;
	int		 r;

	*value = NULL;
	r = db_query(db, &st, "SELECT value FROM settings WHERE name = ?",
	    BINDS(bind_text(name)));
	if (r != DB_OK)
		return (r);
	if ((r = db_next(st)) == DB_OK)
		*value = col_text(st);
	db_done(st);
	return (r);
}

struct pair {
	const char	*name;
	const char	*value;
};

static int
pair_check(struct db *db, const struct pair *p)
{
	int	r;

	if ((r = db_check_name(db, "setting name", p->name)) != DB_OK)
		return (r);
	return (db_check_text(db, "setting value", p->value));
}

static int
pair_insert(struct db *db, const struct pair *p)
{
	return (db_exec(db, "INSERT INTO settings (name, value) VALUES (?, ?)",
	    BINDS(bind_text(p->name), bind_text(p->value))));
}

static int
pair_update(struct db *db, const struct pair *p)
{
	return (db_exec_one(db, "UPDATE settings SET value = ? WHERE name = ?",
	    BINDS(bind_text(p->value), bind_text(p->name))));
}

static int
setting_set_run(struct db *db, void *arg)
{
	int	r;

	if ((r = pair_update(db, arg)) == DB_NOTFOUND &&
	    (r = pair_insert(db, arg)) == DB_EXISTS)
		r = pair_update(db, arg);
	return (r);
}

int
setting_set(struct db *db, const char *name, const char *value)
{
	struct pair	p = { name, value };
	int		r;

	if ((r = pair_check(db, &p)) != DB_OK)
		return (r);
	return (db_transaction(db, setting_set_run, &p));
}

static int
setting_init_run(struct db *db, void *arg)
{
	int	r;

	r = pair_insert(db, arg);
	return (r == DB_EXISTS ? DB_OK : r);
}

int
setting_init(struct db *db, const char *name, const char *value,
    char **stands)
{
	struct pair	p = { name, value };
	int		r;

	if (stands != NULL)
		*stands = NULL;
	if ((r = pair_check(db, &p)) != DB_OK ||
	    (r = db_transaction(db, setting_init_run, &p)) != DB_OK ||
	    stands == NULL)
		return (r);
	return (setting_get(db, name, stands));
}

int
setting_remove(struct db *db, const char *name)
{
	return (db_exec_one(db, "DELETE FROM settings WHERE name = ?",
	    BINDS(bind_text(name))));
}

int
generation_bump(struct db *db)
{
	return (db_exec_one(db, "UPDATE counters SET value = value + 1"
	    " WHERE name = 'generation'", NO_BINDS));
}

int
generation_get(struct db *db, int64_t *generation)
{
	return (db_get_int(db, generation, "SELECT value FROM counters"
	    " WHERE name = 'generation'", NO_BINDS));
}
