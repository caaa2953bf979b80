/* SPDX-License-Identifier: ISC */
/*
 * What a client and a host send each other about files. The first byte says by
 * which program; then come pieces, a byte that says whose and how long each.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "child/audit.h"
#include "child/evp.h"
#include "lib/msg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static uint64_t	given;

/* Nobody looks for key exchanges here. */
enum evp_side
evp_enter(enum evp_side now)
{
	return (now);
}

/* What is reported fits through the gate, and is no more than what passed. */
static void
hear(void *arg, const struct file_op *op)
{
	struct file_op	back;
	struct msg	m;

	(void)arg;
	msg_init(&m);
	put_file_op(&m, op);
	if (m.len > FILE_OP_MAX || get_file_op(&m, &back) == -1)
		abort();
	if (op->action <= FILE_PUT && op->bytes > given)
		abort();
	msg_free(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const	commands[] = {
		"scp -t /tmp/x", "scp -d -t /tmp/x", "scp -f /etc/*",
		"scp -r -p -f one 'two three'", "rsync --server . x",
	};
	struct audit			*a;
	size_t				 n = 0;
	uint8_t				 which = len > 0 ? data[0] % 8 : 0;

	given = 0;
	a = which < 5 ? audit_new("exec", commands[which], hear, NULL) :
	    audit_new("subsystem", "sftp", hear, NULL);
	if (a == NULL)
		abort();
	for (data += len > 0, len -= len > 0; len > 0; data += n, len -= n) {
		n = 1 + (data[0] & 0x7f);
		if (n > len)
			n = len;
		given += n - 1;
		audit_take(a, data[0] & 0x80 ? AUDIT_HOST : AUDIT_CLIENT,
		    data + 1, n - 1);
	}
	audit_free(a);
	return (0);
}
