/* SPDX-License-Identifier: ISC */
/*
 * The gate: every request in every state, every count, size and form. What is
 * permitted stands here a second time, on purpose.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/catalogue.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/dispatch.h"
#include "monitor/monitor.h"

#define NOW	INT64_C(1000000)

/* A letter a state in which a request is permitted: see letters. */
static const char *const permitted[ASK_END_OF_LIST] = {
	[ASK_KEX_SIGN] = "K",
	[ASK_REKEY_SIGN] = "NSODHWRX",
	[ASK_AUTH_NONE] = "A",
	[ASK_AUTH_QUERY] = "A",
	[ASK_AUTH_KEY] = "A",
	[ASK_TARGET] = "O",
	[ASK_HOSTKEY] = "HWkw",
	[ASK_UP_SIGN] = "WRwr",
	[ASK_UP_PASSWORD] = "WRwr",
	[ASK_ENDING] = "NSODHWRX",
	[ASK_CHANNEL_OPEN] = "HWR",
	[ASK_CHANNEL_CLOSE] = "SHWRX",
	[ASK_CHANNEL_REQUEST] = "HWR",
	[ASK_SHELL] = "S",
	[ASK_SHELL_RESIZE] = "S",
	[ASK_LOG] = "-KANSODHWRXekwr",
	[ASK_ERRAND] = "kwr",
	[ASK_JUMP] = "SX",
	[ASK_FILE] = "R",
};

static const char letters[ST_END_OF_LIST] = {
	[ST_SPARE] = '-', [ST_KEX] = 'K', [ST_AUTH] = 'A', [ST_NOTICE] = 'N',
	[ST_SHELL] = 'S', [ST_OPEN] = 'O', [ST_DIAL] = 'D',
	[ST_HOSTKEY] = 'H', [ST_HOP] = 'W', [ST_RUN] = 'R',
	[ST_REFUSED] = 'X',
	[ST_ERRAND] = 'e', [ST_ERRAND_KEY] = 'k', [ST_ERRAND_HOP] = 'w',
	[ST_ERRAND_RUN] = 'r',
};

static const struct {
	uint8_t		type;
	unsigned	times;
} counts[] = {
	{ ASK_KEX_SIGN, 1 }, { ASK_AUTH_NONE, 1 }, { ASK_AUTH_QUERY, 20 },
	{ ASK_AUTH_KEY, 6 }, { ASK_TARGET, 1 }, { ASK_HOSTKEY, 16 },
	{ ASK_UP_SIGN, 3 }, { ASK_UP_PASSWORD, 1 },
	{ ASK_ENDING, 1 }, { ASK_ERRAND, 17 },
};

static int
is_permitted(unsigned state, unsigned type)
{
	return (type > 0 && type < ASK_END_OF_LIST &&
	    strchr(permitted[type], letters[state]) != NULL);
}

static enum gate_state
state_for(unsigned type)
{
	unsigned	state;

	for (state = 0; state < ST_END_OF_LIST; state++) {
		if (is_permitted(state, type))
			return (state);
	}
	fail_msg("no state for request %u", type);
	return (ST_END_OF_LIST);
}

static void
test_every_state_and_type(void **arg)
{
	struct gate_use	use;
	unsigned	state, type;

	(void)arg;
	for (state = 0; state < ST_END_OF_LIST; state++) {
		for (type = 0; type < 256; type++) {
			memset(&use, 0, sizeof(use));
			use.state = state;
			if ((gate_check(&use, type, 0, 0, NOW) == NULL) !=
			    is_permitted(state, type))
				fail_msg("state %u, request %u", state, type);
		}
	}
}

static void
test_counts(void **arg)
{
	struct gate_use	use;
	unsigned	i, n;

	(void)arg;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		memset(&use, 0, sizeof(use));
		use.state = state_for(counts[i].type);
		for (n = 0; n < counts[i].times; n++)
			assert_null(gate_check(&use, counts[i].type, 0, 0,
			    NOW));
		assert_non_null(gate_check(&use, counts[i].type, 0, 0, NOW));
		/* Nor after a while. */
		assert_non_null(gate_check(&use, counts[i].type, 0, 0,
		    NOW + 3600000));
	}
}

