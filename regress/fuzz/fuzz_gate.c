/* SPDX-License-Identifier: ISC */
/*
 * What a monitor decodes of a child, a keeper of a monitor, and a child of its
 * monitor: the first byte says which message the rest is.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/catalogue.h"
#include "lib/msg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static union {
	struct tell_start		start;
	struct ask_sign			sign;
	struct answer_sign		signature;
	struct ask_auth			auth;
	struct answer_auth		auth_answer;
	struct verdict			verdict;
	struct answer_target		target;
	struct ask_hostkey		hostkey;
	struct ask_up_sign		up_sign;
	struct ask_up_password		up_password;
	struct answer_password		password;
	struct ask_channel_open		channel_open;
	struct ask_channel_close	channel_close;
	struct ask_shell		shell;
	struct ask_shell_resize		resize;
	struct tell_shell_exit		shell_exit;
	struct ask_log			log;
	struct sentence			sentence;
	struct vault_value		vault;
	struct ctl_spare		spare;
	struct ctl_connection		connection;
	struct record			record;
} u;

#define DECODER(type, member)			\
static int					\
take_##type(struct msg *m)			\
{						\
						\
	return (get_##type(m, &u.member));	\
}

DECODER(tell_start, start)
DECODER(ask_sign, sign)
DECODER(answer_sign, signature)
DECODER(ask_auth, auth)
DECODER(answer_auth, auth_answer)
DECODER(verdict, verdict)
DECODER(answer_target, target)
DECODER(ask_hostkey, hostkey)
DECODER(ask_up_sign, up_sign)
DECODER(ask_up_password, up_password)
DECODER(answer_password, password)
DECODER(ask_channel_open, channel_open)
DECODER(ask_channel_close, channel_close)
DECODER(ask_shell, shell)
DECODER(ask_shell_resize, resize)
DECODER(tell_shell_exit, shell_exit)
DECODER(ask_log, log)
DECODER(sentence, sentence)
DECODER(vault_value, vault)
DECODER(ctl_spare, spare)
DECODER(ctl_connection, connection)
DECODER(record, record)

static int	(*const decoders[])(struct msg *) = {
	take_tell_start, take_ask_sign, take_answer_sign, take_ask_auth,
	take_answer_auth, take_verdict, take_answer_target, take_ask_hostkey,
	take_ask_up_sign, take_ask_up_password, take_answer_password,
	take_ask_channel_open, take_ask_channel_close, take_ask_shell,
	take_ask_shell_resize, take_tell_shell_exit, take_ask_log,
	take_sentence, take_vault_value, take_ctl_spare, take_ctl_connection,
	take_record,
};
#define NDECODERS	(sizeof(decoders) / sizeof(decoders[0]))

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct msg	m;

	if (len == 0)
		return (0);
	msg_borrow(&m, data + 1, len - 1);
	(void)decoders[data[0] % NDECODERS](&m);
	return (0);
}
