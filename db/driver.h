/* SPDX-License-Identifier: ISC */
/*
 * What an engine must offer. For db.c, query.c, migrations.c and the two
 * engines alone.
 */
#ifndef DB_DRIVER_H
#define DB_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "db/db.h"
#include "db/dsn.h"
#include "db/query.h"

enum db_dialect {
	DIALECT_SQLITE,
	DIALECT_MYSQL
};

#define DB_ERROR_SIZE	512

/* A column of the current row; borrowed until the next step. */
struct db_value {
	int		 null;
	int64_t		 i;
	const void	*p;
	size_t		 len;
};

struct db_stmt {
	struct db	*db;
	void		*handle;	/* the engine's statement */
	void		*work;		/* the engine's buffers */
	int		 column;	/* next one to read */
	int		 first;		/* class of a first step not yet seen,
					   or -1 */
};

/*
 * Functions that return int return a class of enum db_status and have called
 * db_fail() if it is not DB_OK.
 */
struct db_driver {
	const char	*name;
	enum db_dialect	 dialect;
	int		 reconnects;
	/* What a process can do before it is forked; NULL: nothing. */
	void		(*start)(void);
	int		(*open)(struct db *);
	void		(*close)(struct db *);
	/* After the schema was found to be ours: settings that may write. */
	int		(*settle)(struct db *);
	int		(*simple)(struct db *, const char *sql);
	int		(*begin)(struct db *);
	int		(*commit)(struct db *);
	void		(*rollback)(struct db *);
	int		(*prepare)(struct db_stmt *, const char *sql);
	int		(*bind)(struct db_stmt *, const struct db_bind *);
	/* DB_OK: a row; DB_NOTFOUND: done. The first one executes. */
	int		(*step)(struct db_stmt *);
	void		(*column)(struct db_stmt *, int, struct db_value *);
	void		(*finish)(struct db_stmt *);
	int64_t		(*changes)(struct db_stmt *);
	int64_t		(*last_id)(struct db_stmt *);
	int		(*checkpoint)(struct db *);
	/* Copies the whole database to a file (db_copy()). */
	int		(*copy)(struct db *, int fd);
	/* Copies the whole database aside before migrating from `version`. */
	int		(*backup)(struct db *, int version);
};

struct db {
	const struct db_driver	*driver;
	void			*handle;	/* NULL: not connected */
	void			*kept;		/* the engine's, with it */
	char			*conn;		/* SQLite only: the file */
	struct dsn		 dsn;		/* MySQL only */
	int			 setup;
	int			 original;	/* somebody else's: read only */
	int			 timeout;	/* seconds */
	int			 depth;		/* of open transactions */
	int			 doomed;	/* class that ended them */
	int			 lost;		/* reconnect before use */
	int			 connecting;	/* no reconnect within one */
	int64_t			 changes;
	int64_t			 last_id;
	char			 error[DB_ERROR_SIZE];
	char			 conflict[128];
};

extern const struct db_driver	driver_sqlite;
extern const struct db_driver	driver_mysql;

/* Connects again if the connection is known to be lost. */
int	db_ready(struct db *db);

/* Notes what a failure means for the open transaction; returns it. */
int	db_note(struct db *db, int status);

#endif
