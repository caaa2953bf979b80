/* SPDX-License-Identifier: ISC */
/*
 * The only place that prints. What came from users, hosts and clients is
 * escaped here, whatever the form.
 */
#ifndef SHELL_OUTPUT_H
#define SHELL_OUTPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json_t;
struct result;

struct output {
	FILE	*out;
	FILE	*err;
	int	 width;		/* of the terminal; 0: it is none, nothing is
				   cut */
};

enum form {
	FORM_TABLE,	/* and a line "Total: 3 hosts." */
	FORM_FACTS,	/* one fact a line, rows apart */
	FORM_JSON,	/* an array of objects */
	FORM_IDS	/* the first fields, one a line */
};

/* Prints lines and rows; times are told from now, UTC seconds. */
void	output_result(const struct output *, enum form, const struct result *,
	    const char *things, int64_t now);

/* A row as the JSON object that FORM_JSON prints; caller json_decref's. */
struct json_t	*output_row(const struct result *, size_t row);

/*
 * JSON that jansson made in ASCII, so that no character can disturb the
 * terminal that it may go to; DEL, which jansson leaves as it is, is escaped.
 */
void	output_json(const struct output *, const char *);

/* "error: " and a sentence, which may have text of others in it. */
void	output_error(const struct output *, const char *sentence);

/* "warning: " and a sentence of our own, after what was printed. */
void	output_warning(const struct output *, const char *sentence);

/* Another line to standard error, after an error. */
void	output_hint(const struct output *, const char *line);

/* A question of our own, to standard error, the cursor left after it. */
void	output_prompt(const struct output *, const char *what);

/* Text of our own, to standard output. */
void	output_text(const struct output *, const char *text);

/* Flushes; -1 when something could not be written. */
int	output_flush(const struct output *);

#endif
