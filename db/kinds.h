/* SPDX-License-Identifier: ISC */
/*
 * The kinds of things that people do on a host, each of which rules and hosts
 * allow or not. A set of them is a mask; in the store and for people it is
 * words with commas between them.
 */
#ifndef DB_KINDS_H
#define DB_KINDS_H

#include <stddef.h>
#include <stdint.h>

enum kind {
	KIND_SHELL,
	KIND_EXEC,		/* and whatever is none of the others */
	KIND_SFTP,
	KIND_SCP,
	KIND_FORWARD_LOCAL,
	KIND_FORWARD_REMOTE,
	KIND_AGENT,
	KIND_X11,
	KIND_JUMP,
	KINDS
};

#define KIND_BIT(k)	(1U << (k))
#define KINDS_ALL	(KIND_BIT(KINDS) - 1)

/* A jump cannot be recorded: somebody has to say that it may be. */
#define KINDS_DEFAULT	(KINDS_ALL & ~KIND_BIT(KIND_JUMP))

/*
 * As rows hold it, 0 is the default, so that a row of which nobody said
 * anything has it; a set without any kind is KINDS_NOTHING.
 */
#define KINDS_NOTHING	(1U << 31)

/* "forward-local" and so on; static. */
const char	*kind_name(enum kind k);

/* What a row's set comes to: bits of KINDS_ALL alone. */
uint32_t	 kinds_effective(uint32_t row);

/*
 * A set for a row from words with commas between them: names, `all`, and
 * `default`, which alone is 0; or `none`, alone. Returns 0, or -1 and a
 * sentence in err (errlen bytes) that names the word that is no kind.
 */
int		 kinds_parse(const char *text, uint32_t *row, char *err,
		    size_t errlen);

/*
 * The same for what a row of the store holds; NULL and "" are the default.
 * A word that nobody knows allows nothing, and if no other is there, the set
 * is KINDS_NOTHING.
 */
uint32_t	 kinds_read(const char *text);

/*
 * A row's set as kinds_parse() takes it: "" for the default, else "all",
 * "none", or names. kinds_text_of() is that of an effective set. Both return
 * buf.
 */
#define KINDS_TEXT_SIZE	128
char		*kinds_text(uint32_t row, char buf[KINDS_TEXT_SIZE]);
char		*kinds_text_of(uint32_t effective, char buf[KINDS_TEXT_SIZE]);

#endif
