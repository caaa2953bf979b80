/* SPDX-License-Identifier: ISC */
/*
 * Moving in from the original sshportal: its database or its backup becomes
 * one document in the layout of `config backup` (shell/restore.h), with its
 * secrets in clear, and a list of what is worth knowing about it. The steps, in
 * this order:
 *
 *	import_read_database() or import_read_file()
 *	import_open_secrets()	opens what is encrypted, in the document
 *	import_look()		what else is there, and what will differ
 *	import_judge()		what rules decide there and will decide here
 *
 * then the document goes to restore_plan(). Whoever calls is the machine's
 * administrator, and the document holds every secret of the portal: it is for
 * a process that does nothing else and then ends (entity_wipe_freed()).
 */
#ifndef SHELL_IMPORT_H
#define SHELL_IMPORT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "db/db.h"

struct import_key;

enum import_grade {
	IMPORT_NOTE,		/* worth knowing */
	IMPORT_STOP		/* nothing can be taken over before that is
				   cured */
};

/* Text of others in it: escape it before it is shown. */
struct import_note {
	enum import_grade	 grade;
	char			*text;
};

struct import {
	json_t			*doc;
	struct import_note	*note;
	size_t			 nnotes;
	size_t			 stops;
	int64_t			 version;	/* of a database's schema */
};

/*
 * Reads all of a database: driver and conn as for db_open(). Returns 0, or -1
 * with a sentence in err.
 */
int	import_read_database(struct import *, const char *driver,
	    const char *conn, char *err, size_t errlen);

/*
 * Reads what the original's `config backup` printed, with or without
 * --decrypt. The same.
 */
int	import_read_file(struct import *, const char *path, char *err,
	    size_t errlen);

void	import_open_secrets(struct import *, const struct import_key *);
void	import_look(struct import *);
void	import_judge(struct import *, int64_t now);

/* Frees the document and the notes. */
void	import_free(struct import *);

/* For the files of shell/import*.c */

#define IMPORT_NAMES_MAX	8	/* named in a note, others counted */

void	import_note(struct import *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
void	import_stop(struct import *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * "host web1", "hosts a, b", "hosts a, b and 7 more"; the word in the plural
 * has an s. Caller frees.
 */
char	*import_names(const char *word, const struct db_names *);

/* Notes fmt, in which %s stands for import_names(), unless there are none. */
void	import_note_names(struct import *, const char *before,
	    const char *word, const struct db_names *, const char *after);

/* The rows of one of the document's arrays that are not deleted. */
#define import_each(doc, array, i, row) \
	json_array_foreach(json_object_get(doc, array), i, row) \
		if (import_is_live(row))

int		 import_is_live(const json_t *row);

/* A field, or "" and 0. */
const char	*import_text(const json_t *row, const char *field);
int64_t		 import_number(const json_t *row, const char *field);

#endif
