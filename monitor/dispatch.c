/* SPDX-License-Identifier: ISC */
/*
 * The gate's table, and the only way through it.
 */
#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "monitor/dispatch.h"
#include "monitor/monitor.h"

#define IN(state)	(1U << (state))
#define SHELL		IN(ST_SHELL)
#define SESSION		(IN(ST_HOSTKEY) | IN(ST_HOP) | IN(ST_RUN))
#define SHOWN		(IN(ST_HOP) | IN(ST_RUN) | \
			IN(ST_ERRAND_HOP) | IN(ST_ERRAND_RUN))
#define LOGGED_IN	(IN(ST_NOTICE) | SHELL | IN(ST_OPEN) | \
			IN(ST_DIAL) | SESSION | IN(ST_REFUSED))
#define ALWAYS		((1U << ST_END_OF_LIST) - 1)

/* What a message needs besides its longest fields: lengths, NULs, numbers. */
#define FRAME		64
#define AUTH_BYTES	(LOGIN_MAX + ALG_MAX + KEY_MAX + FRAME)

const struct gate gates[ASK_END_OF_LIST] = {
/* states, times, a minute, bytes, handler */
[ASK_KEX_SIGN] = { IN(ST_KEX), 1, 0,
    TRANSCRIPT_MAX + FRAME, answer_kex_sign },
[ASK_REKEY_SIGN] = { LOGGED_IN, 0, REKEYS_A_MINUTE,
    TRANSCRIPT_MAX + FRAME, answer_rekey_sign },
[ASK_AUTH_NONE] = { IN(ST_AUTH), 1, 0,
    AUTH_BYTES, answer_auth_none },
[ASK_AUTH_QUERY] = { IN(ST_AUTH), 20, 0,
    AUTH_BYTES, answer_auth_query },
[ASK_AUTH_KEY] = { IN(ST_AUTH), 6, 0,
    AUTH_BYTES + SIG_MAX, answer_auth_key },
[ASK_TARGET] = { IN(ST_OPEN), 1, 0,
    0, answer_target },
/* once for each hop, in their order; what it counts anew is the next two */
[ASK_HOSTKEY] = { IN(ST_HOSTKEY) | IN(ST_HOP) | IN(ST_ERRAND_KEY) |
    IN(ST_ERRAND_HOP), HOPS_MAX, 0,
    TRANSCRIPT_MAX + FRAME, answer_hostkey },
[ASK_UP_SIGN] = { SHOWN, 3, 0,
    SIGN_DATA_MAX + FRAME, answer_up_sign },
[ASK_UP_PASSWORD] = { SHOWN, 1, 0,
    FRAME, answer_up_password },
[ASK_ENDING] = { LOGGED_IN, 1, 0,
    SENTENCE_MAX + FRAME, answer_ending },
[ASK_CHANNEL_OPEN] = { SESSION, 0, CHANNELS_A_MINUTE,
    ALG_MAX + COMMAND_MAX + FRAME, answer_channel_open },
[ASK_CHANNEL_CLOSE] = { SESSION | SHELL | IN(ST_REFUSED), 0,
    2 * CHANNELS_A_MINUTE,
    ALG_MAX + FRAME, answer_channel_close },
[ASK_CHANNEL_REQUEST] = { SESSION, 0, WISHES_A_MINUTE,
    SENTENCE_MAX + FRAME, answer_channel_request },
[ASK_SHELL] = { SHELL, 0, SHELLS_A_MINUTE,
    TERM_MAX + COMMAND_MAX + FRAME, answer_shell },
[ASK_SHELL_RESIZE] = { SHELL, 0, SHELLS_A_MINUTE,
    FRAME, answer_shell_resize },
[ASK_LOG] = { ALWAYS, 0, 6000,
    LOG_TEXT_MAX + FRAME, answer_log },
[ASK_ERRAND] = { IN(ST_ERRAND_KEY) | IN(ST_ERRAND_HOP) |
    IN(ST_ERRAND_RUN), HOPS_MAX + 1, 0,
    SENTENCE_MAX + FRAME, answer_errand },
[ASK_JUMP] = { SHELL | IN(ST_REFUSED), 0, JUMPS_A_MINUTE,
    NAME_MAX_BYTES + FRAME, answer_jump },
[ASK_FILE] = { IN(ST_RUN), 0, FILES_A_MINUTE,
    FILE_OPS_MAX + FRAME, answer_file },
};
_Static_assert(ASK_END_OF_LIST == 20, "a row in gates[] for each request");
_Static_assert(ST_END_OF_LIST <= 32, "states are bits of a uint32_t");

