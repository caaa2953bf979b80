/* SPDX-License-Identifier: ISC */
/*
 * The portals that share this store: one row an instance.
 */
#ifndef DB_INSTANCE_H
#define DB_INSTANCE_H

#include <stddef.h>
#include <stdint.h>

struct db;

struct instance {
	char	*id;		/* from the state directory, <= 64 bytes */
	char	*hostname;
	char	*version;
	int64_t	 pid;
	int64_t	 started_at;
	int64_t	 heartbeat_at;
};

struct instance_list {
	struct instance	*v;
	size_t		 n;
};

/* Inserts the row, or replaces that of an earlier run. */
int	instance_upsert(struct db *db, const struct instance *in);

/* DB_NOTFOUND if the row is gone: call instance_upsert() again. */
int	instance_heartbeat(struct db *db, const char *id, int64_t now);

/* Caller frees with instance_free(). */
int	instance_get(struct db *db, const char *id, struct instance **out);

/* Last heartbeat first. */
int	instance_list(struct db *db, struct instance_list **out);

int	instance_remove(struct db *db, const char *id);

void	instance_free(struct instance *in);
void	instance_list_free(struct instance_list *l);

#endif