/* Each hop has its logins; nothing else begins anew with it. */
static void
test_next_hop(void **arg)
{
	struct gate_use	use = { .state = ST_HOP };
	unsigned	i;

	(void)arg;
	for (i = 0; i < ASK_END_OF_LIST; i++)
		use.count[i] = gates[i].times;
	gate_next_hop(&use);
	for (i = 1; i < ASK_END_OF_LIST; i++) {
		if (use.count[i] != (i == ASK_UP_SIGN ||
		    i == ASK_UP_PASSWORD ? 0 : gates[i].times))
			fail_msg("request %u", i);
	}
}

static void
test_rate(void **arg)
{
	static const struct {
		uint8_t		type;
		unsigned	a_minute;
	} rates[] = {
		{ ASK_REKEY_SIGN, 6000 }, { ASK_LOG, 6000 },
		{ ASK_CHANNEL_OPEN, 12000 }, { ASK_SHELL, 6000 },
		{ ASK_CHANNEL_CLOSE, 24000 },
	};
	struct gate_use	use;
	unsigned	i, n;

	(void)arg;
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		memset(&use, 0, sizeof(use));
		use.state = state_for(rates[i].type);
		for (n = 0; n < rates[i].a_minute; n++)
			assert_null(gate_check(&use, rates[i].type, 0, 0,
			    NOW + n));
		assert_non_null(gate_check(&use, rates[i].type, 0, 0,
		    NOW + 59999));
		assert_null(gate_check(&use, rates[i].type, 0, 0,
		    NOW + 60000));
	}
}

static void
test_size_and_descriptors(void **arg)
{
	struct gate_use	use;
	unsigned	type;

	(void)arg;
	for (type = 1; type < ASK_END_OF_LIST; type++) {
		memset(&use, 0, sizeof(use));
		use.state = state_for(type);
		assert_non_null(gate_check(&use, type, gates[type].max + 1, 0,
		    NOW));
		assert_non_null(gate_check(&use, type, 0, 1, NOW));
		assert_null(gate_check(&use, type, gates[type].max, 0, NOW));
		/* Nothing is so long that it does not fit a message. */
		assert_true(gates[type].max < IPC_BODY_MAX);
	}
}

