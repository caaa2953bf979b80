/* SPDX-License-Identifier: ISC */
/*
 * Values of the whole installation by name, and the generation counter that
 * tells the keepers of all instances that something was edited.
 */
#ifndef DB_SETTING_H
#define DB_SETTING_H

#include <stdint.h>

struct db;

/* Names in use. */
#define SETTING_MASTER_KEY_ID		"master_key_id"
#define SETTING_MASTER_KEY_CHECK	"master_key_check"

/* The value, malloc'ed: caller frees. */
int	setting_get(struct db *db, const char *name, char **value);

/* Inserts or replaces. The value is UTF-8, at most DB_TEXT_MAX bytes. */
int	setting_set(struct db *db, const char *name, const char *value);

/*
 * Inserts the value if the name has none yet. *stands, unless it is NULL,
 * gets the value that stands then (malloc'ed), so that two instances that
 * start at once agree.
 */
int	setting_init(struct db *db, const char *name, const char *value,
	    char **stands);

/* DB_NOTFOUND if it was not there. */
int	setting_remove(struct db *db, const char *name);

/*
 * Adds one to the generation. Edits of users, their keys, groups, hosts and
 * ACLs do it themselves, in their own transaction.
 */
int	generation_bump(struct db *db);

/* One indexed read. */
int	generation_get(struct db *db, int64_t *generation);

#endif