static const char *const request_names[] = {
	[ASK_KEX_SIGN] = "KEX_SIGN",
	[ASK_REKEY_SIGN] = "REKEY_SIGN",
	[ASK_AUTH_NONE] = "AUTH_NONE",
	[ASK_AUTH_QUERY] = "AUTH_QUERY",
	[ASK_AUTH_KEY] = "AUTH_KEY",
	[ASK_TARGET] = "TARGET",
	[ASK_HOSTKEY] = "HOSTKEY",
	[ASK_UP_SIGN] = "UP_SIGN",
	[ASK_UP_PASSWORD] = "UP_PASSWORD",
	[ASK_ENDING] = "ENDING",
	[ASK_CHANNEL_OPEN] = "CHANNEL_OPEN",
	[ASK_CHANNEL_CLOSE] = "CHANNEL_CLOSE",
	[ASK_CHANNEL_REQUEST] = "CHANNEL_REQUEST",
	[ASK_SHELL] = "SHELL",
	[ASK_SHELL_RESIZE] = "SHELL_RESIZE",
	[ASK_LOG] = "LOG",
	[ASK_ERRAND] = "ERRAND",
	[ASK_JUMP] = "JUMP",
	[ASK_FILE] = "FILE",
};

static const char *const state_names[] = {
	[ST_SPARE] = "spare",
	[ST_KEX] = "key exchange",
	[ST_AUTH] = "authentication",
	[ST_NOTICE] = "notice",
	[ST_SHELL] = "shell",
	[ST_OPEN] = "authenticated",
	[ST_DIAL] = "dialling",
	[ST_HOSTKEY] = "host key",
	[ST_HOP] = "hop",
	[ST_RUN] = "session",
	[ST_REFUSED] = "refused",
	[ST_ERRAND] = "errand",
	[ST_ERRAND_KEY] = "errand-key",
	[ST_ERRAND_HOP] = "errand-hop",
	[ST_ERRAND_RUN] = "errand-login",
};

const char *
gate_state_name(enum gate_state state)
{
	return (state < ST_END_OF_LIST ? state_names[state] : "?");
}

const char *
gate_request_name(uint8_t type)
{
	return (type > 0 && type < ASK_END_OF_LIST ?
	    request_names[type] : "unknown request");
}

/* Counts it in the current minute; whether that was one too many. */
static int
too_fast(struct gate_use *use, uint8_t type, int64_t now)
{
	if (gates[type].a_minute == 0)
		return (0);
	if (use->minute[type].count == 0 ||
	    now - use->minute[type].since >= 60000) {
		use->minute[type].since = now;
		use->minute[type].count = 0;
	}
	return (++use->minute[type].count > gates[type].a_minute);
}

const char *
gate_check(struct gate_use *use, uint8_t type, size_t len, int has_fds,
    int64_t now)
{
	const struct gate	*g;

	if (type == 0 || type >= ASK_END_OF_LIST)
		return ("unknown");
	g = &gates[type];
	if ((g->states & IN(use->state)) == 0)
		return ("not permitted in this state");
	if (g->times != 0 && use->count[type] >= g->times)
		return ("asked too often");
	if (len > g->max)
		return ("too long");
	if (has_fds)
		return ("descriptors in it");
	if (too_fast(use, type, now))
		return ("asked too fast");
	use->count[type]++;
	return (NULL);
}

void
gate_next_hop(struct gate_use *use)
{
	use->count[ASK_UP_SIGN] = use->count[ASK_UP_PASSWORD] = 0;
}

int
dispatch(struct monitor *m, struct ipc *req)
{
	const char	*wrong;

	wrong = gate_check(&m->use, req->type, req->body.len,
	    req->fds[0] != -1, clock_mono_ms());
	if (wrong == NULL && gates[req->type].handler(m, req) == -1)
		wrong = "malformed";
	if (wrong == NULL)
		return (0);
	monitor_end(m, MONITOR_GATE, "gate: %s (%u, %zu bytes) in state %s: %s",
	    gate_request_name(req->type), req->type, req->body.len,
	    gate_state_name(m->use.state), wrong);
	return (-1);
}