/* A well-formed request of each type. */
static void
fill(struct msg *m, unsigned type)
{
	static const uint8_t		 blob[40] = { 0, 0, 0, 11 };
	const struct ask_sign		 sign = { blob, sizeof(blob), 32,
					    64 };
	struct ask_auth			 auth = { .login = "web1" };
	const struct ask_hostkey	 hostkey = { 0, blob, sizeof(blob) };
	const struct ask_up_sign	 up = { 0, blob, sizeof(blob) };
	const struct ask_up_password	 password = { 0 };
	const struct sentence		 lost = { "it hung up" };
	const struct ask_channel_open	 opening = { .channel = 1,
					    .type = "exec", .detail = "id" };
	const struct ask_channel_close	 closing = { .channel = 1,
					    .signal = "" };
	const struct ask_shell		 shell = { .term = "xterm",
					    .command = "" };
	const struct ask_shell_resize	 resize = { 1, 80, 24 };
	const struct ask_errand		 came = { ERRAND_LOGIN, 1, 0, "" };
	const struct ask_jump		 jump = { 1, "web1", 22 };
	const struct ask_file		 file = { 1, blob, sizeof(blob) };
	const struct ask_log		 line = { LOG_LEVEL_INFO, "hello" };

	switch (type) {
	case ASK_KEX_SIGN:
	case ASK_REKEY_SIGN:
		put_ask_sign(m, &sign);
		break;
	case ASK_AUTH_KEY:
		auth.sig = blob;
		auth.sig_len = sizeof(blob);
		/* FALLTHROUGH */
	case ASK_AUTH_QUERY:
		auth.alg = "ssh-ed25519";
		auth.key = blob;
		auth.key_len = sizeof(blob);
		/* FALLTHROUGH */
	case ASK_AUTH_NONE:
		put_ask_auth(m, &auth);
		break;
	case ASK_HOSTKEY:
		put_ask_hostkey(m, &hostkey);
		break;
	case ASK_UP_SIGN:
		put_ask_up_sign(m, &up);
		break;
	case ASK_UP_PASSWORD:
		put_ask_up_password(m, &password);
		break;
	case ASK_ENDING:
	case ASK_CHANNEL_REQUEST:
		put_sentence(m, &lost);
		break;
	case ASK_CHANNEL_OPEN:
		put_ask_channel_open(m, &opening);
		break;
	case ASK_CHANNEL_CLOSE:
		put_ask_channel_close(m, &closing);
		break;
	case ASK_SHELL:
		put_ask_shell(m, &shell);
		break;
	case ASK_SHELL_RESIZE:
		put_ask_shell_resize(m, &resize);
		break;
	case ASK_LOG:
		put_ask_log(m, &line);
		break;
	case ASK_ERRAND:
		put_ask_errand(m, &came);
		break;
	case ASK_JUMP:
		put_ask_jump(m, &jump);
		break;
	case ASK_FILE:
		put_ask_file(m, &file);
		break;
	}
}

/* A monitor in this state gets these bytes; whether that was its end. */
static int
ends_with_gate(enum gate_state state, unsigned type, const void *data,
    size_t len)
{
	struct monitor	*m = xcalloc(1, sizeof(*m));
	struct ipc	 req;
	int		 ended;

	m->gate = m->ctl = m->listener = -1;
	m->use.state = state;
	ipc_init(&req, type, 7);
	msg_put_raw(&req.body, data, len);
	ended = dispatch(m, &req) == -1 && m->ending &&
	    m->status == MONITOR_GATE;
	ipc_free(&req);
	free(m->error);
	free(m);
	return (ended);
}

static void
test_short_and_trailing(void **arg)
{
	struct msg	body;
	unsigned	type;
	size_t		n;

	(void)arg;
	for (type = 1; type < ASK_END_OF_LIST; type++) {
		msg_init(&body);
		fill(&body, type);
		for (n = 0; n < body.len; n++) {
			if (!ends_with_gate(state_for(type), type, body.data,
			    n))
				fail_msg("request %u cut to %zu", type, n);
		}
		msg_put_u8(&body, 0);
		if (!ends_with_gate(state_for(type), type, body.data,
		    body.len))
			fail_msg("request %u with a byte too much", type);
		msg_free(&body);
	}
}

static void
test_wrong_state_ends_it(void **arg)
{
	struct msg	body;
	unsigned	state, type;

	(void)arg;
	for (type = 0; type < 256; type++) {
		msg_init(&body);
		fill(&body, type);
		for (state = 0; state < ST_END_OF_LIST; state++) {
			if (!is_permitted(state, type) &&
			    !ends_with_gate(state, type, body.data, body.len))
				fail_msg("state %u, request %u", state, type);
		}
		msg_free(&body);
	}
}

static void
test_names(void **arg)
{
	unsigned	i;

	(void)arg;
	for (i = 1; i < ASK_END_OF_LIST; i++)
		assert_non_null(gate_request_name(i));
	for (i = 0; i < ST_END_OF_LIST; i++)
		assert_non_null(gate_state_name(i));
	assert_string_equal(gate_request_name(200), "unknown request");
}

static void
no_log(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_state_and_type),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_next_hop),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_size_and_descriptors),
		cmocka_unit_test(test_short_and_trailing),
		cmocka_unit_test(test_wrong_state_ends_it),
		cmocka_unit_test(test_names),
	};

	log_set_sink(no_log);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
