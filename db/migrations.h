/* SPDX-License-Identifier: ISC */
/*
 * Numbered changes of the schema, one text for both engines.
 */
#ifndef DB_MIGRATIONS_H
#define DB_MIGRATIONS_H

#include <stddef.h>

struct db;

/*
 * One change of the schema. The statements are SQL with {words} for what
 * the engines name differently (see migrations.c) and end with NULL. A
 * statement that begins with "sqlite:" or "mysql:" is for that engine only.
 * On MySQL, where DDL commits by itself, each must be safe to run twice.
 */
struct migration {
	int			 version;
	const char *const	*statements;
};

/*
 * Brings the schema to this binary's version, under a lock, so that ten
 * instances may start at once. A SQLite database that already has rows is
 * copied to FILE.bak-vN (N: its version; mode 0600) before. DB_NEWER and
 * DB_FOREIGN leave everything untouched. Needs db_options.setup.
 */
int	migrations_apply(struct db *db);

/* DB_OK if the schema is exactly this binary's; see enum db_status. */
int	migrations_check(struct db *db);

/* The version this binary makes and needs. */
int	migrations_version(void);

/* As migrations_apply() with another list (ascending, without gaps). */
int	migrations_apply_list(struct db *db, const struct migration *list,
	    size_t n);

extern const struct migration	schema_migrations[];
extern const size_t		schema_migrations_count;

#endif
