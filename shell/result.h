/* SPDX-License-Identifier: ISC */
/*
 * What a command returns: rows of typed cells, or lines of text of our own.
 * How they look is decided elsewhere (shell/output.h).
 */
#ifndef SHELL_RESULT_H
#define SHELL_RESULT_H

#include <stddef.h>
#include <stdint.h>

struct db_names;
struct json_t;

enum field_kind {
	FIELD_INT,
	FIELD_BOOL,
	FIELD_MARK,	/* a bool that is seldom so: a table in which none is
			   leaves its column out */
	FIELD_TIME,	/* UTC seconds; 0: none */
	FIELD_SELDOM,	/* a time that seldom is there: as FIELD_MARK */
	FIELD_SPAN,	/* seconds */
	FIELD_TEXT,
	FIELD_RARE,	/* text that seldom is there: as FIELD_MARK */
	FIELD_NAME,	/* of one other row, in JSON an object; "": none */
	FIELD_JSON,	/* text that is JSON; "": none */
	FIELD_NAMES	/* of other rows */
};

/* A column of a table, a member of a JSON object, or both. */
struct field {
	const char	*head;		/* NULL: not in tables */
	const char	*json;		/* NULL: not in JSON */
	enum field_kind	 kind;
};

struct cell {
	int64_t		  number;
	char		 *text;
	char		**names;
	size_t		  n;
};

struct result {
	const struct field	*fields;	/* borrowed; head and json NULL
						   end it */
	size_t			 nfields;
	struct cell		*cells;		/* nrows * nfields */
	size_t			 nrows;
	size_t			 at;		/* cell that is filled next */
	int64_t			 total;		/* how many there are in all */
	int			 total_is_least; /* and more than that */
	char			*text;		/* lines, or NULL */
	struct json_t		*json;		/* an array of whole rows, which
						   is printed instead of them;
						   or NULL */
};

/* Empties it for rows of these fields (NULL: text only). */
void	result_init(struct result *, const struct field *);
void	result_free(struct result *);

/*
 * A row, and then its cells one by one in the order of the fields; a cell of
 * another kind than its field, or one too few, is a bug and ends the process.
 */
void	result_row(struct result *);
void	result_number(struct result *, int64_t);
void	result_text(struct result *, const char *);
void	result_names(struct result *, const struct db_names *);

/* A row as JSON, stolen; all rows of a command that has one are such. */
void	result_json(struct result *, struct json_t *row);

/* Appends a line that is printed as it is: it holds no text of others. */
void	result_line(struct result *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
