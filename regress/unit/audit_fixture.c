/* SPDX-License-Identifier: ISC */
/*
 * What an audit reports, in words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/msg.h"
#include "lib/xmalloc.h"
#include "regress/unit/audit_fixture.h"

char	*said[SAID_MAX];
size_t	 nsaid;

static int	one_by_one;	/* bytes */

static const char *const actions[] = { "get", "put", "remove", "rename",
	"mkdir", "rmdir", "setstat", "symlink", "link", "copy", "extension",
	"rsync", "git", "unknown" };

void
hear(void *arg, const struct file_op *op)
{
	struct file_op	 back;
	struct msg	 m;
	char		 numbers[160];

	(void)arg;
	/* whatever is reported fits through the gate */
	msg_init(&m);
	put_file_op(&m, op);
	assert_true(m.len <= FILE_OP_MAX);
	assert_int_equal(get_file_op(&m, &back), 0);
	msg_free(&m);
	snprintf(numbers, sizeof(numbers), "%s%s%s%s",
	    op->has & FILE_HAS_BYTES ? " bytes" : "",
	    op->has & FILE_HAS_SUM ? " sum" : "",
	    op->has & FILE_HAS_CONFIRMED ? " confirmed" : "",
	    op->has & FILE_HAS_SIZE ? " size" : "");
	if (nsaid < SAID_MAX)
		said[nsaid] = xasprintf("%s %.*s %.*s: %s%s%s%s",
		    actions[op->action], (int)op->path_len,
		    (const char *)op->path, (int)op->other_len,
		    op->other_len > 0 ? (const char *)op->other : "",
		    op->result, numbers, op->why[0] != '\0' ? "; " : "",
		    op->why);
	nsaid++;
}

void
forget(void)
{
	size_t	i;

	for (i = 0; i < nsaid && i < SAID_MAX; i++)
		free(said[i]);
	nsaid = 0;
}

int
said_teardown(void **state)
{
	(void)state;
	forget();
	return (0);
}

/* So many were reported; the last of them is this. */
void
heard(size_t n, const char *last)
{
	assert_int_equal(nsaid, n);
	if (n > 0)
		assert_string_equal(said[n - 1], last);
}

void
give(struct audit *a, enum audit_side side, const void *data, size_t len)
{
	const uint8_t	*p = data;
	uint8_t		*alone;
	size_t		 i;

	if (!one_by_one) {
		/* in memory that has not one byte more */
		alone = xmalloc(len);
		memcpy(alone, data, len);
		audit_take(a, side, alone, len);
		free(alone);
		return;
	}
	for (i = 0; i < len; i++)
		audit_take(a, side, p + i, 1);
}

int
said_one_by_one(void **state)
{
	(void)state;
	one_by_one = 1;
	return (0);
}

int
said_both(void **state)
{
	one_by_one = 0;
	return (said_teardown(state));
}
